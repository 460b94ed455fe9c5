"""``pacific capacity``: whether the estate fits into its namespaces' limits and onto a site's hosts."""

import asyncio
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from pacific_infra.cli.document_graph import read_graph
from pacific_infra.cli.external import kubeconfigs, other_stacks
from pacific_infra.cli.options import (
    CURRENT_FOLDER,
    JsonOption,
    PricesOption,
    ProjectOption,
    SiteOption,
    StackOption,
)
from pacific_infra.cli.result import print_json, result_console
from pacific_infra.cli.session import begin
from pacific_infra.cli.vcenter import vcenter_settings
from pacific_infra.converge.live_limits import read_quotas
from pacific_infra.converge.live_site import LiveCapacity, read_live_capacity
from pacific_infra.documents import ExternalNamespace, ExternalVirtualMachineClass
from pacific_infra.errors import PacificError
from pacific_infra.graph import DependencyGraph
from pacific_infra.importing.limits import read_limits
from pacific_infra.plan.capacity import Capacity, check_capacity, read_site
from pacific_infra.plan.capacity.amounts import amount, bar
from pacific_infra.plan.capacity.fit import Use
from pacific_infra.plan.capacity.prices import costs, read_prices

HOST_FAILURES = 1
"""Hosts of each cluster that may fail while the others still carry the load, with a live vCenter."""


def capacity(
    *,
    site_file: SiteOption = None,
    price_file: PricesOption = None,
    live: Annotated[
        bool, typer.Option("--live", help="Take hosts, datastores and the namespaces' use from the stack's vCenter.")
    ] = False,
    project: ProjectOption = CURRENT_FOLDER,
    stack: StackOption = None,
    json_output: JsonOption = False,
) -> None:
    """Compare what the documents ask for with the limits of their namespaces and, with --site or --live, with hosts.

    Reads documents only, but for --live, which asks vCenter and changes nothing. Exit code 1 where something cannot
    be had.
    """
    if live and site_file is not None:
        raise PacificError("two sites are named", value="--live and --site", fix="leave one of them out")
    graph = read_graph(project, stack)
    live_capacity = _live(graph, project, stack) if live else None
    site = live_capacity.site if live_capacity else read_site(site_file) if site_file is not None else None
    looked_up = live_capacity.looked_up if live_capacity else None
    prices = read_prices(price_file) if price_file is not None else None
    result = check_capacity(graph, site, looked_up)
    cost = costs(result.uses, prices) if prices is not None else None
    if json_output:
        document = _as_json(result, live_capacity)
        if cost is not None:
            document["costs"] = cost.as_json()
        print_json("capacity", document)
    else:
        _print(result, live_capacity, result_console())
        if cost is not None:
            for name, charged in cost.by_namespace.items():
                typer.echo(f"{name} costs {charged} {cost.currency} a month")
    if not result.fits:
        raise SystemExit(1)


def _live(graph: DependencyGraph, project: Path, stack: str | None) -> LiveCapacity:
    """What vCenter has or, where the stack has no login there, what the quotas of external namespaces say."""
    session = begin(project, stack)
    estate = graph.estate
    if not session.has_vcenter:
        outputs = other_stacks(estate, lambda name: session.open_stack().outputs_of(name))
        chosen = kubeconfigs(estate, session.project.kubeconfig, outputs)
        return LiveCapacity(None, {}, asyncio.run(read_quotas(estate, chosen)))
    settings = vcenter_settings(session.project, session.settings, lambda key: session.open_stack().secret(key))
    capacity = asyncio.run(read_live_capacity(settings, estate.namespaces, HOST_FAILURES))
    namespaces = [document.name for document in estate.of(ExternalNamespace)]
    classes = [document.name for document in estate.of(ExternalVirtualMachineClass)]
    return replace(capacity, looked_up=asyncio.run(read_limits(settings, namespaces, classes)))


def _as_json(capacity: Capacity, live: LiveCapacity | None) -> dict[str, Any]:
    return {
        "fits": capacity.fits,
        "uncounted": capacity.uncounted,
        "notKnown": list(capacity.not_known),
        "namespaces": [
            {
                "namespace": use.namespace.name,
                "uses": [asdict(zone_use) for zone_use in use.uses],
                "quality": {demand.document.id: demand.quality for demand in use.demands},
            }
            for use in capacity.uses
        ],
        "clusters": [
            {
                "cluster": placement.cluster.name,
                "machines": placement.machines,
                "guaranteed": asdict(placement.guaranteed),
                "usable": asdict(placement.usable),
            }
            for placement in capacity.placements
        ],
        "findings": [asdict(finding) for finding in capacity.findings],
        **({"live": {name: asdict(use) for name, use in live.uses.items()}} if live else {}),
    }


def _print(capacity: Capacity, live: LiveCapacity | None, console: Console) -> None:
    now = ["used now"] if live else []
    headings = ("namespace", "resource", *now, "guaranteed", "at most", "limit", "")
    table = Table(*headings, box=None, pad_edge=False)
    table.columns[1].no_wrap = True
    for column in table.columns[2:-1]:
        column.justify = "right"
    for use in capacity.uses:
        for zone_use in use.uses:
            limit = "none" if zone_use.limit is None else amount(zone_use.limit, zone_use.unit)
            table.add_row(
                use.namespace.name,
                zone_use.resource,
                *([_used_now(live, use.namespace.name, zone_use)] if live else []),
                amount(zone_use.guaranteed, zone_use.unit),
                amount(zone_use.most, zone_use.unit),
                limit,
                bar(zone_use),
            )
    console.print(table)
    for placement in capacity.placements:
        console.print(
            f"{placement.cluster.name}: {placement.machines} machines, guaranteed "
            f"{amount(placement.guaranteed.cpu_mhz, 'MHz')} of {amount(placement.usable.cpu_mhz, 'MHz')} and "
            f"{amount(placement.guaranteed.memory_mib, 'MiB')} of {amount(placement.usable.memory_mib, 'MiB')} "
            f"with {placement.cluster.host_failures} of {len(placement.cluster.hosts)} hosts held back",
            highlight=False,
            soft_wrap=True,
        )
    for finding in capacity.findings:
        console.print(
            f"{finding.severity}: {finding.place}: {finding.text}; fix: {finding.fix}", highlight=False, soft_wrap=True
        )
    console.print(capacity.verdict, style="bold")


def _used_now(live: LiveCapacity, namespace: str, use: Use) -> str:
    live_use = live.uses.get(namespace)
    used = live_use.of(use.resource) if live_use else None
    return "" if used is None else amount(used, use.unit)
