"""Names and texts that others choose are shown as text: on every page, in the terminal, as JSON and as metrics."""

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient
from textual.widgets import Static

from pacific_infra.view.guard import Guard
from pacific_infra.view.model import View
from pacific_infra.view.server import PAGES, application
from pacific_infra.view.terminal import Rows, Terminal
from tests.support.view_pictures import populate
from tests.support.view_world import World

GUARD = Guard(8722, "correct-token")
PAYLOADS = {
    "html": "<img src=x onerror=alert(1)>",
    "attribute": '"><script>alert(1)</script>',
    "template": "{{ 7 * 7 }}{% raw %}${7*7}",
    "address": "javascript:alert(1)//../..",
    "bidi": "\u202eexe.\u2066\u200b",
    "control": "\x1b[2J\x07\r\n\t\x9b",
    "markup": "[bold]not bold[/bold]",
    "long": "a" * 253,
    "query": "?a=b&c=d#e%2e%00",
}
PRODUCT_FIELDS = frozenset(
    {"state", "unit", "result", "resource", "severity", "recorded", "time", "began", "commit", "endpoint"}
)
"""Fields whose words are the product's own, or numbers."""
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069]")


def hostile(value: Any, payload: str) -> Any:
    """The same with the payload at the end of each text that others choose."""
    if isinstance(value, str):
        return value + payload
    if is_dataclass(value) and not isinstance(value, type):
        changed = {
            item.name: hostile(getattr(value, item.name), payload)
            for item in fields(value)
            if item.name not in PRODUCT_FIELDS
        }
        return replace(value, **changed)
    if isinstance(value, Mapping):
        # Of plain values some keys are the product's own.
        kept = {"run", "wave", "state", "started", "finished"}
        return {
            key if key in ROWS else hostile(key, payload): item if key in kept else hostile(item, payload)
            for key, item in value.items()
        }
    return [hostile(item, payload) for item in value] if isinstance(value, list | tuple) else value


ROWS = frozenset(
    {"id", "wave", "state", "started", "finished", "detail", "waits", "reasons", "run", "title", "summary", "critical"}
    | {"nodes", "severity", "text", "link"}
)


class Source(HTMLParser):
    """The tags, attributes and links of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [text or "" for name, text in attrs if name in ("href", "src", "action")]
        assert tag != "script" or dict(attrs).get("src", "").startswith("/static/")  # type: ignore[union-attr]


@pytest.fixture(params=PAYLOADS.values(), ids=list(PAYLOADS))
def payload(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def harmless() -> View:
    """Everything that is shown of an estate."""
    world = World()
    populate(world)
    world.remarks = ["the documents cannot be read"]
    world.source.silent("it does not answer")
    return world.view()


@pytest.fixture
def view(harmless: View, payload: str) -> View:
    """The same, each name and text with the payload."""
    changed: View = hostile(harmless, payload)
    return changed


def addresses(view: View) -> list[str]:
    """Every page, and every document, namespace and run."""
    plain = [path for path in PAGES if "{" not in path]
    plain += [f"/documents/{quote(node)}" for node in view.nodes]
    plain += [f"/namespaces/{quote(space.name, safe='')}" for space in view.namespaces if "/" not in space.name]
    return [*plain, *(f"/history/{run.number}" for run in view.history)]


def test_every_page_shows_them_as_text(view: View, payload: str, tmp_path: Path) -> None:
    collector = World().collector(tmp_path)
    collector.view = view
    headers = {"Authorization": f"Bearer {GUARD.token}"}
    with TestClient(application(collector, GUARD), base_url="http://127.0.0.1:8722", headers=headers) as client:
        for address in addresses(view):
            source = client.get(address).text
            assert not UNSEEN.search(source), address
            page = Source()
            page.feed(source)
            assert "img" not in page.tags, address
            assert [name for name in page.attributes if name.startswith("on")] == [], address
            assert [link for link in page.links if not link.startswith(("/", "#", "?"))] == [], address
            assert ">49<" not in source


def test_programs_get_them_as_they_are(view: View, payload: str, tmp_path: Path) -> None:
    collector = World().collector(tmp_path)
    collector.view = view
    headers = {"Authorization": f"Bearer {GUARD.token}"}
    with TestClient(application(collector, GUARD), base_url="http://127.0.0.1:8722", headers=headers) as client:
        document = json.loads(client.get("/view.json").text)
        metrics = client.get("/metrics").text
    assert document["namespaces"][0]["name"].endswith(payload)
    form = re.compile(r'# .*|\w+\{(\w+="([^"\\]|\\.)*",?)*\} -?\d+|')
    assert all(form.fullmatch(line) for line in metrics.split("\n"))


def test_the_terminal_shows_them_as_text(view: View, payload: str, tmp_path: Path) -> None:
    async def run() -> list[str]:
        collector = World().collector(tmp_path)
        collector.view = view
        texts = []
        async with Terminal(collector).run_test(size=(200, 50)) as pilot:
            for key in "1234":
                await pilot.press(key)
                await pilot.pause()
                table = next(rows for rows in pilot.app.query(Rows) if rows.is_on_screen)
                texts += [str(cell) for row in range(table.row_count) for cell in table.get_row_at(row)]
                texts.append(str(pilot.app.query_one("#about", Static).content))
        return texts

    texts = asyncio.run(run())
    assert not [text for text in texts if UNSEEN.search(text)]
    if payload == PAYLOADS["markup"]:
        assert [text for text in texts if payload in text]
