"""The place of namespaces in the inventory: resource pool and folder, each under one named ``Namespaces``."""

import contextlib
from typing import Any

from pacific_sandbox.control_plane_protocol import NamespacePlacement
from pacific_sandbox.vcenter.inventory import Limits
from pacific_sandbox.vcenter.soap_connection import wait
from pacific_sandbox.vcenter.vim_types import vim, vmodl

_CONTAINER = "Namespaces"
_UNLIMITED = -1


def place_namespace(instance: Any, cluster: str, namespace: str, limits: Limits) -> NamespacePlacement:
    """Make, or bring up to date, the resource pool and the folder of a namespace."""
    compute = vim.ClusterComputeResource(cluster, instance._stub)
    index = instance.content.searchIndex
    pool = _pool(index, _pool(index, compute.resourcePool, _CONTAINER, Limits(None, None)), namespace, limits)
    folder = _folder(index, _folder(index, _machine_folder(compute), _CONTAINER), namespace)
    return NamespacePlacement(resource_pool=pool._GetMoId(), folder=folder._GetMoId())


def remove_namespace(instance: Any, cluster: str, namespace: str) -> None:
    """Destroy a namespace's resource pool and folder with the virtual machines in them."""
    compute = vim.ClusterComputeResource(cluster, instance._stub)
    index = instance.content.searchIndex
    pools = _child(index, compute.resourcePool, _CONTAINER)
    folders = _child(index, _machine_folder(compute), _CONTAINER)
    _destroy_pool(_child(index, pools, namespace) if pools else None)
    _destroy_folder(_child(index, folders, namespace) if folders else None)


def remove_supervisor(instance: Any, cluster: str) -> None:
    """Destroy what holds the namespaces of ``cluster``; the folder stays while another Supervisor uses it."""
    compute = vim.ClusterComputeResource(cluster, instance._stub)
    index = instance.content.searchIndex
    _destroy_pool(_child(index, compute.resourcePool, _CONTAINER))
    folders = _child(index, _machine_folder(compute), _CONTAINER)
    if folders is not None and not folders.childEntity:
        _destroy_folder(folders)


def _pool(index: Any, parent: Any, name: str, limits: Limits) -> Any:
    allocation = (_or_unlimited(limits.cpu), _or_unlimited(limits.memory))
    pool = _child(index, parent, name)
    specification = vim.ResourceConfigSpec(
        cpuAllocation=_allocation(allocation[0]), memoryAllocation=_allocation(allocation[1])
    )
    if pool is None:
        try:
            return parent.CreateResourcePool(name, specification)
        except vim.fault.DuplicateName as error:
            return error.object
    if (pool.config.cpuAllocation.limit, pool.config.memoryAllocation.limit) != allocation:
        pool.UpdateConfig(None, specification)
    return pool


def _folder(index: Any, parent: Any, name: str) -> Any:
    folder = _child(index, parent, name)
    if folder is None:
        try:
            return parent.CreateFolder(name)
        except vim.fault.DuplicateName as error:
            return error.object
    return folder


def _child(index: Any, parent: Any, name: str) -> Any:
    # One question, however many namespaces there are. One destroyed by another meanwhile is no child any more.
    with contextlib.suppress(vmodl.fault.ManagedObjectNotFound):
        existing = index.FindChild(parent, name)
        if not isinstance(existing, vim.VirtualMachine):
            return existing
        children = parent.childEntity if isinstance(parent, vim.Folder) else parent.resourcePool
        return next(
            (child for child in children if child.name == name and not isinstance(child, vim.VirtualMachine)), None
        )
    return None


def _machine_folder(compute: Any) -> Any:
    parent = compute.parent
    while not isinstance(parent, vim.Datacenter):
        parent = parent.parent
    return parent.vmFolder


def _allocation(limit: int) -> Any:
    return vim.ResourceAllocationInfo(
        reservation=0,
        expandableReservation=True,
        limit=limit,
        shares=vim.SharesInfo(level=vim.SharesInfo.Level.normal, shares=0),
    )


def _or_unlimited(limit: int | None) -> int:
    return _UNLIMITED if limit is None else limit


def _destroy_pool(pool: Any) -> None:
    if pool is None:
        return
    for child in list(pool.resourcePool):
        _destroy_pool(child)
    _destroy_machines(pool.vm)
    with contextlib.suppress(vmodl.fault.ManagedObjectNotFound):
        wait(pool.Destroy_Task())


def _destroy_folder(folder: Any) -> None:
    if folder is None:
        return
    for child in list(folder.childEntity):
        if isinstance(child, vim.Folder):
            _destroy_folder(child)
    _destroy_machines([child for child in folder.childEntity if isinstance(child, vim.VirtualMachine)])
    with contextlib.suppress(vmodl.fault.ManagedObjectNotFound):
        wait(folder.Destroy_Task())


def _destroy_machines(machines: Any) -> None:
    for machine in list(machines):
        with contextlib.suppress(vmodl.fault.ManagedObjectNotFound):
            if machine.runtime.powerState != vim.VirtualMachine.PowerState.poweredOff:
                with contextlib.suppress(vim.fault.InvalidPowerState):
                    wait(machine.PowerOffVM_Task())
            wait(machine.Destroy_Task())
