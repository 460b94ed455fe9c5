"""VM Operator's VirtualMachines with a Kubernetes and a vCenter that the test plays."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from pacific_sandbox.kubernetes_api import Resource
from pacific_sandbox.reconcile.addresses import AddressPool
from pacific_sandbox.reconcile.placement import Placement
from pacific_sandbox.reconcile.watched_objects import WatchedObjects
from pacific_sandbox.supervisor import resources
from pacific_sandbox.vcenter_client.objects import Host
from pacific_sandbox.vm_operator.groups import GROUPS
from pacific_sandbox.vm_operator.guest_runtime import GuestRuntime, SimulatedGuests
from pacific_sandbox.vm_operator.prerequisites import VirtualMachineObjects
from pacific_sandbox.vm_operator.resource_policy_placement import ResourcePolicyPlacement
from pacific_sandbox.vm_operator.set_resource_policies import SET_RESOURCE_POLICIES
from pacific_sandbox.vm_operator.snapshot_revert import SnapshotRevert
from pacific_sandbox.vm_operator.snapshots import SNAPSHOTS
from pacific_sandbox.vm_operator.virtual_machines import VirtualMachines
from tests.support.controller_fakes import FakeEvents, FakeInventory, FakeKubernetes, FakeOperations

VMS = resources.VIRTUAL_MACHINES


class World:
    def __init__(self) -> None:
        self.kubernetes = FakeKubernetes()
        self.inventory = FakeInventory(Host("host-1", "esx-01", memory=256 * 2**30))
        self.operations = FakeOperations(self.inventory)
        self.events = FakeEvents()
        self.guests: GuestRuntime = SimulatedGuests()
        annotations = {"vmware-system-resource-pool": "resgroup-5", "vmware-system-vm-folder": "group-v6"}
        self.kubernetes.put(resources.NAMESPACES, {"metadata": {"name": "shop", "annotations": annotations}})
        storage = {"metadata": {"name": "gold"}, "parameters": {"storagePolicyID": "p"}}
        self.kubernetes.put(resources.STORAGE_CLASSES, storage)
        self.put(resources.STORAGE_POLICY_QUOTAS, "gold-storagepolicyquota", spec={"storagePolicyId": "p"})
        ready = {"type": "Ready", "status": "True", "lastTransitionTime": "t"}
        provider = {"providerRef": {"kind": "ContentLibraryItem"}}
        status = {"name": "debian-12", "conditions": [ready]}
        self.put(resources.VIRTUAL_MACHINE_IMAGES, "vmi-1", spec=provider, status=status)

    def put(self, resource: Resource, name: str, **parts: Any) -> None:
        item = {"apiVersion": resource.api_version, "kind": "X", "metadata": {"name": name, "namespace": "shop"}}
        self.kubernetes.put(resource, {**item, **parts})

    def put_class(self, name: str = "small", memory: str = "4Gi") -> None:
        hardware = {"cpus": 2, "memory": memory}
        self.put(resources.VIRTUAL_MACHINE_CLASSES, name, spec={"hardware": hardware})

    def put_vm(self, **spec: Any) -> None:
        described = {"className": "small", "imageName": "debian-12", "storageClass": "gold", **spec}
        self.put(VMS, "v", spec=described)

    @property
    def vm(self) -> dict[str, Any]:
        return self.kubernetes.read(VMS, "v", "shop") or {"gone": True}

    def condition(self, type_: str) -> dict[str, Any]:
        conditions = self.vm.get("status", {}).get("conditions", ())
        return next((item for item in conditions if item["type"] == type_), {"status": "Absent"})

    def has_address(self) -> bool:
        return bool(self.vm.get("status", {}).get("network", {}).get("primaryIP4"))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        api: Any = self.kubernetes
        inventory: Any = self.inventory
        events: Any = self.events

        def watched(resource: Resource) -> WatchedObjects:
            return WatchedObjects(api, resource)

        namespaces, vms = watched(resources.NAMESPACES), watched(VMS)
        policies, snapshots, groups = watched(SET_RESOURCE_POLICIES), watched(SNAPSHOTS), watched(GROUPS)
        placement = Placement(namespaces, inventory)
        operations: Any = self.operations
        objects = VirtualMachineObjects(
            api,
            classes=watched(resources.VIRTUAL_MACHINE_CLASSES),
            images=watched(resources.VIRTUAL_MACHINE_IMAGES),
            cluster_images=watched(Resource("x/v1", "clustervirtualmachineimages", namespaced=False)),
            storage_classes=watched(resources.STORAGE_CLASSES),
            storage_quotas=watched(resources.STORAGE_POLICY_QUOTAS),
            claims=watched(resources.PERSISTENT_VOLUME_CLAIMS),
        )
        controller = VirtualMachines(
            api,
            inventory,
            virtual_machines=vms,
            objects=objects,
            placement=placement,
            addresses=AddressPool("10.244.16.0/20", "a virtual machine"),
            network="10.244.16.0/20",
            events=events,
            zone="zone-1",
            operations=operations,
            policies=ResourcePolicyPlacement(policies, placement, operations),
            snapshots=SnapshotRevert(snapshots, inventory, operations),
            groups=groups,
            guests=self.guests,
        )
        runners = (namespaces, vms, policies, snapshots, groups, *objects.watched, controller)
        tasks = [asyncio.create_task(runner.run()) for runner in runners]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
