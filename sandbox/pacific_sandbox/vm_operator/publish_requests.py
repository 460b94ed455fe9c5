"""VirtualMachinePublishRequests: a machine becomes an image in a content library."""

import time
from collections.abc import Mapping
from typing import Final, Protocol

from pacific_sandbox.kubernetes_api import KubernetesAPI, Object, Resource
from pacific_sandbox.reconcile.conditions import is_true
from pacific_sandbox.reconcile.times import rfc3339, seconds_of
from pacific_sandbox.reconcile.watched_objects import WatchedObjects
from pacific_sandbox.vcenter_client.session import VCenterUnavailable
from pacific_sandbox.vm_operator.conditions import false, true
from pacific_sandbox.vm_operator.kind_controller import KindController

PUBLISH_REQUESTS: Final = Resource("vmoperator.vmware.com/v1alpha5", "virtualmachinepublishrequests")
SOURCE_VALID: Final = "SourceValid"
TARGET_VALID: Final = "TargetValid"
UPLOADED: Final = "Uploaded"
IMAGE_AVAILABLE: Final = "ImageAvailable"
COMPLETE: Final = "Complete"
_LOOK_AGAIN = 5.0
_ATTEMPTS = 3


class Libraries(Protocol):
    """Content libraries of vCenter. Both raise VCenterUnavailable."""

    async def named(self, library: str) -> Mapping[str, tuple[str, str]]:
        """Identifier and description of each item of a library, by its name."""

    async def capture(self, library: str, machine: str, name: str, description: str) -> str:
        """Make a template of a machine in a library; its identifier."""


class PublishRequests(KindController):
    """All requests of one Supervisor."""

    finalizer = "vmoperator.vmware.com/virtualmachinepublishrequest"

    def __init__(
        self,
        api: KubernetesAPI,
        requests: WatchedObjects,
        *,
        virtual_machines: WatchedObjects,
        content_libraries: WatchedObjects,
        images: WatchedObjects,
        libraries: Libraries,
    ) -> None:
        super().__init__(api, requests, [virtual_machines, content_libraries, images])
        self._virtual_machines, self._content_libraries = virtual_machines, content_libraries
        self._images, self._libraries = images, libraries
        images.listen(lambda image, _: self._namespace_changed(image["metadata"]["namespace"]))

    async def converge(self, item: Object) -> float | None:
        """One step: check, capture, wait for the image, end."""
        status = item.get("status", {})
        if is_true(item, COMPLETE):
            return await self._expire(item)
        source, target = references(item)
        fields: Object = {"sourceRef": source, "targetRef": target}
        if not status.get("startTime"):
            fields["startTime"] = rfc3339(time.time())
        namespace = item["metadata"]["namespace"]
        vm = self._virtual_machines.get((namespace, source["name"]))
        library = self._content_libraries.get((namespace, target["location"].get("name", "")))
        conditions = [source_condition(source["name"], vm)]
        identifier: str | None = None
        if library is None:
            name = target["location"].get("name", "")
            missing = f'contentlibraries.imageregistry.vmware.com "{name}" not found'
            conditions.append(false(TARGET_VALID, "TargetContentLibraryNotExist", missing))
        else:
            identifier, uploaded = await self._upload(item, library, vm, fields)
            conditions += uploaded
        image = next(
            (candidate for candidate in self._images.list(namespace) if _item_of(candidate) == identifier), None
        )
        if identifier is not None:
            conditions += end_conditions(image)
        else:
            conditions.append(false(COMPLETE, "HasNotBeenUploaded", "item hasn't been uploaded yet"))
        if image is not None:
            fields |= {"imageName": image["metadata"]["name"], "ready": True, "completionTime": rfc3339(time.time())}
        item = await self.report(item, fields, conditions)
        return await self._expire(item) if image is not None else _LOOK_AGAIN

    async def delete(self, item: Object) -> bool:
        """What was published stays."""
        return True

    async def _upload(
        self, item: Object, library: Object, vm: Object | None, fields: Object
    ) -> tuple[str | None, list[Object]]:
        """The identifier of the item once it is there, and the conditions of target and upload."""
        problem, target_item = library_problem(library), fields["targetRef"]["item"]
        if problem is not None:
            return None, [problem]
        identifier, description = (await self._libraries.named(library["spec"]["id"])).get(
            target_item["name"], ("", "")
        )
        if not identifier:
            return await self._capture(item, library, vm, fields)
        if mark(item) in description:
            return identifier, [true(TARGET_VALID), true(UPLOADED)]
        where = library.get("status", {}).get("name", "")
        message = f"item with name {target_item['name']} already exists in the content library {where}"
        return None, [false(TARGET_VALID, "TargetItemAlreadyExists", message)]

    async def _capture(
        self, item: Object, library: Object, vm: Object | None, fields: Object
    ) -> tuple[str | None, list[Object]]:
        attempts, limit = item.get("status", {}).get("attempts", 0), item["spec"].get("backoffLimit", _ATTEMPTS)
        machine = (vm or {}).get("status", {}).get("uniqueID")
        if machine is None:
            return None, [true(TARGET_VALID)]
        if limit and attempts >= limit:
            message = f"publish attempts limit has been reached: {attempts}"
            return None, [true(TARGET_VALID), false(UPLOADED, "UploadFailure", message)]
        fields |= {"attempts": attempts + 1, "lastAttemptTime": rfc3339(time.time())}
        target_item = fields["targetRef"]["item"]
        description = f"{target_item.get('description', '')} {mark(item)}".strip()
        try:
            identifier = await self._libraries.capture(library["spec"]["id"], machine, target_item["name"], description)
        except VCenterUnavailable as error:
            return None, [true(TARGET_VALID), false(UPLOADED, "UploadFailure", str(error))]
        return identifier, [true(TARGET_VALID), true(UPLOADED)]

    async def _expire(self, item: Object) -> float | None:
        """Delete a request whose time after its end is over; else the seconds until then."""
        lifetime, ended = item["spec"].get("ttlSecondsAfterFinished"), item.get("status", {}).get("completionTime")
        if lifetime is None or ended is None:
            return None
        left = seconds_of(ended) + float(lifetime) - time.time()
        if left > 0:
            return left
        metadata = item["metadata"]
        await self._api.delete(PUBLISH_REQUESTS, metadata["name"], metadata["namespace"], uid=metadata["uid"])
        return None

    def _namespace_changed(self, namespace: str) -> None:
        for item in self._items.list(namespace):
            if not is_true(item, COMPLETE):
                self.look_at((namespace, item["metadata"]["name"]))


