"""Plans in files and in pull requests."""

from dataclasses import replace
from pathlib import Path

import pytest

from pacific_infra.documents import load_estate
from pacific_infra.errors import PacificError
from pacific_infra.graph import build_graph
from pacific_infra.plan import Operation, Plan, PropertyChange, ResourceChange, build_plan, render_markdown, resource_of
from pacific_infra.plan.plan import only
from pacific_infra.plan.saved_plan import check_saved_plan, save_plan

ROOT = Path(__file__).parents[3]
WEB = "CrxWorkload/shop/web"


def change(document: str, operation: Operation = "same", digest: str = "a") -> ResourceChange:
    type_token, name = resource_of(document)
    return ResourceChange(f"urn:pulumi:dev::estate::{type_token}::{name}", type_token, name, operation, digest=digest)


def plan_of(monkeypatch: pytest.MonkeyPatch, *changes: ResourceChange) -> Plan:
    monkeypatch.chdir(ROOT)
    graph = build_graph(load_estate(["stacks/estate/documents"]))
    changed = {item.urn: item for item in changes}
    everything = {item.urn: item for item in map(change, graph.order)}
    return build_plan(graph, list((everything | changed).values()))


def test_the_same_plan_passes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    plan = plan_of(monkeypatch, change(WEB, "create"))
    save_plan(tmp_path / "plan.json", plan, project="estate", stack="dev")
    check_saved_plan(tmp_path / "plan.json", plan, project="estate", stack="dev")


def test_what_differs_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    save_plan(file, plan_of(monkeypatch, change(WEB, "create")), project="estate", stack="dev")
    now = plan_of(monkeypatch, change(WEB, "create", "b"), change("Namespace/shop", "update"))
    with pytest.raises(PacificError) as caught:
        check_saved_plan(file, now, project="estate", stack="dev")
    assert str(caught.value) == (
        f"{file}: what would happen now is not what the saved plan says; nothing was changed:\n"
        "  pacific:index:CrxWorkload shop/web: create, with other properties than then\n"
        "  pacific:index:SupervisorNamespace shop: same then, update now: "
        "fix: plan again, have that approved, and apply it"
    )


def test_a_stack_in_which_nothing_changes_need_not_be_looked_at_both_times(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "plan.json"
    whole = plan_of(monkeypatch, change(WEB, "create"))
    save_plan(file, only(whole, [WEB]), project="estate", stack="dev")
    check_saved_plan(file, whole, project="estate", stack="dev")
    now = plan_of(monkeypatch, change(WEB, "create"), change("Namespace/shop", "update"))
    with pytest.raises(PacificError, match="SupervisorNamespace shop: not there then, update now"):
        check_saved_plan(file, now, project="estate", stack="dev")


def test_a_plan_of_another_stack_or_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    plan = plan_of(monkeypatch)
    save_plan(file, plan, project="estate", stack="dev")
    with pytest.raises(PacificError, match="the plan is for another stack: got 'estate/dev'; allowed: estate/prod"):
        check_saved_plan(file, plan, project="estate", stack="prod")
    file.write_text("{}")
    with pytest.raises(PacificError, match="not a saved plan: fix: make one with: pacific plan --save FILE"):
        check_saved_plan(file, plan, project="estate", stack="dev")


def test_markdown_has_the_summary_first_and_a_diff(monkeypatch: pytest.MonkeyPatch) -> None:
    update = replace(change(WEB, "update"), changes=(PropertyChange("spec.replicas", "update", 3, 4),))
    text = render_markdown(plan_of(monkeypatch, update))
    assert text.splitlines() == [
        "**Plan: 0 to create, 1 to update, 0 to replace, 0 to delete, 9 unchanged**",
        "",
        "| wave | document | what | resources |",
        "|---|---|---|---|",
        "| 5 | `CrxWorkload/shop/web` | update | 1 |",
        "",
        "<details><summary>~ <code>CrxWorkload/shop/web</code> (stacks/estate/documents/shop/web.yaml:3)</summary>",
        "",
        "```diff",
        "! update pacific:index:CrxWorkload shop/web",
        "-   spec.replicas: 3",
        "+   spec.replicas: 4",
        "```",
        "</details>",
    ]


def test_markdown_is_never_longer_than_a_comment_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    many = tuple(PropertyChange(f"spec.field{number}", "update", "x" * 50, "```") for number in range(2000))
    updates = [replace(change(item, "update"), changes=many) for item in (WEB, "Namespace/shop")]
    text = render_markdown(plan_of(monkeypatch, *updates))
    assert len(text) < 65_536
    assert "_2 more changed documents are not shown: run `pacific plan`._" in text
