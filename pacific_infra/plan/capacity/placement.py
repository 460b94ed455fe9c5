"""Whether the machines find hosts: each one on its own, and all together with hosts held back for failures."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pacific_infra.documents import SupervisorCluster
from pacific_infra.graph import DependencyGraph
from pacific_infra.plan.capacity.demand import Amounts, Demand
from pacific_infra.plan.capacity.fit import Finding
from pacific_infra.plan.capacity.site import Cluster, Datastore, Site


@dataclass(frozen=True)
class Placement:
    """What the machines on one cluster are guaranteed together, against what its hosts have."""

    cluster: Cluster
    machines: int
    guaranteed: Amounts
    usable: Amounts
    """What all hosts have but those that are held back."""
    findings: Sequence[Finding]


def check_hosts(graph: DependencyGraph, demands: Sequence[Demand], site: Site) -> list[Placement]:
    """One for each cluster of the site that a Supervisor of the estate is on."""
    clusters = {cluster.name: cluster for cluster in site.clusters}
    on: dict[str, list[Demand]] = defaultdict(list)
    for demand in demands:
        cluster = _cluster_of(graph, demand)
        if cluster in clusters:
            on[cluster].append(demand)
    return [_placement(clusters[name], on[name]) for name in sorted(on)]


def storage_findings(demands: Sequence[Demand], site: Site) -> Iterator[Finding]:
    """Storage policies whose datastores have less free than all volumes on them need."""
    if not site.datastores:
        return
    by_policy: dict[str, list[Demand]] = defaultdict(list)
    for demand in demands:
        for policy in demand.storage:
            by_policy[policy].append(demand)
    for policy, demands_of_policy in sorted(by_policy.items()):
        stores: list[Datastore] = [store for store in site.datastores if policy in store.storage_policies]
        free = sum(store.free_mib for store in stores)
        needed = sum(demand.storage[policy] for demand in demands_of_policy)
        if needed > free:
            greatest = max(demands_of_policy, key=lambda demand: demand.storage[policy])
            names = ", ".join(store.name for store in stores) or "no datastore"
            yield Finding(
                "error",
                greatest.document.id,
                greatest.document.place(("spec", "volumes")),
                f"volumes with the storage policy {policy} need {needed} MiB, {names} has {free} MiB free: "
                f"{needed - free} MiB too much",
                f"free {needed - free} MiB, or ask for less; most of it is {greatest.document.id}",
            )


def _cluster_of(graph: DependencyGraph, demand: Demand) -> str | None:
    namespace = graph.estate.namespace_of(demand.document)
    if namespace is None:
        return None
    supervisor = graph.estate.get(f"SupervisorCluster/{namespace.supervisor}", SupervisorCluster)
    return supervisor.spec.cluster if supervisor is not None else None


def _placement(cluster: Cluster, demands: Sequence[Demand]) -> Placement:
    hosts = sorted(cluster.hosts, key=lambda host: (host.memory_mib, host.cpu_mhz))
    kept = hosts[: max(len(hosts) - cluster.host_failures, 0)]  # the greatest are the ones that fail
    usable = Amounts(sum(host.cpu_mhz for host in kept), sum(host.memory_mib for host in kept))
    guaranteed = Amounts()
    for demand in demands:
        guaranteed += demand.guaranteed * demand.count
    findings = list(_too_great(cluster, demands))
    if not findings:
        findings += _together(cluster, kept_free=[[host.cpu_mhz, host.memory_mib] for host in kept], demands=demands)
    return Placement(cluster, sum(demand.count for demand in demands), guaranteed, usable, findings)


def _too_great(cluster: Cluster, demands: Sequence[Demand]) -> Iterator[Finding]:
    for demand in demands:
        if not any(
            demand.guaranteed.cpu_mhz <= host.cpu_mhz and demand.most.memory_mib <= host.memory_mib
            for host in cluster.hosts
        ):
            cpu = max(host.cpu_mhz for host in cluster.hosts)
            memory = max(host.memory_mib for host in cluster.hosts)
            yield Finding(
                "error",
                demand.document.id,
                demand.document.place(("spec",)),
                f"no host of {cluster.name} is great enough for one machine of {demand.document.id}: it needs "
                f"{demand.guaranteed.cpu_mhz} MHz and {demand.most.memory_mib} MiB",
                f"ask for {cpu} MHz and {memory} MiB or less, or split it into more, smaller ones",
            )


def _together(cluster: Cluster, *, kept_free: list[list[int]], demands: Sequence[Demand]) -> Iterator[Finding]:
    """First fit, greatest first: where that finds places, there are places."""
    machines = [demand for demand in demands for _ in range(demand.count)]
    cpu_all = sum(free[0] for free in kept_free) or 1
    memory_all = sum(free[1] for free in kept_free) or 1
    machines.sort(
        key=lambda demand: max(demand.guaranteed.cpu_mhz / cpu_all, demand.guaranteed.memory_mib / memory_all),
        reverse=True,
    )
    homeless: dict[str, list[Demand]] = defaultdict(list)
    for demand in machines:
        need = demand.guaranteed
        for free in kept_free:
            if need.cpu_mhz <= free[0] and need.memory_mib <= free[1]:
                free[0] -= need.cpu_mhz
                free[1] -= need.memory_mib
                break
        else:
            homeless[demand.document.id].append(demand)
    for node, unplaced in sorted(homeless.items()):
        demand = unplaced[0]
        reserve = f" when {cluster.host_failures} of its hosts are lost" if cluster.host_failures else ""
        yield Finding(
            "error",
            node,
            demand.document.place(("spec",)),
            f"{len(unplaced)} of the {demand.count} machines of {node} find no host of {cluster.name}{reserve}",
            f"free {demand.guaranteed.cpu_mhz * len(unplaced)} MHz and "
            f"{demand.guaranteed.memory_mib * len(unplaced)} MiB, or add a host",
        )
