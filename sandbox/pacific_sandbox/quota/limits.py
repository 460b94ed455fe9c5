"""What a namespace may use, and the words in which Kubernetes refuses more. Pure."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.quota.demand import CPU, MEMORY, Demand, storage_of
from pacific_sandbox.supervisor.quantities import bytes_quantity, cores_quantity, parse_quantity

_POOL_CPU = "vmware-system-resource-pool-cpu-limit"
_POOL_MEMORY = "vmware-system-resource-pool-memory-limit"
_UNLIMITED = 2**63 - 1
Limits = Mapping[str, Decimal]
"""The most of each limited resource: cores and bytes."""


def pool_limits(namespace: Object | None) -> Limits:
    """The limits of a namespace's resource pool, which vCenter writes on the namespace."""
    annotations = namespace["metadata"].get("annotations", {}) if namespace is not None else {}
    named = ((CPU, _POOL_CPU), (MEMORY, _POOL_MEMORY))
    return {name: parse_quantity(annotations[key]) for name, key in named if key in annotations}


def storage_limits(quotas: Iterable[Object], storage_classes: Iterable[Object]) -> Limits:
    """The limits that StoragePolicyQuotas set, by storage class."""
    by_policy = {
        quota["spec"]["storagePolicyId"]: parse_quantity(quota["spec"].get("limit", _UNLIMITED)) for quota in quotas
    }
    limits = {}
    for storage_class in storage_classes:
        limit = by_policy.get(storage_class.get("parameters", {}).get("storagePolicyID"), Decimal(_UNLIMITED))
        if limit < _UNLIMITED:
            limits[storage_of(storage_class["metadata"]["name"])] = limit
    return limits


def exceeded(quota: str, requested: Demand, used: Demand, limits: Limits) -> str | None:
    """Kubernetes' message where ``requested`` does not fit beside ``used``; None where it does."""
    over = sorted(
        name for name, limit in limits.items() if requested.of(name) > 0 and used.of(name) + requested.of(name) > limit
    )
    if not over:
        return None
    parts = [
        f"{label}: " + ",".join(f"{name}={_quantity(name, amounts.get(name, Decimal(0)))}" for name in over)
        for label, amounts in (("requested", requested.amounts), ("used", used.amounts), ("limited", limits))
    ]
    return f"exceeded quota: {quota}, " + ", ".join(parts)


def _quantity(name: str, amount: Decimal) -> str:
    return cores_quantity(amount) if name == CPU else bytes_quantity(amount)
