"""``pacific view``: what is declared, recorded and there, live: as a page, or as JSON."""

import asyncio
import json
import socket
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pacific_infra.cli.document_graph import graph_of
from pacific_infra.cli.options import CURRENT_FOLDER, ProjectOption, StackOption
from pacific_infra.cli.outputs import supervisor_kubeconfigs
from pacific_infra.cli.session import Session, begin
from pacific_infra.cli.vcenter import vcenter_settings
from pacific_infra.documents.files import files_at
from pacific_infra.errors import PacificError

if TYPE_CHECKING:
    from pacific_infra.view.collector import Collector, Inputs

PORT = 8722
PATIENCE = 20.0
"""Seconds that ``--once`` waits for servers that do not answer."""
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared with
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def view(
    *,
    project: ProjectOption = CURRENT_FOLDER,
    stack: StackOption = None,
    port: Annotated[int, typer.Option("--port", help="Port of the page; 0: any that is free.")] = PORT,
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
    session = begin(project, stack)
    if tls_certificate is not None and not session.has_vcenter:
        fix = f"leave --tls-certificate out, {_by_ssh(port)}"
        raise PacificError("users log in at vCenter, and this stack names none", place="--tls-certificate", fix=fix)
    from pacific_infra.view.collector import Collector, Inputs  # noqa: PLC0415 - it imports Pulumi

    inputs = _inputs(session, Inputs)
    if json_output or once:
        asyncio.run(_print(Collector(inputs), once=once))
        return
    try:
        if tui:
            from pacific_infra.view.terminal import show_in_terminal  # noqa: PLC0415 - it imports what the extra tui brings

            show = partial(asyncio.run, show_in_terminal(Collector(inputs)))
        else:
            from pacific_infra.view.server import Shared, serve  # noqa: PLC0415 - it imports what the extra view brings

            shared = None
            if tls_certificate is not None and tls_key is not None:
                hosts = host or [socket.getfqdn() if bind in EVERYWHERE else bind]
                shared = Shared(bind, hosts, tls_certificate, tls_key)
            show = partial(serve, inputs, port, session.remark, shared)
    except ModuleNotFoundError as error:
        fix = f"pip install 'pacific-infra[{'tui' if tui else 'view'}]'"
        raise PacificError(f"this needs {error.name}, which is not installed", fix=fix) from None
    show()


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
            fix=f"name a certificate and its key, or leave --bind out {_by_ssh(port)}",
        )


def _by_ssh(port: int) -> str:
    return f"and reach it from elsewhere by ssh -L {port}:127.0.0.1:{port} HOST"


def _inputs(session: Session, inputs: "type[Inputs]") -> "Inputs":
    opened = session.open_stack()

    def paths() -> Iterator[Path]:
        for path in (*session.project.documents, *session.project.overlays):
            yield path
            try:
                yield from files_at(path)
            except PacificError:
                continue

    return inputs(
        stack=session.name,
        read_graph=lambda: graph_of(session.project),
        document_paths=paths,
        read_record=lambda: (opened.resources(), opened.unsettled.steps),
        record_paths=opened.record.paths if opened.record is not None else (),
        kubeconfigs=lambda: supervisor_kubeconfigs(opened),
        vcenter=(lambda: vcenter_settings(session.project, session.settings, opened.secret))
        if session.has_vcenter
        else None,
        history=session.history.files,
        durations=session.durations_file,
    )


async def _print(collector: "Collector", *, once: bool) -> None:
    from pacific_infra.view.model import view_json  # noqa: PLC0415 - it imports Pulumi

    task = asyncio.create_task(collector.run())
    try:
        await collector.ready(PATIENCE)
        version = collector.version
        typer.echo(json.dumps(view_json(collector.view), indent=2 if once else None))
        while not once:
            version = await collector.newer_than(version)
            typer.echo(json.dumps(view_json(collector.view)))
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
