"""The embedded sandbox, which the distribution pacific-sandbox brings: the one place where the product enters it.

The entry points of that distribution, in the group ``pacific_infra.sandbox``, name what is used of it: ``toolchain``,
``sandbox``, ``start`` and ``commands``. Each is imported when it is used.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

from pacific_infra.errors import PacificError
from pacific_infra.settings import Settings
from pacific_infra.vcenter.settings import VCenterSettings

DISTRIBUTION = "pacific-sandbox"
GROUP = "pacific_infra.sandbox"
INSTALL = "pip install 'pacific-infra[sandbox]'"


class SandboxStatus(Protocol):
    """What runs of a sandbox."""

    @property
    def phase(self) -> str:
        """down, starting, ready, stopping or failed"""

    @property
    def vcenter(self) -> str | None:
        """``127.0.0.1:port`` of the simulated vCenter while it is up."""

    @property
    def memory(self) -> int:
        """MiB resident of all processes together."""

    @property
    def processes(self) -> Sequence[object]:
        """Its processes."""


class Sandbox(Protocol):
    """The sandbox in one folder."""

    def status(self) -> SandboxStatus:
        """What runs now."""

    @property
    def ca_file(self) -> Path:
        """Who signs its vCenter's certificate; it is there once the sandbox has been up."""

    def settings(self) -> VCenterSettings:
        """How to reach its vCenter. Raises PacificError where it is not up."""

    def down(self) -> bool:
        """Stop all its processes and keep its state; False where none ran. Raises PacificError."""


def find_sandbox(directory: Path, settings: Settings) -> Sandbox:
    """The sandbox in ``directory``, whether it runs or not. Raises PacificError where pacific-sandbox is missing."""
    make: Callable[[Path, Settings], Sandbox] = entry("sandbox")
    return make(directory, settings)


def start_sandbox(directory: Path, settings: Settings, project: Path, say: Callable[[str], object]) -> VCenterSettings:
    """Start the sandbox in ``directory``, unless it runs, as sandbox.yaml in the folder ``project`` says.

    ``say`` gets a line for each step. Raises PacificError where it does not start or pacific-sandbox is missing.
    """
    start: Callable[[Path, Settings, Path, Callable[[str], object]], VCenterSettings] = entry("start")
    return start(directory, settings, project, say)


def is_installed() -> bool:
    """Whether the distribution is installed."""
    return bool(_entries())


def entry(name: str) -> Any:
    """What the sandbox gives under ``name``. Raises PacificError where pacific-sandbox is missing."""
    check_installed()
    return _entries()[name].load()


def check_installed() -> None:
    """Raise PacificError where pacific-sandbox is missing."""
    if not is_installed():
        raise PacificError("the embedded sandbox is not installed", fix=INSTALL)


@lru_cache(maxsize=1)
def _entries() -> dict[str, metadata.EntryPoint]:
    # Of the one distribution: entry_points() reads the files of all that are installed, 20 ms of every command.
    try:
        points = metadata.distribution(DISTRIBUTION).entry_points
    except metadata.PackageNotFoundError:
        return {}
    return {point.name: point for point in points if point.group == GROUP}
