"""The page of ``pacific view`` in a real browser, where there is one."""

import asyncio
import re
from itertools import product
from pathlib import Path

import httpx2
import pytest

from tests.benchmarks.estates.generate import write
from tests.support.browser import Page, browsing
from tests.support.needs import NODE
from tests.support.npm import node_modules
from tests.support.view_pictures import PAGES, plan_page, populate
from tests.support.view_server import Shown, served
from tests.support.view_world import DEPLOYMENT, World, pod
from tests.support.waiting import PATIENCE

WEB = "CrxWorkload/shop/web"
CANVASES = "[...document.querySelectorAll('.canvas')]"
CLICK = "new MouseEvent('click', {bubbles: true, cancelable: true})"
AXE = "4.14.1"
"""The version of axe-core."""
AXE_RUN = """axe.run(document, {resultTypes: ["violations"]}).then((result) =>
  result.violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target.join(" ")}`)))"""


def focused(page: Page) -> str:
    """The text of what has the focus."""
    return str(page.value("document.activeElement.innerText"))


def test_a_browser_follows_what_changes_and_takes_keys_and_links(tmp_path: Path) -> None:
    with served(tmp_path) as shown, browsing(tmp_path) as page:
        page.open(shown.guard.address)
        assert page.value("location.search") == ""
        # A pod that fails appears with its reason, and drift comes and goes, without a reload.
        page.open(shown.address("/namespaces/shop"))
        page.value("window.loadedOnce = true")
        shown.world.put(pod("web-1-b", waiting="ImagePullBackOff", message="there is no such image"))
        shown.change()
        page.until("document.body.innerText.includes('ImagePullBackOff: there is no such image')")
        assert page.value("window.loadedOnce") is True
        page.open(shown.address("/drift"))
        assert "No drift." in page.text
        shown.world.put({**DEPLOYMENT, "spec": {"replicas": 5}})
        shown.change()
        page.until("document.body.innerText.includes('spec.replicas')")
        shown.world.put(DEPLOYMENT)
        shown.change()
        page.until("document.body.innerText.includes('No drift.')")
        # Keys.
        page.open(shown.address("/documents?namespace=shop"))
        page.press("j")
        page.press("j")
        assert focused(page) == "VirtualMachine/shop/catalogue"
        page.press("k")
        page.press("/")
        assert page.value("document.activeElement.id") == "find"
        page.value("document.activeElement.blur()")
        page.press("?")
        assert page.value("document.getElementById('help').open") is True
        # Links and filters are in the address.
        page.open(shown.address(f"/documents/{WEB}"))
        assert "3/3 replicas ready" in page.text
        assert {request.split("/")[2] for request in page.requests if request.startswith("http")} == {
            f"127.0.0.1:{shown.guard.port}"
        }
        assert page.refused == []


def test_pages_are_whole_without_javascript(tmp_path: Path) -> None:
    with served(tmp_path) as shown, browsing(tmp_path) as page:
        page.call("Emulation.setScriptExecutionDisabled", value=True)
        page.call("Page.navigate", url=shown.guard.address)
        page.until("document.title.startsWith('Overview')")
        page.call("Page.navigate", url=shown.address("/documents?kind=VirtualMachine"))
        page.until("document.title.startsWith('Documents')")
        assert "2 of 10" in page.text


@pytest.fixture(scope="module")
def axe() -> str:
    """The source of axe-core, which tests pages for people who see badly or use no mouse."""
    folder = node_modules(NODE.program("npm"), "axe", {"axe-core": AXE})
    return (folder / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def test_every_page_is_accessible_dark_and_light(tmp_path: Path, axe: str) -> None:
    world = World()
    populate(world)
    file = tmp_path / "plan.html"
    file.write_text(plan_page(world), encoding="utf-8")
    with served(tmp_path, world) as shown, browsing(tmp_path) as page:
        page.open(shown.guard.address)
        paths = [path.format(space="shop", node=WEB) for path in PAGES.values()]
        addresses = [*map(shown.address, paths), f"file://{file}", f"file://{file}#{WEB}"]
        problems = []
        for address in addresses:
            page.open(address)
            page.value(f"{axe}; 0")
            for theme in ("light", "dark"):
                page.prefer(dark=theme == "dark")
                result = page.value(AXE_RUN)
                problems += [f"{address} {theme}: {problem}" for problem in result]
        assert problems == []


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Path]:
    """500 documents, and the page of their plan."""
    folder = tmp_path_factory.mktemp("large")
    (folder / "documents").mkdir()
    write(folder / "documents", 500, 20261128)
    world = World(folder / "documents")
    file = folder / "plan.html"
    file.write_text(plan_page(world), encoding="utf-8")
    return world, file


