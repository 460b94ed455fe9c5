"""The rules for a VirtualMachinePublishRequest. Pure."""

from collections.abc import Iterator

from pacific_sandbox.vm_operator.admission.field_errors import immutable, not_supported, required
from pacific_sandbox.vm_operator.admission.review import Lookups, Request

_SOURCES = tuple(f"vmoperator.vmware.com/v1alpha{number}" for number in range(1, 6))
_LOCATIONS = ("imageregistry.vmware.com/v1alpha1", "imageregistry.vmware.com/v1alpha2")


def check(request: Request, _: Lookups) -> Iterator[str]:
    """Source and target cannot change."""
    spec = request.spec
    if request.old is not None:
        for field in ("source", "target"):
            yield from immutable(f"spec.{field}", spec.get(field), request.old_spec.get(field))
        return
    source, location = spec.get("source") or {}, (spec.get("target") or {}).get("location") or {}
    if source.get("apiVersion", "") not in (*_SOURCES, ""):
        yield not_supported("spec.source.apiVersion", source["apiVersion"], (*_SOURCES, ""))
    if source.get("kind", "") not in ("VirtualMachine", ""):
        yield not_supported("spec.source.kind", source["kind"], ("VirtualMachine", ""))
    if not location.get("name"):
        yield required("spec.target.location.name")
    if location.get("apiVersion", "") not in _LOCATIONS:
        yield not_supported("spec.target.location.apiVersion", location.get("apiVersion", ""), (*_LOCATIONS, ""))
    if location.get("kind", "") != "ContentLibrary":
        yield not_supported("spec.target.location.kind", location.get("kind", ""), ("ContentLibrary", ""))
