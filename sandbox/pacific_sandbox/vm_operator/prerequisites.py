"""What must exist before a VirtualMachine can be created: class, image, storage, bootstrap data, network."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from pacific_sandbox.kubernetes_api import KubernetesAPI, Object, Resource
from pacific_sandbox.reconcile.watched_objects import WatchedObjects
from pacific_sandbox.vm_operator import images
from pacific_sandbox.vm_operator.bootstrap import Bootstrap, bootstrap, secrets_of
from pacific_sandbox.vm_operator.conditions import (
    CLASS_READY,
    IMAGE_READY,
    NETWORK_READY,
    STORAGE_READY,
    false,
    true,
)

_SECRETS: Final = Resource("v1", "secrets")


@dataclass(frozen=True)
class Prerequisites:
    """What was found for a VirtualMachine."""

    conditions: Sequence[Object]
    vm_class: Object | None
    image: Object | None
    bootstrap: Bootstrap

    @property
    def met(self) -> bool:
        """Whether the machine can be made."""
        return all(condition["status"] == "True" for condition in self.conditions)

    @property
    def missing(self) -> str:
        """What is not met, in one line."""
        return "; ".join(condition["message"] for condition in self.conditions if condition["status"] != "True")


class VirtualMachineObjects:
    """The objects that VirtualMachines refer to, watched."""

    def __init__(
        self,
        api: KubernetesAPI,
        *,
        classes: WatchedObjects,
        images: WatchedObjects,
        cluster_images: WatchedObjects,
        storage_classes: WatchedObjects,
        storage_quotas: WatchedObjects,
        claims: WatchedObjects,
    ) -> None:
        self._api = api
        self._classes, self._images, self._cluster_images = classes, images, cluster_images
        self.storage_classes, self.storage_quotas, self._claims = storage_classes, storage_quotas, claims
        self.watched = (classes, images, cluster_images, storage_classes, storage_quotas, claims)

    def listen(self, changed: Callable[[str | None], None]) -> None:
        """Have ``changed`` called with the namespace in which one of them changed; None: cluster-wide."""
        for objects in self.watched:
            objects.listen(lambda item, _: changed(item["metadata"].get("namespace")))

    async def wait_synced(self) -> None:
        """Wait until all have been seen."""
        for objects in self.watched:
            await objects.wait_synced()

    def resolved_image(self, vm: Object) -> Object | None:
        """The reference that spec.imageName means, where it means one."""
        name = vm["spec"].get("imageName")
        image = self.find_image(vm["metadata"]["namespace"], name) if name else None
        return image if isinstance(image, dict) else None

    def find_image(self, namespace: str, name: str) -> Object | str:
        """The reference ``{kind, name}`` that an image's name means in a namespace, or what is wrong with it."""
        return images.resolve(name, self._images.list(namespace), self._cluster_images.list())

    def vm_class(self, vm: Object) -> Object | None:
        """The class of a VirtualMachine."""
        return self._classes.get((vm["metadata"]["namespace"], vm["spec"].get("className", "")))

    def image(self, vm: Object) -> Object | None:
        """The image of a VirtualMachine."""
        return self._image(vm)[0]

    def claim(self, vm: Object, name: str) -> Object | None:
        """A volume claim of the VirtualMachine's namespace."""
        return self._claims.get((vm["metadata"]["namespace"], name))

    async def prerequisites(self, vm: Object) -> Prerequisites:
        """Look everything up; only Secrets are asked for."""
        namespace, spec = vm["metadata"]["namespace"], vm["spec"]
        vm_class = self.vm_class(vm)
        image, image_ready = self._image(vm)
        names = {name for name, _ in secrets_of(vm)}
        transport = bootstrap(vm, {name: await self._api.get(_SECRETS, name, namespace) for name in names})
        conditions = [
            class_condition(spec.get("className", ""), vm_class),
            image_ready,
            storage_condition(
                spec.get("storageClass", ""),
                namespace,
                self.storage_classes.get(("", spec.get("storageClass", ""))),
                self.storage_quotas.list(namespace),
            ),
            *([transport.condition] if transport.condition else []),
            *([] if spec.get("network", {}).get("disabled") else [true(NETWORK_READY)]),
        ]
        return Prerequisites(conditions, vm_class, image, transport)

    def _image(self, vm: Object) -> tuple[Object | None, Object]:
        reference = vm["spec"].get("image")
        if reference is None and vm["spec"].get("imageName"):
            resolved = self.find_image(vm["metadata"]["namespace"], vm["spec"]["imageName"])
            if isinstance(resolved, str):
                return None, false(IMAGE_READY, "NotFound", resolved)
            reference = resolved
        if reference is None:
            return None, false(IMAGE_READY, "NotSet")
        if reference["kind"] == "VirtualMachineImage":
            image = self._images.get((vm["metadata"]["namespace"], reference["name"]))
        else:
            image = self._cluster_images.get(("", reference["name"]))
        return image, images.image_condition(reference, image)


def class_condition(name: str, vm_class: Object | None) -> Object:
    """A class is there for a namespace where vCenter has bound it: only then it exists in it."""
    if vm_class is None:
        return false(CLASS_READY, "NotFound", f'virtualmachineclasses.vmoperator.vmware.com "{name}" not found')
    return true(CLASS_READY)


def storage_condition(name: str, namespace: str, storage_class: Object | None, quotas: Sequence[Object]) -> Object:
    """A storage class is the namespace's where a StoragePolicyQuota of it names the same policy."""
    if not name:
        return false(STORAGE_READY, "StorageClassRequired", "StorageClass is required but not specified")
    if storage_class is None:
        return false(STORAGE_READY, "NotFound", f'storageclasses.storage.k8s.io "{name}" not found')
    policy = storage_class.get("parameters", {}).get("storagePolicyID")
    if not policy:
        return false(STORAGE_READY, "GetError", "StorageClass does not have policy ID")
    if all(quota["spec"].get("storagePolicyId") != policy for quota in quotas):
        return false(STORAGE_READY, "GetError", f"Storage policy is not associated with the namespace {namespace}")
    return true(STORAGE_READY)
