"""``pacific drift``: what is not as the last converge left it."""

import json
from typing import Annotated

import typer

from pacific_infra.cli.options import HERE, JsonOption, ProjectOption, StackOption
from pacific_infra.cli.session import begin
from pacific_infra.converge.live import LiveChanges
from pacific_infra.converge.nodes import NodeFinder
from pacific_infra.converge.stack import in_its_own_words
from pacific_infra.plan.drift import build_drift, drift_json, drift_lines, drift_markdown


def drift(
    *,
    project: ProjectOption = HERE,
    stack: StackOption = None,
    json_output: JsonOption = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print markdown.")] = False,
    detailed_exitcode: Annotated[bool, typer.Option(help="Exit with 2 where there is drift.")] = False,
) -> None:
    """Compare what is there with what the last converge left, property by property; changes nothing.

    What is foreign is left alone. `pacific up --refresh` puts drift right.
    """
    session = begin(project, stack)
    opened = session.open_stack()
    session.start_sandbox()
    live = LiveChanges()
    with in_its_own_words(live.errors):
        opened.look(live.event)
    found = build_drift(session.graph, live.drifted, live.checked, NodeFinder().node)
    if json_output:
        typer.echo(json.dumps(drift_json(found), indent=2))
    else:
        typer.echo(drift_markdown(found) if markdown else "\n".join(drift_lines(found)), nl=not markdown)
    if detailed_exitcode and found.count:
        raise SystemExit(2)
