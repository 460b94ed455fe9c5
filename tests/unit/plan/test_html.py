"""The page: self-contained and complete."""

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pacific_infra.documents import load_estate
from pacific_infra.graph import DependencyGraph, build_graph
from pacific_infra.plan import PropertyChange, ResourceChange, assess, build_plan, resource_of
from pacific_infra.plan.durations import History, forecast
from pacific_infra.plan.html import render_html
from pacific_infra.plan.policy import all_rules

ROOT = Path(__file__).parents[3]
TODAY = date(2026, 11, 1)
WEB = "CrxWorkload/shop/web"
CLASS = """\
apiVersion: pacific.infra/v1alpha1
kind: VirtualMachineClass
metadata: {{name: size-{number:03}}}
spec: {{cpuCount: 2, memory: 4Gi}}
"""
HOSTILE = "</script><script>document.title = 'broken'</script>"


def change(document: str) -> ResourceChange:
    type_token, name = resource_of(document)
    return ResourceChange(f"urn:pulumi:dev::estate::{type_token}::{name}", type_token, name, "same")


@pytest.fixture(scope="module")
def demo() -> DependencyGraph:
    return build_graph(load_estate([ROOT / "stacks" / "estate" / "documents"]))


@pytest.fixture(scope="module")
def page(demo: DependencyGraph) -> str:
    update = PropertyChange("metadata.annotations.note", "update", 3, HOSTILE)
    changes = [
        replace(change(node), operation="update", changes=(update,)) if node == WEB else change(node)
        for node in demo.order
    ]
    history = History()
    for node in demo.order:
        history.add(node, "create", 5.0)
    expected = forecast(demo, {WEB: "update"}, history)
    return render_html(
        build_plan(demo, changes), demo, assess(demo, all_rules(), TODAY), expected, title=f"Plan {HOSTILE}"
    )


def test_it_asks_for_nothing_from_elsewhere(page: str) -> None:
    assert not re.search(r"""src=|href="(?!#)|@import|url\(|https?:""", page)


def test_every_document_and_dependency_is_drawn(page: str, demo: DependencyGraph) -> None:
    assert set(re.findall(r'class="box [^"]*" data-box="\d+" data-id="([^"]+)"', page)) == set(demo.order)
    assert page.count('class="edge') == sum(map(len, demo.predecessors.values()))
    assert page.count('class="wave"') == len(demo.waves)


def test_many_documents_are_in_groups_that_open(tmp_path: Path) -> None:
    texts = [CLASS.format(number=number) for number in range(200)]
    (tmp_path / "classes.yaml").write_text("---\n".join(texts))
    graph = build_graph(load_estate([tmp_path]))
    assessment = assess(graph, all_rules(), TODAY)
    page = render_html(build_plan(graph, [change(node) for node in graph.order]), graph, assessment, None, title="Plan")
    assert set(re.findall(r'data-id="([^"]+)"', page)) == set(graph.order)
    groups = re.findall(r'<a href="#(group-\d+)" class="box', page)
    assert groups == re.findall(r'<details><summary>[^<]*</summary>\n<div id="(group-\d+)">', page)
    assert len(groups) == 40


def test_it_can_be_read_without_scripts(page: str) -> None:
    text = page.partition("<noscript>")[2].partition("</noscript>")[0]
    assert "1 to change" in text or "update" in text
    assert WEB in text


def test_text_of_others_stays_text(page: str) -> None:
    assert HOSTILE not in page
    (data,) = re.findall(r'<script type="application/json" id="data">(.*)</script>', page)
    node = next(item for item in json.loads(data)["plan"]["nodes"] if item["id"] == WEB)
    assert node["resources"][0]["changes"][0]["new"] == HOSTILE
