"""``pacific capacity``: whether the estate fits into its namespaces' limits and onto a site's hosts."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from pacific_infra.cli.documents import read_graph
from pacific_infra.cli.options import HERE, JsonOption, ProjectOption, StackOption
from pacific_infra.cli.result import result_console
from pacific_infra.plan.capacity import (
    DEFAULT_FREQUENCY_MHZ,
    Finding,
    NamespaceUse,
    Placement,
    check_hosts,
    check_namespaces,
    demands,
    read_site,
)
from pacific_infra.plan.capacity.fit import Use, namespace_findings
from pacific_infra.plan.capacity.placement import storage_findings
from pacific_infra.plan.capacity.prices import costs, read_prices

CAPACITY_SCHEMA = "pacific.infra/capacity/v1"


def capacity(
    *,
    site_file: Annotated[
        Path | None, typer.Option("--site", help="File with the site's hosts and datastores (docs/capacity.md).")
    ] = None,
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
    asked = list(demands(graph.estate, site.frequency_mhz if site else DEFAULT_FREQUENCY_MHZ))
    uses = check_namespaces(asked, graph.estate)
    placements = check_hosts(graph, asked, site) if site else []
    findings = [finding for use in uses for finding in namespace_findings(use)]
    findings += [finding for placement in placements for finding in placement.findings]
    findings += storage_findings(asked, site) if site else []
    charged = costs(uses, prices) if prices else {}
    if json_output:
        document = _as_json(uses, placements, findings)
        if prices:
            document["costs"] = {"currency": prices.currency, **{name: str(cost) for name, cost in charged.items()}}
        typer.echo(json.dumps(document, indent=2))
    else:
        _print(uses, placements, findings, result_console())
        for name, cost in charged.items():
            typer.echo(f"{name} costs {cost} {prices.currency if prices else ''} a month")
    if any(finding.severity == "error" for finding in findings):
        raise SystemExit(1)


def _as_json(
    uses: Sequence[NamespaceUse], placements: Sequence[Placement], findings: Sequence[Finding]
) -> dict[str, Any]:
    return {
        "schema": CAPACITY_SCHEMA,
        "fits": not any(finding.severity == "error" for finding in findings),
        "namespaces": [
            {
                "namespace": use.namespace.name,
                "uses": [asdict(one) for one in use.uses],
                "quality": {demand.document.id: demand.quality for demand in use.demands},
            }
            for use in uses
        ],
        "clusters": [
            {
                "cluster": placement.cluster.name,
                "machines": placement.machines,
                "guaranteed": asdict(placement.guaranteed),
                "usable": asdict(placement.usable),
            }
            for placement in placements
        ],
        "findings": [asdict(finding) for finding in findings],
    }


def _print(
    uses: Sequence[NamespaceUse], placements: Sequence[Placement], findings: Sequence[Finding], console: Console
) -> None:
    table = Table("namespace", "resource", "guaranteed", "at most", "limit", "", box=None, pad_edge=False)
    table.columns[1].no_wrap = True
    for column in table.columns[2:5]:
        column.justify = "right"
    for use in uses:
        for one in use.uses:
            limit = "none" if one.limit is None else _amount(one.limit, one.unit)
            table.add_row(
                use.namespace.name,
                one.resource,
                _amount(one.guaranteed, one.unit),
                _amount(one.most, one.unit),
                limit,
                _bar(one),
            )
    console.print(table)
    for placement in placements:
        console.print(
            f"{placement.cluster.name}: {placement.machines} machines, guaranteed "
            f"{_amount(placement.guaranteed.cpu_mhz, 'MHz')} of {_amount(placement.usable.cpu_mhz, 'MHz')} and "
            f"{_amount(placement.guaranteed.memory_mib, 'MiB')} of {_amount(placement.usable.memory_mib, 'MiB')} "
            f"with {placement.cluster.host_failures} of {len(placement.cluster.hosts)} hosts held back",
            highlight=False,
            soft_wrap=True,
        )
    for finding in findings:
        console.print(
            f"{finding.severity}: {finding.place}: {finding.text}; fix: {finding.fix}", highlight=False, soft_wrap=True
        )
    errors = sum(finding.severity == "error" for finding in findings)
    console.print("it fits" if not errors else f"it does not fit: {errors} errors", style="bold")


def _amount(amount: int, unit: str) -> str:
    """40 GHz, 1.5 GiB, 12."""
    for factor, greater in ((1000 if unit == "MHz" else 1024, {"MHz": "GHz", "MiB": "GiB"}.get(unit, "")),):
        if greater and amount >= factor:
            return f"{amount / factor:.3g} {greater}" if amount < 1000 * factor else f"{amount / factor:.0f} {greater}"
    return f"{amount} {unit}".strip()


def _bar(use: Use) -> str:
    if not use.limit:
        return ""
    share = use.most / use.limit
    filled = min(10, round(10 * share))
    return f"{'█' * filled}{'░' * (10 - filled)} {share:4.0%}"
