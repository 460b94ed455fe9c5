"""Templates: what a use becomes, where its documents come from, and what is said of templates and uses that are "
"wrong."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from pacific_infra.documents import CrxWorkload, Estate, Namespace, load_estate
from pacific_infra.documents.estate_schema import schema_with_templates
from pacific_infra.documents.plain_values import plain_documents
from pacific_infra.graph import build_graph
from pacific_infra.graph.drawing.graph_json import graph_json
from pacific_infra.plan import build_plan
from tests.support.refusals import refusals

HEAD = "apiVersion: pacific.infra/v1alpha1\n"
TEMPLATE = f"""{HEAD}kind: Template
metadata: {{name: team-space}}
spec:
  kind: TeamSpace
  parameters:
    size:
      default: small
      choices:
        small: {{cpu: 10GHz, pods: 20}}
        large: {{cpu: 40GHz, pods: 200}}
    owners: {{required: true, pattern: "^[a-z-]+$"}}
    replicas: {{type: integer, default: 1, minimum: 1, maximum: 9}}
    note: {{}}
    web:
      type: object
      default: {{}}
      properties:
        image: {{default: "sandbox/web:1.4"}}
  documents:
  - apiVersion: pacific.infra/v1alpha1
    kind: Namespace
    metadata: {{name: "${{metadata.name}}", labels: {{tier: team}}}}
    spec:
      supervisor: s
      description: ${{parameters.note}}
      limits: {{cpu: "${{choices.size.cpu}}"}}
      access:
      - {{group: "${{parameters.owners}}", domain: vsphere.local, role: OWNER}}
  - apiVersion: pacific.infra/v1alpha1
    kind: CrxWorkload
    metadata: {{name: web, namespace: "${{metadata.name}}"}}
    spec:
      kind: Deployment
      replicas: ${{parameters.replicas}}
      containers:
      - {{name: web, image: "${{parameters.web.image}}", environment: {{T: "${{parameters.owners}} $${{metadata.a}}"}}}}
