"""What others own is named in documents, and only named."""

from pathlib import Path

import pytest

from pacific_infra.documents import ExternalDocument, ExternalNamespace, Namespace, json_schema, load_estate
from pacific_infra.errors import PacificErrors

SUPERVISOR = "SupervisorCluster/shared"


def document(kind: str, name: str, spec: str) -> str:
    return f"apiVersion: pacific.infra/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}\n---\n"


def refusals(folder: Path, text: str) -> list[str]:
    (folder / "estate.yaml").write_text(text)
    with pytest.raises(PacificErrors) as caught:
        load_estate([folder / "estate.yaml"])
    return [str(error).removeprefix(f"{folder / 'estate.yaml'}:") for error in caught.value.errors]


def test_by_name_and_by_stack(tmp_path: Path) -> None:
    (tmp_path / "estate.yaml").write_text(
        document("SupervisorCluster", "shared", "{external: {stack: platform/prod}}")
        + document("Namespace", "shop", "{external: {stack: acme/platform/prod}, supervisor: shared}")
        + document("VirtualMachineClass", "small", "{external: true}")
    )
    estate = load_estate([tmp_path / "estate.yaml"])
    stacks = [item.stack for item in estate if isinstance(item, ExternalDocument)]
    assert stacks == ["organization/platform/prod", "acme/platform/prod", None]
    assert [item.external for item in estate] == [True, True, True]
    assert [reference.target for reference in estate.by_id["Namespace/shop"].references()] == [SUPERVISOR]


def test_a_document_without_the_word_is_this_stacks_own(tmp_path: Path) -> None:
    (tmp_path / "estate.yaml").write_text(
        document("Namespace", "a", "{supervisor: shared}")
        + document("Namespace", "b", "{supervisor: shared, external: false}")
        + document("Namespace", "c", "{supervisor: shared, external: true}")
    )
    estate = load_estate([tmp_path / "estate.yaml"])
    assert [type(item) for item in estate] == [Namespace, Namespace, ExternalNamespace]


@pytest.mark.parametrize(
    ("kind", "spec", "field"),
    [
        ("SupervisorCluster", "{external: true, size: TINY}", "size"),
        ("SupervisorCluster", "{external: {stack: platform/dev}, deletionPolicy: Delete}", "deletionPolicy"),
        ("Namespace", "{external: true, supervisor: s, limits: {cpu: 1GHz}}", "limits"),
        ("Namespace", "{external: true, supervisor: s, dependsOn: [Namespace/b]}", "dependsOn"),
        ("VirtualMachineClass", "{external: true, cpuCount: 2}", "cpuCount"),
    ],
)
def test_what_its_owner_says_is_refused(tmp_path: Path, kind: str, spec: str, field: str) -> None:
    assert refusals(tmp_path, document(kind, "a", spec)) == [
        f"4: spec.{field}: an external {kind} is only looked up, and its owner says this: "
        f"fix: remove {field}, or remove external where this stack makes the {kind}"
    ]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ('{external: "yes"}', "4: spec.external: wrong form: got 'yes'; allowed: true, or {stack: PROJECT/STACK}"),
        ("{external: 1}", "4: spec.external: wrong form: got 1; allowed: true, or {stack: PROJECT/STACK}"),
        (
            "{external: {stack: platform}}",
            "4: spec.external.stack has the wrong form: got 'platform'; "
            "allowed: PROJECT/STACK, or ORGANIZATION/PROJECT/STACK",
        ),
        (
            "{external: {stack: null}}",
            "4: spec.external.stack is empty: allowed: text; fix: give it a value, or remove it",
        ),
        (
            "{external: {stck: a/b}}",
            "4: unknown field in spec.external: got 'stck'; allowed: stack; fix: write stack",
        ),
        ("{external: true, sise: 1}", "4: unknown field in spec: got 'sise'; allowed: external; fix: remove it"),
    ],
)
def test_a_place_that_is_none_is_refused(tmp_path: Path, spec: str, message: str) -> None:
    assert message in refusals(tmp_path, document("SupervisorCluster", "a", spec))


def test_what_a_kind_of_its_own_needs_is_not_asked_of_an_external_one(tmp_path: Path) -> None:
    assert refusals(tmp_path, document("Namespace", "a", "{external: true}")) == [
        "4: spec.supervisor is missing: fix: add supervisor: The Supervisor that it lies on: a reference to the "
        "document SupervisorCluster/<supervisor>."
    ]


def test_the_schema_for_editors_takes_both_forms() -> None:
    chosen = next(item for item in json_schema()["allOf"] if item["if"]["properties"]["kind"] == {"const": "Namespace"})
    assert chosen["then"]["then"] == {"$ref": "#/$defs/ExternalNamespace"}
    assert chosen["then"]["else"] == {"$ref": "#/$defs/Namespace"}
    external = json_schema()["$defs"]["ExternalNamespaceSpec"]
    assert sorted(external["properties"]) == external["required"] == ["external", "supervisor"]
