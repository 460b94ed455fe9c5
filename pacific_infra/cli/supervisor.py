"""``pacific supervisor``: what is done with a Supervisor now and then, and is no desired state."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from pacific_infra.cli.options import CURRENT_FOLDER, JsonOption, ProjectOption, StackOption
from pacific_infra.cli.result import print_json
from pacific_infra.cli.vcenter import login_settings
from pacific_infra.errors import PacificError
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.inventory import Inventory
from pacific_infra.vcenter.recovery import Archive, begin_backup, list_archives, task_progress
from pacific_infra.vcenter.registration import RunningMachine, find_machine, register_machine
from pacific_infra.vcenter.support_bundles import download_bundle

app = typer.Typer(
    help="Back up a Supervisor, list its backups, download its support bundle, and register VMs in its namespaces.",
    no_args_is_help=True,
)

SupervisorArgument = Annotated[str, typer.Argument(help="The Supervisor, by name or identifier.")]
_PAUSE = 5.0
_FIRST_PAUSE = 0.2
T = TypeVar("T")


@app.command()
def backup(
    supervisor: SupervisorArgument,
    *,
    comment: Annotated[str, typer.Option("--comment", help="What the archive is for.")] = "",
    unhealthy: Annotated[
        bool, typer.Option("--unhealthy", help="Also where vCenter says that the Supervisor is not healthy.")
    ] = False,
    within: Annotated[float, typer.Option("--within", min=1.0, help="Minutes until the wait ends.")] = 60.0,
    project: ProjectOption = CURRENT_FOLDER,
    stack: StackOption = None,
    json_output: JsonOption = False,
) -> None:
    """Back up a Supervisor, and wait for the archive, which vCenter keeps on its appliance (vCenter 8.0 U3).

    It has the state of the control plane, not the volumes of workloads. Where the wait ends, vCenter goes on.
    """
    specification = {"comment": comment, "ignore_health_check_failure": unhealthy}

    async def run(client: VCenterClient, identifier: str) -> Archive:
        known = {archive.archive for archive in await list_archives(client, identifier)}
        task = await begin_backup(client, identifier, specification)
        await _wait(client, task, within * 60)
        new = [archive for archive in await list_archives(client, identifier) if archive.archive not in known]
        if not new:
            raise PacificError(f"vCenter has no new archive of the Supervisor {supervisor}", fix="look at its tasks")
        return new[-1]

    _print([_on_supervisor(run, supervisor, project, stack)], json_output=json_output)


@app.command()
def backups(
    supervisor: SupervisorArgument,
    *,
    project: ProjectOption = CURRENT_FOLDER,
    stack: StackOption = None,
    json_output: JsonOption = False,
) -> None:
    """List the archives of a Supervisor on vCenter's appliance, the oldest first."""
    _print(_on_supervisor(list_archives, supervisor, project, stack), json_output=json_output)


@app.command("support-bundle")
def support_bundle(
    supervisor: SupervisorArgument,
    *,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File to write to.", show_default="SUPERVISOR-support.tar")
    ] = None,
    within: Annotated[float, typer.Option("--within", min=1.0, help="Minutes without a byte until it ends.")] = 15.0,
    project: ProjectOption = CURRENT_FOLDER,
    stack: StackOption = None,
) -> None:
    """Download the support bundle of a Supervisor: a tar archive with its logs, as VMware's support asks for."""
    file = out or Path(f"{supervisor}-support.tar")
    if file.exists():
        raise PacificError("the file exists already", place=str(file), fix="remove it, or name another with --out")

    async def run(client: VCenterClient, identifier: str) -> int:
        return await download_bundle(client, identifier, file, patience=within * 60)

    typer.echo(f"{file}: {_on_supervisor(run, supervisor, project, stack)} bytes")


@app.command("register-vm")
def register_vm(
    namespace: Annotated[str, typer.Argument(help="The vSphere Namespace.")],
    machine: Annotated[str, typer.Argument(metavar="VM", help="The VM in it, by name or identifier (vm-42).")],
    *,
    within: Annotated[float, typer.Option("--within", min=0.1, help="Minutes until the wait ends.")] = 30.0,
    project: ProjectOption = CURRENT_FOLDER,
    stack: StackOption = None,
    json_output: JsonOption = False,
) -> None:
    """Have the VM service take over a VM that is in a namespace's folder, and wait for it (vCenter 8.0 U3).

    The VM itself stays as it is. A document VirtualMachine with adopt: true then takes over what was made of it.
    """

    async def run(client: VCenterClient) -> RunningMachine:
        running = await find_machine(client, machine)
        await _wait(client, await register_machine(client, namespace, running), within * 60)
        return running

    registered = _with_client(run, project, stack)
    if json_output:
        print_json("vm-registration", {"namespace": namespace, **asdict(registered)})
        return
    typer.echo(f"VirtualMachine {namespace}/{registered.name} is there, of the VM {registered.identifier}")
    typer.echo("next: write its document with adopt: true, then run pacific plan")


def _on_supervisor(
    run: Callable[[VCenterClient, str], Awaitable[T]], supervisor: str, project: Path, stack: str | None
) -> T:
    """What ``run`` gives, of a client of the stack's vCenter and the Supervisor's identifier."""

    async def answer(client: VCenterClient) -> T:
        return await run(client, await Inventory(client).identifier("Supervisor", supervisor))

    return _with_client(answer, project, stack)


def _with_client(run: Callable[[VCenterClient], Awaitable[T]], project: Path, stack: str | None) -> T:
    """What ``run`` gives, of a client of the stack's vCenter."""
    settings = login_settings(project=project, stack=stack)

    async def answer() -> T:
        client = VCenterClient(settings)
        try:
            return await run(client)
        finally:
            await client.close()

    return asyncio.run(answer())


async def _wait(client: VCenterClient, task: str, seconds: float) -> None:
    """Until vCenter's task is done; each new thing that it waits for goes to standard error."""
    clock = asyncio.get_running_loop().time
    end, pause, last = clock() + seconds, _FIRST_PAUSE, ""
    while (waits_for := await task_progress(client, task)) is not None:
        if waits_for != last:
            typer.echo(waits_for, err=True)
        if clock() >= end:
            raise PacificError(f"not done within {seconds / 60:.0f} minutes: {waits_for}", fix="wait longer: --within")
        last = waits_for
        await asyncio.sleep(pause)
        pause = min(2 * pause, _PAUSE)


def _print(archives: list[Archive], *, json_output: bool) -> None:
    if json_output:
        print_json("supervisor-backups", {"archives": [asdict(archive) for archive in archives]})
        return
    for archive in archives:
        unusable = f"  not usable: {'; '.join(archive.unusable_reasons)}" if not archive.usable else ""
        comment = f"  {archive.comment}" if archive.comment else ""
        typer.echo(f"{archive.timestamp}  {archive.supervisor_version}  {archive.location}{comment}{unusable}")
    if not archives:
        typer.echo("no archives")
