"""Where the sandbox finds the programs that it runs."""

from pathlib import Path
from typing import Protocol


class Toolchain(Protocol):
    """Where the programs are (pacific_infra.toolchain.Toolchain)."""

    def program(self, name: str) -> Path:
        """Path of a program; PacificError with the command that helps where it is not installed."""

    def directory(self, name: str) -> Path:
        """Path of a folder of files; PacificError as above."""
