"""Whether the engine can work with a record: a part of what ``VerifyIntegrity`` in pkg/resource/deploy/snapshot.go of
github.com/pulumi/pulumi/pkg/v3 v3.274.1 checks, which says no more of it than the text of a panic.
"""

from collections.abc import Iterator, Mapping
from typing import Any

_PARTS_OF_URN = 4


def damages_of(deployment: Any, project: str, stack: str) -> Iterator[str]:
    """What is wrong with what a checkpoint holds of a stack."""
    if deployment is None:
        return
    if not isinstance(deployment, dict):
        yield "it is not an object"
        return
    resources, pending = deployment.get("resources") or [], deployment.get("pending_operations") or []
    if not isinstance(pending, list) or not all(map(_is_step, pending)):
        yield "its pending operations are not steps with a resource"
    if not isinstance(resources, list):
        yield "its resources are not a list"
    elif (number := next((at for at, value in enumerate(resources, 1) if not _is_resource(value)), None)) is not None:
        yield f"resource {number} has no URN and type"
    else:
        yield from _damages(resources, f"urn:pulumi:{stack}::{project}::")


def _damages(resources: list[Mapping[str, Any]], head: str) -> Iterator[str]:
    known = {resource["urn"] for resource in resources}
    current: set[str] = set()
    for resource in resources:
        urn: str = resource["urn"]
        if not urn.startswith(head):
            yield f"{urn} is a resource of another stack"
        if not resource.get("delete"):
            if urn in current:
                yield f"{urn} is there twice"
            current.add(urn)
        for field in ("inputs", "outputs"):
            if not isinstance(resource.get(field, {}), dict | None):
                yield f"{field} of {urn} are not an object"
        for other in _needed(resource):
            if other not in known:
                yield f"{urn} refers to {other}, which is missing"


def _is_resource(value: Any) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("type"), str):
        return False
    return isinstance(value.get("urn"), str) and len(value["urn"].split("::", 3)) == _PARTS_OF_URN


def _is_step(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("type"), str) and _is_resource(value.get("resource"))


def _needed(resource: Mapping[str, Any]) -> Iterator[str]:
    if resource.get("parent"):
        yield str(resource["parent"])
    if resource.get("provider"):
        yield str(resource["provider"]).rpartition("::")[0]
    yield from resource.get("dependencies") or ()
