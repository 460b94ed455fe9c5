"""Manifests that documents name: what is wrong with them, word for word, at their own file and line."""
# ruff: noqa: E501 - a message stands in one line

from pathlib import Path

import pytest

from pacific_infra.documents import CustomResourceDefinition, Manifests, load_estate
from pacific_infra.errors import PacificErrors

ESTATE = """\
apiVersion: pacific.infra/v1alpha1
kind: KIND
metadata: {name: m}
spec: {FIELDS}
"""
OF_MANIFESTS = ESTATE.replace("KIND", "Manifests").replace("{name: m}", "{name: m, namespace: team}")
OF_DEFINITION = ESTATE.replace("KIND", "CustomResourceDefinition")
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"
CUSTOM = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: t}\n"


def definition(plural: str = "lamps", versions: str = "[{name: v1, served: yes, storage: yes}]", more: str = "") -> str:
    return (
        f"apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: {plural}.example.com}}\n"
        f"spec:\n  group: example.com\n  scope: Namespaced\n  names: {{kind: Lamp, plural: {plural}}}\n"
        f"  versions: {versions}\n{more}"
    )


def schema(text: str) -> str:
    return definition(
        versions=f"\n  - name: v1\n    served: true\n    storage: true\n    schema: {{openAPIV3Schema: {text}}}"
    )