def test_nothing_is_beyond_the_edge_of_a_page(tmp_path: Path, large: tuple[World, Path]) -> None:
    world, file = large
    with served(tmp_path, world) as shown, browsing(tmp_path) as page:
        page.open(shown.guard.address)
        pages = [*map(shown.address, ("/", "/graph", "/documents", "/namespaces")), f"file://{file}"]
        for width, address in product((1440, 390), pages):
            page.resize(width)
            page.open(address)
            assert page.value("document.documentElement.scrollWidth <= innerWidth"), address
            if width == 1440:
                assert page.value(f"{CANVASES}.every((part) => part.scrollWidth <= part.clientWidth)"), address


def test_a_group_of_the_plan_opens_and_the_address_names_a_document_in_it(
    tmp_path: Path, large: tuple[World, Path]
) -> None:
    world, file = large
    node = world.graph.order[-1]
    with browsing(tmp_path) as page:
        page.open(f"file://{file}#{node}")
        box = f"""document.querySelector('[data-id="{node}"]')"""
        assert page.value(f"{box}.checkVisibility()") is True
        assert f"in wave {world.graph.wave_of[node]}" in page.text
        page.open(f"file://{file}")
        page.value(f"document.querySelector('a[href^=\"#group-\"]').dispatchEvent({CLICK})")
        page.until("document.querySelector('details').open")


def test_a_page_that_missed_a_change_is_told_as_soon_as_it_listens(tmp_path: Path) -> None:
    with served(tmp_path) as shown:
        headers = {"Authorization": f"Bearer {shown.guard.token}"}
        with httpx2.Client(base_url=shown.address(""), headers=headers, timeout=PATIENCE) as client:
            address = re.search(r'sse-connect="([^"]+)"', client.get("/").text)
            assert address is not None
            shown.world.put(pod("web-1-b", waiting="ImagePullBackOff", message="there is no such image"))
            shown.change()
            with client.stream("GET", address[1]) as news:
                lines = filter(None, news.iter_lines())
                assert [next(lines), next(lines)[:5], next(lines)] == ["event: begin", "data:", "event: change"]


def test_two_hundred_browsers_are_told_of_a_change(tmp_path: Path) -> None:
    with served(tmp_path) as shown:
        asyncio.run(_two_hundred(shown))


async def _two_hundred(shown: Shown) -> None:
    headers = {"Authorization": f"Bearer {shown.guard.token}"}
    limits = httpx2.Limits(max_connections=None)
    begun = asyncio.Semaphore(0)
    async with httpx2.AsyncClient(
        base_url=shown.address(""), headers=headers, timeout=PATIENCE, limits=limits
    ) as client:

        async def browser() -> int:
            async with client.stream("GET", "/changes") as news:
                lines = news.aiter_lines()
                assert await anext(lines) == "event: begin"
                begun.release()
                async for line in lines:
                    if line == "event: change":
                        break
            return (await client.get("/namespaces/shop")).text.count("ImagePullBackOff: there is no such image")

        browsers = [asyncio.create_task(browser()) for _ in range(200)]
        for _ in browsers:
            await begun.acquire()
        shown.world.put(pod("web-1-b", waiting="ImagePullBackOff", message="there is no such image"))
        await asyncio.to_thread(shown.change)
        assert await asyncio.gather(*browsers) == [1] * 200
