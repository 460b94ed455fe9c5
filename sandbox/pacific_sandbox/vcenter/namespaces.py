"""vSphere Namespaces: recorded by name, created in the inventory and in their Supervisor's Kubernetes."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, TypeVar

from pacific_sandbox.control_plane_protocol import (
    AccessEntry,
    ContentLibrary,
    ContentLibraryItem,
    NamespaceDescription,
    NamespacePlacement,
    StoragePolicy,
)
from pacific_sandbox.vcenter.configuration import VCenterConfiguration
from pacific_sandbox.vcenter.inventory import Inventory, storage_class_name
from pacific_sandbox.vcenter.loops import Outcome, ReconcilingLoops
from pacific_sandbox.vcenter.namespace_specification import (
    Known,
    Specification,
    check_name,
    check_specification,
    created,
    limits,
)
from pacific_sandbox.vcenter.store import Store
from pacific_sandbox.vcenter.supervisors import Supervisors
from pacific_sandbox.vcenter.vapi_error import already_exists, not_allowed, not_found, unsupported
from pacific_sandbox.vcenter.virtual_machine_classes import VirtualMachineClasses

Record = dict[str, Any]
_T = TypeVar("_T")
_GUESTS = {
    "debian-12": "debian12_64Guest",
    "photon-5": "vmwarePhoton64Guest",
    "sandbox-linux": "other6xLinux64Guest",
    "ubuntu-24.04": "ubuntu64Guest",
}
"""Guest operating systems of the images that come with the sandbox."""
_OTHER_GUEST = "otherLinux64Guest"


class Namespaces:
    """All vSphere Namespaces of this vCenter."""

    def __init__(
        self,
        configuration: VCenterConfiguration,
        store: Store,
        inventory: Inventory,
        supervisors: Supervisors,
        classes: VirtualMachineClasses,
    ) -> None:
        self._configuration = configuration
        self._store = store
        self._inventory = inventory
        self._supervisors = supervisors
        self._classes = classes
        self._applied: dict[str, NamespaceDescription] = {}
        self._loops = ReconcilingLoops(
            self._reconcile,
            self._failed,
            resynchronization=configuration.resynchronization,
            first_retry=configuration.first_retry,
        )
        supervisors.namespaces_wake = self._loops.wake
        classes.changed = self._class_changed

    def restore(self) -> None:
        """Go on with what is recorded."""
        for name, record in self._store.namespaces.items():
            if record["config_status"] != "REMOVING":
                record["config_status"] = "CONFIGURING"
            self._loops.wake(name)

    async def stop(self) -> None:
        """End the loops."""
        await self._loops.stop()

    def all(self) -> Mapping[str, Record]:
        return self._store.namespaces

    def find(self, name: str) -> Record:
        """Its record. Raises VapiError NOT_FOUND."""
        record = self._store.namespaces.get(name)
        if record is None:
            raise not_found(f"Namespace {name} not found.")
        return record

    def changeable(self, name: str) -> Record:
        """Its record, to be changed. Raises VapiError also while it is being removed."""
        record = self.find(name)
        if record["config_status"] == "REMOVING":
            raise not_allowed(f"Namespace {name} is being removed.")
        return record

    async def create(self, supervisor: Record, request: Mapping[str, Any]) -> None:
        """Record a new namespace on a Supervisor. Raises VapiError."""
        name = request["namespace"]
        check_name(name)
        provider = supervisor["settings"]["network_provider"]
        if request.get("networks") and provider != "VSPHERE_NETWORK":
            raise unsupported(f"networks cannot be given on a Supervisor with {provider}.")
        network_provider = request.get("network_spec", request.get("namespace_network", {})).get(
            "network_provider", provider
        )
        if network_provider != provider:
            raise unsupported(f"The Supervisor's network provider is {provider}, not {network_provider}.")
        check_specification(request, await self.known(supervisor))
        if name in self._store.namespaces:
            raise already_exists(f"Namespace {name} already exists.")
        self._supervisors.changeable(supervisor["supervisor"])
        self._store.namespaces[name] = {
            "namespace": name,
            "supervisor": supervisor["supervisor"],
            "config_status": "CONFIGURING",
            "messages": [],
            "generation": 1,
            "specification": created(request),
        }
        self._store.save()
        self._loops.wake(name)

    def changed(self, name: str, specification: Specification) -> None:
        """Keep a changed specification. Raises VapiError."""
        record = self.changeable(name)
        if specification == record["specification"]:
            return
        record.update(specification=specification, config_status="CONFIGURING", generation=record["generation"] + 1)
        self._store.save()
        self._loops.wake(name)

    def remove(self, name: str) -> None:
        """Begin its end, with all that is in it. Raises VapiError."""
        record = self.changeable(name)
        record.update(config_status="REMOVING", generation=record["generation"] + 1)
        self._store.save()
        self._loops.wake(name)

    async def known(self, supervisor: Record) -> Known:
        """What a namespace on this Supervisor can refer to."""
        return Known(
            policies={policy.identifier for policy in await self._inventory.policies()},
            classes=self._classes.ready(),
            libraries={str(library["id"]) for library in await self._inventory.libraries()},
            zones={
                zone
                for zone, binding in self._supervisors.bindings(supervisor).items()
                if not binding["marked_for_removal"]
            },
        )

    def _class_changed(self, name: str) -> None:
        for namespace, record in self._store.namespaces.items():
            if name in record["specification"]["vm_service_spec"].get("vm_classes", []):
                self._loops.wake(namespace)

    async def _within(self, call: Awaitable[_T]) -> _T:
        within = self._configuration.control_plane_within
        try:
            async with asyncio.timeout(within):
                return await call
        except TimeoutError:
            raise TimeoutError(f"The Supervisor's control plane did not answer within {within:.0f} s.") from None

    async def _reconcile(self, name: str) -> Outcome:
        record = self._store.namespaces.get(name)
        supervisor = self._store.supervisors.get(record["supervisor"]) if record is not None else None
        if record is None or supervisor is None:
            self._applied.pop(name, None)
            return Outcome.DELETED
        plane = self._supervisors.running(supervisor["supervisor"])
        if plane is None or supervisor["config_status"] == "REMOVING":
            # It wakes this loop when it runs; at its end it takes the namespaces along.
            return Outcome.SETTLED
        if record["config_status"] == "REMOVING":
            self._applied.pop(name, None)
            await asyncio.sleep(self._configuration.state_change)
            if not await self._within(plane.delete_namespace(name)):
                return Outcome.WAITING
            await self._inventory.remove_namespace(supervisor["cluster"], name)
            self._store.namespaces.pop(name, None)
            self._store.save()
            return Outcome.DELETED
        generation = record["generation"]
        specification = record["specification"]
        placement = await self._inventory.place_namespace(supervisor["cluster"], name, limits(specification))
        description = await self._describe(name, specification, placement)
        if self._applied.get(name) != description:
            await self._within(plane.apply_namespace(description))
            self._applied[name] = description
        if record["config_status"] != "RUNNING":
            await asyncio.sleep(self._configuration.state_change)
            if record["generation"] != generation or record["config_status"] == "REMOVING":
                return Outcome.WAITING
            record.update(config_status="RUNNING", messages=[])
            self._store.save()
        return Outcome.SETTLED

    def _failed(self, name: str, error: Exception) -> None:
        record = self._store.namespaces.get(name)
        if record is None:
            return
        self._applied.pop(name, None)
        record["messages"] = [str(error) or type(error).__name__]
        if record["config_status"] != "REMOVING":
            record["config_status"] = "ERROR"
        self._store.save()

    async def _describe(
        self, name: str, specification: Specification, placement: NamespacePlacement
    ) -> NamespaceDescription:
        policies = {policy.identifier: policy for policy in await self._inventory.policies()}
        storage = [
            (StoragePolicy(item["policy"], policy.name, storage_class_name(policy.name)), item.get("limit"))
            for item in specification["storage_specs"]
            if (policy := policies.get(item["policy"])) is not None
        ]
        service = specification["vm_service_spec"]
        named = {item["content_library"]: item.get("writable", False) for item in specification["content_libraries"]}
        libraries = {**dict.fromkeys(service.get("content_libraries", []), False), **named}
        return NamespaceDescription(
            name=name,
            placement=placement,
            resource_spec=specification["resource_spec"],
            access=tuple(
                AccessEntry(entry["subject_type"], entry["subject"], entry["domain"], entry["role"])
                for entry in specification["access_list"]
            ),
            storage=tuple(storage),
            virtual_machine_classes=tuple(self._classes.describe(service.get("vm_classes", []))),
            content_libraries=tuple(await self._libraries(libraries)),
            description=specification["description"],
        )

    async def _libraries(self, writable: Mapping[str, bool]) -> Sequence[ContentLibrary]:
        """``writable``: the wanted libraries by identifier."""
        if not writable:
            return []
        libraries = [library for library in await self._inventory.libraries() if library["id"] in writable]
        return [
            ContentLibrary(
                str(library["id"]),
                str(library["name"]),
                tuple(
                    ContentLibraryItem(str(item["id"]), str(item["name"]), _GUESTS.get(str(item["name"]), _OTHER_GUEST))
                    for item in await self._inventory.library_items(str(library["id"]))
                ),
                writable=writable[str(library["id"])],
            )
            for library in libraries
        ]