MANIFESTS = {
    "text of known kinds": (
        f"{SECRET}stringData: {{port: 5432}}\n---\n{POD}spec:\n  containers:\n  - name: c\n    env: [{{name: A, value: 1.10}}]\n",
        [
            'm.k8s.yaml:4: Secret s: stringData.port is of the wrong type: got 5432; allowed: text; fix: write "5432" in quotes',
            "m.k8s.yaml:12: Pod p: spec.containers[0].env[0].value is of the wrong type: got 1.10; allowed: text; "
            'fix: write "1.10" in quotes',
        ],
    ),
    "labels of every kind": (
        "apiVersion: example.com/v1\nkind: Thing\nmetadata:\n  name: t\n  labels: {version: 1.10, on: yes}\n",
        [
            "m.k8s.yaml:5: Thing t: metadata.labels.version is of the wrong type: got 1.10; allowed: text; "
            'fix: write "1.10" in quotes',
            "m.k8s.yaml:5: Thing t: metadata.labels.on is of the wrong type: got true; allowed: text; "
            'fix: write "true" in quotes',
        ],
    ),
    "shapes": (
        f"{POD}spec:\n  containers: {{}}\n  hostNetwork: 'yes'\n  priority: high\n  nodeSelector: [a]\n",
        [
            "m.k8s.yaml:5: Pod p: spec.containers is of the wrong type: got 'an object'; allowed: a list",
            "m.k8s.yaml:6: Pod p: spec.hostNetwork is of the wrong type: got 'yes'; allowed: true or false; "
            "fix: write true without quotes",
            "m.k8s.yaml:7: Pod p: spec.priority is of the wrong type: got 'high'; allowed: a whole number",
            "m.k8s.yaml:8: Pod p: spec.nodeSelector is of the wrong type: got 'a list'; allowed: an object",
        ],
    ),
    "numbers": (
        f"{CUSTOM}spec: {{a: 9007199254740993, b: .inf}}\n",
        [
            f"m.k8s.yaml:4: Thing t: spec.{field} would be changed on its way: got {number}; allowed: whole numbers of "
            "-9007199254740991 to 9007199254740991, others of 15 digits from 1e-307 to 1e308; "
            "fix: write it in quotes if text is meant"
            for field, number in (("a", "9007199254740993"), ("b", ".inf"))
        ],
    ),
    "namespace of another type": (
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  namespace: [a]\n",
        [
            "m.k8s.yaml:5: the manifest has no metadata.namespace: allowed: apiVersion, kind and metadata.name in each, all text"
        ],
    ),
    "no objects": (
        "- 1\n",
        ["m.k8s.yaml:1: the manifest has no apiVersion: allowed: apiVersion, kind and metadata.name in each, all text"],
    ),
    "not YAML": (f"{POD}spec: [\n", ["m.k8s.yaml:5: this is not YAML: did not find expected node content"]),
    "tab": (
        f"{POD}spec:\n\ta: b\n",
        ["m.k8s.yaml:5: YAML takes spaces here, and not a tab: fix: indent with spaces"],
    ),
    "tag": (
        f"{POD}spec: !Sub x\n",
        ["m.k8s.yaml:4: this tag is not one of YAML's own: got '!Sub'; fix: remove the tag"],
    ),
    "two of one name": (
        f"{CUSTOM}---\n{CUSTOM}spec: {{}}\n",
        [
            "m.k8s.yaml:5: the manifests at lines 1 and 5 are one object, and differ: got 'Thing default/t'; "
            "fix: rename or remove one of them"
        ],
    ),
    "keys together": (
        f"{SECRET}stringData: {{a: {'a' * 600_000}}}\ndata: {{b: {'b' * 500_000}}}\n",
        [
            "m.k8s.yaml:5: Secret s: data is too large, all keys together: got '1100000 bytes'; allowed: 1048576 bytes or less"
        ],
    ),
    "plain text in the data of a Secret": (
        f"{SECRET}data: {{a: aGk=, b: hunter2, c: [1]}}\n",
        [
            "m.k8s.yaml:4: Secret s: data.c is of the wrong type: got 'a list'; allowed: text",
            "m.k8s.yaml:4: Secret s: data.b is not base64: fix: write the text itself in stringData",
        ],
    ),
    "plain text in the binaryData of a ConfigMap": (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\nbinaryData: {a: 'aG\n\n  k=', b: ü}\n",
        ["m.k8s.yaml:6: ConfigMap c: binaryData.b is not base64: fix: write the text itself in data"],
    ),
    "one object": (
        f"{CUSTOM}spec: {{a: {'a' * 1_600_000}}}\n",
        [
            "m.k8s.yaml:1: Thing t: is too large: got '1600086 bytes'; "
            "allowed: 1572864 bytes or less as JSON, which is what etcd takes"
        ],
    ),
}
DEFINITIONS = {
    "another kind": (
        POD,
        [
            "m.k8s.yaml:1: the manifest holds no CustomResourceDefinition: got 'Pod'; allowed: one manifest of apiextensions.k8s.io/v1"
        ],
    ),
    "nothing": (
        "# nothing\n",
        [
            "m.k8s.yaml:1: the manifest holds no CustomResourceDefinition: got 'nothing'; "
            "allowed: one manifest of apiextensions.k8s.io/v1"
        ],
    ),
    "several": (
        f"{definition()}---\n{definition('shades')}",
        [
            "a.yaml:4: spec.manifest: the manifest holds several definitions: got 'm.k8s.yaml'; "
            "allowed: lamps.example.com, shades.example.com; fix: name one in manifestName"
        ],
    ),
    "an old version": (
        definition().replace("k8s.io/v1", "k8s.io/v1beta1"),
        [
            "m.k8s.yaml:1: the version of the definition must be apiextensions.k8s.io/v1, "
            "not apiextensions.k8s.io/v1beta1"
        ],
    ),
    "not YAML": (definition(more="  x: [\n"), ["m.k8s.yaml:10: this is not YAML: did not find expected node content"]),
    "a pattern that is not RE2's": (
        schema("{type: object, properties: {a: {type: string, pattern: '(?=x)'}}}"),
        ["m.k8s.yaml:12: this is not a pattern of RE2: invalid perl operator: (?=: got '(?=x)'"],
    ),
    "names of properties are no patterns": (
        schema("{type: object, properties: {pattern: {type: text, default: {pattern: '(?=x)'}}}}"),
        [],
    ),
    "types": (
        schema("{type: object, properties: [], required: a, minProperties: x}"),
        [
            f"m.k8s.yaml:12: CustomResourceDefinition lamps.example.com: spec.versions[0].schema.openAPIV3Schema.{field} "
            f"is of the wrong type: got {got}; allowed: {allowed}"
            for field, got, allowed in (
                ("properties", "'a list'", "an object"),
                ("required", "'a'", "a list"),
                ("minProperties", "'x'", "a whole number"),
            )
        ],
    ),
    "no stored version": (
        definition(versions="[{name: v1, served: true}]"),
        ["m.k8s.yaml:8: exactly one of the definition's versions must be the stored one"],
    ),
    "no versions": (
        definition(versions=""),
        ["m.k8s.yaml:8: exactly one of the definition's versions must be the stored one"],
    ),
}


