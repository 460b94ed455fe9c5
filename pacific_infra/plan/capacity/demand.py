"""What each document asks for: guaranteed and at most, in MHz and MiB."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache

from pacific_infra.documents import Document, Estate, Namespace, VirtualMachineClass
from pacific_infra.documents.capabilities import Pods
from pacific_infra.documents.container import Container
from pacific_infra.documents.quantity import mhz, mib, parse_quantity
from pacific_infra.documents.storage_class import storage_class

CRX_OVERHEAD_MIB = 64
"""MiB that a pod's machine needs beside its containers: the Linux kernel and the container runtime."""


COUNTED: Mapping[tuple[str, str], Sequence[str]] = {
    ("", "ConfigMap"): ("configMaps",),
    ("", "PersistentVolumeClaim"): ("persistentVolumeClaims",),
    ("", "Secret"): ("secrets",),
    ("", "Service"): ("services",),
    ("apps", "Deployment"): ("deployments", "replicaSets"),
    ("apps", "StatefulSet"): ("statefulSets",),
    ("batch", "CronJob"): ("jobs",),
    ("batch", "Job"): ("jobs",),
    ("serving.knative.dev", "Service"): ("deployments", "replicaSets"),
}
"""Names that ``spec.objectCounts`` has for the objects of a kind, and for those that its controller makes of one; by
API group and kind."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """CPU and memory of one machine."""

    cpu_mhz: int = 0
    memory_mib: int = 0

    def __add__(self, other: "Amounts") -> "Amounts":
        return Amounts(self.cpu_mhz + other.cpu_mhz, self.memory_mib + other.memory_mib)

    def __mul__(self, count: int) -> "Amounts":
        return Amounts(self.cpu_mhz * count, self.memory_mib * count)


@dataclass(frozen=True, slots=True)
class Demand:
    """What one document asks for of its namespace and of the hosts."""

    document: Document
    count: int
    """Machines that it runs at a time: pods at most, or one VM."""
    guaranteed: Amounts
    """What each machine is sure to get."""
    most: Amounts
    """What each machine may use."""
    storage: Mapping[str, int] = field(default_factory=dict)
    """MiB of all its volumes, and of its machines' own disks, by storage policy."""
    objects: Mapping[str, int] = field(default_factory=dict)
    """Kubernetes objects by the name that ``spec.objectCounts`` has for them."""
    unlimited: Mapping[str, int] = field(default_factory=dict)
    """Containers of one pod that have no limit of ``cpu`` or ``memory``, theirs or their namespace's default: of these
    ``most`` counts what they ask for, and they may use more."""
    quality: str = "BestEffort"
    """Kubernetes' QoS class of its pods; of a VM: Guaranteed where its class reserves everything."""


def demands(estate: Estate, frequency_mhz: int) -> Iterator[Demand]:
    """One for each workload, controller, function, VM and pool of a workload cluster.

    ``frequency_mhz``: what a core counts.

    A VM whose class is not a document of the estate asks for storage alone: what its class is, vCenter knows.
    """
    for document in estate:
        yield from _of_pods(document, estate, frequency_mhz)
        yield from _of_machines(document, estate, frequency_mhz)


def _of_pods(document: Document, estate: Estate, frequency: int) -> Iterator[Demand]:
    """One for each group of pods; the first has the document's volumes and objects."""
    namespace = estate.get(f"Namespace/{document.namespace}", Namespace)
    storage, objects = _storage(document, namespace), _objects(document, estate)
    number = -1
    for number, pods in enumerate(document.pod_groups()):
        first = {"storage": storage, "objects": objects} if number == 0 else {"storage": {}, "objects": {}}
        yield _of_group(document, pods, namespace, frequency, **first)
    if number < 0 and document.manifests() is not None and (storage or objects):
        yield Demand(document, 0, Amounts(), Amounts(), storage, objects)


def _of_group(
    document: Document,
    pods: Pods,
    namespace: Namespace | None,
    frequency: int,
    *,
    storage: Mapping[str, int],
    objects: Mapping[str, int],
) -> Demand:
    guaranteed, most = (_pod(pods, namespace, frequency, limits=limits) for limits in (False, True))
    most = Amounts(max(most.cpu_mhz, guaranteed.cpu_mhz), max(most.memory_mib, guaranteed.memory_mib))
    overhead = Amounts(0, CRX_OVERHEAD_MIB)
    containers = (*pods.containers, *pods.init_containers)
    return Demand(
        document,
        pods.count,
        guaranteed + overhead,
        most + overhead,
        storage,
        {**objects, **({"pods": pods.count} if pods.count else {})},
        _unlimited(containers, namespace),
        _quality(containers, namespace),
    )


