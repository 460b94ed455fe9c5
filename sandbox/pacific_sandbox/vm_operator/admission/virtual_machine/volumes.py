"""Volumes of a VirtualMachine: each has a name and a claim of its own. Pure."""

from collections.abc import Iterator

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.vm_operator.admission.field_errors import (
    duplicate,
    forbidden,
    invalid,
    not_supported,
    required,
)
from pacific_sandbox.vm_operator.admission.names import subdomain_problems
from pacific_sandbox.vm_operator.admission.review import Lookups, Request

_PATH = "spec.volumes"
_LONGEST = 253


def check(request: Request, _: Lookups) -> Iterator[str]:
    """Rules for a create and for an update."""
    volumes: list[Object] = request.spec.get("volumes") or []
    names = {volume.get("name") for volume in volumes}
    for index, volume in enumerate(request.old_spec.get("volumes") or ()):
        if volume.get("name") not in names and volume.get("removable") is False:
            yield forbidden(f"{_PATH}[{index}]", "cannot remove volume with removable=false")
    seen: set[str] = set()
    claims: set[str] = set()
    for index, volume in enumerate(volumes):
        path, name = f"{_PATH}[{index}]", volume.get("name", "")
        if not name:
            yield required(f"{path}.name")
        elif name in seen:
            yield duplicate(f"{path}.name", name)
        else:
            for problem in subdomain_problems(f"{request.name}-{name}"[:_LONGEST]):
                yield invalid(f"{path}.name", name, problem)
        seen.add(name)
        yield from _claim(f"{path}.persistentVolumeClaim", volume.get("persistentVolumeClaim"), claims)


def _claim(path: str, claim: Object | None, claims: set[str]) -> Iterator[str]:
    if claim is None:
        return
    name = claim.get("claimName", "")
    if name in claims:
        yield duplicate(f"{path}.claimName", name)
    if claim.get("readOnly"):
        yield not_supported(f"{path}.readOnly", True, ["false"])
    if not name:
        yield required(f"{path}.claimName")
    else:
        claims.add(name)