def references(item: Object) -> tuple[Object, Object]:
    """The source and the target that a request means, with the names it leaves out."""
    spec, name = item["spec"], item["metadata"]["name"]
    source = {"name": (spec.get("source") or {}).get("name") or name}
    target = spec.get("target") or {}
    target_item = dict(target.get("item") or {})
    target_item["name"] = target_item.get("name") or f"{source['name']}-image"
    return source, {"item": target_item, "location": dict(target.get("location") or {})}


def source_condition(name: str, vm: Object | None) -> Object:
    """Whether there is a machine to be published."""
    if vm is None:
        missing = f'virtualmachines.vmoperator.vmware.com "{name}" not found'
        return false(SOURCE_VALID, "SourceVirtualMachineNotExist", missing)
    if not vm.get("status", {}).get("uniqueID"):
        return false(SOURCE_VALID, "SourceVirtualMachineNotCreated", "VM hasn't been created and has no uniqueID")
    return true(SOURCE_VALID)


def library_problem(library: Object) -> Object | None:
    """The condition of a library that nothing can be published to."""
    name = library.get("status", {}).get("name", "")
    if not library["spec"].get("allowPublish"):
        return false(TARGET_VALID, "TargetContentLibraryNotWritable", f"target location {name} is not writable")
    if not is_true(library, "Ready"):
        return false(TARGET_VALID, "TargetContentLibraryNotReady", f"target location {name} is not ready")
    return None


def end_conditions(image: Object | None) -> list[Object]:
    """The conditions of a request whose item exists: whether its image does, and so whether all is done."""
    if image is not None:
        return [true(IMAGE_AVAILABLE), true(COMPLETE)]
    return [
        false(IMAGE_AVAILABLE, "VirtualMachineImageNotFound", "VirtualMachineImage not found"),
        false(COMPLETE, "ImageUnavailable", "VirtualMachineImage is not available"),
    ]


def mark(item: Object) -> str:
    """What tells in an item's description which request has made it: a repeated attempt finds it."""
    return f"virtualmachinepublishrequest.vmoperator.vmware.com: {item['metadata']['uid']}"


def _item_of(image: Object) -> str | None:
    identifier: str | None = image.get("status", {}).get("providerItemID")
    return identifier