def _of_machines(document: Document, estate: Estate, frequency: int) -> Iterator[Demand]:
    """One for each VM class with the machines' own disks; the first has the document's volumes and objects."""
    for index, machine in enumerate(document.classes()):
        machine_class = estate.get(f"VirtualMachineClass/{machine.name}", VirtualMachineClass)
        guaranteed, most = _size(machine_class, frequency)
        quality = _quality_of_machine(guaranteed, most) if machine_class is not None else "unknown"
        storage, objects = ({}, {}) if index else (_storage(document, None), _objects(document, estate))
        disks = Counter(storage)
        for disk in machine.disks:
            disks[disk.storage_policy] += disk.size_mib * machine.count
        yield Demand(document, machine.count, guaranteed, most, dict(disks), objects, quality=quality)


def _storage(document: Document, namespace: Namespace | None) -> dict[str, int]:
    """MiB by storage policy; Kubernetes' own objects name its StorageClass in ``namespace``."""
    policies = namespace.spec.storage_policies if namespace is not None else ()
    names = {storage_class(policy.name): policy.name for policy in policies}
    storage: Counter[str] = Counter()
    for claim in document.claims():
        storage[names.get(claim.storage_policy, claim.storage_policy)] += claim.total_mib
    return dict(storage)


def _objects(document: Document, estate: Estate) -> dict[str, int]:
    """How many objects of its namespace it becomes, by the name that ``spec.objectCounts`` has for their kind."""
    declared = (
        COUNTED.get((declared_object.group, declared_object.kind), ())
        for declared_object in document.objects(estate.by_id)
        if not declared_object.server
    )
    return dict(Counter(name for names in declared for name in names))


def _quality_of_machine(guaranteed: Amounts, most: Amounts) -> str:
    return "Guaranteed" if guaranteed == most else "Burstable" if guaranteed != Amounts() else "BestEffort"


def _size(class_: VirtualMachineClass | None, frequency: int) -> tuple[Amounts, Amounts]:
    """What a machine of a class is sure to get, and its most."""
    if class_ is None:
        return Amounts(), Amounts()
    size = class_.spec
    most = Amounts(size.cpu_count * frequency, size.memory_mib)
    guaranteed = Amounts(
        -(-most.cpu_mhz * size.cpu_reservation // 100), -(-most.memory_mib * size.memory_reservation // 100)
    )
    return guaranteed, most


def _pod(pods: Pods, namespace: Namespace | None, frequency: int, *, limits: bool) -> Amounts:
    """The sum over containers and sidecars, or one init container that asks for more with the sidecars before it."""

    default = namespace.spec.defaults if namespace is not None else None

    def of(container: Container) -> Amounts:
        limit, request = container.resources.limits, container.resources.requests
        # Kubernetes takes a limit for the request that is not given.
        cpu = _cores(request.cpu or limit.cpu, default.cpu_request if default else None, frequency)
        memory = _mebibytes(request.memory or limit.memory, default.memory_request if default else None)
        if limits:
            # What has no limit is counted with what it asks for; see ``Demand.unlimited``.
            cpu = _cores(limit.cpu, default.cpu_limit if default else None, frequency) or cpu
            memory = _mebibytes(limit.memory, default.memory_limit if default else None) or memory
        return Amounts(cpu, memory)

    sidecars, initial = Amounts(), Amounts()
    for container in pods.init_containers:
        initial = _greatest(initial, sidecars + of(container))
        if container.restart_policy is not None:
            sidecars += of(container)
    return _greatest(initial, sum((of(container) for container in pods.containers), sidecars))


def _greatest(first: Amounts, second: Amounts) -> Amounts:
    return Amounts(max(first.cpu_mhz, second.cpu_mhz), max(first.memory_mib, second.memory_mib))


def _cores(amount: str | None, default: str | None, frequency: int) -> int:
    """MHz; 0 where neither the container nor its namespace says anything."""
    return _megahertz(amount, frequency) if amount is not None else mhz(default) if default else 0


def _mebibytes(amount: str | None, default: str | None) -> int:
    return mib(amount or default or "0")


@lru_cache(maxsize=4096)
def _megahertz(cores: str, frequency: int) -> int:
    return int((parse_quantity(cores) * Decimal(frequency)).to_integral_value(ROUND_CEILING))


def _unlimited(containers: Sequence[Container], namespace: Namespace | None) -> dict[str, int]:
    """How many have no limit, by resource."""
    defaults = namespace.spec.defaults if namespace is not None else None
    unlimited = Counter(
        name
        for container in containers
        for name in ("cpu", "memory")
        if not (getattr(container.resources.limits, name) or getattr(defaults, f"{name}_limit", None))
    )
    return dict(unlimited)


def _quality(containers: Sequence[Container], namespace: Namespace | None) -> str:
    """Kubernetes' rule, the namespace's defaults included."""
    defaults = namespace.spec.defaults if namespace is not None else None
    says_something, guaranteed = False, True
    for container in containers:
        for name in ("cpu", "memory"):
            limit = getattr(container.resources.limits, name) or getattr(defaults, f"{name}_limit", None)
            request = (
                getattr(container.resources.requests, name)
                or getattr(container.resources.limits, name)
                or getattr(defaults, f"{name}_request", None)
            )
            says_something |= bool(limit or request)
            guaranteed &= bool(limit) and limit == request
    return "Guaranteed" if says_something and guaranteed else "Burstable" if says_something else "BestEffort"
