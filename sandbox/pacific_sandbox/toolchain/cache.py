"""The toolchain's folder in the user's cache: one folder a component and pin, published in one rename."""

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pacific_infra.errors import PacificError
from pacific_sandbox.toolchain.components import Program, SourceFiles, pin

LOCK_DEADLINE = 2 * 3600.0
"""Seconds that one installation waits for another; a cold one takes about a quarter of an hour."""
LOCK_REMARK_EVERY = 15.0
USE_MARKED_EVERY = 3600.0
"""Seconds between two marks of a folder's use."""


class Cache:
    """Where each component's result is. ``modules`` is the folder with the Go modules (tools/)."""

    def __init__(self, directory: Path, modules: Path) -> None:
        self.directory = directory
        self.modules = modules
        self._keys: dict[str, str] = {}

    def key(self, component: Program | SourceFiles) -> str:
        """``NAME-PIN``."""
        if component.name not in self._keys:
            self._keys[component.name] = f"{component.name}-{pin(component, self.sources(component))}"
        return self._keys[component.name]

    def sources(self, component: Program | SourceFiles) -> Path:
        """The folder of the component's Go module."""
        return self.modules / (component.folder or component.name)

    def result(self, component: Program | SourceFiles) -> Path:
        """The component's folder, whether it is there or not: it is there only when it is whole."""
        return self.directory / self.key(component)

    def use(self, paths: Iterable[Path]) -> None:
        """Mark those of ``paths`` that are there as used now: what was not used for long is pruned."""
        for path in paths:
            with contextlib.suppress(OSError):  # It is not there, or not ours to write.
                if time.time() - path.stat().st_mtime > USE_MARKED_EVERY:
                    os.utime(path)

    @property
    def go(self) -> Path:
        """The folder of Go's caches, where the user has none."""
        return self.directory / "go"

    def log(self, component: Program | SourceFiles) -> Path:
        """The log of the component's build; there as soon as a build was begun."""
        return self.directory / "logs" / f"{self.key(component)}.log"

    @contextmanager
    def publishing(self, target: Path) -> Iterator[Path]:
        """A new folder that becomes ``target`` in one step, when the body ends well; else nothing is left of it."""
        self.directory.mkdir(parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=self.directory))
        try:
            yield new
            new.chmod(0o755)
            new.rename(target)
        finally:
            shutil.rmtree(new, ignore_errors=True)

    @contextmanager
    def locked(self, say: Callable[[str], object]) -> Iterator[None]:
        """One installation at a time; the lock goes with its process. Raises PacificError at the deadline."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with (self.directory / "lock").open("a+") as file:
            self._acquire(file.fileno(), say)
            # What a killed installation left; no other one is at work while we hold the lock.
            for left in self.directory.glob(".*-*"):
                shutil.rmtree(left, ignore_errors=True)
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield

    def _acquire(self, descriptor: int, say: Callable[[str], object]) -> None:
        began = time.monotonic()
        announced = None
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                waited = time.monotonic() - began
                owner = os.pread(descriptor, 20, 0).decode() or "?"
                if waited > LOCK_DEADLINE:
                    raise PacificError(
                        "another installation of the toolchain does not end",
                        value=f"process {owner}",
                        fix=f"see {self.directory / 'logs'}, end that process, then repeat the command",
                    ) from None
                if announced is None or waited - announced >= LOCK_REMARK_EVERY:
                    announced = waited
                    say(f"toolchain: waiting for another installation (process {owner}) to end, {round(waited)} s")
                time.sleep(0.2)
            else:
                return
