"""Which Python runs a program: the virtual environment that its project names, else the one in use."""

import sys
from collections.abc import Mapping
from pathlib import Path

from pacific_infra.errors import PacificError


def interpreter(root_directory: str, options: Mapping[str, object]) -> Path:
    """The Python for a project in ``root_directory`` with the ``runtime.options`` of its Pulumi.yaml.

    Raises PacificError where the options name a virtual environment that is not there.
    """
    environment = virtual_environment(root_directory, options)
    if environment is None:
        return Path(sys.executable)
    python = environment / "bin" / "python"
    if not python.exists():
        raise PacificError(
            "the virtual environment that the project names does not exist",
            place="runtime.options.virtualenv",
            value=str(environment),
            fix="pulumi install makes it",
        )
    return python


def virtual_environment(root_directory: str, options: Mapping[str, object]) -> Path | None:
    """The folder that ``virtualenv`` names, relative to the project's root as in Pulumi's own host; None without it."""
    name = options.get("virtualenv")
    return Path(root_directory, name) if isinstance(name, str) and name else None
