"""``pacific sandbox``: the embedded vCenter and its Supervisors on this computer."""

import dataclasses
import time
from pathlib import Path
from typing import Annotated

import typer

from pacific_infra.cli.options import JsonOption
from pacific_infra.cli.result import print_json
from pacific_infra.errors import PacificError
from pacific_infra.settings import Settings
from pacific_sandbox.cli import image
from pacific_sandbox.configuration import (
    DEFAULT_HOSTS,
    DEFAULT_TOKEN_LIFETIME,
    VCENTER_VERSIONS,
    Runtime,
)
from pacific_sandbox.sandbox import DATACENTER, Sandbox, SandboxStatus
from pacific_sandbox.toolchain import BuiltToolchain

NOT_UP = 3
"""Exit code of ``status`` where the sandbox is not ready, as ``systemctl status`` has it."""

app = typer.Typer(help="The embedded sandbox: a simulated vCenter with real Kubernetes control planes.")
app.add_typer(image.app, name="image")

DirectoryOption = Annotated[
    Path | None,
    typer.Option("--directory", "-d", help="Folder of the sandbox. [default: PACIFIC_SANDBOX, or the state folder]"),
]


@app.command()
def up(
    *,
    directory: DirectoryOption = None,
    token_lifetime: Annotated[
        float, typer.Option("--token-lifetime", min=1.0, help="Seconds that a login at a Supervisor lasts.")
    ] = DEFAULT_TOKEN_LIFETIME,
    hosts: Annotated[
        int, typer.Option("--hosts", min=1, max=200, help="ESXi hosts of each cluster; counts at the next start.")
    ] = DEFAULT_HOSTS,
    runtime: Annotated[
        Runtime | None,
        typer.Option(
            "--runtime", help="What runs pods: qemu is a machine for each. [default: as before, at first simulated]"
        ),
    ] = None,
    vcenter_version: Annotated[
        str | None, typer.Option("--vcenter-version", help="8.0.3, 9.0 or 9.1: how old the simulated vCenter is.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Start the sandbox, unless it runs, and wait until its vCenter answers."""
    started = time.monotonic()
    if vcenter_version is not None and vcenter_version not in VCENTER_VERSIONS:
        raise PacificError("the sandbox has no such vCenter", value=vcenter_version, allowed=list(VCENTER_VERSIONS))
    sandbox = named_sandbox(directory, token_lifetime, hosts, runtime=runtime, vcenter_version=vcenter_version)
    settings = sandbox.up(lambda line: typer.echo(line, err=True))
    if as_json:
        document = {
            "server": settings.server,
            "username": settings.username,
            "passwordFile": str(settings.password_file),
            "caFile": str(settings.ca_file),
            "datacenter": DATACENTER,
            "directory": str(sandbox.directory),
        }
        print_json("sandbox", document)
        return
    typer.echo(f"vCenter    https://{settings.server}")
    typer.echo(f"user       {settings.username}")
    typer.echo(f"password   in {settings.password_file}")
    typer.echo(f"CA         {settings.ca_file}")
    typer.echo(f"up after {time.monotonic() - started:.1f} s")


@app.command()
def status(directory: DirectoryOption = None, as_json: JsonOption = False) -> None:
    """Say what runs. Exit code 0: it is up; 3: it is not."""
    now = named_sandbox(directory).status()
    if as_json:
        document = {**dataclasses.asdict(now), "directory": str(now.directory), "memory": now.memory}
        print_json("sandbox-status", document)
    else:
        _print_status(now)
    if now.phase != "ready":
        raise typer.Exit(NOT_UP)


@app.command()
def down(directory: DirectoryOption = None, as_json: JsonOption = False) -> None:
    """Stop the sandbox and keep its state."""
    _say(as_json, named_sandbox(directory).down(), "stopped", "it was not running")


@app.command()
def reset(directory: DirectoryOption = None, as_json: JsonOption = False) -> None:
    """Stop the sandbox and delete its folder with all that was in it."""
    _say(as_json, named_sandbox(directory).reset(), "deleted", "there was none")


@app.command()
def logs(
    process: Annotated[str, typer.Argument(help="A process that `status` names.")],
    directory: DirectoryOption = None,
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="How many of the last lines.")] = 100,
) -> None:
    """Print the end of the log of one process."""
    log = named_sandbox(directory).logs(process)
    for line in log.read_text(errors="replace").splitlines()[-lines:]:
        typer.echo(line)


def named_sandbox(
    directory: Path | None,
    token_lifetime: float = DEFAULT_TOKEN_LIFETIME,
    hosts: int = DEFAULT_HOSTS,
    *,
    runtime: Runtime | None = None,
    vcenter_version: str | None = None,
) -> Sandbox:
    """The sandbox in ``directory``, else the one that the settings name."""
    settings = Settings.read()
    folder = directory or settings.sandbox_directory
    return Sandbox(
        folder,
        BuiltToolchain(settings),
        token_lifetime=token_lifetime,
        hosts=hosts,
        runtime=runtime,
        vcenter_version=vcenter_version,
    )


def _say(as_json: bool, changed: bool, done: str, nothing: str) -> None:
    if as_json:
        print_json("sandbox-change", {"changed": changed})
    else:
        typer.echo(done if changed else nothing)


def _print_status(now: SandboxStatus) -> None:
    typer.echo(f"sandbox {now.directory}: {now.phase}")
    if now.error:
        typer.echo(f"  {now.error}")
    if now.vcenter:
        typer.echo(f"  vCenter https://{now.vcenter}")
    for process in now.processes:
        notes = f"  pid {process.pid}" if process.pid else ""
        if process.restarts:
            notes += f"  restarted {process.restarts} times, last ended with {process.last_exit}"
        typer.echo(f"  {process.name:<36} {process.state:<10} {process.memory:>5} MiB{notes}")
    if now.processes:
        typer.echo(f"  {'all':<36} {'':<10} {now.memory:>5} MiB")
