"""Which stacks of an estate in several are looked at, by its record alone."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from pacific_infra.cli.fleet import Fleet, fleet_of
from pacific_infra.cli.fleet_plan import planned_stacks
from pacific_infra.cli.fleet_up import chosen_stacks
from pacific_infra.cli.session import begin
from pacific_infra.cli.unchanged import in_one_stack
from pacific_infra.record.backend import StackFiles
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
