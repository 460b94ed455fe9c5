"""All of VM Operator for one Supervisor: its watches, controllers and webhooks, put together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pacific_sandbox.kubernetes_api import KubernetesAPI, Resource
from pacific_sandbox.quota.namespace_use import NamespaceUse
from pacific_sandbox.quota.quota_admission import QuotaAdmission
from pacific_sandbox.quota.storage_policy_usage import StoragePolicyUsages
from pacific_sandbox.reconcile.addresses import AddressPool
from pacific_sandbox.reconcile.events import EventRecorder
from pacific_sandbox.reconcile.placement import Placement
from pacific_sandbox.reconcile.watched_objects import WatchedObjects
from pacific_sandbox.supervisor import resources
from pacific_sandbox.vcenter_client.inventory import VCenterInventory
from pacific_sandbox.vcenter_client.session import VCenterConnection
from pacific_sandbox.vm_operator.admission.lookups import WatchedLookups
from pacific_sandbox.vm_operator.admission.server import AdmissionEndpoint, AdmissionServer, admission_app
from pacific_sandbox.vm_operator.conversion.review import Conversion
from pacific_sandbox.vm_operator.groups import GROUPS, Groups
from pacific_sandbox.vm_operator.guest_runtime import GuestRuntime
from pacific_sandbox.vm_operator.library_items import LibraryItems
from pacific_sandbox.vm_operator.machine_operations import MachineOperations
from pacific_sandbox.vm_operator.prerequisites import VirtualMachineObjects
from pacific_sandbox.vm_operator.publish_requests import PUBLISH_REQUESTS, PublishRequests
from pacific_sandbox.vm_operator.resource_policy_placement import ResourcePolicyPlacement
from pacific_sandbox.vm_operator.set_resource_policies import SET_RESOURCE_POLICIES, SetResourcePolicies
from pacific_sandbox.vm_operator.snapshot_revert import SnapshotRevert
from pacific_sandbox.vm_operator.snapshots import SNAPSHOTS, Snapshots
from pacific_sandbox.vm_operator.virtual_machine_services import (
    VIRTUAL_MACHINE_SERVICES,
    VirtualMachineServices,
)
from pacific_sandbox.vm_operator.virtual_machines import VirtualMachines

_CLUSTER_IMAGES = Resource("vmoperator.vmware.com/v1alpha5", "clustervirtualmachineimages", namespaced=False)


class Runner(Protocol):
    """What runs until cancelled."""

    async def run(self) -> None:
        """Run until cancelled."""


@dataclass(frozen=True)
class Shared:
    """What VM Operator shares with the Supervisor's other controllers."""

    api: KubernetesAPI
    inventory: VCenterInventory
    events: EventRecorder
    placement: Placement
    namespaces: WatchedObjects
    pods: WatchedObjects
    claims: WatchedObjects
    services: WatchedObjects
    vcenter: VCenterConnection


def vm_operator(
    shared: Shared, *, network: str, zone: str, guests: GuestRuntime, admission: AdmissionEndpoint | None
) -> Sequence[Runner]:
    """What is to be run; without an ``admission`` endpoint there are no webhooks."""
    api = shared.api

    def watched(resource: Resource) -> WatchedObjects:
        return WatchedObjects(api, resource)

    virtual_machines, vm_services = watched(resources.VIRTUAL_MACHINES), watched(VIRTUAL_MACHINE_SERVICES)
    groups, publish_requests = watched(GROUPS), watched(PUBLISH_REQUESTS)
    content_libraries, images = watched(resources.CONTENT_LIBRARIES), watched(resources.VIRTUAL_MACHINE_IMAGES)
    zones, policies, snapshots = watched(resources.ZONES), watched(SET_RESOURCE_POLICIES), watched(SNAPSHOTS)
    operations = MachineOperations(shared.inventory)
    objects = VirtualMachineObjects(
        api,
        classes=watched(resources.VIRTUAL_MACHINE_CLASSES),
        images=images,
        cluster_images=watched(_CLUSTER_IMAGES),
        storage_classes=watched(resources.STORAGE_CLASSES),
        storage_quotas=watched(resources.STORAGE_POLICY_QUOTAS),
        claims=shared.claims,
    )
    use = NamespaceUse(
        pods=shared.pods,
        virtual_machines=virtual_machines,
        claims=shared.claims,
        class_of=objects.vm_class,
        image_of=objects.image,
    )
    runners: list[Runner] = [
        VirtualMachines(
            api,
            shared.inventory,
            virtual_machines=virtual_machines,
            objects=objects,
            placement=shared.placement,
            addresses=AddressPool(network, "a virtual machine"),
            network=network,
            events=shared.events,
            zone=zone,
            operations=operations,
            policies=ResourcePolicyPlacement(policies, shared.placement, operations),
            snapshots=SnapshotRevert(snapshots, shared.inventory, operations),
            groups=groups,
            guests=guests,
        ),
        SetResourcePolicies(
            api, policies, virtual_machines=virtual_machines, placement=shared.placement, operations=operations
        ),
        Snapshots(api, snapshots, virtual_machines=virtual_machines, inventory=shared.inventory, operations=operations),
        VirtualMachineServices(
            api, vm_services, virtual_machines=virtual_machines, services=shared.services, events=shared.events
        ),
        Groups(api, groups, virtual_machines=virtual_machines),
        PublishRequests(
            api,
            publish_requests,
            virtual_machines=virtual_machines,
            content_libraries=content_libraries,
            images=images,
            libraries=LibraryItems(shared.vcenter),
        ),
    ]
    runners.append(
        StoragePolicyUsages(
            api,
            use,
            storage_quotas=objects.storage_quotas,
            storage_classes=objects.storage_classes,
            virtual_machines=virtual_machines,
            claims=shared.claims,
        )
    )
    if admission is not None:
        lookups = WatchedLookups(objects, zones=zones, virtual_machines=virtual_machines)
        quota = QuotaAdmission(
            use,
            namespaces=shared.namespaces,
            storage_quotas=objects.storage_quotas,
            storage_classes=objects.storage_classes,
        )
        app = admission_app(lookups, quota.answer, Conversion(api).answer)
        runners.append(AdmissionServer(app, admission, lookups.wait_synced))
    watched_here = [watched for watched in objects.watched if watched is not shared.claims]
    watches = [virtual_machines, vm_services, zones, policies, snapshots, groups, publish_requests, content_libraries]
    return [*runners, *watches, *watched_here]
