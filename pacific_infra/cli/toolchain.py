"""``pacific toolchain``: install, show and use the programs that the product runs."""

from typing import Annotated

import typer

from pacific_infra.settings import Settings
from pacific_infra.toolchain import find_toolchain
from pacific_infra.toolchain.__main__ import exports
from pacific_infra.toolchain.terminal_lines import TerminalLines
from pacific_infra.toolchain.toolchain import KEPT_DAYS

app = typer.Typer(
    help="The programs that pacific runs: Pulumi, its plugins, and the sandbox's control plane.", no_args_is_help=True
)


@app.command()
def install(
    *,
    crx: Annotated[
        bool, typer.Option("--crx", help="Also what runs the sandbox's pods in machines of their own (QEMU).")
    ] = False,
    sdk: Annotated[
        bool, typer.Option("--sdk", help="Also what writes SDKs of packages, for: pulumi package add, gen-sdk.")
    ] = False,
    helm: Annotated[bool, typer.Option("--helm", help="Also Helm, which renders charts in documents.")] = False,
    forge: Annotated[
        bool, typer.Option("--forge", help="Also Gitea and its runner, on which pull requests are tried.")
    ] = False,
    gitops: Annotated[
        bool, typer.Option("--gitops", help="Also Flux' controllers, which apply rendered objects from git.")
    ] = False,
    keep_build_cache: Annotated[
        bool, typer.Option("--keep-build-cache", help="Keep Go's caches where they are ours, for a later build.")
    ] = False,
) -> None:
    """Build and install what is missing; says beforehand what it will take."""
    toolchain = find_toolchain(Settings.read())
    toolchain.keeps_build_cache = keep_build_cache
    lines = TerminalLines()
    if crx:
        toolchain.install_crx(lines.say, live=lines.live)
    if sdk:
        toolchain.install_sdk_generator(lines.say, live=lines.live)
    if helm:
        toolchain.install_helm(lines.say, live=lines.live)
    for option in [name for name, is_asked in (("forge", forge), ("gitops", gitops)) if is_asked]:
        toolchain.install_optional(option, lines.say, live=lines.live)
    if toolchain.installed:
        lines.say("toolchain: everything is installed")
        return
    toolchain.install(lines.say, live=lines.live)


@app.command()
def status() -> None:
    """Show each program and where it lies; exit code 1 where one is missing."""
    toolchain = find_toolchain(Settings.read())
    programs = toolchain.programs()
    for name, path in programs:
        typer.echo(f"{name:<28}{path or 'missing: pacific toolchain install'}")
    if not toolchain.installed:
        raise typer.Exit(1)


@app.command()
def prune(
    days: Annotated[float, typer.Option("--days", min=0.0, help="Keep what was used within so many days.")] = KEPT_DAYS,
) -> None:
    """Remove what nothing has used for a week: parts of older versions, programs of clones that are gone."""
    find_toolchain(Settings.read()).prune(TerminalLines().say, days=days)


@app.command()
def env() -> None:
    """Print the environment for your own shell: eval "$(pacific toolchain env)"."""
    typer.echo(exports(find_toolchain(Settings.read()).environment()), nl=False)
