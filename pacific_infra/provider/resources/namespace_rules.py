"""Changes that the state of a vSphere Namespace forbids: limits below its use, removal of VM classes in use."""

from collections.abc import Mapping
from typing import Any

from pacific_infra.provider.checking import Failure
from pacific_infra.provider.property_values import UNKNOWN
from pacific_infra.provider.session import Session
from pacific_infra.vcenter.errors import VCenterError
from pacific_infra.vcenter.namespaces import machines_of_namespace, read_namespace
from pacific_infra.vcenter.virtual_machine_classes import read_virtual_machine_class

_USE = {
    "cpuLimit": ("cpu_used", "MHz"),
    "memoryLimit": ("memory_used", "MiB"),
    "storageRequestLimit": ("storage_used", "MiB"),
}
"""Limits whose use vCenter measures: its name in ``Instances.Stats``, and the unit."""


async def limits_under_use(session: Session, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Failure]:
    """Each limit that would be lowered below the present use. vCenter is read only where a limit is lowered."""
    before, after = old.get("resourceSpec") or {}, new.get("resourceSpec") or {}
    if after is UNKNOWN or new.get("name") is UNKNOWN:
        return []
    lowered = [name for name in _USE if _lower(before.get(name), after.get(name))]
    info = await read_namespace(session.client, str(new["name"])) if lowered else None
    if info is None:
        return []
    problems: list[Failure] = []
    for name in lowered:
        key, unit = _USE[name]
        used = int((info.get("stats") or {}).get(key, 0))
        if after[name] < used:
            place = f"resourceSpec.{name}"
            reason = (
                f"got {after[name]}; {new['name']} uses {used} {unit} now; allowed: {used} or more, or use less first"
            )
            problems.append((place, reason))
    return problems


async def classes_in_use(session: Session, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Failure]:
    """Each VM class that is removed from the namespace while a VM in it uses the class."""
    before, after = _classes(old), _classes(new)
    removed = [] if after is None or before is None else [name for name in before if name not in after]
    problems: list[Failure] = []
    for name in removed:
        info = await read_virtual_machine_class(session.client, name)
        if info is None or not info.get("vms"):
            continue
        try:
            machines = await machines_of_namespace(session.client, str(new["name"]))
        except VCenterError:
            # A user who may not list virtual machines may still change namespaces.
            continue
        users = sorted(machines[vm] for vm in info["vms"] if vm in machines)
        if users:
            reason = f"VM class {name} cannot be removed: used by {', '.join(users)}; delete or resize these VMs first"
            problems.append(("vmServiceSpec.vmClasses", reason))
    return problems


def _lower(before: Any, after: Any) -> bool:
    return isinstance(after, int) and (before is None or (isinstance(before, int) and after < before))


def _classes(inputs: Mapping[str, Any]) -> list[str] | None:
    """The VM classes, [] if not declared; None if not known yet."""
    service = inputs.get("vmServiceSpec") or {}
    if service is UNKNOWN or service.get("vmClasses") is UNKNOWN:
        return None
    classes = service.get("vmClasses") or []
    return None if UNKNOWN in classes else list(classes)
