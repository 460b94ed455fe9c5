"""What each document asks for: guaranteed and at most, in MHz and MiB."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache

from pacific_infra.documents import (
    Controller,
    CrxWorkload,
    Document,
    Estate,
    Function,
    Namespace,
    VirtualMachine,
    VirtualMachineClass,
    WorkloadCluster,
)
from pacific_infra.documents.container import Container
from pacific_infra.documents.environment import has_secret_values
from pacific_infra.documents.quantity import mhz, mib, parse_quantity

CRX_OVERHEAD_MIB = 64
"""MiB that a pod's machine needs beside its containers: the Linux kernel and the container runtime."""


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
    """MiB of all its volumes by storage policy."""
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
        if isinstance(document, CrxWorkload):
            namespace = estate.by_id.get(f"Namespace/{document.namespace}")
            yield _workload(document, namespace if isinstance(namespace, Namespace) else None, frequency_mhz)
        elif isinstance(document, Controller):
            namespace = estate.by_id.get(f"Namespace/{document.namespace}")
            yield _controller(document, namespace if isinstance(namespace, Namespace) else None, frequency_mhz)
        elif isinstance(document, Function):
            namespace = estate.by_id.get(f"Namespace/{document.namespace}")
            yield _function(document, namespace if isinstance(namespace, Namespace) else None, frequency_mhz)
        elif isinstance(document, VirtualMachine):
            class_ = estate.by_id.get(f"VirtualMachineClass/{document.spec.class_name}")
            yield _machine(document, class_ if isinstance(class_, VirtualMachineClass) else None, frequency_mhz)
        elif isinstance(document, WorkloadCluster):
            for _, name, count in document.classes():
                found = estate.by_id.get(f"VirtualMachineClass/{name}")
                size = _size(found if isinstance(found, VirtualMachineClass) else None, frequency_mhz)
                yield Demand(document, count, *size)


def _workload(document: CrxWorkload, namespace: Namespace | None, frequency: int) -> Demand:
    spec = document.spec
    pods = spec.most_pods
    guaranteed = _pod(spec.containers, spec.init_containers, namespace, frequency, limits=False)
    most = _pod(spec.containers, spec.init_containers, namespace, frequency, limits=True)
    most = Amounts(max(most.cpu_mhz, guaranteed.cpu_mhz), max(most.memory_mib, guaranteed.memory_mib))
    overhead = Amounts(0, CRX_OVERHEAD_MIB)
    storage: Counter[str] = Counter()
    every = (*spec.containers, *spec.init_containers)
    claims = 0
    for volume in spec.volumes:
        if volume.claim is not None:
            number = pods if spec.kind == "StatefulSet" else 1
            storage[volume.claim.storage_policy] += number * volume.claim.size_mib
            claims += number
    objects = _counts(
        {
            "pods": pods,
            "services": (spec.service is not None) + (spec.kind == "StatefulSet"),
            "deployments": spec.kind == "Deployment",
            "replicaSets": spec.kind == "Deployment",
            "statefulSets": spec.kind == "StatefulSet",
            "jobs": spec.is_job,
            "persistentVolumeClaims": claims,
            "configMaps": sum(volume.files is not None and not volume.holds_secrets for volume in spec.volumes),
            "secrets": sum(volume.holds_secrets for volume in spec.volumes)
            + any(has_secret_values(one.environment) for one in every),
        }
    )
    unlimited, quality = _unlimited(every, namespace), _quality(every, namespace)
    return Demand(document, pods, guaranteed + overhead, most + overhead, dict(storage), objects, unlimited, quality)


def _controller(document: Controller, namespace: Namespace | None, frequency: int) -> Demand:
    return _deployment(document, document.spec.containers, document.spec.replicas, namespace, frequency)


def _function(document: Function, namespace: Namespace | None, frequency: int) -> Demand:
    """With as many pods as it may have: the plan promises that the busiest moment fits."""
    return _deployment(document, (document.spec.container,), document.spec.scale.maximum, namespace, frequency)


def _deployment(
    document: Document, containers: tuple[Container, ...], pods: int, namespace: Namespace | None, frequency: int
) -> Demand:
    guaranteed = _pod(containers, (), namespace, frequency, limits=False)
    most = _pod(containers, (), namespace, frequency, limits=True)
    most = Amounts(max(most.cpu_mhz, guaranteed.cpu_mhz), max(most.memory_mib, guaranteed.memory_mib))
    overhead = Amounts(0, CRX_OVERHEAD_MIB)
    objects = _counts(
        {
            "pods": pods,
            "deployments": 1,
            "replicaSets": 1,
            "secrets": any(has_secret_values(one.environment) for one in containers),
        }
    )
    unlimited, quality = _unlimited(containers, namespace), _quality(containers, namespace)
    return Demand(document, pods, guaranteed + overhead, most + overhead, {}, objects, unlimited, quality)


def _machine(document: VirtualMachine, class_: VirtualMachineClass | None, frequency: int) -> Demand:
    spec = document.spec
    guaranteed, most = _size(class_, frequency)
    quality = "unknown"
    if class_ is not None:
        quality = "Guaranteed" if guaranteed == most else "Burstable" if guaranteed != Amounts() else "BestEffort"
    storage: Counter[str] = Counter()
    for volume in spec.volumes:
        storage[volume.storage_policy or spec.storage_policy] += volume.size_mib
    objects = _counts(
        {
            "services": spec.service is not None,
            "secrets": spec.cloud_init is not None,
            "persistentVolumeClaims": len(spec.volumes),
        }
    )
    running = 1 if spec.power_state == "PoweredOn" else 0
    return Demand(document, running, guaranteed, most, dict(storage), objects, quality=quality)


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


def _pod(
    containers: tuple[Container, ...],
    init_containers: tuple[Container, ...],
    namespace: Namespace | None,
    frequency: int,
    *,
    limits: bool,
) -> Amounts:
    """The sum over the containers, or one init container that asks for more."""

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

    total = Amounts()
    for container in containers:
        total += of(container)
    for container in init_containers:
        one = of(container)
        total = Amounts(max(total.cpu_mhz, one.cpu_mhz), max(total.memory_mib, one.memory_mib))
    return total


def _cores(given: str | None, default: str | None, frequency: int) -> int:
    """MHz; 0 where neither the container nor its namespace says anything."""
    return _megahertz(given, frequency) if given is not None else mhz(default) if default else 0


def _mebibytes(given: str | None, default: str | None) -> int:
    return mib(given or default or "0")


@lru_cache(maxsize=4096)
def _megahertz(cores: str, frequency: int) -> int:
    return int((parse_quantity(cores) * Decimal(frequency)).to_integral_value(ROUND_CEILING))


def _unlimited(containers: tuple[Container, ...], namespace: Namespace | None) -> dict[str, int]:
    """How many have no limit, by resource."""
    defaults = namespace.spec.defaults if namespace is not None else None
    return _counts(
        {
            name: sum(
                not (getattr(one.resources.limits, name) or getattr(defaults, f"{name}_limit", None))
                for one in containers
            )
            for name in ("cpu", "memory")
        }
    )


def _quality(containers: tuple[Container, ...], namespace: Namespace | None) -> str:
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


def _counts(objects: Mapping[str, int]) -> dict[str, int]:
    return {name: int(number) for name, number in objects.items() if number}
