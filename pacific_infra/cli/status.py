"""``pacific status``: what is recorded of the estate, by node."""

import json
from collections import Counter

import typer

from pacific_infra.cli.options import HERE, JsonOption, ProjectOption, StackOption
from pacific_infra.cli.session import begin
from pacific_infra.converge.record import recorded_nodes


def status(project: ProjectOption = HERE, stack: StackOption = None, json_output: JsonOption = False) -> None:
    """Say for each document what is recorded of it: converged, partly, missing, or no longer declared."""
    session = begin(project, stack)
    nodes = recorded_nodes(session.graph, session.open_stack().resources())
    sandbox = session.sandbox.status() if session.sandbox is not None else None
    if json_output:
        document = {
            "version": 1,
            "stack": f"{session.project.name}/{session.project.stack}",
            "sandbox": None
            if sandbox is None
            else {"phase": sandbox.phase, "vcenter": sandbox.vcenter, "memory": sandbox.memory},
            "nodes": {name: {"state": node.state, "resources": node.resources} for name, node in nodes.items()},
        }
        typer.echo(json.dumps(document, indent=2))
        return
    if sandbox is not None:
        where = f" at {sandbox.vcenter}" if sandbox.vcenter else ""
        typer.echo(f"sandbox: {sandbox.phase}{where}, {len(sandbox.parts)} processes, {sandbox.memory} MiB")
    for name, node in nodes.items():
        typer.echo(f"{node.state:<12} {name}  ({node.resources} resources)")
    counts = Counter(node.state for node in nodes.values())
    typer.echo(", ".join(f"{count} {state}" for state, count in sorted(counts.items())) or "nothing declared")
