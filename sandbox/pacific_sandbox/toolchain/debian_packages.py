"""Takes programs and files from Debian's packages, by name, with the system's own apt and dpkg."""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from pacific_infra.errors import PacificError

_DEADLINE = 600.0
"""Seconds for one command of apt; installing QEMU took 15 with two cores (docs/crx.md)."""


def installed_program(name: str, package: str) -> Path:
    """The path of a program; where it is missing, its Debian package is installed, for which root is needed.

    Raises PacificError where it is not there and cannot be installed.
    """
    program = shutil.which(name)
    if program is None:
        if shutil.which("apt-get") is None or os.geteuid() != 0:
            raise PacificError(
                f"{name} is not installed, and only root can install it",
                fix=f"sudo apt-get install --no-install-recommends {package}, then repeat the command",
            )
        _run(["apt-get", "install", "--yes", "--no-install-recommends", package], lists=True)
        program = shutil.which(name)
    if program is None:
        raise PacificError(f"the Debian package {package} has no program {name}", fix=f"install {name} by hand")
    return Path(program)


def unpack(package: str, target: Path) -> None:
    """Put a package's files into the folder ``target``; the system itself stays as it is.

    Of a package that is only a name for another one (``linux-image-cloud-amd64``), that one is taken. Raises
    PacificError.
    """
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise PacificError("no apt-get on this system", value=package, allowed="Debian or Ubuntu")
    downloads = target / ".download"
    downloads.mkdir(parents=True)
    try:
        _run(["apt-get", "download", real_package(_shown(package), package)], directory=downloads, lists=True)
        for file in downloads.glob("*.deb"):
            _run(["dpkg-deb", "--extract", str(file), str(target)])
    finally:
        shutil.rmtree(downloads)


def real_package(record: str, package: str) -> str:
    """The package with the files, from the record of one of that begin: a kernel's name leads to its version. Pure."""
    depends = re.search(r"^Depends: (.*)$", record, re.MULTILINE)
    first = depends[1].split(",")[0].split("(")[0].strip() if depends else ""
    prefix, _, flavour = package.rpartition("image-")
    versioned = re.fullmatch(rf"{re.escape(prefix)}image-\d[\w.+~-]*-{re.escape(flavour)}", first) if prefix else None
    return first if versioned else package


def _shown(package: str) -> str:
    return _run(["apt-cache", "show", "--no-all-versions", package], lists=True)


def _run(command: Sequence[str], *, directory: Path | None = None, lists: bool = False) -> str:
    """The command's output. With ``lists`` it is repeated after ``apt-get update``: new systems have no lists yet."""
    result = _attempt(command, directory)
    if result.returncode and lists and os.geteuid() == 0 and _attempt(["apt-get", "update"], None).returncode == 0:
        result = _attempt(command, directory)
    if result.returncode:
        last = "\n  ".join(result.stderr.strip().splitlines()[-5:])
        raise PacificError(f"{command[0]} failed: {' '.join(command)}", fix=f"correct this, then repeat:\n  {last}")
    return result.stdout


def _attempt(command: Sequence[str], directory: Path | None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    try:
        return subprocess.run(
            command,
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_DEADLINE,
        )
    except subprocess.TimeoutExpired:
        raise PacificError(f"{' '.join(command)} did not end within {_DEADLINE:.0f} s", fix="try again") from None