"""
SHOP = f"""{HEAD}kind: TeamSpace
metadata: {{name: shop, labels: {{team: blue}}}}
spec: {{owners: shop-team, size: large}}
"""
SUPERVISOR = f"{HEAD}kind: SupervisorCluster\nmetadata: {{name: s}}\nspec: {{external: true}}\n"
WAITING = f"""{HEAD}kind: CrxWorkload
metadata: {{name: last, namespace: other}}
spec: {{dependsOn: [TeamSpace/shop], kind: Deployment, containers: [{{name: web, image: web}}]}}
---
{HEAD}kind: Namespace
metadata: {{name: other}}
spec: {{supervisor: s}}
"""
Load = Callable[..., Estate]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    monkeypatch.chdir(tmp_path)

    def build(*uses: str, template: str = TEMPLATE, overlay: str | None = None, more: str = "") -> Estate:
        # The use is read first: a template may come later.
        Path("a-use.yaml").write_text("---\n".join(uses or (SHOP,)))
        Path("template.yaml").write_text(template)
        Path("z.yaml").write_text(f"{SUPERVISOR}---\n{more}")
        if overlay is not None:
            Path("overlay.yaml").write_text(overlay)
        return load_estate(["a-use.yaml", "template.yaml", "z.yaml"], [] if overlay is None else ["overlay.yaml"])

    return build


def errors(load: Load, *uses: str, **files: str) -> list[str]:
    return refusals(lambda: load(*uses, **files))


def namespace(estate: Estate, name: str = "shop") -> Namespace:
    document = estate.by_id[f"Namespace/{name}"]
    assert isinstance(document, Namespace)
    return document


def workload(estate: Estate) -> CrxWorkload:
    document = estate.by_id["CrxWorkload/shop/web"]
    assert isinstance(document, CrxWorkload)
    return document


def test_a_use_becomes_the_documents_of_its_template(load: Load) -> None:
    estate = load()
    shop, web = namespace(estate), workload(estate)
    assert [document.id for document in estate] == ["Namespace/shop", "CrxWorkload/shop/web", "SupervisorCluster/s"]
    assert (shop.spec.limits.cpu, shop.spec.access[0].group, shop.spec.description) == ("40GHz", "shop-team", None)
    assert (web.spec.replicas, web.spec.containers[0].image) == (1, "sandbox/web:1.4")
    assert web.spec.containers[0].environment == {"T": "shop-team ${metadata.a}"}
    assert shop.metadata.labels == {"team": "blue", "tier": "team"}
    assert estate.uses == {"TeamSpace/shop": ("Namespace/shop", "CrxWorkload/shop/web")}


def test_a_place_names_the_template_and_what_the_use_says(load: Load) -> None:
    estate = load(SHOP.replace("owners", "replicas: 3, owners"))
    web = workload(estate)
    assert web.place() == "template.yaml:30 (TeamSpace/shop at a-use.yaml:1)"
    assert web.place(("metadata", "namespace")) == "template.yaml:32 (metadata.name at a-use.yaml:3)"
    assert web.place(("spec", "replicas")) == "template.yaml:35 (parameters.replicas at a-use.yaml:4)"
    assert web.place(("spec", "containers", 0, "image")) == (
        "template.yaml:37 (parameters.web.image at template.yaml:17)"
    )
    assert namespace(estate).place(("spec", "limits", "cpu")) == (
        "template.yaml:27 (choices.size.cpu at template.yaml:11)"
    )
    assert namespace(estate).place(("metadata", "labels", "team")) == (
        "template.yaml:23 (metadata.labels at a-use.yaml:3)"
    )


def test_who_waits_for_a_use_waits_for_all_that_it_becomes(load: Load) -> None:
    graph = build_graph(load(more=WAITING))
    (need,) = [need for need in graph.dependencies("CrxWorkload/other/last") if need.reason == "order"]
    assert (need.target, need.field, need.place) == (
        "CrxWorkload/shop/web",
        "spec.dependsOn[0] (TeamSpace/shop)",
        "z.yaml:9",
    )


def test_what_a_use_waits_for_all_that_it_becomes_waits_for(load: Load) -> None:
    waiting = SHOP.replace("{owners", "{dependsOn: [Namespace/other], owners")
    graph = build_graph(load(waiting, more=WAITING.partition("---\n")[2]))
    assert "Namespace/other" in graph.needs("Namespace/shop")
    assert "Namespace/other" in graph.needs("CrxWorkload/shop/web")
    (need,) = graph.reasons("CrxWorkload/shop/web", "Namespace/other")
    assert need.place == "template.yaml:33 (spec.dependsOn at a-use.yaml:4)"


def test_documents_that_are_kept_plain_wait_for_the_same_without_a_template(load: Load, tmp_path: Path) -> None:
    plain = plain_documents(load(more=WAITING))
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "all.json").write_text(json.dumps(list(plain.values())))
    graph = build_graph(load_estate([tmp_path / "plain"]))
    assert "CrxWorkload/shop/web" in graph.needs("CrxWorkload/other/last")


def test_patches_change_uses_and_what_these_become(load: Load) -> None:
    patch = f"{HEAD}kind: TeamSpace\nmetadata: {{name: shop}}\nspec: {{size: small}}\n"
    patch += f"---\n{HEAD}kind: CrxWorkload\nmetadata: {{name: web, namespace: shop}}\nspec: {{replicas: 7}}\n"
    estate = load(overlay=patch)
    assert namespace(estate).spec.limits.cpu == "10GHz"
    assert workload(estate).spec.replicas == 7
    assert workload(estate).place(("spec", "replicas")) == "overlay.yaml:9"


def test_a_patch_for_nothing_names_the_uses_near_by(load: Load) -> None:
    patch = f"{HEAD}kind: TeamSpace\nmetadata: {{name: shopp}}\nspec: {{size: small}}\n"
    assert errors(load, overlay=patch) == [
        "overlay.yaml:1: no document matches this patch: got 'TeamSpace/shopp'; allowed: TeamSpace/shop"
    ]


def test_an_overlay_has_no_templates(load: Load) -> None:
    assert errors(load, overlay=TEMPLATE) == [
        "overlay.yaml:2: an overlay has no templates: fix: move it to the documents, and patch its uses or the "
        "documents "
        "that these become"
    ]


def test_templates_and_uses_take_values(load: Load) -> None:
    values = f"{HEAD}kind: Values\nvalues: {{many: 5, cpu: 11GHz}}\n"
    template = TEMPLATE.replace("default: 1,", "default: '${values.many}',").replace(
        "cpu: 40GHz", "cpu: '${values.cpu}'"
    )
    estate = load(template=template, more=values)
    assert workload(estate).spec.replicas == 5
    assert namespace(estate).spec.limits.cpu == "11GHz"


def test_a_template_uses_another_one(load: Load) -> None:
    company = f"""{HEAD}kind: Template