def errors_of(folder: Path, document: str, manifest: str) -> list[str]:
    (folder / "a.yaml").write_text(document)
    (folder / "m.k8s.yaml").write_text(manifest)
    try:
        load_estate([folder / "a.yaml"])
    except PacificErrors as raised:
        return [str(error).replace(f"{folder}/", "") for error in raised.errors]
    return []


@pytest.mark.parametrize(("manifest", "expected"), MANIFESTS.values(), ids=MANIFESTS)
def test_manifests(tmp_path: Path, manifest: str, expected: list[str]) -> None:
    document = OF_MANIFESTS.replace("FIELDS", "cluster: k, manifests: {file: m.k8s.yaml}")
    assert errors_of(tmp_path, document, manifest) == expected


@pytest.mark.parametrize(("manifest", "expected"), DEFINITIONS.values(), ids=DEFINITIONS)
def test_definitions(tmp_path: Path, manifest: str, expected: list[str]) -> None:
    document = OF_DEFINITION.replace("FIELDS", "supervisor: s, manifest: {file: m.k8s.yaml}")
    assert errors_of(tmp_path, document, manifest) == expected


def test_a_manifest_in_the_document_says_its_line(tmp_path: Path) -> None:
    document = OF_MANIFESTS.replace(
        "{FIELDS}", "\n  cluster: k\n  manifests: |\n    apiVersion: v1\n    kind: Pod\n    a: [\n"
    )
    assert errors_of(tmp_path, document, "") == [
        "a.yaml:6: spec.manifests: line 4: this is not YAML: did not find expected node content"
    ]


def test_one_of_several_definitions_is_named(tmp_path: Path) -> None:
    bundle = f"{definition()}---\n{POD}---\n{definition('shades')}"
    fields = "supervisor: s, manifest: {file: m.k8s.yaml}, manifestName: NAME.example.com"
    assert errors_of(tmp_path, OF_DEFINITION.replace("FIELDS", fields.replace("NAME", "shades")), bundle) == []
    (document,) = load_estate([tmp_path / "a.yaml"])
    assert isinstance(document, CustomResourceDefinition)
    assert document.spec.names["plural"] == "shades"
    assert errors_of(tmp_path, OF_DEFINITION.replace("FIELDS", fields.replace("NAME", "lights")), bundle) == [
        "a.yaml:4: spec.manifestName: the manifest does not hold exactly one definition of this name: "
        "got 'lights.example.com'; allowed: lamps.example.com, shades.example.com"
    ]


def test_large_and_deep_definitions_are_read(tmp_path: Path) -> None:
    deep = "{type: string}"
    for _ in range(40):
        deep = f"{{type: object, properties: {{a: {deep}}}}}"
    wide = ", ".join(f"f{number}: {{type: string, description: {'d' * 200}}}" for number in range(5000))
    document = OF_DEFINITION.replace("FIELDS", "supervisor: s, manifest: {file: m.k8s.yaml}")
    assert errors_of(tmp_path, document, schema(f"{{type: object, properties: {{deep: {deep}, {wide}}}}}")) == []


def test_objects_are_those_of_the_file(tmp_path: Path) -> None:
    document = OF_MANIFESTS.replace("FIELDS", "cluster: k, manifests: {file: m.k8s.yaml}")
    labels = "metadata: {name: c, labels: &l {a: b}, annotations: {<<: *l}}\n"
    assert errors_of(tmp_path, document, f"apiVersion: v1\nkind: ConfigMap\n{labels}---\n{CUSTOM}---\n{CUSTOM}") == []
    (read,) = load_estate([tmp_path / "a.yaml"])
    assert isinstance(read, Manifests)
    assert [manifest["kind"] for manifest in read.spec.objects] == ["ConfigMap", "Thing"]
    assert read.spec.objects[0]["metadata"]["annotations"] == {"a": "b"}
