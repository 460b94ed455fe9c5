"""The view in a terminal: namespaces, documents, events and drift, by the keyboard alone."""

import asyncio
from contextlib import suppress
from typing import ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import DataTable, Footer, Input, Static, TabbedContent, TabPane
from textual.widgets.data_table import RowDoesNotExist

from pacific_infra.text import visible
from pacific_infra.view.collector import Collector, Inputs
from pacific_infra.view.terminal_rows import MOST_ROWS, TABLES, chosen, headline

COLOURS = {
    "healthy": "green",
    "suspended": "green",
    "progressing": "yellow",
    "planned": "cyan",
    "drifted": "magenta",
    "degraded": "red",
    "missing": "red",
}


class Rows(DataTable[Text]):
    """A table of one page."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Down", show=False),
        Binding("k", "cursor_up", "Up", show=False),
    ]


class Terminal(App[None]):
    """Shows what the collector has. It changes nothing."""

    CSS = """
    #headline { height: auto; max-height: 3; padding: 0 1; background: $panel; }
    #details { height: 10; border-top: solid $panel; padding: 0 1; }
    #search { display: none; }
    #search.shown { display: block; }
    """
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(str(number), f"page('{name}')", table.title)
            for number, (name, table) in enumerate(TABLES.items(), 1)
        ),
        Binding("slash", "search", "Search"),
        Binding("escape", "leave_search", "All rows", show=False),
        Binding("q", "quit", "Quit"),
    ]

    def __init__(self, collector: Collector) -> None:
        super().__init__()
        self._collector = collector
        self._words = ""

    def compose(self) -> ComposeResult:
        """From top to bottom: the headline, the pages, what is said of the chosen row, the search, the keys."""
        yield Static(id="headline")
        with TabbedContent(id="pages"):
            for name, table in TABLES.items():
                with TabPane(table.title, id=name):
                    yield Rows(id=f"{name}-rows", cursor_type="row", zebra_stripes=True)
        with VerticalScroll(id="details"):
            yield Static(id="about")
        yield Input(placeholder="words that a row has", id="search")
        yield Footer()

    def on_mount(self) -> None:
        """Show what is known already, and then each newer view."""
        for name, table in TABLES.items():
            self.query_one(f"#{name}-rows", Rows).add_columns(*table.columns)
        self._show()
        self._rows.focus()
        self.run_worker(self._follow())

    async def _follow(self) -> None:
        version = self._collector.version
        while True:
            version = await self._collector.newer_than(version)
            self._show()

    @property
    def _page(self) -> str:
        return self.query_one(TabbedContent).active or next(iter(TABLES))

    @property
    def _rows(self) -> Rows:
        return self.query_one(f"#{self._page}-rows", Rows)

    def _show(self) -> None:
        """Draw the headline and the page that is seen; the cursor stays on its row."""
        view, table, rows = self._collector.view, TABLES[self._page], self._rows
        self.query_one("#headline", Static).update(Text(headline(view)))
        before = self._key
        rows.clear()
        matching = chosen(table, view, self._words)
        for number, row in enumerate(matching[:MOST_ROWS]):
            style = COLOURS.get(row.state, "")
            cells = [
                Text(visible(cell).replace("\n", " "), style=style if cell == row.state else "") for cell in row.cells
            ]
            # Two rows of the drift may be of one document.
            rows.add_row(*cells, key=f"{row.key}\n{number}" if row.key in rows.rows else row.key)
        if len(matching) > MOST_ROWS:
            rows.add_row(Text(f"{len(matching) - MOST_ROWS} more: search with /"))
        with suppress(RowDoesNotExist):
            rows.move_cursor(row=rows.get_row_index(before))
        self._say()

    @property
    def _key(self) -> str:
        """Key of the row that the cursor is on; empty: there is none."""
        rows = self._rows
        if not rows.is_valid_row_index(rows.cursor_row):
            return ""
        return rows.coordinate_to_cell_key(rows.cursor_coordinate).row_key.value or ""

    def _say(self) -> None:
        """What is known of the chosen row."""
        key = self._key.partition("\n")[0]
        lines = TABLES[self._page].details(self._collector.view, key) if key else ()
        self.query_one("#about", Static).update(Text("\n".join(map(visible, lines))))

    def on_data_table_row_highlighted(self, _event: Rows.RowHighlighted) -> None:
        """The cursor has moved."""
        self._say()

    def on_tabbed_content_tab_activated(self, _event: TabbedContent.TabActivated) -> None:
        """Another page is seen."""
        self._show()
        self._rows.focus()

    def action_page(self, name: str) -> None:
        """Go to a page."""
        self.query_one(TabbedContent).active = name

    def action_search(self) -> None:
        """Ask for words."""
        search = self.query_one("#search", Input)
        search.add_class("shown")
        search.focus()

    def action_leave_search(self) -> None:
        """Show all rows again."""
        search = self.query_one("#search", Input)
        search.value = ""
        search.remove_class("shown")
        self._rows.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Another word is sought."""
        self._words = event.value
        self._show()

    def on_input_submitted(self, _event: Input.Submitted) -> None:
        """The rows are what was sought."""
        self._rows.focus()


async def show_in_terminal(inputs: Inputs) -> None:
    """Collect and show until the user ends it."""
    collector = Collector(inputs)
    task = asyncio.create_task(collector.run())
    try:
        await Terminal(collector).run_async()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
