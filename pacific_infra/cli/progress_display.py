"""Shows a converge while it runs: a live view on a terminal, plain lines with elapsed time elsewhere."""

import textwrap
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from pulumi.automation import EngineEvent
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from pacific_infra.cli.result import clock, counts_text
from pacific_infra.converge.progress import NodeProgress, NodeState, Progress, Reason
from pacific_infra.graph.critical_path import Schedule
from pacific_infra.steady_time import steady_time

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
        left: Callable[[float], Schedule | None] = lambda now: None,
        started: float | None = None,
    ) -> None:
        """``left``: what is expected to be left, given the time, with how long it takes; None where that is not known.
        ``started``: when the command began, Unix time; None: now.
        """
        self.progress = progress
        self._title = title
        self._dependencies = dependencies
        self._console = console
        self._left = left
        self._started = steady_time() if started is None else started
        self._expected_end: float | None = None
        """The earliest end that was ever expected, Unix time."""
        self._lock = threading.Lock()
        self._shown: dict[str, NodeState] = {}
        self._changed: set[str] = set()
        """Nodes whose last state is not printed yet. Kept because checking all nodes at every event takes too long."""
        self._note: str | None = None

    @property
    def elapsed(self) -> float:
        """Seconds since the display was made."""
        return steady_time() - self._started

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
                self._print(f"[{clock(self.elapsed)}] {text}")

    def explain(self, reasons: Mapping[str, Reason]) -> None:
        """Take in why resources are not done, by URN; on a plain stream, print what is new."""
        with self._lock:
            for urn, reason in reasons.items():
                known = self.progress.reason(urn)
                node = self.progress.explain(urn, reason)
                if node is not None and reason != known and not self._console.is_terminal:
                    self._print(f"[{clock(self.elapsed)}]   {node}: {reason.text}")

    @contextmanager
    def running(self) -> Iterator[None]:
        """Draw for as long as the block runs."""
        if self._console.is_terminal:
            try:
                with Live(get_renderable=self._render, console=self._console, refresh_per_second=4, transient=True):
                    yield
            finally:
                self._print_unfinished()
            return
        self._print(f"[{clock(self.elapsed)}] {self._title}: the engine starts")
        over = threading.Event()
        ticker = threading.Thread(target=self._tick, args=(over,), daemon=True)
        ticker.start()
        try:
            yield
        finally:
            over.set()
            ticker.join()
            self._print_changes(steady_time() + SETTLED)

    def _print_unfinished(self) -> None:
        """Leave the rows on the screen that did not come to their end, each with what it said last."""
        with self._lock:
            for node, progress in self.progress.nodes.items():
                if progress.state in (NodeState.RUNNING, NodeState.FAILED):
                    self._line(node, progress)

    def _print(self, text: str) -> None:
        if self._console.is_terminal:
            self._console.print(text, highlight=False, markup=False, soft_wrap=True)
        else:
            # A thousand lines cost the console one second, to come out as they went in.
            self._console.file.write(f"{text}\n")
            self._console.file.flush()

    def _tick(self, over: threading.Event) -> None:
        reported_at = steady_time()
        while not over.wait(SETTLED / 2):
            with self._lock:
                now = steady_time()
                self._print_changes(now)
                if now - reported_at >= PLAIN_INTERVAL:
                    reported_at = now
                    self._print(f"[{clock(self.elapsed)}] {self.summary()}")
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
        self._print(f"[{clock(self.elapsed)}] {SIGNS[progress.state]} {node} {self._detail(node, progress)}".rstrip())
        for reason in _reasons(progress):
            self._print(f"[{clock(self.elapsed)}]   {reason}")

    def _waits(self, node: str, progress: NodeProgress) -> list[str]:
        if progress.state is not NodeState.WAITING:
            return []
        return self.progress.waiting_for(node, self._dependencies.get(node, ()))

    def _detail(self, node: str, progress: NodeProgress) -> str:
        if progress.state is NodeState.WAITING:
            needed = self._waits(node, progress)
            return f"waits for {', '.join(needed)}" if needed else "the engine has not come to it yet"
        if progress.state is NodeState.RUNNING:
            kinds = ", ".join(sorted({kind.rpartition(":")[2] for kind in progress.in_flight.values()}))
            message = _message(progress)
            return f"{kinds}: {message}" if message and kinds else message or kinds
        if progress.state is NodeState.FAILED:
            return _message(progress) or "failed"
        return counts_text(progress.changes) or "unchanged"

    def _render(self) -> Group:
        with self._lock:
            nodes = self.progress.nodes
            lines = [Text(f"{self._title} · {clock(self.elapsed)} · {self.summary()}", style="bold")]
            widest = max((len(node) for node in nodes), default=0)
            for number, wave in enumerate(self.progress.waves, 1):
                if {nodes[node].state for node in wave} == {NodeState.DONE}:
                    lines.append(Text(f"{'':7} wave {number:<3} ✓ {len(wave)} done", style="green"))
                    continue
                for node in wave:
                    lines += self._row(f"wave {number}", node, widest)
            others = [node for node in nodes if not any(node in wave for wave in self.progress.waves)]
            for node in others:
                lines += self._row("", node, widest)
            note = [Text(self._note, style="yellow")] if self._note else []
            return Group(*lines, *note)

    def _row(self, wave: str, node: str, widest: int) -> list[Text]:
        """The row of a node; where it runs or has failed and does not fit, what it says has lines of its own."""
        progress = self.progress.nodes[node]
        ended = progress.finished if progress.state in (NodeState.DONE, NodeState.FAILED) else None
        since = clock((ended or steady_time()) - progress.started) if progress.started else ""
        style, detail = STYLES[progress.state], self._detail(node, progress)
        row = Text(f"{since:>7} {wave:<8} ", style="dim").append(
            f"{SIGNS[progress.state]} {node:<{widest}} {detail}", style=style
        )
        width = self._console.width
        below = list(_reasons(progress))
        if len(row) > width:
            row.truncate(width, overflow="ellipsis")
            if progress.state in (NodeState.RUNNING, NodeState.FAILED):
                below.insert(0, detail)
        return [row, *(line for text in below for line in _folded(text, width, style))]

    def summary(self) -> str:
        """How many nodes are done and how long the rest may take; what still runs where all are."""
        nodes = self.progress.nodes
        done = sum(node.state is NodeState.DONE for node in nodes.values())
        if not self.progress.begun:
            return "the engine starts"
        text = f"{done} of {len(nodes)} nodes done"
        if done < len(nodes):
            return f"{text}{self._expected()}"
        # A node is done when nothing of it is in flight: the engine never says which resource is its last.
        others = sorted(
            f"{kind.rpartition(':')[2]} {urn.rpartition('::')[2]}" for urn, kind in self.progress.others.items()
        )
        return f"{text}, still running: {', '.join(others) or 'the engine, which finishes'}"

    def snapshot(self) -> dict[str, object]:
        """All of it as plain values, for those who follow the run elsewhere."""
        with self._lock:
            wave_of = {node: number for number, wave in enumerate(self.progress.waves, 1) for node in wave}
            left = self._left(steady_time())
            return {
                "title": self._title,
                "summary": self.summary(),
                "critical": [node for node in left.critical_path if left.spans[node].takes] if left is not None else [],
                "nodes": [
                    {
                        "id": node,
                        "wave": wave_of.get(node, 0),
                        "state": progress.state.value,
                        "started": progress.started,
                        "finished": progress.finished,
                        "detail": self._detail(node, progress),
                        "waits": self._waits(node, progress),
                        "reasons": list(_reasons(progress)),
                    }
                    for node, progress in self.progress.nodes.items()
                ],
            }

    def _expected(self) -> str:
        """How long the rest may take; where that is longer than was said before, because of what."""
        now = steady_time()
        schedule = self._left(now)
        if schedule is None:
            return ""
        left = schedule.makespan
        text = f", about {clock(left)} left"
        if self._expected_end is None or now + left <= self._expected_end + 1:
            self._expected_end = min(now + left, self._expected_end or now + left)
            return text
        running = [(node, progress.started) for node, progress in self.progress.nodes.items() if progress.in_flight]
        slowest = min(running, key=lambda row: row[1] or now, default=None)
        because = f"{slowest[0]} takes longer than before" if slowest else "what is next has not begun"
        return f"{text}, more than was said: {because}"


def _message(progress: NodeProgress) -> str | None:
    """What a node said last, unless one of its reasons says it too."""
    message = progress.message
    return None if message and any(message in reason for reason in _reasons(progress)) else message


def _reasons(progress: NodeProgress) -> Iterator[str]:
    """Why what runs or has failed is not done, each once."""
    if progress.state in (NodeState.RUNNING, NodeState.FAILED):
        yield from dict.fromkeys(reason.text for reason in progress.reasons.values())


def _folded(text: str, width: int, style: str) -> Iterator[Text]:
    """``text`` in lines below a row, two at most."""
    indent = " " * 10
    lines = textwrap.wrap(text, max(width - len(indent), 20))
    if len(lines) > 2:
        lines = [lines[0], f"{lines[1][: max(width - len(indent) - 1, 19)]}…"]
    yield from (Text(f"{indent}{line}", style=style) for line in lines)
