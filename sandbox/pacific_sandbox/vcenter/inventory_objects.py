"""Managed objects of vSphere as vCenter's REST API summarizes them."""

from collections.abc import Mapping, Sequence
from typing import Any

from pacific_sandbox.vcenter.inventory import InventoryObject, Kind
from pacific_sandbox.vcenter.vim_types import vim

TYPES: Mapping[Kind, Any] = {
    "datacenter": vim.Datacenter,
    "cluster": vim.ClusterComputeResource,
    "host": vim.HostSystem,
    "network": vim.Network,
    "datastore": vim.Datastore,
    "folder": vim.Folder,
    "resource-pool": vim.ResourcePool,
    "vm": vim.VirtualMachine,
}
PROPERTIES: Mapping[Kind, Sequence[str]] = {
    "datacenter": ("datastoreFolder", "hostFolder", "networkFolder", "vmFolder"),
    "cluster": ("resourcePool", "configurationEx"),
    "host": ("runtime.connectionState", "runtime.powerState", "hardware.systemInfo.uuid"),
    "network": (),
    "datastore": ("summary",),
    "folder": ("childType",),
    "resource-pool": ("resourcePool", "config", "owner"),
    "vm": ("runtime.powerState", "config.hardware", "config.extraConfig"),
}
_CONNECTION = {"connected": "CONNECTED", "disconnected": "DISCONNECTED", "notResponding": "NOT_RESPONDING"}
_POWER = {"poweredOn": "POWERED_ON", "poweredOff": "POWERED_OFF", "standBy": "STANDBY"}
_FOLDERS = {
    "Datacenter": "DATACENTER",
    "Datastore": "DATASTORE",
    "ComputeResource": "HOST",
    "Network": "NETWORK",
    "VirtualMachine": "VIRTUAL_MACHINE",
}


def describe(kind: Kind, managed: Any, properties: Mapping[str, Mapping[str, Any]]) -> InventoryObject:
    """The object with the fields of its REST summary. ``properties`` are those of all objects, by identifier."""
    values = properties[managed._GetMoId()]
    ancestors = _ancestors(values, properties)
    details, information = _DETAILS[kind](managed, values)
    parent = values.get("parent")
    return InventoryObject(
        kind,
        managed._GetMoId(),
        values["name"],
        parent=parent._GetMoId() if parent is not None else None,
        datacenter=_first(ancestors, vim.Datacenter),
        cluster=_first(ancestors, vim.ClusterComputeResource),
        details=details,
        information=information,
    )


def _ancestors(values: Mapping[str, Any], properties: Mapping[str, Mapping[str, Any]]) -> Sequence[Any]:
    ancestors = []
    parent = values.get("parent")
    while parent is not None:
        ancestors.append(parent)
        parent = properties.get(parent._GetMoId(), {}).get("parent")
    return ancestors


def _first(ancestors: Sequence[Any], kind: Any) -> str | None:
    return next((str(ancestor._GetMoId()) for ancestor in ancestors if isinstance(ancestor, kind)), None)


_Fields = tuple[dict[str, Any], dict[str, Any]]


def _datacenter(_managed: Any, values: Mapping[str, Any]) -> _Fields:
    names = {"datastoreFolder": "datastore_folder", "hostFolder": "host_folder", "networkFolder": "network_folder"}
    folders = {wire: values[name]._GetMoId() for name, wire in {**names, "vmFolder": "vm_folder"}.items()}
    return {}, folders


def _cluster(_managed: Any, values: Mapping[str, Any]) -> _Fields:
    configuration = values["configurationEx"]
    details = {
        "ha_enabled": bool(configuration.dasConfig.enabled),
        "drs_enabled": bool(configuration.drsConfig.enabled),
    }
    return details, {"resource_pool": values["resourcePool"]._GetMoId()}


def _host(_managed: Any, values: Mapping[str, Any]) -> _Fields:
    details = {
        "connection_state": _CONNECTION[values["runtime.connectionState"]],
        "power_state": _POWER.get(values["runtime.powerState"]),
        "host_uuid": values.get("hardware.systemInfo.uuid"),
    }
    return details, {}


def _network(managed: Any, _values: Mapping[str, Any]) -> _Fields:
    if isinstance(managed, vim.dvs.DistributedVirtualPortgroup):
        return {"type": "DISTRIBUTED_PORTGROUP"}, {}
    return {"type": "OPAQUE_NETWORK" if isinstance(managed, vim.OpaqueNetwork) else "STANDARD_PORTGROUP"}, {}


def _datastore(_managed: Any, values: Mapping[str, Any]) -> _Fields:
    summary = values["summary"]
    # vcsim says OTHER of its datastores, which the REST API does not know.
    known = summary.type if summary.type in ("VMFS", "NFS", "NFS41", "CIFS", "VSAN", "VFFS", "VVOL") else "VMFS"
    details = {"type": known, "free_space": summary.freeSpace, "capacity": summary.capacity}
    information = {
        "type": known,
        "accessible": bool(summary.accessible),
        "free_space": summary.freeSpace,
        "multiple_host_access": bool(summary.multipleHostAccess),
        "thin_provisioning_supported": True,
    }
    return details, information


def _folder(_managed: Any, values: Mapping[str, Any]) -> _Fields:
    types = (_FOLDERS.get(getattr(child, "__name__", str(child)).rpartition(".")[2]) for child in values["childType"])
    return {"type": next((type_ for type_ in types if type_), "DATACENTER")}, {}


def _resource_pool(_managed: Any, values: Mapping[str, Any]) -> _Fields:
    configuration = values["config"]
    return {}, {
        "resource_pools": [pool._GetMoId() for pool in values["resourcePool"]],
        "cpu_allocation": _allocation(configuration.cpuAllocation),
        "memory_allocation": _allocation(configuration.memoryAllocation),
    }


def _machine(_managed: Any, values: Mapping[str, Any]) -> _Fields:
    hardware = values["config.hardware"]
    power_state = {"standBy": "SUSPENDED", "suspended": "SUSPENDED"}.get(
        values["runtime.powerState"], _POWER.get(values["runtime.powerState"])
    )
    details = {"power_state": power_state, "cpu_count": hardware.numCPU, "memory_size_MiB": hardware.memoryMB}
    return details, {"extra_config": {option.key: option.value for option in values["config.extraConfig"]}}


def _allocation(allocation: Any) -> dict[str, Any]:
    return {
        "reservation": allocation.reservation,
        "expandable_reservation": bool(allocation.expandableReservation),
        "limit": allocation.limit,
        "shares": {"level": str(allocation.shares.level).upper()},
    }


_DETAILS = {
    "datacenter": _datacenter,
    "cluster": _cluster,
    "host": _host,
    "network": _network,
    "datastore": _datastore,
    "folder": _folder,
    "resource-pool": _resource_pool,
    "vm": _machine,
}
