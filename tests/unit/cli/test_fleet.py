"""Which stacks of an estate in several are looked at, by its record alone."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from pacific_infra.cli.fleet import Fleet, fleet_of, state_of
from pacific_infra.cli.fleet_plan import planned_stacks
from pacific_infra.cli.fleet_up import chosen_stacks
from pacific_infra.cli.session import begin
from pacific_infra.cli.unchanged import in_one_stack
from pacific_infra.record.backend import StackFiles, write_checkpoint
from pacific_infra.record.estate import EstateRecord, EstateRecordFile, StackNote, is_in_stacks

SUPERVISOR, DATA, SHOP = "SupervisorCluster/supervisor-01", "Namespace/data", "Namespace/shop"
DOCUMENTS = "".join(
    f"apiVersion: pacific.infra/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}\n---\n"
    for kind, name, spec in (
        ("SupervisorCluster", "supervisor-01", "{external: true}"),
        ("Namespace", "data", "{supervisor: supervisor-01}"),
        ("Namespace", "shop", "{supervisor: supervisor-01}"),
    )
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}")
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\nmain: .\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(json.dumps({"config": {"shop:documents": ["documents"]}}))
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "all.yaml").write_text(DOCUMENTS)
    (tmp_path / "__main__.py").write_text("from pacific_infra.estate_program import run\n\nrun()\n")
    return tmp_path


def fleet(project: Path, rule: str, recorded: Mapping[str, Sequence[str]]) -> Fleet:
    """``rule``: what pacific.yaml says. ``recorded``: the documents of each stack."""
    (project / "pacific.yaml").write_text(rule)
    record = EstateRecord("", {stack: StackNote(tuple(nodes)) for stack, nodes in recorded.items()})
    EstateRecordFile.of(StackFiles(project, "shop", "dev")).write(record)
    opened = fleet_of(begin(project, None))
    assert opened is not None
    return opened


def looked_at(estate: Fleet) -> tuple[tuple[str, ...], str]:
    chosen = chosen_stacks(estate, everything=False)
    return chosen, next(planned_stacks(estate, chosen).lines)


def test_a_stack_whose_documents_all_move_is_not_planned(project: Path) -> None:
    rule = "partition: namespace\nsize: 1\nstacks: {store: [data]}\n"
    estate = fleet(project, rule, {"dev": [SUPERVISOR], "dev-data": [DATA], "dev-shop": [SHOP]})
    assert estate.moves == {("dev-data", "dev-store"): (DATA,)}
    assert looked_at(estate) == (("dev", "dev-shop", "dev-store"), "3 stacks in 1 wave")
    # Whoever removes the whole estate removes this stack too.
    assert "dev-data" in estate.stacks


def test_a_stack_with_a_document_that_is_removed_is_planned(project: Path) -> None:
    rule = "partition: namespace\nsize: 1\nstacks: {store: [data]}\n"
    removed = {"dev": [SUPERVISOR], "dev-data": [DATA, "Namespace/old"], "dev-shop": [SHOP], "dev-gone": ()}
    estate = fleet(project, rule, removed)
    assert looked_at(estate) == (
        ("dev-data", "dev-gone", "dev", "dev-shop", "dev-store"),
        "5 stacks in 1 wave",
    )


def test_all_that_comes_back_into_one_stack_leaves_none_to_plan_but_the_first(project: Path) -> None:
    estate = fleet(project, "partition: none\n", {"dev": [SUPERVISOR], "dev-data": [DATA], "dev-shop": [SHOP]})
    assert looked_at(estate) == (("dev",), "1 stack in 1 wave")


def hold(project: Path, stack: str, *names: str, external: bool = False) -> StackFiles:
    """A stack that has these namespaces in its state."""
    files, head = StackFiles(project, "shop", stack), f"urn:pulumi:{stack}::shop::"
    root = {"urn": f"{head}pulumi:pulumi:Stack::shop-{stack}", "type": "pulumi:pulumi:Stack"}
    resources = [root]
    for name in names:
        component = f"{head}pacific:index:SupervisorNamespace::{name}"
        resources.append({"urn": component, "type": "pacific:index:SupervisorNamespace", "parent": root["urn"]})
        kind = "pacific:vcenter:Namespace"
        urn = f"{head}pacific:index:SupervisorNamespace${kind}::{name}-namespace"
        resource: dict[str, Any] = {"urn": urn, "type": kind, "parent": component, "id": name, "external": external}
        resources.append(resource)
    write_checkpoint(files, {"resources": resources})
    return files


RULE = "partition: namespace\nsize: 1\n"


def test_what_a_stack_holds_moves_where_the_record_of_the_estate_is_of_before(project: Path) -> None:
    hold(project, "dev-data", "data", "shop")
    estate = fleet(project, RULE, {"dev": [SUPERVISOR], "dev-data": [DATA], "dev-shop": [SHOP]})
    assert estate.moves == {("dev-data", "dev-shop"): (SHOP,)}
    assert estate.record.stack_of[SHOP] == "dev-data"


def test_what_a_stack_holds_moves_where_the_record_of_the_estate_is_lost(project: Path) -> None:
    hold(project, "dev-shop", "data", "shop")
    (project / "pacific.yaml").write_text(RULE)
    estate = fleet_of(begin(project, None))
    assert estate is not None
    assert estate.moves == {("dev-shop", "dev-data"): (DATA,)}


def test_what_is_only_looked_up_or_as_the_last_run_left_it_does_not_move(project: Path) -> None:
    recorded = {"dev": [SUPERVISOR], "dev-data": [DATA], "dev-shop": [SHOP]}
    files = hold(project, "dev-data", "data", "shop", external=True)
    assert fleet(project, RULE, recorded).moves == {}
    files = hold(project, "dev-data", "data", "shop")
    notes = {stack: StackNote(tuple(nodes)) for stack, nodes in recorded.items()}
    notes["dev-data"] = StackNote((DATA,), files=state_of(files))
    EstateRecordFile.of(StackFiles(project, "shop", "dev")).write(EstateRecord("", notes))
    estate = fleet_of(begin(project, None))
    assert estate is not None
    assert estate.moves == {}


def test_an_estate_is_in_one_stack_where_neither_file_nor_record_says_otherwise(project: Path) -> None:
    assert in_one_stack(begin(project, None))
    files = {stack: StackFiles(project, "shop", stack) for stack in ("dev", "dev-shop", "other")}
    record = EstateRecord("", {"dev": StackNote(), "dev-shop": StackNote()})
    EstateRecordFile.of(files["dev"]).write(record)
    assert not in_one_stack(begin(project, None))
    assert [is_in_stacks(files[stack]) for stack in files] == [True, True, False]
    EstateRecordFile.of(files["dev"]).remove()
    (project / "pacific.yaml").write_text("partition: none\n")
    assert not in_one_stack(begin(project, None))
    assert fleet_of(begin(project, None)) is None
