"""The run that goes on, in any process of this computer: of one stack, or of all stacks of an estate as one."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pacific_infra.converge.history import ended
from pacific_infra.converge.live_progress import NAME, published
from pacific_infra.record.history import HistoryFiles, Run


class Running:
    """Looks at what runs publish beside the history."""

    def __init__(self, history: HistoryFiles) -> None:
        self._history, self._folder = history, history.local
        self._seen: dict[Path, tuple[object, Mapping[str, Any] | None]] = {}
        """By folder: when its file was written, and what was in it."""

    def look(self) -> bool:
        """Read what has changed; whether anything has."""
        stamps = {folder: stamp for folder in self._folders() if (stamp := _stamp(folder / NAME)) is not None}
        if stamps == {folder: stamp for folder, (stamp, _) in self._seen.items()}:
            return False
        self._seen = {
            folder: before if (before := self._seen.get(folder)) and before[0] == stamp else (stamp, published(folder))
            for folder, stamp in stamps.items()
        }
        return True

    def of(self, runs: Sequence[Run]) -> Mapping[str, Any] | None:
        """What is said of the run that goes on; None: there is none. ``runs``: the history, newest first.

        A run that was killed has left what it said.
        """
        run = next((run for run in map(ended, runs) if run.result == "running"), None)
        if run is None:
            return None
        whole = self._seen.get(self._folder, (None, None))[1]
        if whole is not None:
            return whole if whole.get("run") == run.number else None
        parts = [content for folder, (_, content) in self._seen.items() if content and self._goes_on(folder, content)]
        return _joined(run, parts) if parts else None

    def _folders(self) -> Iterator[Path]:
        yield self._folder
        yield from sorted(path.parent.parent for path in self._folder.glob(f"stacks/*/{NAME}"))

    def _goes_on(self, folder: Path, content: Mapping[str, Any]) -> bool:
        history = self._history if folder == self._folder else self._history.of_member(folder.name)
        return any(run.number == content.get("run") and ended(run).result == "running" for run in history.runs())


def _joined(run: Run, parts: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The stacks that are run now, as one run: a document that several of them have counts where it is made."""
    rows: dict[str, Mapping[str, Any]] = {}
    for row in (row for part in parts for row in part["nodes"]):
        before = rows.get(row["id"])
        rows[row["id"]] = row if before is None or before["state"] == "done" else before
    done = sum(row["state"] == "done" for row in rows.values())
    stacks = f"{len(parts)} stack{'' if len(parts) == 1 else 's'} of the estate"
    return {
        "run": run.number,
        "title": "; ".join(str(part["title"]) for part in parts),
        "summary": f"{done} of {len(rows)} nodes done in {stacks}",
        # Of stacks that run side by side the longest is not known from here.
        "critical": list(parts[0].get("critical") or ()) if len(parts) == 1 else [],
        "nodes": list(rows.values()),
    }


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
