"""``pacific view``: what is declared, recorded and there, live: as a page, or as JSON."""

import asyncio
import socket
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pacific_infra.cli.options import CURRENT_FOLDER, ProjectOption, StackOption
from pacific_infra.converge.project import Project, find_project
from pacific_infra.errors import PacificError

if TYPE_CHECKING:
    from pacific_infra.view.collector import Inputs

PORT = 8722
PATIENCE = 20.0
"""Seconds that ``--once`` waits for servers that do not answer."""
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared with
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def view(
    *,
    project: ProjectOption = CURRENT_FOLDER,
    stack: StackOption = None,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port of the page; 0: any that is free.")
    ] = PORT,
    bind: Annotated[
        str, typer.Option("--bind", help="Address of the page; another than this computer's own needs a certificate.")
    ] = "127.0.0.1",
    tls_certificate: Annotated[
        Path | None, typer.Option("--tls-certificate", help="PEM file: TLS, and users log in at vCenter.")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option("--tls-key", help="PEM file of the certificate's key.")] = None,
    host: Annotated[
        list[str] | None, typer.Option("--host", help="Name by which browsers reach it; else --bind's. Repeatable.")
    ] = None,
    json_output: Annotated[
        bool, typer.Option("--json", help="Print the view model as JSON: once with --once, else at each change.")
    ] = False,
    once: Annotated[bool, typer.Option("--once", help="Look once, print the model, and end.")] = False,
    tui: Annotated[bool, typer.Option("--tui", help="Show it in this terminal instead of a browser.")] = False,
) -> None:
    """Show what is declared, recorded and there, live: a page for a browser. Changes nothing."""
    if tui and not sys.stdout.isatty():
        fix = "pacific view, or pacific view --json --once"
        raise PacificError("there is no terminal to draw on", place="--tui", fix=fix)
    _check_tls(bind, port, tls_certificate, tls_key)
    opened = find_project(project, stack)
    name = f"{opened.name}/{opened.stack}"
    begin = partial(_begin, opened)
    if json_output or once:
        asyncio.run(_print(begin(), once=once))
        return
    try:
        if tui:
            from pacific_infra.view.terminal import show_in_terminal  # noqa: PLC0415 - it imports what the extra tui brings

            show = partial(asyncio.run, show_in_terminal(begin()))
        else:
            from pacific_infra.view.serving import Shared, serve  # noqa: PLC0415 - it imports what the extra view brings

            shared = None
            if tls_certificate is not None and tls_key is not None:
                hosts = host or [socket.getfqdn() if bind in EVERYWHERE else bind]
                shared = Shared(bind, hosts, tls_certificate, tls_key)
            show = partial(serve, name, begin, port, partial(typer.echo, err=True), shared)
    except ModuleNotFoundError as error:
        fix = f"pip install 'pacific-infra[{'tui' if tui else 'view'}]'"
        raise PacificError(f"this needs {error.name}, which is not installed", fix=fix) from None
    show()


def _begin(project: Project) -> "Inputs":
    """Read the documents and find the record. The page is there before: what it takes is imported here."""
    from pacific_infra.cli.session import begin_on  # noqa: PLC0415
    from pacific_infra.cli.view_inputs import view_inputs  # noqa: PLC0415

    return view_inputs(begin_on(project))


def _check_tls(bind: str, port: int, certificate: Path | None, key: Path | None) -> None:
    if (certificate is None) is not (key is None):
        missing = "--tls-key" if key is None else "--tls-certificate"
        raise PacificError("a certificate and its key go together", place=missing, fix="name both")
    if bind not in LOOPBACK and certificate is None:
        raise PacificError(
            "other computers would read the page, and give passwords, without TLS",
            place="--bind",
            value=bind,
            allowed="127.0.0.1, or any address with --tls-certificate FILE --tls-key FILE",
            fix="name a certificate and its key, or leave --bind out and reach it from elsewhere by "
            f"ssh -L {port}:127.0.0.1:{port} HOST",
        )


async def _print(inputs: "Inputs", *, once: bool) -> None:
    from pacific_infra.view.collector import Collector  # noqa: PLC0415 - it imports the documents' models
    from pacific_infra.view.model import view_json  # noqa: PLC0415

    collector = Collector(inputs)
    task = asyncio.create_task(collector.run())
    try:
        await collector.ready(PATIENCE)
        version = collector.version
        typer.echo(view_json(collector.view, 2 if once else None))
        while not once:
            version = await collector.newer_than(version)
            typer.echo(view_json(collector.view))
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
