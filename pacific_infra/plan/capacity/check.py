"""Everything that is asked of the capacity of an estate, in one go."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pacific_infra.graph import DependencyGraph
from pacific_infra.plan.capacity.demand import Demand, demands
from pacific_infra.plan.capacity.external import LookedUp, not_known, with_looked_up
from pacific_infra.plan.capacity.fit import Finding, NamespaceUse, check_namespaces, namespace_findings
from pacific_infra.plan.capacity.placement import Placement, check_hosts, storage_findings
from pacific_infra.plan.capacity.site import DEFAULT_FREQUENCY_MHZ, Site


@dataclass(frozen=True)
class Capacity:
    """Whether an estate fits into its namespaces and, where there is a site, onto its hosts and datastores."""

    demands: Sequence[Demand]
    uses: Sequence[NamespaceUse]
    placements: Sequence[Placement]
    """Empty without a site."""
    findings: Sequence[Finding]
    not_known: Sequence[str] = ()
    """What of external documents could not be compared."""

    @property
    def errors(self) -> int:
        """Findings of what cannot be had."""
        return sum(finding.severity == "error" for finding in self.findings)

    @property
    def fits(self) -> bool:
        """Whether everything can be had."""
        return not self.errors

    @property
    def verdict(self) -> str:
        """``it fits``, or ``it does not fit: 2 errors``; and what was not counted."""
        word = "it fits" if self.fits else f"it does not fit: {self.errors} error{'s' if self.errors > 1 else ''}"
        if self.not_known:
            word += f"; not known: {', '.join(self.not_known)}"
        counts = ", ".join(f"{count} without a {name} limit" for name, count in self.uncounted.items())
        return f"{word}; containers counted by their requests alone: {counts}" if counts else word

    @property
    def uncounted(self) -> dict[str, int]:
        """Containers without a limit by resource, of all pods: what they may use beyond their requests is not known."""
        counts: Counter[str] = Counter()
        for demand in self.demands:
            counts.update({name: number * demand.count for name, number in demand.unlimited.items()})
        return {name: count for name, count in sorted(counts.items()) if count}


def check_capacity(graph: DependencyGraph, site: Site | None = None, looked_up: LookedUp | None = None) -> Capacity:
    """Add up what the documents ask for and compare it with their namespaces' limits and with ``site``.

    ``looked_up``: what is known of external documents; None: their names alone.
    """
    known = looked_up or LookedUp()
    missing = tuple(not_known(graph.estate, known, hosts=site is not None))
    graph = graph.with_estate(with_looked_up(graph.estate, known))
    demanded = list(demands(graph.estate, site.frequency_mhz if site else DEFAULT_FREQUENCY_MHZ))
    uses = check_namespaces(demanded, graph.estate)
    placements = check_hosts(graph, demanded, site) if site else []
    findings = [finding for use in uses for finding in namespace_findings(use)]
    findings += [finding for placement in placements for finding in placement.findings]
    findings += storage_findings(demanded, site) if site else []
    return Capacity(demanded, uses, placements, findings, missing)
