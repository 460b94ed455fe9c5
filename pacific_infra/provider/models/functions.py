"""``pacific:vcenter:get*``: what can be looked up in vCenter without declaring anything."""

from dataclasses import dataclass

from pacific_infra.provider.models.model import Model, described
from pacific_infra.provider.models.namespace import NamespaceInputs, NamespaceOutputs
from pacific_infra.provider.models.registry import MODULE, PACKAGE


class NoArguments(Model):
    """A function without arguments."""


class ByName(Model):
    """The name of the object to look up."""

    name: str = described("Its name, or its identifier.", min_length=1)


class InventoryObject(Model):
    """An object of vCenter's inventory."""

    id: str = described("Identifier in vCenter.")
    name: str = described("Name in vCenter.")


class SupervisorInfo(Model):
    """A Supervisor as it is."""

    id: str = described("Identifier of the Supervisor.")
    name: str = described("Name of the Supervisor.")
    endpoint: str = described("Address of its Kubernetes API: a host, or host:port where one port serves all.")
    config_status: str = described("State: CONFIGURING, REMOVING, RUNNING or ERROR.")
    kubernetes_status: str = described("State of Kubernetes: READY, WARNING or ERROR.")
    zones: list[str] = described("vSphere Zones that it spans, by name.")
    clusters: list[str] = described("Its compute clusters, by managed object identifier.")
    current_version: str = described("Version of Kubernetes that it runs, empty where vCenter does not tell.")
    available_versions: list[str] = described("Versions that it can be upgraded to.")


class SupervisorList(Model):
    """The Supervisors of vCenter."""

    supervisors: list[InventoryObject] = described("Each with its identifier and name.")


class NamespaceInfo(NamespaceInputs, NamespaceOutputs):
    """A vSphere Namespace as it is."""


class NamespaceList(Model):
    """vSphere Namespaces."""

    names: list[str] = described("Their names, in order.")


class VirtualMachineClassInfo(Model):
    """A VM class as it is."""

    name: str = described("Name of the class.")
    cpu_count: int = described("Number of virtual CPUs, a count.")
    memory_mib: int = described("Memory, in MiB.")
    cpu_reservation: int = described("Share of the CPU that is reserved, in percent.", default=0)
    memory_reservation: int = described("Share of the memory that is reserved, in percent.", default=0)
    description: str = described("Free text, shown in vCenter.")


class VirtualMachineClassList(Model):
    """The VM classes of vCenter."""

    names: list[str] = described("Their names, in order.")
    classes: list[VirtualMachineClassInfo] = described("The classes, in the order of their names.")


class ZoneList(Model):
    """The vSphere Zones of vCenter."""

    names: list[str] = described("Their names, in order.")


class VersionInfo(Model):
    """The version of vCenter."""

    version: str = described("Version, for example 9.1.0.")


@dataclass(frozen=True)
class Function:
    """A look-up: ``pacific:vcenter:NAME``."""

    name: str
    description: str
    inputs: type[Model]
    outputs: type[Model]

    @property
    def token(self) -> str:
        """Pulumi's token."""
        return f"{PACKAGE}:{MODULE}:{self.name}"


FUNCTIONS = (
    Function("getSupervisor", "A Supervisor, by name or by identifier.", ByName, SupervisorInfo),
    Function("getSupervisors", "All Supervisors.", NoArguments, SupervisorList),
    Function("getNamespace", "A vSphere Namespace with all of its governance and what it uses.", ByName, NamespaceInfo),
    Function("getNamespaces", "All vSphere Namespaces.", NoArguments, NamespaceList),
    Function("getVirtualMachineClasses", "All VM classes.", NoArguments, VirtualMachineClassList),
    Function("getStoragePolicy", "A storage policy, by name or by identifier.", ByName, InventoryObject),
    Function("getContentLibrary", "A content library, by name or by identifier.", ByName, InventoryObject),
    Function("getComputeCluster", "A compute cluster, by name or by identifier.", ByName, InventoryObject),
    Function("getNetwork", "A network or port group, by name or by identifier.", ByName, InventoryObject),
    Function("getZones", "All vSphere Zones.", NoArguments, ZoneList),
    Function("getVersion", "The version of vCenter.", NoArguments, VersionInfo),
)
