"""The view in a terminal, driven by its keys."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from pacific_infra.cli import main
from pacific_infra.plan.changes import PropertyChange
from pacific_infra.view.collector import Collector
from pacific_infra.view.model import Difference, View
from pacific_infra.view.terminal import Rows, Terminal
from pacific_infra.view.terminal_rows import MOST_ROWS
from tests.support.view_world import World, event, pod

WEB = "CrxWorkload/shop/web"
Act = Callable[["Screen"], Awaitable[None]]


class Screen:
    """What is to be read on the terminal, and its keys."""

    def __init__(self, pilot: Pilot[None], collector: Collector) -> None:
        self._pilot = pilot
        self.collector = collector

    async def press(self, *keys: str) -> None:
        await self._pilot.press(*keys)
        await self._pilot.pause()

    async def show(self, view: View) -> None:
        """A newer view has come."""
        await self.collector.show(view)
        await self._pilot.pause()

    @property
    def rows(self) -> list[list[str]]:
        """The rows of the page that is seen."""
        table = next(rows for rows in self._pilot.app.query(Rows) if rows.is_on_screen)
        return [[str(cell) for cell in table.get_row_at(number)] for number in range(table.row_count)]

    def read(self, widget: str) -> str:
        return str(self._pilot.app.query_one(widget, Static).content)


def drive(world: World, folder: Path, act: Act) -> None:
    async def run() -> None:
        collector = world.collector(folder)
        async with Terminal(collector).run_test(size=(200, 50)) as pilot:
            await pilot.pause()
            await act(Screen(pilot, collector))

    asyncio.run(run())


@pytest.fixture
def world() -> World:
    return World()


def drifted(view: View) -> View:
    replicas = Difference("Deployment shop/web", "changed", [PropertyChange("spec.replicas", "update", 3, 5)])
    service = Difference("Service shop/web", "missing", [])
    return replace(view, nodes={**view.nodes, WEB: replace(view.nodes[WEB], drift=[replicas, service])})


def test_namespaces_come_first_with_their_use_and_more_of_the_chosen_one(world: World, tmp_path: Path) -> None:
    async def act(screen: Screen) -> None:
        assert [row[:3] for row in screen.rows] == [
            ["data", "healthy", "supervisor-01"],
            ["shop", "healthy", "supervisor-01"],
        ]
        await screen.press("j")
        about = screen.read("#about")
        assert about.startswith("shop: The web shop\n")
        assert "EDIT: blue-developers@vsphere.local" in about

    drive(world, tmp_path, act)


def test_a_document_is_found_by_words_and_says_what_it_needs(world: World, tmp_path: Path) -> None:
    async def act(screen: Screen) -> None:
        await screen.press("2")
        assert len(screen.rows) == len(world.graph.order)
        await screen.press("slash", *"shop/web", "enter")
        assert [row[0] for row in screen.rows] == [WEB]
        assert "needs: CrxWorkload/data/orders, CrxWorkload/data/prepare, Namespace/shop" in screen.read("#about")
        await screen.press("escape")
        assert len(screen.rows) == len(world.graph.order)

    drive(world, tmp_path, act)


def test_a_newer_view_is_shown_and_the_cursor_stays_on_its_row(world: World, tmp_path: Path) -> None:
    async def act(screen: Screen) -> None:
        await screen.press("2", "slash", *"shop", "enter", "j")
        before = screen.read("#about").splitlines()[0]
        world.put(pod("web-1-b", waiting="ImagePullBackOff", message="there is no such image"))
        await screen.show(drifted(world.view()))
        assert screen.read("#about").splitlines()[0] == before
        assert "1 drifted" in screen.read("#headline") or "1 degraded" in screen.read("#headline")

    drive(world, tmp_path, act)


def test_drift_names_its_properties(world: World, tmp_path: Path) -> None:
    async def act(screen: Screen) -> None:
        await screen.press("4")
        assert screen.rows == []
        await screen.show(drifted(world.view()))
        assert screen.rows == [
            [WEB, "changed", "Deployment shop/web", "spec.replicas"],
            [WEB, "missing", "Service shop/web", ""],
        ]
        assert "  spec.replicas: 3 -> 5" in screen.read("#about")

    drive(world, tmp_path, act)


def test_hostile_names_are_text(world: World, tmp_path: Path) -> None:
    world.happen(event("web-1-a", "[bold red]x[/] \u202egnp [link=https://evil.test]y[/link]\nanother line"))

    async def act(screen: Screen) -> None:
        await screen.press("3")
        (row,) = screen.rows
        assert row[-1] == "[bold red]x[/] \\u202egnp [link=https://evil.test]y[/link] another line"
        assert "[bold red]x[/] \\u202egnp" in screen.read("#about")

    drive(world, tmp_path, act)


def test_what_does_not_answer_and_what_is_wrong_is_said_above(world: World, tmp_path: Path) -> None:
    world.source.silent("no route")
    world.remarks.append("the documents as they were before: class.yaml:3: unknown kind")

    async def act(screen: Screen) -> None:
        assert "supervisor-01 does not answer since " in screen.read("#headline")
        assert "class.yaml:3: unknown kind" in screen.read("#headline")

    drive(world, tmp_path, act)


def test_more_rows_than_a_table_shows_are_counted(world: World, tmp_path: Path) -> None:
    async def act(screen: Screen) -> None:
        view = world.view()
        nodes = {f"web-{number}": replace(view.nodes[WEB], id=f"web-{number}") for number in range(MOST_ROWS + 7)}
        await screen.press("2")
        await screen.show(replace(view, nodes=nodes))
        assert len(screen.rows) == MOST_ROWS + 1
        assert screen.rows[-1][0] == "7 more: search with /"

    drive(world, tmp_path, act)


def test_without_a_terminal_it_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as end:
        main(["view", "--tui"])
    assert end.value.code == 1
    assert capsys.readouterr().err == (
        "error: --tui: there is no terminal to draw on: fix: pacific view, or pacific view --json --once\n"
    )
