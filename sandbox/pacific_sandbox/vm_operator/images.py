"""Which image a VirtualMachine means. Pure."""

from collections.abc import Sequence

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.reconcile.conditions import condition_of
from pacific_sandbox.vm_operator.conditions import IMAGE_READY, false, true

_KIND = "VirtualMachineImage"
_CLUSTER_KIND = "ClusterVirtualMachineImage"


def resolve(name: str, images: Sequence[Object], cluster_images: Sequence[Object]) -> Object | str:
    """The reference ``{kind, name}`` that spec.imageName means, or what is wrong with it.

    ``name`` is an identifier (``vmi-...``) or a display name that one image alone has, in the namespace or the cluster.
    """
    if name.startswith("vmi-"):
        for kind, candidates in ((_KIND, images), (_CLUSTER_KIND, cluster_images)):
            if any(candidate["metadata"]["name"] == name for candidate in candidates):
                return {"kind": kind, "name": name}
        return _not_found(name)
    image_references: list[Object] = []
    for kind, candidates, scope in ((_KIND, images, "namespace"), (_CLUSTER_KIND, cluster_images, "cluster")):
        named = [candidate for candidate in candidates if candidate.get("status", {}).get("name") == name]
        if len(named) > 1:
            return f'multiple VM images exist for "{name}" in {scope} scope'
        image_references += [{"kind": kind, "name": image["metadata"]["name"]} for image in named]
    if len(image_references) > 1:
        return f'multiple VM images exist for "{name}" in namespace and cluster scope'
    return image_references[0] if image_references else _not_found(name)


def image_condition(reference: Object, image: Object | None) -> Object:
    """The condition for the image that spec.image names."""
    if image is None:
        plural = "virtualmachineimages" if reference["kind"] == _KIND else "clustervirtualmachineimages"
        return false(IMAGE_READY, "NotFound", f'{plural}.vmoperator.vmware.com "{reference["name"]}" not found')
    ready = condition_of(image, "Ready")
    if ready is None:
        return false(IMAGE_READY, "NotReady", "VirtualMachineImage is not ready")
    if ready["status"] != "True":
        return false(IMAGE_READY, ready.get("reason") or "NotReady", ready.get("message", ""))
    provider = image["spec"].get("providerRef", {}).get("kind", "")
    if provider not in ("ContentLibraryItem", "ClusterContentLibraryItem"):
        return false(IMAGE_READY, "NotSupported", f"unsupported image provider kind: {provider}")
    return true(IMAGE_READY, message=f"VirtualMachineImage was ready at {ready.get('lastTransitionTime', '')}")


def _not_found(name: str) -> str:
    return f'no VM image exists for "{name}" in namespace or cluster scope'
