"""``pacific status``: for each document whether it is declared, what is recorded of it, and how it is."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pacific_infra.cli.options import CURRENT_FOLDER, ApplicationOption, JsonOption, ProjectOption, StackOption
from pacific_infra.cli.outputs import supervisor_kubeconfigs
from pacific_infra.cli.result import print_json, result_console
from pacific_infra.cli.session import Session, begin
from pacific_infra.cli.vcenter import vcenter_settings
from pacific_infra.converge.claims import Recorded
from pacific_infra.converge.health import Health, worst_health
from pacific_infra.converge.holder_lookup import Holders, look_up_holders
from pacific_infra.converge.live_objects import PATIENCE, Live, read_live
from pacific_infra.converge.lost import without_lost
from pacific_infra.converge.recorded_nodes import RecordedNode, recorded_nodes, waits_for
from pacific_infra.converge.unsettled import pending_steps
from pacific_infra.errors import PacificError
from pacific_infra.graph.applications import parts_of
from pacific_infra.graph.dependency_graph import DependencyGraph
from pacific_infra.vcenter.client import OneLook, VCenterClient

if TYPE_CHECKING:
    from pacific_infra.converge.stack import EstateStack
    from pacific_infra.converge.stack_record import StackRecord

SILENT_AFTER = 3.0
"""Seconds after which status takes who does not answer for silent: it only looks."""
INTERVAL = 5.0
"""Seconds between two looks of ``--watch``."""


@dataclass(frozen=True)
class NodeStatus:
    """One document."""

    declared: bool
    recorded: RecordedNode
    waits_for: Sequence[str]
    live: Health | None
    """None where no server was contacted, or it has no record."""
    warning: str | None = None
    """The last warning event about it."""
    external: bool = False
    """Whether it has another owner."""

    @property
    def good(self) -> bool:
        """Whether it is as it is declared, as far as was asked."""
        return self.recorded.state == "converged" and (self.live is None or self.live.good)


@dataclass(frozen=True)
class Status:
    """The stack, document by document in dependency order."""

    nodes: Mapping[str, NodeStatus]
    applications: Mapping[str, str]
    sandbox: Mapping[str, Any] | None = None
    remarks: Sequence[str] = field(default_factory=tuple)
    """What is gone, and what does not answer."""


def status(
    *,
    project: ProjectOption = CURRENT_FOLDER,
    stack: StackOption = None,
    application: ApplicationOption = None,
    recorded: Annotated[
        bool, typer.Option("--recorded", help="Say only what is recorded, and ask neither vCenter nor Kubernetes.")
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Look again and again, until Ctrl-C.")] = False,
    json_output: JsonOption = False,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit with 2 where anything is not as it should be.")
    ] = False,
) -> None:
    """Say for each document whether it is declared, what is recorded of it, and how it is: its health and the reason.

    Recorded is 'partly' what was interrupted or refused; live is asked of vCenter and Kubernetes at each call.
    """
    session = begin(project, stack, known=True)
    parts = parts_of(session.graph, application) if application is not None else None
    opened = session.open_record() or session.open_stack()

    def look() -> Status:
        return _look(session, opened, application, parts, ask=not recorded, quiet=watch)

    if watch:
        with suppress(KeyboardInterrupt):
            _watch(session, look, json_output=json_output)
        return
    seen = look()
    if json_output:
        print_json("status", _as_json(session, seen))
    else:
        for line in status_lines(seen):
            typer.echo(line)
    if detailed_exitcode and not all(node.good for node in seen.nodes.values()):
        raise SystemExit(2)


def _watch(session: Session, look: Any, *, json_output: bool) -> None:
    """Repeat until interrupted. On a terminal the screen is redrawn; otherwise only changes are printed."""
    from rich.console import Group  # noqa: PLC0415 - one look needs none of it
    from rich.live import Live as Screen  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = result_console()
    before: object = None
    if console.is_terminal and not json_output:
        with Screen(console=console, auto_refresh=False) as screen:
            while True:
                lines = [f"{time.strftime('%H:%M:%S')}  {session.name}", *status_lines(look())]
                screen.update(Group(*(Text(line, no_wrap=True, overflow="ellipsis") for line in lines)), refresh=True)
                time.sleep(INTERVAL)
    while True:
        seen = look()
        now: object = _as_json(session, seen) if json_output else status_lines(seen)
        if now != before:
            if json_output:
                print_json("status", _as_json(session, seen))
            else:
                typer.echo("\n".join([time.strftime("%H:%M:%S"), *status_lines(seen)]))
        before = now
        time.sleep(INTERVAL)


def _look(
    session: Session,
    stack: "EstateStack | StackRecord",
    application: str | None,
    parts: Sequence[str] | None,
    *,
    ask: bool,
    quiet: bool,
) -> Status:
    """``ask``: vCenter and Kubernetes too. ``quiet``: without saying that they are asked."""
    deployment = stack.deployment()
    live, remarks = Live(), list[str]()
    with ThreadPoolExecutor(1) as counting:
        # Its memory is counted while the servers answer.
        counted = counting.submit(session.sandbox.status) if session.sandbox is not None else None
        if ask and deployment.get("resources"):
            deployment, live, remarks = _ask(session, stack, deployment, quiet=quiet)
        sandbox = counted.result() if counted is not None else None
    resources = deployment.get("resources") or ()
    every = recorded_nodes(session.graph, resources, stack.unsettled.steps if resources else ())
    statuses = {node: _node_status(session.graph, node, every, live if ask else None) for node in every}
    nodes = {node: state for node, state in statuses.items() if parts is None or node in parts}
    applications = {
        name: text for name, text in _applications(session.graph, statuses).items() if application in (None, name)
    }
    shown = None
    if sandbox is not None:
        shown = {"phase": sandbox.phase, "vcenter": sandbox.vcenter, "memory": sandbox.memory}
        shown["processes"] = len(sandbox.processes)
    return Status(nodes, applications, shown, remarks)


def _ask(
    session: Session, stack: "EstateStack | StackRecord", deployment: Mapping[str, Any], *, quiet: bool
) -> tuple[Mapping[str, Any], Live, list[str]]:
    """The deployment with what was undecided read, how what is recorded is, and what is gone, silent or locked."""
    # One event loop, so that both lookups have one session at vCenter and its connections.
    with asyncio.Runner() as runner, ExitStack() as at_end:
        try:
            client = None
            if session.has_vcenter:
                settings = vcenter_settings(session.project, session.settings, stack.secret)
                client = OneLook(settings, patience=SILENT_AFTER)
                at_end.callback(lambda: runner.run(client.close()))
            holders = _holders(session, runner, client, deployment["resources"], quiet=quiet)
        except PacificError as error:
            unknown = Health("unknown", error.problem)
            urns = [entry["urn"] for entry in deployment["resources"] if not entry["type"].startswith("pulumi:")]
            return deployment, Live(dict.fromkeys(urns, unknown)), [error.problem]
        remarks = [silence.problem for silence in holders.silent]
        remaining, forgotten = without_lost(deployment, holders.lost)
        try:
            if not holders.silent and _settle_undecided(session, stack, remaining):
                deployment = stack.deployment()
                remaining, forgotten = without_lost(deployment, holders.lost)
            kubeconfigs = supervisor_kubeconfigs(stack) if client is None else {}
        except PacificError as error:
            # What cannot be read into the record, as where another run works on it, can be looked at all the same.
            kubeconfigs = {}
            remarks.append(error.problem)
        silent = {silence.urn: silence.problem for silence in holders.silent}
        if client is not None:
            client.patience = PATIENCE
        live = runner.run(read_live(client, remaining["resources"], silent=silent, kubeconfigs=kubeconfigs))
    for entry in forgotten:
        live.health |= dict.fromkeys(
            (resource["urn"] for resource in entry.resources), Health("missing", entry.lost.text)
        )
    return deployment, live, [*(f"{entry.text}: up creates it again" for entry in forgotten), *remarks]


def _settle_undecided(session: Session, stack: "EstateStack | StackRecord", deployment: Mapping[str, Any]) -> bool:
    """Read what earlier runs left undecided of ``deployment``, with Pulumi; whether there was any."""
    unsettled = stack.unsettled
    if not unsettled.steps and not pending_steps(deployment) and unsettled.running is None:
        return False
    from pacific_infra.cli.fleet_stack import open_for_reading  # noqa: PLC0415 - it imports Pulumi
    from pacific_infra.cli.record import settle_undecided  # noqa: PLC0415

    return settle_undecided(session, open_for_reading(session), deployment)


def _holders(
    session: Session,
    runner: asyncio.Runner,
    client: VCenterClient | None,
    resources: Sequence[Recorded],
    *,
    quiet: bool,
) -> Holders:
    """Which Supervisors and workload clusters are lost or silent; empty without a vCenter."""
    if client is None:
        return Holders()
    text = f"asking vCenter {client.settings.server} and the Supervisors how {session.name} is"
    with nullcontext() if quiet else session.saying(text):
        return runner.run(look_up_holders(client, resources, _quiet, patience=SILENT_AFTER))


def _quiet(_silence: str, _left: float) -> None:
    """It is in the live column, a moment later."""


def _node_status(graph: DependencyGraph, node: str, nodes: Mapping[str, RecordedNode], live: Live | None) -> NodeStatus:
    recorded = nodes[node]
    waiting = waits_for(graph, node, nodes) if recorded.state in ("partly", "missing") else []
    declared = node in graph.wave_of
    external = node in graph.external
    if live is None:
        return NodeStatus(declared, recorded, waiting, None, external=external)
    # The object that the others are for is recorded last.
    parts = [live.health[urn] for urn in reversed(recorded.urns) if urn in live.health]
    warnings = [live.warnings[urn] for urn in recorded.urns if urn in live.warnings]
    health, warning = worst_health(parts) if parts else None, warnings[-1] if warnings else None
    return NodeStatus(declared, recorded, waiting, health, warning, external)


def status_lines(seen: Status) -> list[str]:
    """For people: a head, a line for each document, and the counts."""
    lines = []
    if seen.sandbox is not None:
        where = f" at {seen.sandbox['vcenter']}" if seen.sandbox["vcenter"] else ""
        processes, memory = seen.sandbox["processes"], seen.sandbox["memory"]
        lines.append(f"sandbox: {seen.sandbox['phase']}{where}, {processes} processes, {memory} MiB")
    lines += seen.remarks
    rows = [("document", "declared", "recorded", "live")]
    rows += [(name, *_columns(node)) for name, node in seen.nodes.items()]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    if len(rows) > 1:
        lines += [
            "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]) for row in rows
        ]
    lines += [f"Application/{name}: {text}" for name, text in seen.applications.items()]
    return [line.rstrip() for line in [*lines, _summary(seen)]]


def _columns(node: NodeStatus) -> tuple[str, str, str]:
    recorded = node.recorded
    count = f"{recorded.resources} {'resource' if recorded.resources == 1 else 'resources'}"
    text = {"converged": count, "undeclared": count}.get(recorded.state, recorded.state)
    if recorded.state == "partly":
        text = f"partly, {count}"
    live = str(node.live) if node.live is not None else "-"
    if node.warning is not None and node.live is not None and not node.live.good:
        live += f"; last warning: {node.warning}"
    waits = "; ".join(node.waits_for)
    declared = "external" if node.external else "yes" if node.declared else "no"
    return declared, text, f"{live}{f'  waits for: {waits}' if waits else ''}"


def _summary(seen: Status) -> str:
    if not seen.nodes:
        return "nothing declared"
    recorded, live = dict[str, int](), dict[str, int]()
    for node in seen.nodes.values():
        word = {"converged": "recorded"}.get(node.recorded.state, node.recorded.state)
        recorded[word] = recorded.get(word, 0) + 1
        if node.live is not None:
            live[node.live.state] = live.get(node.live.state, 0) + 1
    texts = [", ".join(f"{count} {word}" for word, count in sorted(part.items())) for part in (recorded, live) if part]
    return "; ".join(texts)


def _as_json(session: Session, seen: Status) -> dict[str, Any]:
    return {
        "version": 1,
        "stack": session.name,
        "sandbox": seen.sandbox,
        "remarks": list(seen.remarks),
        "applications": dict(seen.applications),
        "nodes": {
            name: {
                "declared": node.declared,
                "external": node.external,
                "state": node.recorded.state,
                "resources": node.recorded.resources,
                "waitsFor": list(node.waits_for),
                "live": None
                if node.live is None
                else {"state": node.live.state, "reason": node.live.reason, "warning": node.warning},
            }
            for name, node in seen.nodes.items()
        },
    }


def _applications(graph: DependencyGraph, nodes: Mapping[str, NodeStatus]) -> dict[str, str]:
    """By application, whether all its parts exist and are healthy."""
    texts = {}
    for name, parts in graph.applications.items():
        good = sum(nodes[node].good for node in parts)
        texts[name] = "ready" if good == len(parts) else f"{good} of {len(parts)} parts ready"
    return texts
