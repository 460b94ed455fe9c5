"""``pacific view``: what is declared, recorded and there, live: as a page on this computer, or as JSON."""

import asyncio
import json
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
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def view(
    *,
    project: ProjectOption = CURRENT_FOLDER,
    stack: StackOption = None,
    port: Annotated[int, typer.Option("--port", help="Port of the page; 0: any that is free.")] = PORT,
    bind: Annotated[
        str, typer.Option("--bind", help="Address of the page. Only this computer's own: 127.0.0.1.")
    ] = "127.0.0.1",
    json_output: Annotated[
        bool, typer.Option("--json", help="Print the view model as JSON: once with --once, else at each change.")
    ] = False,
    once: Annotated[bool, typer.Option("--once", help="Look once, print the model, and end.")] = False,
    tui: Annotated[bool, typer.Option("--tui", help="Show it in this terminal instead of a browser.")] = False,
) -> None:
    """Show what is declared, recorded and there, live: a page for this computer's browser. Changes nothing."""
    if tui and not sys.stdout.isatty():
        fix = "pacific view, or pacific view --json --once"
        raise PacificError("there is no terminal to draw on", place="--tui", fix=fix)
    if bind not in LOOPBACK:
        raise PacificError(
            "the page is for this computer alone: it has no login of its own",
            place="--bind",
            value=bind,
            allowed="127.0.0.1",
            fix=f"leave --bind out, and reach it from elsewhere by ssh -L {port}:127.0.0.1:{port} HOST",
        )
    session = begin(project, stack)
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
            from pacific_infra.view.server import serve  # noqa: PLC0415 - it imports what the extra view brings

            show = partial(serve, inputs, port, session.remark)
    except ModuleNotFoundError as error:
        fix = f"pip install 'pacific-infra[{'tui' if tui else 'view'}]'"
        raise PacificError(f"this needs {error.name}, which is not installed", fix=fix) from None
    show()


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
