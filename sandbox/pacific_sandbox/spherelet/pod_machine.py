"""The size of a pod's virtual machine, and the names that go with it. Pure."""

import hashlib
import json
from dataclasses import dataclass
from typing import Final

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.supervisor.quantities import mebibytes, megahertz, parse_quantity

MANAGED_TYPE: Final = "vSpherePod"
MOID_ANNOTATION: Final = "vmware-system-vm-moid"
UUID_ANNOTATION: Final = "vmware-system-vm-uuid"
IMAGES_ANNOTATION: Final = "vmware-system-image-references"
_DEFAULT_MEMORY = 512
"""MiB of a CRX machine whose pod says nothing."""


@dataclass(frozen=True)
class PodMachineSize:
    """What a pod's machine has and what is reserved for it."""

    processors: int
    memory: int
    """MiB."""
    processor_reservation: int
    """MHz."""
    memory_reservation: int
    """MiB."""


def size(pod: Object) -> PodMachineSize:
    """From the pod's limits, where it has none from its requests; what is requested is reserved."""
    cpu = max(_total(pod, "limits", "cpu"), _total(pod, "requests", "cpu"))
    memory = max(_total(pod, "limits", "memory"), _total(pod, "requests", "memory"))
    return PodMachineSize(
        processors=max(1, -int(-cpu // 1)),
        memory=mebibytes(memory) if memory else _DEFAULT_MEMORY,
        processor_reservation=megahertz(_total(pod, "requests", "cpu")),
        memory_reservation=mebibytes(_total(pod, "requests", "memory")),
    )


def image_reference(image: str) -> str:
    """Name of the Image object into which the image controller resolves an image."""
    name = image.rpartition("/")[2].partition("@")[0].partition(":")[0]
    return f"{name}-{hashlib.sha1(image.encode(), usedforsecurity=False).hexdigest()}-v1"


def image_references(pod: Object) -> str:
    """Value of the annotation that says which container has which Image."""
    spec = pod["spec"]
    containers = [*spec.get("initContainers", ()), *spec["containers"]]
    return json.dumps({container["name"]: image_reference(container["image"]) for container in containers})


def _total(pod: Object, part: str, resource: str) -> float:
    """The most that the pod's containers have at a time: the sum of those that stay, or a greater init container."""

    def of(container: Object) -> float:
        return float(parse_quantity(container.get("resources", {}).get(part, {}).get(resource, 0)))

    staying, peak = 0.0, 0.0
    for container in pod["spec"].get("initContainers", ()):
        if container.get("restartPolicy") == "Always":
            staying += of(container)
            peak = max(peak, staying)
        else:
            peak = max(peak, staying + of(container))
    return max(peak, staying + sum(of(container) for container in pod["spec"]["containers"]))
