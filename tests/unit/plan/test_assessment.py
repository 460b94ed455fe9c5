"""A plan that does not fit, in every form: what is too much, by how much, and what would fit."""

import io
import json
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from rich.console import Console

from pacific_infra.cli.plan import check_fit
from pacific_infra.documents import Estate, load_estate
from pacific_infra.errors import PacificError
from pacific_infra.graph import DependencyGraph, build_graph
from pacific_infra.plan import Assessment, Plan, assess, build_plan, plan_json, render_markdown, render_tree
from pacific_infra.plan.capacity.prices import Cost, Prices
from pacific_infra.plan.policy import all_rules
from pacific_infra.plan.server_answers import ServerAnswers

ROOT = Path(__file__).parents[3]
PATCH = """\
apiVersion: pacific.infra/v1alpha1
kind: CrxWorkload
metadata: {name: web, namespace: shop}
spec: {replicas: 70}
"""
PODS = (
    "error: {web}: Namespace/shop asks for 70 pods, its limit is 60: 10 too much; most of it, 70, is "
    "CrxWorkload/shop/web; fix: raise the limit at {limit} to 70, or ask "
    "for 10 less"
)


@pytest.fixture
def graph(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> DependencyGraph:
    (tmp_path / "patch.yaml").write_text(PATCH)
    monkeypatch.chdir(ROOT)
    return build_graph(load_estate(["stacks/estate/documents"], [tmp_path / "patch.yaml"]))


@pytest.fixture
def assessed(graph: DependencyGraph) -> tuple[Plan, Assessment]:
    return build_plan(graph, ()), assess(graph, all_rules(), date(2026, 11, 1))


def tree(plan: Plan, assessment: Assessment | None, tmp_path: Path) -> str:
    output = io.StringIO()
    Console(file=output, width=400, no_color=True).print(render_tree(plan, assessment))
    return output.getvalue().replace(f"{tmp_path}/", "")


def test_the_tree_ends_with_what_does_not_fit(
    graph: DependencyGraph, assessed: tuple[Plan, Assessment], tmp_path: Path
) -> None:
    text = tree(*assessed, tmp_path)
    assert "── Capacity: it does not fit: 1 error\n" in text
    limit = graph.document("Namespace/shop").place(("spec", "objectCounts"))
    web = graph.document("CrxWorkload/shop/web").place(("spec",))
    assert PODS.format(web=web, limit=limit) in text
    assert "██████████ 117% pods: 70 of 60" in text
    assert "── Policy: 13 rules: 0 errors, 6 warnings, 0 excepted\n" in text
    assert "warning: disruption-budget 1, protected-data 5; pacific policy says where" in text
    assert "Capacity" not in tree(assessed[0], None, tmp_path)


def test_markdown_and_json_say_the_same(assessed: tuple[Plan, Assessment]) -> None:
    markdown = render_markdown(*assessed)
    assert "**Capacity: it does not fit: 1 error**\n- error: " in markdown
    assert "**Policy: 13 rules: 0 errors, 6 warnings, 0 excepted**\n- warning: " in markdown
    form = json.loads(json.dumps(plan_json(*assessed)))
    assert form["capacity"]["fits"] is False
    assert [finding["node"] for finding in form["capacity"]["findings"] if finding["severity"] == "error"] == [
        "CrxWorkload/shop/web"
    ]
    assert (form["policy"]["errors"], form["policy"]["warnings"]) == (0, 6)
    assert "capacity" not in plan_json(assessed[0])


PRICES = Prices(currency="EUR", cpu=Decimal(10), memory=Decimal(2))


def test_what_it_costs_stands_between_capacity_and_policy(graph: DependencyGraph, tmp_path: Path) -> None:
    plan = build_plan(graph, ())
    assessment = assess(graph, all_rules(), date(2026, 11, 1), prices=PRICES)
    markdown = render_markdown(plan, assessment)
    (line,) = (line for line in markdown.splitlines() if line.startswith("**Cost: "))
    assert re.fullmatch(r"\*\*Cost: [\d.]+ EUR a month: (data|shop) [\d.]+, (data|shop) [\d.]+\*\*", line)
    assert markdown.index("**Capacity: ") < markdown.index(line) < markdown.index("**Policy: ")
    assert line.strip("*") in tree(plan, assessment, tmp_path)
    costs = plan_json(plan, assessment)["costs"]
    assert costs.pop("currency") == "EUR"
    assert set(costs) == {"data", "shop"}


def test_the_most_expensive_namespaces_are_named_first_and_the_others_counted() -> None:
    cost = Cost("EUR", {str(number): Decimal(number) for number in range(12)})
    assert cost.line == "Cost: 66.00 EUR a month: 11 11, 10 10, 9 9, 8 8, 7 7, 6 6, 5 5, 4 4, 3 3, 2 2, 2 more"


def test_rules_are_told_of_where_no_namespace_is_declared(tmp_path: Path) -> None:
    (tmp_path / "class.yaml").write_text(
        "apiVersion: pacific.infra/v1alpha1\nkind: SupervisorCluster\nmetadata: {name: supervisor-01}\n"
        "spec: {external: true}\n---\napiVersion: pacific.infra/v1alpha1\nkind: Namespace\nmetadata: {name: shop}\n"
        "spec: {external: true, supervisor: supervisor-01}\n---\napiVersion: pacific.infra/v1alpha1\n"
        "kind: CrxWorkload\nmetadata: {name: web, namespace: shop}\n"
        "spec: {kind: Deployment, containers: [{name: web, image: 'registry.example.test/web:latest'}]}\n"
    )
    graph = build_graph(load_estate([tmp_path]))
    markdown = render_markdown(build_plan(graph, ()), assess(graph, all_rules(), date(2026, 11, 1)))
    assert "**Policy: 13 rules: " in markdown


ANSWERS = ServerAnswers(
    objects=12,
    doubtful=("web.yaml:3: refused; it may pass once Namespace/shop has changed",),
    taken_over=("CrxWorkload/shop/web: takes back spec.replicas (set by kubectl) of Deployment shop/web",),
    skipped={"namespace shop does not exist yet": 3, "kind Lamp is not served yet": 1},
)
LINE = (
    "Asked: 12 objects in a dry run, 1 doubtful; 4 not asked: kind Lamp is not served yet (1), namespace shop does "
    "not exist yet (3)"
)


def test_every_form_says_what_the_servers_were_asked(assessed: tuple[Plan, Assessment], tmp_path: Path) -> None:
    result, assessment = assessed[0], replace(assessed[1], answers=ANSWERS)
    text = tree(result, assessment, tmp_path)
    assert f"└── {LINE}\n    ├── warning: {ANSWERS.doubtful[0]}\n    └── warning: {ANSWERS.taken_over[0]}\n" in text
    assert f"**{LINE}**\n- warning: {ANSWERS.doubtful[0]}\n- warning: {ANSWERS.taken_over[0]}\n" in render_markdown(
        result, assessment
    )
    assert json.loads(json.dumps(plan_json(result, assessment)))["asked"] == {
        "objects": 12,
        "doubtful": list(ANSWERS.doubtful),
        "taken": list(ANSWERS.taken_over),
        "handed_over": 0,
        "skipped": dict(ANSWERS.skipped),
    }
    assert "Asked" not in tree(*assessed, tmp_path)
    assert "Asked" not in tree(result, replace(assessment, answers=ServerAnswers()), tmp_path)


def test_a_run_that_must_fit_is_refused_where_it_does_not(assessed: tuple[Plan, Assessment]) -> None:
    with pytest.raises(PacificError) as raised:
        check_fit(assessed[1])
    assert (
        str(raised.value) == "it does not fit, and --require-fit is given: nothing was done: fix: see the lines above"
    )
    check_fit(assess(build_graph(Estate(())), all_rules(), date(2026, 11, 1)))
