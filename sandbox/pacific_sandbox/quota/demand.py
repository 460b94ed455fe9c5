"""What a pod, a virtual machine or a volume claim takes of its namespace. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.supervisor.quantities import parse_quantity

CPU: Final = "requests.cpu"
MEMORY: Final = "requests.memory"
STORAGE: Final = "requests.storage"
_OF_CLASS = ".storageclass.storage.k8s.io/requests.storage"


@dataclass(frozen=True)
class Demand:
    """Amounts by the name of a resource: cores and bytes."""

    amounts: Mapping[str, Decimal] = field(default_factory=dict)

    def __add__(self, other: "Demand") -> "Demand":
        """Both together."""
        names = self.amounts.keys() | other.amounts.keys()
        return Demand({name: self.of(name) + other.of(name) for name in names})

    def __sub__(self, other: "Demand") -> "Demand":
        """The first without the second."""
        return self + Demand({name: -amount for name, amount in other.amounts.items()})

    def of(self, name: str) -> Decimal:
        """The amount of one resource."""
        return self.amounts.get(name, Decimal(0))


def storage_of(storage_class: str) -> str:
    """The resource's name for the storage of one class, as in a ResourceQuota."""
    return f"{storage_class}{_OF_CLASS}"


def pod_demand(pod: Object) -> Demand:
    """What a pod's machine reserves in the resource pool: its requests. Nothing once it is over."""
    if pod.get("status", {}).get("phase") in ("Succeeded", "Failed"):
        return Demand()
    spec = pod["spec"]
    amounts = {}
    for name, resource in ((CPU, "cpu"), (MEMORY, "memory")):
        sidecars, first = Decimal(0), Decimal(0)
        for container in spec.get("initContainers", ()):
            request = _request(container, resource)
            first = max(first, sidecars + request)
            if container.get("restartPolicy") == "Always":
                sidecars += request
        running = sum((_request(container, resource) for container in spec["containers"]), sidecars)
        amounts[name] = max(running, first) + parse_quantity(spec.get("overhead", {}).get(resource, 0))
    return Demand(amounts)


def machine_demand(vm: Object, vm_class: Object | None, image: Object | None) -> Demand:
    """What a virtual machine takes: while it is to be on, what its class reserves; its disks always."""
    spec = vm["spec"]
    amounts: dict[str, Decimal] = {}
    if vm_class is not None and spec.get("powerState", "PoweredOn") == "PoweredOn":
        reserved = vm_class["spec"].get("policies", {}).get("resources", {}).get("requests", {})
        amounts = {CPU: parse_quantity(reserved.get("cpu", 0)), MEMORY: parse_quantity(reserved.get("memory", 0))}
    if storage_class := spec.get("storageClass"):
        amounts |= _storage(storage_class, disk_capacity(vm, image))
    return Demand(amounts)


def claim_demand(claim: Object) -> Demand:
    """What a volume claim takes of its storage class."""
    requested = claim["spec"].get("resources", {}).get("requests", {}).get("storage", 0)
    return Demand(_storage(claim["spec"].get("storageClassName") or "", parse_quantity(requested)))


def disk_capacity(vm: Object, image: Object | None) -> Decimal:
    """Bytes of a virtual machine's own disks: the image's, the first as large as the machine asks for."""
    disks: Iterable[Object] = (image or {}).get("status", {}).get("disks") or ()
    sizes = [parse_quantity(disk.get("limit", 0)) for disk in disks]
    boot = (vm["spec"].get("advanced") or {}).get("bootDiskCapacity")
    if boot:
        sizes[:1] = [max([parse_quantity(boot), *sizes[:1]])]
    return sum(sizes, Decimal(0))


def _storage(storage_class: str, size: Decimal) -> dict[str, Decimal]:
    return {STORAGE: size, storage_of(storage_class): size}


def _request(container: Object, resource: str) -> Decimal:
    return parse_quantity(container.get("resources", {}).get("requests", {}).get(resource, 0))
