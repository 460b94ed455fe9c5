"""``pacific capacity``: whether the estate fits into its namespaces' limits and onto a site's hosts."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from pacific_infra.cli.documents import read_graph
from pacific_infra.cli.options import HERE, JsonOption, ProjectOption, SiteOption, StackOption
from pacific_infra.cli.result import result_console
from pacific_infra.plan.capacity import Capacity, check_capacity, read_site
from pacific_infra.plan.capacity.amounts import amount, bar
from pacific_infra.plan.capacity.prices import costs, read_prices

CAPACITY_SCHEMA = "pacific.infra/capacity/v1"


def capacity(
    *,
    site_file: SiteOption = None,
    price_file: Annotated[
        Path | None, typer.Option("--prices", help="File with prices: adds what each namespace costs a month.")
    ] = None,
    project: ProjectOption = HERE,
    stack: StackOption = None,
    json_output: JsonOption = False,
) -> None:
    """Compare what the documents ask for with the limits of their namespaces and, with --site, with its hosts.

    Reads documents only. Exit code 1 where something cannot be had.
    """
    graph = read_graph(project, stack)
    site = read_site(site_file) if site_file is not None else None
    prices = read_prices(price_file) if price_file is not None else None
    found = check_capacity(graph, site)
    charged = costs(found.uses, prices) if prices else {}
    if json_output:
        document = _as_json(found)
        if prices:
            document["costs"] = {"currency": prices.currency, **{name: str(cost) for name, cost in charged.items()}}
        typer.echo(json.dumps(document, indent=2))
    else:
        _print(found, result_console())
        for name, cost in charged.items():
            typer.echo(f"{name} costs {cost} {prices.currency if prices else ''} a month")
    if not found.fits:
        raise SystemExit(1)


def _as_json(found: Capacity) -> dict[str, Any]:
    return {
        "schema": CAPACITY_SCHEMA,
        "fits": found.fits,
        "namespaces": [
            {
                "namespace": use.namespace.name,
                "uses": [asdict(one) for one in use.uses],
                "quality": {demand.document.id: demand.quality for demand in use.demands},
            }
            for use in found.uses
        ],
        "clusters": [
            {
                "cluster": placement.cluster.name,
                "machines": placement.machines,
                "guaranteed": asdict(placement.guaranteed),
                "usable": asdict(placement.usable),
            }
            for placement in found.placements
        ],
        "findings": [asdict(finding) for finding in found.findings],
    }


def _print(found: Capacity, console: Console) -> None:
    table = Table("namespace", "resource", "guaranteed", "at most", "limit", "", box=None, pad_edge=False)
    table.columns[1].no_wrap = True
    for column in table.columns[2:5]:
        column.justify = "right"
    for use in found.uses:
        for one in use.uses:
            limit = "none" if one.limit is None else amount(one.limit, one.unit)
            table.add_row(
                use.namespace.name,
                one.resource,
                amount(one.guaranteed, one.unit),
                amount(one.most, one.unit),
                limit,
                bar(one),
            )
    console.print(table)
    for placement in found.placements:
        console.print(
            f"{placement.cluster.name}: {placement.machines} machines, guaranteed "
            f"{amount(placement.guaranteed.cpu_mhz, 'MHz')} of {amount(placement.usable.cpu_mhz, 'MHz')} and "
            f"{amount(placement.guaranteed.memory_mib, 'MiB')} of {amount(placement.usable.memory_mib, 'MiB')} "
            f"with {placement.cluster.host_failures} of {len(placement.cluster.hosts)} hosts held back",
            highlight=False,
            soft_wrap=True,
        )
    for finding in found.findings:
        console.print(
            f"{finding.severity}: {finding.place}: {finding.text}; fix: {finding.fix}", highlight=False, soft_wrap=True
        )
    console.print(found.verdict, style="bold")
