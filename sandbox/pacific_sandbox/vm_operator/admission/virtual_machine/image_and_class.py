"""A VirtualMachine names an image and a class; the image cannot change. Pure."""

from collections.abc import Iterator

from pacific_sandbox.vm_operator.admission.field_errors import immutable, invalid, required
from pacific_sandbox.vm_operator.admission.review import Lookups, Request

_IMAGE_KINDS = ("VirtualMachineImage", "ClusterVirtualMachineImage")
_SUPPORTED = "supported: " + "; ".join(_IMAGE_KINDS)


def check(request: Request, _: Lookups) -> Iterator[str]:
    """Whether the class is there is said by the condition VirtualMachineClassReady, not here."""
    if request.old is None:
        yield from _image(request)
    else:
        for field in ("imageName", "image"):
            yield from immutable(f"spec.{field}", request.spec.get(field), request.old_spec.get(field))
    if not request.spec.get("className"):
        yield required("spec.className")


def _image(request: Request) -> Iterator[str]:
    image = request.spec.get("image")
    if not image:
        yield required("spec.image")
    elif not image.get("kind"):
        yield required("spec.image.kind", _SUPPORTED)
    elif image["kind"] not in _IMAGE_KINDS:
        yield invalid("spec.image.kind", image["kind"], _SUPPORTED)
