"""A copy of a stack in a backend of its own, to plan on a state that is not the stack's yet."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pulumi.automation import CommandError, LocalWorkspace

from pacific_infra.converge.pulumi_process import PulumiProcess
from pacific_infra.converge.stack import EngineFailed, EstateStack
from pacific_infra.converge.unsettled import UnsettledSteps


@contextmanager
def copy_of(stack: EstateStack, deployment: Mapping[str, Any]) -> Iterator[EstateStack]:
    """The stack with the state ``deployment``; it is gone afterwards. Raises EngineFailed.

    Its secrets are those of the stack: Pulumi.STACK.yaml stays as it is.
    """
    project = stack.project
    file = project.directory / f"Pulumi.{project.stack}.yaml"
    settings = file.read_bytes() if file.is_file() else None
    with tempfile.TemporaryDirectory(prefix="pacific-copy-") as folder:
        backend = Path(folder) / "pulumi"
        backend.mkdir()
        environment = {**stack.process.environment, "PULUMI_BACKEND_URL": backend.as_uri()}
        process = PulumiProcess(Path(stack.process.command), stack.process.version_numbers, environment)
        try:
            workspace = LocalWorkspace(work_dir=str(project.directory), env_vars=environment, pulumi_command=process)
            workspace.create_stack(project.stack)
        except CommandError as error:
            raise EngineFailed(f"the stack cannot be copied: {error}") from error
        finally:
            # `pulumi stack init` writes a salt where there is none.
            if settings is None:
                file.unlink(missing_ok=True)
            elif file.read_bytes() != settings:
                file.write_bytes(settings)
        copied = EstateStack(project, workspace, process, UnsettledSteps(Path(folder) / "unsettled.jsonl"), backend)
        copied.write(deployment)
        yield copied
