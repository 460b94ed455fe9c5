"""A stack's configuration with other values, for one run only: Pulumi.STACK.yaml stays as it is."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from pacific_infra.converge.project import Project


@contextmanager
def run_settings(project: Project, values: Mapping[str, Any]) -> Iterator[Path]:
    """A file with the stack's configuration, in which ``values`` by full key take the place of its own; it is gone
    afterwards.
    """
    settings_file = project.stack_settings
    content: dict[str, Any] = (yaml.safe_load(settings_file.read_text()) if settings_file.is_file() else None) or {}
    config = {**(content.get("config") or {}), **values}
    with tempfile.TemporaryDirectory(prefix="pacific-run-") as folder:
        file = Path(folder) / settings_file.name
        file.write_text(yaml.safe_dump({**content, "config": config}))
        yield file
