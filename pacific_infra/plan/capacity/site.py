"""What a site has: hosts and datastores, from a file, so that it can be planned for without it."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from pacific_infra.documents.model import Listed, Model
from pacific_infra.documents.quantity import Frequency, Memory, mhz, mib
from pacific_infra.documents.settings_file import read_settings

DEFAULT_FREQUENCY_MHZ = 2000
"""MHz that a core counts where no site says more; the sandbox's hosts have it."""


class Host(Model):
    """One ESXi host."""

    name: str
    """Its name in vCenter."""
    cores: Annotated[int, Field(ge=1)]
    """Physical cores."""
    frequency: Frequency = f"{DEFAULT_FREQUENCY_MHZ}MHz"
    """Frequency of a core."""
    memory: Memory
    """Memory, bytes as a Kubernetes quantity."""

    @property
    def cpu_mhz(self) -> int:
        """CPU of all cores in MHz."""
        return self.cores * mhz(self.frequency)

    @property
    def memory_mib(self) -> int:
        """Memory in MiB."""
        return mib(self.memory)


class Cluster(Model):
    """One vSphere cluster."""

    name: str
    """Its name in vCenter."""
    hosts: Annotated[Listed[Host], Field(min_length=1)]
    """Its hosts."""
    host_failures: Annotated[int, Field(ge=0)] = 1
    """How many hosts may fail while the others still carry the load."""


class Datastore(Model):
    """Space for volumes and VMs."""

    name: str
    """Its name in vCenter."""
    free: Memory
    """Free space, bytes as a Kubernetes quantity."""
    storage_policies: Listed[str]
    """Storage policies that place volumes on it."""

    @property
    def free_mib(self) -> int:
        """Free space in MiB."""
        return mib(self.free)


class Site(Model):
    """Clusters and datastores of a vCenter."""

    clusters: Annotated[Listed[Cluster], Field(min_length=1)]
    """Its clusters."""
    datastores: Listed[Datastore] = ()
    """Its datastores; none: storage is not checked against them."""

    @property
    def frequency_mhz(self) -> int:
        """MHz that a core counts for namespaces' limits: the lowest of all hosts."""
        return min(mhz(host.frequency) for cluster in self.clusters for host in cluster.hosts)


def read_site(file: Path) -> Site:
    """Read a site file (YAML or JSON). Raises PacificError with every field that is wrong."""
    return read_settings(file, Site, "site file")
