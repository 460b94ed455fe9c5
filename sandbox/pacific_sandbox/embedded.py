"""What the product uses of the sandbox: the entry points of pyproject.toml (pacific_infra.sandbox says more)."""

from collections.abc import Callable
from pathlib import Path

from pacific_infra.settings import Settings
from pacific_infra.vcenter.settings import VCenterSettings
from pacific_sandbox.sandbox import Sandbox
from pacific_sandbox.toolchain import BuiltToolchain


def sandbox(directory: Path, settings: Settings) -> Sandbox:
    """The sandbox in ``directory``, whether it runs or not."""
    return Sandbox(directory, BuiltToolchain(settings))


def start(directory: Path, settings: Settings, project: Path, say: Callable[[str], object]) -> VCenterSettings:
    """Start the sandbox in ``directory`` as sandbox.yaml in ``project`` says. Raises PacificError."""
    from pacific_sandbox.sandbox_file import SandboxFile  # noqa: PLC0415 - it imports what makes images

    return SandboxFile.of(project).start(directory, BuiltToolchain(settings), say)