metadata: {{name: company}}
spec:
  kind: Company
  parameters: {{owners: {{required: true}}}}
  documents:
  - apiVersion: pacific.infra/v1alpha1
    kind: TeamSpace
    metadata: {{name: "${{metadata.name}}-shop"}}
    spec: {{owners: "${{parameters.owners}}"}}
"""
    use = f"{HEAD}kind: Company\nmetadata: {{name: acme, labels: {{of: acme}}}}\nspec: {{owners: all}}\n"
    estate = load(use, more=company)
    nodes = ("Namespace/acme-shop", "CrxWorkload/acme-shop/web")
    assert estate.uses == {"Company/acme": nodes, "TeamSpace/acme-shop": nodes}
    assert estate.uses_of["Namespace/acme-shop"] == ("Company/acme", "TeamSpace/acme-shop")
    planned = {node.id: node for node in build_plan(build_graph(estate), []).nodes}
    assert planned["Namespace/acme-shop"].uses == ("Company/acme", "TeamSpace/acme-shop")
    documents = {node["id"]: node for node in graph_json(build_graph(estate), nodes)["nodes"]}
    assert documents["Namespace/acme-shop"]["uses"] == ["Company/acme", "TeamSpace/acme-shop"]
    assert namespace(estate, "acme-shop").metadata.labels == {"of": "acme", "tier": "team"}
    assert namespace(estate, "acme-shop").place(("spec", "access", 0, "group")) == (
        "template.yaml:29 (parameters.owners at z.yaml:16 (parameters.owners at a-use.yaml:4))"
    )


def test_a_use_in_a_namespace_is_named_from_there_by_its_name_alone(load: Load) -> None:
    template = f"""{HEAD}kind: Template
metadata: {{name: site}}
spec:
  kind: Site
  namespaced: true
  documents:
  - apiVersion: pacific.infra/v1alpha1
    kind: CrxWorkload
    metadata: {{name: "${{metadata.name}}", namespace: "${{metadata.namespace}}"}}
    spec: {{kind: Deployment, containers: [{{name: web, image: web}}]}}
