"""``pacific status``: what is recorded of the estate, by node."""

from collections import Counter
from collections.abc import Mapping

import typer

from pacific_infra.cli.options import HERE, ApplicationOption, JsonOption, ProjectOption, StackOption
from pacific_infra.cli.result import print_json
from pacific_infra.cli.session import begin
from pacific_infra.converge.record import RecordedNode, recorded_nodes, waits_for
from pacific_infra.graph import DependencyGraph
from pacific_infra.graph.applications import parts_of


def status(
    project: ProjectOption = HERE,
    stack: StackOption = None,
    application: ApplicationOption = None,
    json_output: JsonOption = False,
) -> None:
    """Say for each document what is recorded of it: converged, partly, missing, or no longer declared."""
    session = begin(project, stack)
    parts = parts_of(session.graph, application) if application is not None else None
    every = recorded_nodes(session.graph, session.open_stack().resources())
    nodes = every if parts is None else {node: every[node] for node in parts}
    waiting = {
        node: waits_for(session.graph, node, every)
        for node, recorded in nodes.items()
        if recorded.state in ("partly", "missing")
    }
    sandbox = session.sandbox.status() if session.sandbox is not None else None
    if json_output:
        document = {
            "version": 1,
            "stack": f"{session.project.name}/{session.project.stack}",
            "sandbox": None
            if sandbox is None
            else {"phase": sandbox.phase, "vcenter": sandbox.vcenter, "memory": sandbox.memory},
            "applications": {
                name: text for name, text in _applications(session.graph, every).items() if application in (None, name)
            },
            "nodes": {
                name: {"state": node.state, "resources": node.resources, "waitsFor": waiting.get(name, [])}
                for name, node in nodes.items()
            },
        }
        print_json("status", document)
        return
    if sandbox is not None:
        where = f" at {sandbox.vcenter}" if sandbox.vcenter else ""
        typer.echo(f"sandbox: {sandbox.phase}{where}, {len(sandbox.parts)} processes, {sandbox.memory} MiB")
    for name, node in nodes.items():
        wait = f"  waits for: {'; '.join(waiting[name])}" if waiting.get(name) else ""
        typer.echo(f"{node.state:<12} {name}  ({node.resources} resources){wait}")
    for name, text in _applications(session.graph, every).items():
        if application in (None, name):
            typer.echo(f"Application/{name}: {text}")
    counts = Counter(node.state for node in nodes.values())
    typer.echo(", ".join(f"{count} {state}" for state, count in sorted(counts.items())) or "nothing declared")


def _applications(graph: DependencyGraph, nodes: Mapping[str, RecordedNode]) -> dict[str, str]:
    """By application, whether all its parts are there."""
    made = {}
    for name, parts in graph.estate.applications.items():
        converged = sum(nodes[node].state == "converged" for node in parts)
        made[name] = "ready" if converged == len(parts) else f"{converged} of {len(parts)} parts ready"
    return made
