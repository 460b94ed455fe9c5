"""What the documents of a namespace ask for together, against the namespace's limits."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pacific_infra.documents import Estate, Namespace
from pacific_infra.plan.capacity.demand import Demand


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not fit, or only just."""

    severity: Literal["error", "warning"]
    """error: it cannot be had. warning: it can, until everything is used at one time."""
    node: str
    """Id of the document that is too much, or whose limit is too low."""
    place: str
    """``file:line`` of what to change."""
    text: str
    """What does not fit, and by how much."""
    fix: str
    """What would fit."""


@dataclass(frozen=True, slots=True)
class Use:
    """One resource of a namespace."""

    resource: str
    """``cpu``, ``memory``, ``storage``, ``storage gold``, or a name of ``spec.objectCounts``."""
    unit: str
    """MHz, MiB, or nothing for counts."""
    guaranteed: int
    most: int
    limit: int | None
    uncounted: int = 0
    """Containers without a limit: what they may use beyond their requests is not in ``most``."""


@dataclass(frozen=True)
class NamespaceUse:
    """A namespace's limits and what its documents ask for."""

    namespace: Namespace
    uses: Sequence[Use]
    demands: Sequence[Demand]


def check_namespaces(demands: Sequence[Demand], estate: Estate) -> list[NamespaceUse]:
    """The use of each namespace of the estate. Takes time in proportion to the number of documents."""
    by_namespace: dict[str | None, list[Demand]] = defaultdict(list)
    for demand in demands:
        by_namespace[demand.document.namespace].append(demand)
    return [
        NamespaceUse(namespace, list(_uses(namespace, by_namespace[namespace.name])), by_namespace[namespace.name])
        for namespace in estate.of(Namespace)
    ]


def _uses(namespace: Namespace, demands: Sequence[Demand]) -> Iterator[Use]:
    limits = namespace.spec.limits
    yield Use(
        "cpu",
        "MHz",
        sum(demand.guaranteed.cpu_mhz * demand.count for demand in demands),
        sum(demand.most.cpu_mhz * demand.count for demand in demands),
        limits.cpu_mhz,
        sum(demand.unlimited.get("cpu", 0) * demand.count for demand in demands),
    )
    yield Use(
        "memory",
        "MiB",
        sum(demand.guaranteed.memory_mib * demand.count for demand in demands),
        sum(demand.most.memory_mib * demand.count for demand in demands),
        limits.memory_mib,
        sum(demand.unlimited.get("memory", 0) * demand.count for demand in demands),
    )
    storage: Counter[str] = Counter()
    objects: Counter[str] = Counter()
    for demand in demands:
        storage.update(demand.storage)
        objects.update(demand.objects)
    total = sum(storage.values())
    yield Use("storage", "MiB", total, total, limits.storage_mib)
    policy_limits = {policy.name: policy.limit_mib for policy in namespace.spec.storage_policies}
    for policy in sorted({*storage, *(name for name, limit in policy_limits.items() if limit is not None)}):
        yield Use(f"storage {policy}", "MiB", storage[policy], storage[policy], policy_limits.get(policy))
    counts: Mapping[str, int | None] = namespace.spec.object_counts.model_dump(by_alias=True)
    for name, limit in counts.items():
        if limit is not None or objects[name]:
            yield Use(name, "", objects[name], objects[name], limit)


def namespace_findings(namespace_use: NamespaceUse) -> Iterator[Finding]:
    """What does not fit into one namespace; the document that asks for most is named."""
    for use in namespace_use.uses:
        if use.limit is None or use.most <= use.limit:
            continue
        hard = use.guaranteed > use.limit
        amount = use.guaranteed if hard else use.most
        greatest = max(namespace_use.demands, key=lambda demand: _of(demand, use.resource, guaranteed=hard))
        unit = f" {use.unit}" if use.unit else ""
        noun = f"of {use.resource}" if unit else use.resource
        word = "asks for" if hard else "may use"
        yield Finding(
            severity="error" if hard else "warning",
            node=greatest.document.id,
            place=greatest.document.place(("spec",)),
            text=(
                f"{namespace_use.namespace.id} {word} {amount}{unit} {noun}, its limit is {use.limit}{unit}: "
                f"{amount - use.limit}{unit} too much; most of it, "
                f"{_of(greatest, use.resource, guaranteed=hard)}{unit}, is {greatest.document.id}"
            ),
            fix=f"{_raised(namespace_use.namespace, use.resource)} to {amount}{unit}, "
            f"or ask for {amount - use.limit}{unit} less",
        )


def _raised(namespace: Namespace, resource: str) -> str:
    """How the limit is raised."""
    if namespace.external:
        return f"have the owner of {namespace.id} raise the limit"
    return f"raise the limit at {namespace.place(('spec', _field(resource)))}"


def _field(resource: str) -> str:
    if resource in ("cpu", "memory", "storage"):
        return "limits"
    return "storagePolicies" if resource.startswith("storage ") else "objectCounts"


def _of(demand: Demand, resource: str, *, guaranteed: bool) -> int:
    amounts = demand.guaranteed if guaranteed else demand.most
    if resource == "cpu":
        return amounts.cpu_mhz * demand.count
    if resource == "memory":
        return amounts.memory_mib * demand.count
    if resource == "storage":
        return sum(demand.storage.values())
    if resource.startswith("storage "):
        return demand.storage.get(resource.removeprefix("storage "), 0)
    return demand.objects.get(resource, 0)
