"""``pacific sandbox operator``: a stand-in for the Pulumi Kubernetes Operator at a Supervisor of the sandbox."""

import asyncio
import signal
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from pacific_infra.errors import PacificError
from pacific_sandbox.cli.sandbox import DirectoryOption, named_sandbox
from pacific_sandbox.stack_operator.stack_operator import run_stack_operator


def operator(
    cluster: Annotated[
        str | None, typer.Argument(help="vSphere cluster of the Supervisor. [default: that of the only one]")
    ] = None,
    directory: DirectoryOption = None,
) -> None:
    """Converge Stack objects from git until interrupted: a stand-in for the Pulumi Kubernetes Operator 2.9."""
    sandbox = named_sandbox(directory)
    sandbox.settings()
    kubeconfig = supervisor_folder(sandbox.supervisors(), cluster) / "admin.kubeconfig"
    typer.echo("a stand-in for the Pulumi Kubernetes Operator 2.9 and Flux' GitRepository; interrupt it to end it")
    typer.echo(f"kubeconfig {kubeconfig}")
    asyncio.run(_until_interrupted(run_stack_operator(kubeconfig, typer.echo)))


def supervisor_folder(folders: Mapping[str, Path], cluster: str | None) -> Path:
    """The folder of the Supervisor that is meant; ``folders``: those there are, by cluster. Raises PacificError."""
    if not folders:
        raise PacificError("the sandbox has no Supervisor yet", fix="bring up an estate with a SupervisorCluster")
    if cluster is None and len(folders) == 1:
        return next(iter(folders.values()))
    if cluster is not None and cluster in folders:
        return folders[cluster]
    problem = "the sandbox has several Supervisors" if cluster is None else "the sandbox has no Supervisor on it"
    raise PacificError(problem, place="CLUSTER", value=cluster, allowed=sorted(folders), fix="name one of these")


async def _until_interrupted(work: Coroutine[Any, Any, None]) -> None:
    task, loop = asyncio.ensure_future(work), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        typer.echo("ended; the stacks stay as they are")
