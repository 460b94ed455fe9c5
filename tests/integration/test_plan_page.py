"""The plan's page in a real browser, where there is one."""

import re
import subprocess
from datetime import date
from pathlib import Path

from pacific_infra.documents import load_estate
from pacific_infra.graph import build_graph
from pacific_infra.graph.slices import after, before
from pacific_infra.plan import ResourceChange, assess, build_plan, resource_of
from pacific_infra.plan.html import render_html
from pacific_infra.plan.policy import all_rules
from tests.support.needs import CHROMIUM
from tests.support.waiting import PATIENCE

DOCUMENTS = Path(__file__).parents[2] / "stacks" / "estate" / "documents"
CATALOGUE = "VirtualMachine/shop/catalogue"


def test_a_browser_shows_the_document_that_the_address_names(tmp_path: Path) -> None:
    browser = CHROMIUM.program("chromium", "google-chrome")
    graph = build_graph(load_estate([DOCUMENTS]))
    changes = []
    for node in graph.order:
        type_token, name = resource_of(node)
        changes.append(ResourceChange(f"urn:pulumi:dev::estate::{type_token}::{name}", type_token, name, "create"))
    page = render_html(
        build_plan(graph, changes),
        graph,
        assess(graph, all_rules(), date(2026, 11, 1)),
        None,
        title="Plan of estate/dev",
    )
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    address = f"file://{tmp_path}/page.html#{CATALOGUE}"
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", address]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True).stdout
    details = shown.partition('id="details"')[2].partition("</section>")[0]
    assert f"<h2>{CATALOGUE}</h2>" in details
    assert "create in wave 3" in details
    assert "VirtualMachineClass/shop-small</a>" in details
    assert "<h2" in (verdicts := shown.partition('id="verdicts"')[2].partition("</section>")[0])
    assert "Capacity: it fits" in verdicts
    faded = set(re.findall(r'class="box [^"]*faded[^"]*" data-box="\d+" data-id="([^"]+)"', shown))
    assert faded == set(graph.order) - before(graph, CATALOGUE) - after(graph, CATALOGUE)