"""
    use = f"{HEAD}kind: Site\nmetadata: {{name: front, namespace: other}}\n"
    graph = build_graph(load(use, template=template, more=WAITING.replace("TeamSpace/shop", "Site/front")))
    assert graph.estate.uses == {"Site/other/front": ("CrxWorkload/other/front",)}
    assert "CrxWorkload/other/front" in graph.needs("CrxWorkload/other/last")
    assert errors(load, SHOP.replace("name: shop,", "name: shop, namespace: other,")) == [
        "a-use.yaml:3: a TeamSpace is in no namespace: got 'other'; fix: remove metadata.namespace; "
        "Template/team-space at template.yaml:1 does not say namespaced: true"
    ]


def test_files_of_a_template_are_beside_it(load: Load, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("hello")
    volume = "      volumes: [{name: pages, files: {index.html: {file: index.html}}}]\n"
    assert workload(load(template=TEMPLATE + volume)).spec.volumes


BY = "by Template/team-space at template.yaml:1"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            "{size: tiny, owners: a}",
            f"a-use.yaml:4: spec.size: has an unknown value, {BY}: got 'tiny'; allowed: small, large",
        ),
        ("{}", f"a-use.yaml:4: spec: owners is missing, {BY}: fix: add owners"),
        ("{owners: null}", f"a-use.yaml:4: spec: owners is missing, {BY}: fix: add owners"),
        ("{owners: 3}", f"a-use.yaml:4: spec.owners: is of the wrong type, {BY}: got 3; allowed: text"),
        (
            "{owners: A}",
            f"a-use.yaml:4: spec.owners: has the wrong form, {BY}: got 'A'; allowed: text that matches ^[a-z-]+$",
        ),
        (
            "{owners: a, replicas: 10}",
            f"a-use.yaml:4: spec.replicas: is out of range, {BY}: got 10; allowed: 9 or less",
        ),
        (
            "{owners: a, replica: 2}",
            f"a-use.yaml:4: spec.replica: unknown field, {BY}: got 'replica'; "
            "allowed: note, owners, replicas, size, web; fix: write replicas",
        ),
        (
            "{owners: a, web: {imag: b}}",
            f"a-use.yaml:4: spec.web.imag: unknown field, {BY}: got 'imag'; allowed: image; fix: write image",
        ),
        (
            "{owners: a, dependsOn: x}",
            f"a-use.yaml:4: spec.dependsOn: is of the wrong type, {BY}: "
            "allowed: a list of Kind/name or Kind/namespace/name",
        ),
        (
            "{owners: '${parameters.size}'}",
            f"a-use.yaml:4: spec.owners: has the wrong form, {BY}: got '${{parameters.size}}'; "
            "allowed: text that matches ^[a-z-]+$",
        ),
        ("3", "a-use.yaml:4: spec is of the wrong type: got 3; allowed: an object"),
    ],
)
def test_what_is_wrong_with_a_use(load: Load, spec: str, message: str) -> None:
    assert errors(load, SHOP.replace("{owners: shop-team, size: large}", spec)) == [message]


def test_a_name_in_a_use_is_no_parameter(load: Load) -> None:
    use = SHOP.replace("size: large", "note: 'a ${parameters.size}'")
    assert errors(load, use) == [
        "template.yaml:26 (parameters.note at a-use.yaml:4): a parameter names no other parameter, as note at "
        "a-use.yaml:4 "
        "does: got '${parameters.note}'"
    ]


def test_what_a_use_makes_wrong_is_said_at_the_template_and_the_use(load: Load) -> None:
    assert errors(load, SHOP.replace("name: shop,", "name: Shop!,"))[0] == (
        "a-use.yaml:3: metadata.name has the wrong form: got 'Shop!'; "
        "allowed: an RFC 1123 label: 1 to 63 lower-case letters, digits and '-', not at the ends"
    )
    assert errors(load, SHOP.replace("size: large", "web: {image: ' '}")) == [
        "template.yaml:37 (parameters.web.image at a-use.yaml:4): spec.containers[0].image has the wrong form: got ' "
        "'; "
        "allowed: a container image such as registry/name:tag"
    ]
    assert errors(load, template=TEMPLATE.replace("10GHz", "1").replace("40GHz", "much")) == [
        "template.yaml:27 (choices.size.cpu at template.yaml:11): spec.limits.cpu: not a CPU frequency: got 'much'; "
        "allowed: whole MHz or GHz of 1 MHz or more, such as 40GHz or 500MHz; fix: vSphere counts a namespace's CPU in "
        "MHz or GHz, not in cores: multiply the cores by the hosts' frequency"
    ]


def test_two_uses_may_not_have_one_name(load: Load) -> None:
    assert errors(load, SHOP, SHOP) == [
        "a-use.yaml:8: two documents have one name: got 'TeamSpace/shop'; "
        "fix: rename or remove one of them: the other is at a-use.yaml:3"
    ]


def test_a_use_and_a_document_may_not_be_one(load: Load) -> None:
    more = f"{HEAD}kind: Namespace\nmetadata: {{name: shop}}\nspec: {{supervisor: s}}\n"
    assert errors(load, more=more) == [
        "z.yaml:8: two documents have one name: got 'Namespace/shop'; fix: rename or remove one of them: "
        "the other is at template.yaml:23 (metadata.name at a-use.yaml:3)"
    ]


def test_a_use_of_no_template_names_those_there_are(load: Load) -> None:
    (message,) = errors(load, SHOP.replace("TeamSpace", "TeamSpaces"))
    assert message.startswith("a-use.yaml:2: unknown kind: got 'TeamSpaces'; allowed: SupervisorCluster, ")
    assert message.endswith("Template, TeamSpace; fix: write TeamSpace")


def test_a_part_cannot_wait_for_its_use(load: Load) -> None:
    template = TEMPLATE.replace("      kind: Deployment", "      dependsOn: ['TeamSpace/shop']\n      kind: Deployment")
    assert errors(load, template=template) == [
        "template.yaml:34 (TeamSpace/shop at a-use.yaml:1): CrxWorkload/shop/web cannot wait for TeamSpace/shop, "
        "which it "
        "is a part of: got 'TeamSpace/shop'; fix: name the documents that it needs"
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "kind: TeamSpace",
            "kind: Namespace",
            "template.yaml:5: spec.kind: a built-in kind has this name: got 'Namespace'; "
            "fix: choose another name, such as TeamNamespace",
        ),
        (
            "kind: TeamSpace",
            "kind: ../team",
            "template.yaml:5: spec.kind has the wrong form: got '../team'; "
            "allowed: 1 to 63 letters and digits, an upper-case letter first",
        ),
        (
            "${parameters.note}",
            "none",
            "template.yaml:14: spec.parameters.note: no document of the template names this parameter: got 'note'; "
            "fix: write ${parameters.note} where it belongs, or remove it",
        ),
        (
            "${parameters.note}",
            "${parameters.nots} ${parameters.note.x}",
            "template.yaml:26: spec.documents[0].spec.description: the template has no such parameter: "
            "got '${parameters.nots}'; allowed: size, owners, replicas, note, web; "
            "fix: write ${parameters.note}, or add nots",
        ),
        (
            "${parameters.note}",
            "about ${parameters.note}",
            "template.yaml:26: spec.documents[0].spec.description: a parameter that may be left out is a whole field "
            "of "
            "an object: got '${parameters.note}'; fix: add default or required to parameters.note",
        ),
        (
            "${parameters.note}",
            "of ${parameters.web}",
            "template.yaml:26: spec.documents[0].spec.description: only a text, a number or a truth value goes into a "
            "text: got '${parameters.web}'; fix: make it a whole field",
        ),
        (
            "${choices.size.cpu}",
            "${choices.size.memory}",
            "template.yaml:27: spec.documents[0].spec.limits.cpu: the choice small of size has no such part: "
            "got '${choices.size.memory}'; allowed: cpu, pods; fix: add it to small",
        ),
        (
            "${choices.size.cpu}",
            "${choices.owners.cpu}",
            "template.yaml:27: spec.documents[0].spec.limits.cpu: the parameter owners has no choices: "
            "got '${choices.owners.cpu}'; fix: write ${parameters.owners}, or add choices",
        ),
        (
            "${metadata.name}",
            "${metadata.namespace}",
            "template.yaml:23: spec.documents[0].metadata.name: a use has no such metadata: "
            "got '${metadata.namespace}'; allowed: name; fix: add spec.namespaced: true",
        ),
        (
            "default: 1,",
            "default: 0,",
            "template.yaml:13: spec.parameters.replicas.default: the default is out of range: got 0; allowed: 1 or "
            "more",
        ),
        (
            "minimum: 1,",
            "minimum: 11,",
            "template.yaml:13: spec.parameters.replicas.minimum: minimum is greater than maximum: got 11; "
            "allowed: 9 or less",
        ),
        (
            '"^[a-z-]+$"',
            '"(?=a)"',
            "template.yaml:12: spec.parameters.owners.pattern: this is not a pattern of RE2: invalid perl operator: "
            "(?=: "
            "got '(?=a)'",
        ),
        (
            "replicas: {type: integer,",
            "replicas: {type: int,",
            "template.yaml:13: spec.parameters.replicas.type has an unknown value: got 'int'; "
            "allowed: string, integer, number, boolean, array, object",
        ),
        (
            "owners: {required: true,",
            "owners: {required: true, minItems: 1,",
            "template.yaml:12: spec.parameters.owners.minItems: minItems says nothing of this type: got 'string'; "
            "allowed: array",
        ),
        (
            "owners: {required",
            "dependsOn: {required",
            "template.yaml:12: spec.parameters.dependsOn: every use has a field of this name: got 'dependsOn'; "
            "fix: choose another name",
        ),
        (
            "    kind: CrxWorkload",
            "    kind: Values",
            "template.yaml:31: spec.documents[1].kind: a template makes no Values: got 'Values'; "
            "fix: move it out of the template",
        ),
        (
            "    kind: CrxWorkload",
            "    kind: ${parameters.owners}",
            "template.yaml:31: spec.documents[1].kind: the kind of a template's document is written out: "
            "got '${parameters.owners}'; fix: write a template for each kind",
        ),
        (
            "    kind: CrxWorkload",
            "    kind: TeamSpace",
            "template.yaml:31: these templates use each other: got 'TeamSpace -> TeamSpace'; "
            "fix: remove this document, or one further on",
        ),
        (
            "  parameters:",
            "  parameter:",
            "template.yaml:6: unknown field in spec: got 'parameter'; allowed: documents, kind, namespaced, "
            "parameters; "
            "fix: write parameters",
        ),
    ],
)
def test_what_is_wrong_with_a_template(load: Load, old: str, new: str, message: str) -> None:
    assert errors(load, template=TEMPLATE.replace(old, new, 1))[0] == message


def test_a_wrong_template_says_nothing_of_its_uses(load: Load) -> None:
    assert len(errors(load, template=TEMPLATE.replace("default: 1,", "default: 0,"))) == 1


def test_two_templates_are_not_of_one_kind(load: Load) -> None:
    assert errors(load, more=TEMPLATE) == [
        "z.yaml:10: two templates are of one kind: got 'TeamSpace'; "
        "fix: rename or remove one of them: the other is at template.yaml:5"
    ]


def test_uses_within_uses_do_not_become_gigabytes(load: Load) -> None:
    def level(number: int) -> str:
        held = "".join(
            f"  - apiVersion: pacific.infra/v1alpha1\n    kind: Level{number + 1}\n"
            f'    metadata: {{name: "${{metadata.name}}-{part}"}}\n'
            for part in range(100)
        )
        return (
            f"{HEAD}kind: Template\nmetadata: {{name: l{number}}}\nspec:\n  kind: Level{number}\n  documents:\n{held}"
        )

    last = f"""{HEAD}kind: Template
