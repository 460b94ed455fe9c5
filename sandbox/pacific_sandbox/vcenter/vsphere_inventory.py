"""The inventory in vcsim: SOAP for managed objects and storage policies, REST for content libraries."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

from pacific_infra.errors import PacificError
from pacific_sandbox.control_plane_protocol import NamespacePlacement
from pacific_sandbox.vcenter import placement
from pacific_sandbox.vcenter.configuration import VCenterConfiguration
from pacific_sandbox.vcenter.inventory import Capacity, InventoryObject, Kind, Limits, Policy
from pacific_sandbox.vcenter.inventory_objects import PROPERTIES, TYPES, describe
from pacific_sandbox.vcenter.simulator import Simulator
from pacific_sandbox.vcenter.soap_connection import SoapConnection, profile_manager
from pacific_sandbox.vcenter.vapi_error import VapiError
from pacific_sandbox.vcenter.vim_types import pbm, vim, vmodl

_MIB = 2**20

_LIBRARIES = "/com/vmware/content"


class VSphereInventory:
    """Implements ``Inventory`` on vcsim."""

    def __init__(self, configuration: VCenterConfiguration, simulator: Simulator) -> None:
        self._within = configuration.simulator_within
        self._simulator = simulator
        self._soap = SoapConnection(configuration)

    async def connect(self) -> None:
        """vcsim refuses logins until its inventory is complete, so this is tried until it works."""
        end = time.monotonic() + self._within
        while True:
            try:
                await self._simulator.log_in()
                await self.objects("datacenter")
                return
            except VapiError as error:
                if time.monotonic() > end:
                    raise PacificError(
                        f"the vCenter simulator was not ready within {self._within:.0f} s: {error.message}",
                        fix="read `pacific sandbox logs vcenter-simulator`",
                    ) from error
            await asyncio.sleep(0.1)

    async def close(self) -> None:
        await self._soap.close()

    async def objects(self, kind: Kind) -> Sequence[InventoryObject]:
        return await self._soap.run(lambda instance: _objects(instance, kind))

    async def policies(self) -> Sequence[Policy]:
        return await self._soap.run(_policies)

    async def libraries(self) -> Sequence[Mapping[str, Any]]:
        identifiers = await self._simulator.get("/com/vmware/content/library") or []
        models = [await self._simulator.get(f"/com/vmware/content/library/id:{name}") for name in sorted(identifiers)]
        return [_model(library) for library in models if library is not None]

    async def create_library(self, model: Mapping[str, Any]) -> str:
        path = f"{_LIBRARIES}/{model['type'].lower()}-library"
        return str(await self._simulator.change("POST", path, {"create_spec": {"description": "", **model}}))

    async def update_library(self, library: str, model: Mapping[str, Any]) -> None:
        await self._simulator.change("PATCH", f"{_LIBRARIES}/local-library/id:{library}", {"update_spec": dict(model)})

    async def delete_library(self, library: str) -> None:
        await self._simulator.change("DELETE", f"{_LIBRARIES}/local-library/id:{library}")

    async def library_items(self, library: str) -> Sequence[Mapping[str, Any]]:
        parameters = {"library_id": library}
        identifiers = await self._simulator.get("/com/vmware/content/library/item", parameters) or []
        items = [await self.library_item(identifier) for identifier in identifiers]
        return sorted((item for item in items if item is not None), key=lambda item: str(item["name"]))

    async def library_item(self, item: str) -> Mapping[str, Any] | None:
        model = await self._simulator.get(f"/com/vmware/content/library/item/id:{item}")
        return None if model is None else _model(model)

    async def capacity(self, cluster: str) -> Capacity:
        return await self._soap.run(lambda instance: _capacity(instance, cluster))

    async def place_namespace(self, cluster: str, namespace: str, limits: Limits) -> NamespacePlacement:
        return await self._soap.run(lambda instance: placement.place_namespace(instance, cluster, namespace, limits))

    async def remove_namespace(self, cluster: str, namespace: str) -> None:
        await self._soap.run(lambda instance: placement.remove_namespace(instance, cluster, namespace))

    async def remove_supervisor(self, cluster: str) -> None:
        await self._soap.run(lambda instance: placement.remove_supervisor(instance, cluster))


def _objects(instance: Any, kind: Kind) -> Sequence[InventoryObject]:
    content = instance.content
    managed_types = TYPES[kind]
    # Parents are needed to tell an object's datacenter and cluster.
    types = {managed_types: ["name", "parent", *PROPERTIES[kind]]}
    for parent in (vim.Folder, vim.Datacenter, vim.ComputeResource, vim.ResourcePool):
        types.setdefault(parent, ["name", "parent"])
    view = content.viewManager.CreateContainerView(content.rootFolder, list(types), True)
    try:
        collector = vmodl.query.PropertyCollector
        step = collector.TraversalSpec(name="view", path="view", skip=False, type=vim.view.ContainerView)
        contents = content.propertyCollector.RetrieveContents(
            [
                collector.FilterSpec(
                    objectSet=[collector.ObjectSpec(obj=view, skip=True, selectSet=[step])],
                    propSet=[collector.PropertySpec(type=type_, pathSet=paths) for type_, paths in types.items()],
                )
            ]
        )
    finally:
        view.DestroyView()
    properties = {item.obj._GetMoId(): {part.name: part.val for part in item.propSet} for item in contents}
    chosen = {item.obj._GetMoId(): item.obj for item in contents if isinstance(item.obj, managed_types)}
    return [describe(kind, managed, properties) for _, managed in sorted(chosen.items(), key=_by_number)]


def _model(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without the parts of its own (``File``, ``Item``) that vcsim shows by oversight."""
    return {name: inner for name, inner in value.items() if name[0].islower() and inner is not None}


def _by_number(item: tuple[str, Any]) -> int:
    return int("".join(character for character in item[0] if character.isdigit()) or 0)


def _policies(instance: Any) -> Sequence[Policy]:
    with profile_manager(instance) as manager:
        identifiers = manager.PbmQueryProfile(pbm.profile.ResourceType(resourceType="STORAGE"), "REQUIREMENT")
        profiles = manager.PbmRetrieveContent(identifiers) if identifiers else []
    return [Policy(profile.profileId.uniqueId, profile.name, profile.description or "") for profile in profiles]


def _capacity(instance: Any, cluster: str) -> Capacity:
    compute = vim.ClusterComputeResource(cluster, instance._stub)
    summary = compute.summary
    storage = sum(datastore.summary.capacity for datastore in compute.datastore)
    return Capacity(summary.totalCpu, summary.totalMemory // _MIB, storage // _MIB)
