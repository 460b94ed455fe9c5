"""A simulator of the vSphere CSI driver's controller: volume claims get a volume, and volumes go with their claims.

It does what Kubernetes' external provisioner and resizer do around a CSI driver. No disk is made: see docs/sandbox.md.
"""

import asyncio
import logging
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pacific_sandbox.kubernetes_api import KubernetesAPI, KubernetesError, KubernetesUnreachable, Object, Resource
from pacific_sandbox.reconcile.events import EventRecorder
from pacific_sandbox.supervisor import resources
from pacific_sandbox.supervisor.quantities import parse_quantity

DRIVER = "csi.vsphere.vmware.com"
_PROVISIONER = "volume.kubernetes.io/storage-provisioner"
_PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"
_RETRY = 2.0
_WATCHED = (resources.STORAGE_CLASSES, resources.PERSISTENT_VOLUME_CLAIMS, resources.PERSISTENT_VOLUMES)
_NEED_ROOM = ("create volume", "grow volume", "grow claim")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class VolumeAction:
    """One step towards what the claims ask for."""

    step: Literal["create volume", "delete volume", "grow volume", "grow claim"]
    object: Object
    """The volume to create or delete; else the patch, with the name and the namespace in its metadata."""
    claim: Object | None = None
    """The claim that a new volume is for."""


async def provide_volumes(kubernetes: KubernetesAPI, full_datastore: Callable[[], str | None]) -> None:
    """Serve all volume claims of storage classes of this driver, until cancelled.

    ``full_datastore`` names a datastore without room, on which no volume can be made or grown.
    """
    seen: dict[Resource, dict[str, Object]] = {resource: {} for resource in _WATCHED}
    changed = asyncio.Event()
    events = EventRecorder(kubernetes)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(events.run())
        for resource in _WATCHED:
            tasks.create_task(_follow(kubernetes, resource, seen[resource], changed))
        while True:
            await changed.wait()
            changed.clear()
            classes, claims, volumes = (list(seen[resource].values()) for resource in _WATCHED)
            try:
                full = full_datastore()
                refused = False
                for action in volume_actions(classes, claims, volumes):
                    if full is None or action.step not in _NEED_ROOM:
                        await _perform(kubernetes, action)
                        continue
                    refused = True
                    if action.claim is not None:
                        reason, message = _refusal(action.claim, full)
                        events.record(action.claim, reason, message, component=DRIVER, type_="Warning")
                if refused:
                    asyncio.get_running_loop().call_later(_RETRY, changed.set)
            except (KubernetesError, KubernetesUnreachable) as error:
                _log.warning("volumes: %s; trying again", error)
                await asyncio.sleep(_RETRY)
                changed.set()


def volume_actions(
    classes: Sequence[Object], claims: Sequence[Object], volumes: Sequence[Object]
) -> Iterator[VolumeAction]:
    """What is to be done now. Pure."""
    class_of = {
        machine_class["metadata"]["name"]: machine_class
        for machine_class in classes
        if machine_class["provisioner"] == DRIVER
    }
    volume_of = {volume["metadata"]["name"]: volume for volume in volumes}
    for claim in claims:
        storage_class = class_of.get(claim["spec"].get("storageClassName", ""))
        volume = volume_of.get(claim["spec"].get("volumeName", ""))
        if storage_class is not None and volume is None:
            yield from _provision(claim, storage_class, volume_of)
        elif volume is not None and volume["spec"].get("csi", {}).get("driver") == DRIVER:
            yield from _grow(claim, volume)
    for volume in volumes:
        if (
            volume["metadata"].get("annotations", {}).get(_PROVISIONED_BY) == DRIVER
            and volume.get("status", {}).get("phase") == "Released"
            and volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete"
            and "deletionTimestamp" not in volume["metadata"]
        ):
            yield VolumeAction("delete volume", volume)