metadata: {{name: last}}
spec:
  kind: Level3
  documents:
  - apiVersion: pacific.infra/v1alpha1
    kind: Namespace
    metadata: {{name: "${{metadata.name}}"}}
    spec: {{supervisor: s}}
"""
    templates = "---\n".join([level(0), level(1), level(2), last])
    use = f"{HEAD}kind: Level0\nmetadata: {{name: a}}\n"
    assert "the uses of templates become more than 100000 documents" in errors(load, use, template=templates)[0]


def test_a_use_with_unknown_metadata_is_refused(load: Load) -> None:
    assert errors(load, SHOP.replace("name: shop,", "name: shop, title: a,")) == [
        "a-use.yaml:3: unknown field in metadata: got 'title'; allowed: annotations, labels, name; fix: remove it"
    ]


def test_the_schema_for_editors_knows_uses(load: Load) -> None:
    schema = schema_with_templates(load().templates)
    (uses,) = [rule["then"] for rule in schema["allOf"] if rule["if"]["properties"]["kind"]["const"] == "TeamSpace"]
    whole, narrower = uses["allOf"]
    fields = narrower["properties"]["spec"]["properties"]
    assert "TeamSpace" in schema["properties"]["kind"]["enum"]
    assert whole == {"$ref": "#/$defs/Use"}
    assert narrower["required"] == ["spec"]
    assert narrower["properties"]["spec"]["required"] == ["owners"]
    assert fields["size"] == {"type": "string", "default": "small", "enum": ["small", "large"]}
    assert fields["web"]["additionalProperties"] is narrower["properties"]["spec"]["additionalProperties"] is False
    waits = fields["dependsOn"]["items"]["pattern"]
    assert schema["$defs"]["NamespaceSpec"]["properties"]["dependsOn"]["items"]["pattern"] == waits
    assert re.search(waits, "TeamSpace/shop")
    assert not re.search(waits, "TeamSpaces/shop")


def test_a_thousand_uses_are_all_read(load: Load) -> None:
    uses = [SHOP.replace("name: shop,", f"name: shop-{number},") for number in range(1_000)]
    assert len(load(*uses)) == 2_001
