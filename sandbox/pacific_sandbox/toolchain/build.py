"""Builds one component with Go into the cache, saying how far it is."""

import contextlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass
from pathlib import Path

from pacific_infra.errors import PacificError
from pacific_sandbox.toolchain.cache import Cache
from pacific_sandbox.toolchain.components import Program, SourceFiles
from pacific_sandbox.toolchain.go import Go
from pacific_sandbox.toolchain.progress import Durations, Progress

COMMAND_DEADLINE = 3 * 3600.0
"""Seconds after which a Go command counts as hung; the longest took six minutes on two cores."""
LOG_LINES_SHOWN = 12
NETWORK_SIGNS = (
    "dial tcp",
    "no such host",
    "i/o timeout",
    "connection refused",
    "TLS handshake timeout",
    "GOPROXY=off",
)


@dataclass(frozen=True)
class Fetched:
    """What fetching a component's sources found out."""

    packages: int
    """How many Go packages the program is made of; 0 where nothing is compiled."""
    modules: Mapping[str, Path]
    """Folders of the modules whose files are wanted."""
    directory: Path
    """The folder to build in: the component's own, or a copy with what the build needs beside it."""


class GoFailed(Exception):
    """A Go command ended with an error."""


class Builder:
    """Builds components one after the other; the sources of the next are fetched while one compiles."""

    def __init__(self, cache: Cache, go: Go, progress: Progress, durations: Durations) -> None:
        self._cache = cache
        self._go = go
        self._progress = progress
        self._durations = durations
        self._running: set[subprocess.Popen[bytes]] = set()

    def build(self, components: Sequence[Program | SourceFiles]) -> None:
        """Build all. Raises PacificError with the log's last lines at the first that fails."""
        fetcher = ThreadPoolExecutor(1, thread_name_prefix="fetch")
        try:
            fetched = {component.name: fetcher.submit(self._fetch, component) for component in components}
            for component in components:
                self._progress.begin(component.name, component.title)
                began = time.monotonic()
                try:
                    self._build(component, fetched[component.name])
                except GoFailed:
                    raise self._failure(component) from None
                self._durations.record(component.name, time.monotonic() - began)
                self._progress.end()
        finally:
            for process in list(self._running):
                _end(process)
            fetcher.shutdown(wait=True, cancel_futures=True)
            for component in components:
                shutil.rmtree(self._copy_of(component), ignore_errors=True)

    def _build(self, component: Program | SourceFiles, fetching: Future[Fetched]) -> None:
        while True:
            try:
                fetched = fetching.result(timeout=1)
                break
            except NotYet:
                self._progress.tick("fetching its sources")
        with self._cache.publishing(self._cache.result(component)) as new:
            if isinstance(component, SourceFiles):
                for folder in component.folders:
                    _copy(fetched.modules[component.module] / folder, new / folder)
                return
            output = new / "bin" / component.program
            go = str(self._go.command)
            command = [go, "build", "-v", *component.build_flags(), "-o", str(output), component.package]
            self._go_run(component, command, fetched)
            shutil.rmtree(self._copy_of(component), ignore_errors=True)
            for module, folders in component.shared.items():
                for folder in folders:
                    _copy(fetched.modules[module] / folder, new / "share" / folder)
            if not output.is_file():
                raise GoFailed

    def _fetch(self, component: Program | SourceFiles) -> Fetched:
        """Download what the build needs, and no more; runs in the fetching thread."""
        directory = self._cache.sources(component)
        go = str(self._go.command)
        log = self._cache.log(component)
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_bytes(b"")
        if isinstance(component, SourceFiles):
            needed = {component.module}
        else:
            needed = {*component.module_files, *component.changed(), *component.shared}
        modules = {}
        for module in sorted(needed):
            answer = self._output(component, [go, "mod", "download", "-json", module], directory)
            modules[module] = Path(json.loads(answer)["Dir"])
        if isinstance(component, SourceFiles):
            return Fetched(0, modules, directory)
        directory = self._sources(component, modules)
        # In the changed sources, so that modules of what is left out are not downloaded.
        listed = self._output(component, [go, "list", "-mod=readonly", "-e", "-deps", component.package], directory)
        return Fetched(len(listed.splitlines()), modules, directory)

    def _sources(self, component: Program, modules: Mapping[str, Path]) -> Path:
        """The folder to build in: the component's own, or a copy with what the build needs beside it."""
        original = self._cache.sources(component)
        if not component.module_files and not component.changed():
            return original
        directory = self._copy_of(component)
        shutil.rmtree(directory, ignore_errors=True)
        _copy(original, directory)
        for module, paths in component.module_files.items():
            for file in paths:
                shutil.copyfile(modules[module] / file, directory / Path(file).name)
        for number, module in enumerate(component.changed()):
            copy = directory / f"changed-{number}"
            _copy(modules[module], copy, "*_test.go", "testdata")
            try:
                component.change(module, copy, original)
            except (OSError, ValueError) as error:
                self._cache.log(component).write_text(f"{module}: {error}\n")
                raise GoFailed from error
            # In the copy alone: the committed go.mod keeps the pin, and go.sum what was downloaded for it.
            replace = [str(self._go.command), "mod", "edit", f"-replace={module}=./{copy.name}"]
            self._output(component, replace, directory)
        return directory

    def _copy_of(self, component: Program | SourceFiles) -> Path:
        return self._cache.directory / f".sources-{component.name}"

    def _output(self, component: Program | SourceFiles, command: list[str], directory: Path) -> bytes:
        with self._cache.log(component).open("ab") as log, self._started(command, directory, log.fileno()) as process:
            log.write(f"$ {shlex.join(command)}\n".encode())
            log.flush()
            output, _ = process.communicate(timeout=COMMAND_DEADLINE)
            if process.returncode:
                log.write(output[-4000:])
                raise GoFailed
        return output

    def _go_run(self, component: Program, command: list[str], fetched: Fetched) -> None:
        path = self._cache.log(component)
        with path.open("ab") as log:
            log.write(f"$ cd {fetched.directory} && {shlex.join(command)}\n".encode())
            log.flush()
            with self._started(command, fetched.directory, log.fileno()) as process:
                began = time.monotonic()
                running = True
                while running:
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        process.wait(timeout=1)
                    running = process.poll() is None
                    self._progress.tick(f"{_compiled(path)} of at most {fetched.packages} packages compiled")
                    if time.monotonic() - began > COMMAND_DEADLINE:
                        log.write(b"ended: it took longer than three hours\n")
                        _end(process)
                if process.returncode:
                    raise GoFailed

    @contextlib.contextmanager
    def _started(self, command: list[str], directory: Path, log: int) -> Iterator[subprocess.Popen[bytes]]:
        capture = command[1] != "build"
        process = subprocess.Popen(
            command,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if capture else log,
            stderr=log,
            env=self._go.environment(),
            start_new_session=True,  # so that it can be ended with the compilers it started
        )
        self._running.add(process)
        try:
            yield process
        finally:
            _end(process)
            self._running.discard(process)
            if process.stdout is not None:
                process.stdout.close()

    def _failure(self, component: Program | SourceFiles) -> PacificError:
        log = self._cache.log(component)
        text = log.read_text(errors="replace")
        last = "\n".join(line for line in text.splitlines() if line.strip())[-4000:].splitlines()[-LOG_LINES_SHOWN:]
        again = "pacific toolchain install"
        if any(sign in text for sign in NETWORK_SIGNS):
            problem, fix = "cannot be fetched", f"see that GOPROXY can be reached (go env GOPROXY), then: {again}"
        elif "no space left on device" in text:
            problem, fix = "cannot be built: the disk is full", f"free some, then: {again}"
        elif "signal: killed" in text:
            problem = "cannot be built: the compiler was killed, most likely for want of memory"
            fix = f"end other programs, then: {again}"
        else:
            problem, fix = "cannot be built", f"see {log}, then: {again}"
        shown = "\n  ".join(last)
        return PacificError(f"{component.title} {problem}", fix=f"{fix}\n  {shown}\n  (whole log: {log})")


def _compiled(log: Path) -> int:
    """How many packages ``go build -v`` has named: one a line, with a dot or slash and no space in it."""
    return sum(1 for line in log.read_bytes().splitlines() if line and b" " not in line)


def _copy(source: Path, target: Path, *ignored: str) -> None:
    """Copy a tree that may be read-only, as Go's module cache is, into one that is not, without ``ignored`` names."""
    shutil.copytree(source, target, copy_function=shutil.copyfile, ignore=shutil.ignore_patterns(*ignored))
    for directory, _, _ in os.walk(target):
        Path(directory).chmod(0o700)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=30)