def _provision(claim: Object, storage_class: Object, volumes: Mapping[str, Object]) -> Iterator[VolumeAction]:
    metadata, spec = claim["metadata"], claim["spec"]
    name = f"pvc-{metadata['uid']}"
    # Kubernetes asks for a volume by this annotation once it is clear that no other one fits and where it is needed.
    is_ours = metadata.get("annotations", {}).get(_PROVISIONER) == DRIVER
    if not is_ours or spec.get("volumeName") or name in volumes or "deletionTimestamp" in metadata:
        return
    reference = {name: metadata[name] for name in ("name", "namespace", "uid", "resourceVersion")}
    volume_spec: Object = {
        "accessModes": spec["accessModes"],
        "capacity": {"storage": spec["resources"]["requests"]["storage"]},
        "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **reference},
        "csi": {
            "driver": DRIVER,
            "fsType": "ext4",
            "volumeHandle": str(uuid.uuid5(uuid.NAMESPACE_OID, metadata["uid"])),
            "volumeAttributes": {"type": "vSphere CNS Block Volume"},
        },
        "persistentVolumeReclaimPolicy": storage_class.get("reclaimPolicy", "Delete"),
        "storageClassName": storage_class["metadata"]["name"],
        "volumeMode": spec.get("volumeMode", "Filesystem"),
    }
    annotations = {_PROVISIONED_BY: DRIVER}
    yield VolumeAction(
        "create volume",
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": name, "annotations": annotations},
            "spec": volume_spec,
        },
        claim,
    )


def _refusal(claim: Object, datastore: str) -> tuple[str, str]:
    """Reason and message of the event, as the external provisioner words what the driver says."""
    storage_class = claim["spec"].get("storageClassName", "")
    return "ProvisioningFailed", (
        f'failed to provision volume with StorageClass "{storage_class}": rpc error: code = Internal desc = failed to '
        f"create volume. Error: Insufficient disk space on datastore '{datastore}'."
    )


def _grow(claim: Object, volume: Object) -> Iterator[VolumeAction]:
    size = claim["spec"]["resources"]["requests"]["storage"]
    status = claim.get("status", {})
    if status.get("phase") != "Bound":
        return
    capacity = {"storage": size}
    if parse_quantity(volume["spec"]["capacity"]["storage"]) < parse_quantity(size):
        name = {"name": volume["metadata"]["name"]}
        yield VolumeAction("grow volume", {"metadata": name, "spec": {"capacity": capacity}})
    if parse_quantity(status.get("capacity", {}).get("storage", size)) < parse_quantity(size):
        metadata = {"name": claim["metadata"]["name"], "namespace": claim["metadata"]["namespace"]}
        yield VolumeAction("grow claim", {"metadata": metadata, "status": {"capacity": capacity}})


async def _perform(kubernetes: KubernetesAPI, action: VolumeAction) -> None:
    metadata = action.object["metadata"]
    name, namespace = metadata["name"], metadata.get("namespace")
    try:
        if action.step == "create volume":
            await kubernetes.create(resources.PERSISTENT_VOLUMES, action.object)
        elif action.step == "delete volume":
            await kubernetes.delete(resources.PERSISTENT_VOLUMES, name, uid=metadata["uid"])
        elif action.step == "grow volume":
            await kubernetes.patch(resources.PERSISTENT_VOLUMES, name, action.object)
        else:
            claims = resources.PERSISTENT_VOLUME_CLAIMS
            await kubernetes.patch(claims, name, action.object, namespace, subresource="status")
    except KubernetesError as error:
        # Done before the watch said so, or gone meanwhile.
        if error.code not in (404, 409):
            raise


async def _follow(
    kubernetes: KubernetesAPI, resource: Resource, seen: dict[str, Object], changed: asyncio.Event
) -> None:
    async for event in kubernetes.watch(resource):
        if event.type != "SYNCED":
            metadata = event.object["metadata"]
            if event.type == "DELETED":
                seen.pop(metadata["uid"], None)
            else:
                seen[metadata["uid"]] = event.object
        changed.set()
