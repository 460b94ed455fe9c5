"""Whether this computer has the disk and memory to build what is missing, said before the work starts."""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pacific_infra.errors import PacificError
from pacific_sandbox.toolchain.components import Component

MEMORY_NEEDED = 3 * 1024
"""MiB free: what the compilers of two cores and the largest link took together (docs/toolchain.md)."""
MEASURED_CORES = 2
"""The components' times were measured with so many."""


@dataclass(frozen=True)
class Computer:
    """What there is: MiB of free memory and free disk where the caches are, and cores."""

    memory: int
    disk: int
    cores: int

    @classmethod
    def inspect(cls, folders: Sequence[Path]) -> "Computer":
        """This computer; ``folders`` are those that will grow, and the fullest of their disks counts."""
        free = min(shutil.disk_usage(_existing(folder)).free for folder in folders)
        return cls(memory=_free_memory(), disk=free // 2**20, cores=len(_cores()))


def announce(components: Sequence[Component], durations: Mapping[str, float], computer: Computer) -> str:
    """One line: what will be built and what that takes."""
    seconds = sum(
        durations.get(component.name, component.seconds * MEASURED_CORES / computer.cores) for component in components
    )
    names = ", ".join(component.title for component in components)
    return (
        f"toolchain: to build once: {names}; about {max(round(seconds / 60), 1)} min on {computer.cores} cores, "
        f"{_gib(disk_needed(components))} of disk ({_gib(computer.disk)} free), "
        f"{_gib(MEMORY_NEEDED)} of memory ({_gib(computer.memory)} free)"
    )


def check(components: Sequence[Component], started: Sequence[str], computer: Computer, caches: Sequence[Path]) -> None:
    """Stop where there is too little. ``started`` names components whose build was begun before.

    Those have part of their files on the disk already, so they do not count. Raises PacificError.
    """
    needed = disk_needed([component for component in components if component.name not in started])
    if computer.disk < needed:
        raise PacificError(
            "too little disk to build the toolchain",
            value=f"{_gib(computer.disk)} free",
            allowed=f"{_gib(needed)} or more",
            fix=f"free some in one of {', '.join(dict.fromkeys(str(cache) for cache in caches))}, "
            "or set GOCACHE, GOMODCACHE and XDG_CACHE_HOME to folders on a larger disk",
        )
    if computer.memory < MEMORY_NEEDED:
        raise PacificError(
            "too little memory to build the toolchain",
            value=f"{_gib(computer.memory)} free",
            allowed=f"{_gib(MEMORY_NEEDED)} or more",
            fix="end other programs, or give the virtual machine or container more",
        )


def disk_needed(components: Sequence[Component]) -> int:
    """MiB that building ``components`` takes, caches included."""
    return sum(component.disk for component in components)


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder


def _free_memory() -> int:
    import psutil  # noqa: PLC0415 - only a build needs it, and every start would pay for it

    free = int(psutil.virtual_memory().available)
    group = Path("/sys/fs/cgroup")
    try:
        limit = (group / "memory.max").read_text().strip()
        if limit != "max":
            used = int((group / "memory.current").read_text())
            statistics = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
            free = min(free, int(limit) - used + int(statistics.get("inactive_file", 0)))
    except OSError:
        pass  # no control group limits this process
    return free // 2**20


def _cores() -> Sequence[int]:
    # What this process may use, which in a container is less than what the computer has.
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)


def _gib(mebibytes: int) -> str:
    return f"{mebibytes / 1024:.1f} GiB"
