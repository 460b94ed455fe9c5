"""The progress of a run in a file beside its history, so that another terminal or a page can follow it."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

INTERVAL = 0.5
"""Seconds between two looks at whether there is news, at least."""
SHARE = 0.05
"""How much of a run's time looks may take: one at thousands of nodes is too slow for every half second."""
NAME = "live/running.json"
"""In a folder of its own: it is replaced all the time, and who looks for new runs need not look at that."""


@contextmanager
def publishing(folder: Path, snapshot: Callable[[], Mapping[str, Any]]) -> Iterator[None]:
    """In the block what ``snapshot`` says is in the folder's file; afterwards the file is gone.

    A disk that does not take it is no reason to end a run: then nobody can follow it.
    """
    over = threading.Event()
    file = folder / NAME

    def publish() -> None:
        before = b""
        while not over.is_set():
            began = time.monotonic()
            with suppress(OSError):
                content = json.dumps(snapshot()).encode()
                if content != before:
                    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                    new = file.with_suffix(".new")
                    new.touch(mode=0o600)
                    new.write_bytes(content)
                    new.replace(file)
                    before = content
            over.wait(max(INTERVAL, (time.monotonic() - began) / SHARE))

    thread = threading.Thread(target=publish, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        with suppress(OSError):
            file.unlink(missing_ok=True)


def published(folder: Path) -> dict[str, Any] | None:
    """What a run in progress says; None: there is none, or it is just writing. Whether its process lives is not known
    from it: ask the history.
    """
    try:
        content: dict[str, Any] = json.loads((folder / NAME).read_bytes())
    except (OSError, ValueError):
        return None
    return content
