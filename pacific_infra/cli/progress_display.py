"""Shows a converge while it runs: a live view on a terminal, plain lines with elapsed time elsewhere."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from pulumi.automation import EngineEvent
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from pacific_infra.cli.result import clock
from pacific_infra.converge.progress import NodeProgress, NodeState, Progress

SIGNS = {NodeState.WAITING: "·", NodeState.RUNNING: "…", NodeState.DONE: "✓", NodeState.FAILED: "✗"}
STYLES = {NodeState.WAITING: "dim", NodeState.RUNNING: "yellow", NodeState.DONE: "green", NodeState.FAILED: "red"}
PLAIN_INTERVAL = 15.0
"""Seconds between two plain lines that say what is still under way."""
SETTLED = 1.0
"""Seconds without a further resource after which a node's end is printed: the engine never says which is last."""


class ProgressDisplay:
    """Draws a Progress; ``event`` is the callback for the engine."""

    def __init__(
        self,
        title: str,
        progress: Progress,
        dependencies: Mapping[str, Sequence[str]],
        console: Console,
        *,
        left: Callable[[float], float | None] = lambda now: None,
    ) -> None:
        """``left``: how many seconds are expected to be left, given the time; None where that is not known."""
        self.progress = progress
        self._title = title
        self._dependencies = dependencies
        self._console = console
        self._left = left
        self._started = time.time()
        self._lock = threading.Lock()
        self._shown: dict[str, NodeState] = {}
        self._changed: set[str] = set()
        """Nodes whose last state is still to be printed: going through all at every event takes too long."""
        self._note: str | None = None

    @property
    def elapsed(self) -> float:
        """Seconds since the display was made."""
        return time.time() - self._started

    def event(self, event: EngineEvent, now: float) -> None:
        """Take in one event; on a plain stream, print what it changed."""
        with self._lock:
            node = self.progress.apply(event, now)
            if node is not None and not self._console.is_terminal:
                self._changed.add(node)
                self._print_change(node, now)

    def note(self, text: str) -> None:
        """Show one line above the nodes, for example that an interrupt was seen."""
        with self._lock:
            self._note = text
            if not self._console.is_terminal:
                self._console.print(f"[{clock(self.elapsed)}] {text}", highlight=False, markup=False, soft_wrap=True)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Draw for as long as the block runs."""
        if self._console.is_terminal:
            with Live(get_renderable=self._render, console=self._console, refresh_per_second=4, transient=True):
                yield
            return
        self._console.print(f"[{clock(0)}] {self._title}: the engine starts", highlight=False, markup=False)
        over = threading.Event()
        ticker = threading.Thread(target=self._tick, args=(over,), daemon=True)
        ticker.start()
        try:
            yield
        finally:
            over.set()
            ticker.join()
            self._print_changes(time.time() + SETTLED)

    def _tick(self, over: threading.Event) -> None:
        said = time.time()
        while not over.wait(SETTLED / 2):
            with self._lock:
                now = time.time()
                self._print_changes(now)
                if now - said >= PLAIN_INTERVAL:
                    said = now
                    self._console.print(f"[{clock(self.elapsed)}] {self.summary()}", highlight=False, markup=False)
                    for node, progress in self.progress.nodes.items():
                        if progress.state is NodeState.RUNNING:
                            self._line(node, progress)

    def _print_changes(self, now: float) -> None:
        for node in sorted(self._changed):
            self._print_change(node, now)

    def _print_change(self, node: str, now: float) -> None:
        progress = self.progress.nodes[node]
        if progress.state is NodeState.DONE and now - (progress.finished or now) < SETTLED:
            return
        self._changed.discard(node)
        if self._shown.get(node, NodeState.WAITING) is progress.state:
            return
        self._shown[node] = progress.state
        if progress.changes or progress.state is not NodeState.DONE:
            self._line(node, progress)

    def _line(self, node: str, progress: NodeProgress) -> None:
        text = f"[{clock(self.elapsed)}] {SIGNS[progress.state]} {node} {self._detail(node, progress)}".rstrip()
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    def _detail(self, node: str, progress: NodeProgress) -> str:
        if progress.state is NodeState.WAITING:
            return "waits for " + ", ".join(self.progress.waiting_for(node, self._dependencies.get(node, ())))
        if progress.state is NodeState.RUNNING:
            kinds = ", ".join(sorted({kind.rpartition(":")[2] for kind in progress.in_flight.values()}))
            return f"{kinds}: {progress.message}" if progress.message and kinds else progress.message or kinds
        if progress.state is NodeState.FAILED:
            return progress.message or "failed"
        return (
            ", ".join(f"{count} {operation}d" for operation, count in sorted(progress.changes.items())) or "unchanged"
        )

    def _render(self) -> Group:
        with self._lock:
            nodes = self.progress.nodes
            head = Text(f"{self._title} · {clock(self.elapsed)} · {self.summary()}", style="bold")
            table = Table.grid(padding=(0, 1))
            for number, wave in enumerate(self.progress.waves, 1):
                states = {nodes[node].state for node in wave}
                if states == {NodeState.DONE}:
                    table.add_row("", Text(f"wave {number}"), Text(f"✓ {len(wave)} done", style="green"), "")
                    continue
                for node in wave:
                    self._add_row(table, number, node, nodes[node])
            others = [node for node in nodes if not any(node in wave for wave in self.progress.waves)]
            for node in others:
                self._add_row(table, 0, node, nodes[node])
            note = [Text(self._note, style="yellow")] if self._note else []
            return Group(head, table, *note)

    def summary(self) -> str:
        """How many nodes are done and how long the rest may take; what still runs where all are."""
        nodes = self.progress.nodes
        done = sum(node.state is NodeState.DONE for node in nodes.values())
        left = self._left(time.time())
        expected = "" if left is None else f", about {clock(left)} left"
        if not self.progress.begun:
            return "the engine starts"
        text = f"{done} of {len(nodes)} nodes done"
        if done < len(nodes):
            return f"{text}{expected}"
        # A node is done when nothing of it is in flight: the engine never says which resource is its last.
        others = sorted(
            f"{kind.rpartition(':')[2]} {urn.rpartition('::')[2]}" for urn, kind in self.progress.others.items()
        )
        return f"{text}, still running: {', '.join(others) or 'the engine, which finishes'}"

    def _add_row(self, table: Table, wave: int, node: str, progress: NodeProgress) -> None:
        style = STYLES[progress.state]
        since = clock((progress.finished or time.time()) - progress.started) if progress.started else ""
        detail = Text(self._detail(node, progress), style=style, no_wrap=True, overflow="ellipsis")
        label = Text(f"{SIGNS[progress.state]} {node}", style=style)
        table.add_row(Text(since, style="dim"), Text(f"wave {wave}" if wave else ""), label, detail)
