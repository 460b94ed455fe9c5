"""``pacific sandbox operator``, ``flux`` and ``git``: what converges a Supervisor of the sandbox from git."""

import asyncio
import contextlib
import signal
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from pacific_infra.errors import PacificError
from pacific_infra.settings import Settings
from pacific_sandbox.cli.sandbox import DirectoryOption, named_sandbox
from pacific_sandbox.flux import CONTROLLERS, run_flux
from pacific_sandbox.git_server import git_server
from pacific_sandbox.layout import Layout
from pacific_sandbox.stack_operator.stack_operator import run_stack_operator
from pacific_sandbox.toolchain import BuiltToolchain

ClusterArgument = Annotated[
    str | None, typer.Argument(help="vSphere cluster of the Supervisor. [default: that of the only one]")
]


def operator(cluster: ClusterArgument = None, directory: DirectoryOption = None) -> None:
    """Converge Stack objects from git until interrupted: a stand-in for the Pulumi Kubernetes Operator 2.9."""
    _, kubeconfig = _administrator(cluster, directory)
    typer.echo("a stand-in for the Pulumi Kubernetes Operator 2.9 and Flux' GitRepository; interrupt it to end it")
    typer.echo(f"kubeconfig {kubeconfig}")
    _converge(run_stack_operator(kubeconfig, typer.echo))


def flux(cluster: ClusterArgument = None, directory: DirectoryOption = None) -> None:
    """Apply Kustomizations from git until interrupted, by Flux' own controllers (toolchain install --gitops)."""
    toolchain = BuiltToolchain(Settings.read())
    programs = {name: toolchain.program(name) for name in CONTROLLERS}
    layout, kubeconfig = _administrator(cluster, directory)
    typer.echo(f"kubeconfig {kubeconfig}")
    _converge(run_flux(kubeconfig, programs, layout.log, typer.echo))


def git(
    folder: Annotated[Path, typer.Argument(help="Folder with the bare repositories.")] = Path(),
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port. [default: a free one]")] = 0,
) -> None:
    """Serve git repositories by http on 127.0.0.1 until interrupted, for controllers to read."""
    if not folder.is_dir():
        raise PacificError("no such folder", place="FOLDER", value=str(folder))
    try:
        with git_server(folder.absolute(), port) as url:
            for repository in sorted(head.parent.name for head in folder.glob("*/HEAD")):
                typer.echo(f"{url}/{repository}")
            asyncio.run(_until_interrupted(_for_ever()))
    except OSError as error:
        raise PacificError(f"cannot be served ({error.strerror})", place="--port", value=str(port)) from None


def _administrator(cluster: str | None, directory: Path | None) -> tuple[Layout, Path]:
    """The files of the sandbox, and the kubeconfig of the administrator of the Supervisor that is meant."""
    sandbox = named_sandbox(directory)
    sandbox.settings()
    return Layout(sandbox.directory), supervisor_folder(sandbox.supervisors(), cluster) / "admin.kubeconfig"


def _converge(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(_until_interrupted(work))
    typer.echo("ended; what was converged stays as it is")


async def _for_ever() -> None:
    await asyncio.Event().wait()


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
    with contextlib.suppress(asyncio.CancelledError):
        await task
