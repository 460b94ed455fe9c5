"""The site and the namespaces' use as the live vCenter has them, for the planner, which knows no vCenter."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pacific_infra.errors import PacificError
from pacific_infra.plan.capacity import Site
from pacific_infra.plan.capacity.external import LookedUp
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.namespaces import read_namespace
from pacific_infra.vcenter.settings import VCenterSettings
from pacific_infra.vcenter.site import VCenterSite, read_site_of_vcenter


@dataclass(frozen=True, slots=True)
class LiveUse:
    """What a vSphere Namespace uses now."""

    cpu_mhz: int
    memory_mib: int
    storage_mib: int

    def of(self, resource: str) -> int | None:
        """The amount of ``cpu``, ``memory`` or ``storage``; None for another resource."""
        return {"cpu": self.cpu_mhz, "memory": self.memory_mib, "storage": self.storage_mib}.get(resource)


@dataclass(frozen=True)
class LiveCapacity:
    """The capacity of the site and its present use."""

    site: Site | None
    """None where vCenter is not asked."""
    uses: Mapping[str, LiveUse]
    """By namespace; without those that are not there yet."""
    looked_up: LookedUp = field(default_factory=LookedUp)
    """Limits and sizes of what others own."""


async def read_live_capacity(settings: VCenterSettings, namespaces: Iterable[str], host_failures: int) -> LiveCapacity:
    """Ask the vCenter. Raises PacificError where it cannot be asked, or has no host that could be used."""
    client = VCenterClient(settings)
    try:
        site = await read_site_of_vcenter(client)
        uses = {}
        for name in namespaces:
            info = await read_namespace(client, name)
            if info is not None:
                stats = info.get("stats") or {}
                amounts = (int(stats.get(f"{resource}_used") or 0) for resource in ("cpu", "memory", "storage"))
                uses[name] = LiveUse(*amounts)
    finally:
        await client.close()
    return LiveCapacity(planning_site(site, host_failures, settings.server), uses)


def planning_site(site: VCenterSite, host_failures: int, server: str) -> Site:
    """The planner's form of ``site``; clusters of which no host can be used are left out."""
    clusters = [
        {
            "name": name,
            "hostFailures": min(host_failures, len(hosts) - 1),
            "hosts": [
                {
                    "name": host.name,
                    "cores": host.cores,
                    "frequency": f"{host.frequency_mhz}MHz",
                    "memory": f"{host.memory_bytes >> 20}Mi",
                }
                for host in hosts
            ],
        }
        for name, hosts in site.clusters.items()
        if hosts
    ]
    if not clusters:
        raise PacificError(
            f"no cluster of vCenter {server} has a host that can be used", fix="connect one and end its maintenance"
        )
    stores = [
        {"name": store.name, "free": f"{store.free_bytes >> 20}Mi", "storagePolicies": list(store.storage_policies)}
        for store in site.datastores
    ]
    # Without a policy on any of them it is not known where volumes go, so that storage is not checked.
    known = any(store.storage_policies for store in site.datastores)
    return Site.model_validate({"clusters": clusters, "datastores": stores if known else []})
