"""Fields of documents that cannot change after their object is created, compared with the state. Pure.

Of Kubernetes' objects a change is refused here, at its line: their servers refuse it, or take it and do nothing. A VM
is replaced where its document says so. Of vCenter's objects the provider knows by version what it replaces. A change
that replaces says that a plan must be made first.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from pacific_infra.converge.nodes import NodeFinder
from pacific_infra.documents import Document, Estate
from pacific_infra.documents.fixed_values import CLAIM, LEFT_OUT, FixedValue, Mutability
from pacific_infra.documents.kinds import KINDS
from pacific_infra.documents.lowering import TABLES, flat_rows, properties_of
from pacific_infra.documents.quantity import parse_quantity
from pacific_infra.documents.source import Path, dotted
from pacific_infra.errors import PacificError, PacificErrors

ENCRYPTED = "4dabf18193072939515e22adb298388d"
"""Pulumi's mark of what stands encrypted in the state."""
HIDDEN = object()
"""A value that stands in a secret, and so is not compared here."""

Recorded: TypeAlias = Mapping[str, Any]
"""A resource as ``pulumi stack export`` writes it."""
Supervisors: TypeAlias = Mapping[str, str]
"""The identifier that vCenter gave each Supervisor, by the id of its document."""


@dataclass(frozen=True)
class FixedChange:
    """A document whose value differs from the recorded one, in a way that the server does not carry out."""

    document: Document
    fixed: FixedValue
    recorded: Any
    urn: str = ""
    """URN of the resource; empty where there is none yet."""


def fixed_changes(resources: Sequence[Recorded], estate: Estate) -> Iterator[FixedChange]:
    """Each change that the server of the object, as it was recorded last, does not carry out.

    Of documents without a record only what no new object may say.
    """
    finder = NodeFinder()
    recorded: dict[tuple[str, str], list[Recorded]] = {}
    supervisors = {}
    for resource in resources:
        node = finder.node(resource["urn"], resource.get("parent"))
        if node is not None and not resource.get("delete") and not resource.get("external"):
            recorded.setdefault((node, resource["type"]), []).append(resource)
            if node.startswith("SupervisorCluster/") and (resource.get("outputs") or {}).get("supervisor"):
                supervisors[node] = str(resource["outputs"]["supervisor"])
    for document in estate:
        for fixed in fixed_values(document, supervisors):
            objects = recorded.get((document.id, fixed.type), ())
            if not objects and fixed.mutability is Mutability.FROM_ON and not _is_carried_out(fixed, None, {}):
                yield FixedChange(document, fixed, None)
            for resource in objects:
                inputs = resource.get("inputs") or {}
                if fixed.object_name not in (None, (inputs.get("metadata") or {}).get("name")):
                    continue
                before = _at(inputs, fixed.path)
                before = before if before is HIDDEN else fixed.read(before)
                if _differs(before, fixed.value) and not _is_carried_out(fixed, before, inputs):
                    yield FixedChange(document, fixed, before, resource["urn"])


def _differs(before: Any, value: Any) -> bool:
    return before is not HIDDEN and before != value and not (before in LEFT_OUT and value in LEFT_OUT)


def _is_carried_out(fixed: FixedValue, before: Any, inputs: Mapping[str, Any]) -> bool:
    """Whether the server takes the change of a value and does it."""
    off = "PoweredOff" in (_at(inputs, ("spec", "powerState")), fixed.power_state)
    match fixed.mutability:
        case Mutability.ONCE:
            return before in LEFT_OUT
        case Mutability.POWERED_OFF:
            return off
        case Mutability.GROWS:
            return _grows(before, fixed.value)
        case Mutability.GROWS_POWERED_OFF:
            return off and _grows(before, fixed.value)
        case Mutability.FROM_ON:
            return bool(fixed.value != "Suspended" or before == "PoweredOn")
    return fixed.mutability is not Mutability.NEVER


def _grows(before: Any, value: Any) -> bool:
    return before in LEFT_OUT or (value is not None and parse_quantity(str(value)) > parse_quantity(str(before)))


def check_fixed_fields(resources: Sequence[Recorded], estate: Estate) -> None:
    """Raises PacificErrors for changes that the objects' servers do not carry out."""
    changes = [
        change
        for change in fixed_changes(resources, estate)
        if change.fixed.type.startswith("kubernetes:") and not change.fixed.replaces
    ]
    if changes:
        raise PacificErrors([_refusal(change) for change in changes])


def may_replace(resources: Sequence[Recorded], estate: Estate) -> bool:
    """Whether a Supervisor, namespace or VM may be replaced, so that a plan must say what goes with it."""
    return any(
        change.fixed.replaces or change.fixed.type.startswith("pacific:") for change in fixed_changes(resources, estate)
    )


def replaced_machines(resources: Sequence[Recorded], estate: Estate) -> Mapping[str, str]:
    """The VMs that are deleted and made anew, since their documents say so: ids of the documents by URN."""
    return {change.urn: change.document.id for change in fixed_changes(resources, estate) if change.fixed.replaces}


def _refusal(change: FixedChange) -> PacificError:
    document, fixed = change.document, change.fixed
    before, value = _text(change.recorded), _text(fixed.value)
    field = dotted(fixed.field)
    back = f"write {before} again" if before is not None else f"remove {field}"
    another = "volume" if fixed.type == CLAIM else document.kind
    problem = f"{field} cannot change once the {fixed.type.rpartition(':')[2]} exists"
    ways = [back, f"to replace it, add a {another} of another name, move the data, and remove this one"]
    allowed = before
    if fixed.mutability in _POWERED_OFF:
        problem = f"{field} changes only while the VM is powered off"
        ways = ["write powerState: PoweredOff beside it and run pacific up, then PoweredOn and run it again"]
        allowed = None
    if fixed.mutability in _GROWING and not _grows(change.recorded, fixed.value):
        problem, ways, allowed = f"{field} can grow, not shrink", [back], f"{before} or more"
    if fixed.mutability is Mutability.FROM_ON:
        problem, ways = "only a VM that runs can be suspended", ["write PoweredOn and run pacific up first"]
        allowed = None
    if fixed.may_replace:
        way = "updateStrategy: Recreate, which deletes the VM with its image's disk and makes it anew with its volumes"
        ways = [back, f"or write {way}"]
    return PacificError(
        f"{document.id}: {problem}",
        place=document.place(fixed.field),
        value=value,
        allowed=allowed,
        fix="; ".join(ways),
    )


_POWERED_OFF = (Mutability.POWERED_OFF, Mutability.GROWS_POWERED_OFF)
_GROWING = (Mutability.GROWS, Mutability.GROWS_POWERED_OFF)


def _text(value: Any) -> str | None:
    """For a message: a list of one is its item."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        return str(value[0])
    return None if value in LEFT_OUT else str(value)


def _at(inputs: Any, path: Path) -> Any:
    for step in path:
        if isinstance(inputs, Mapping) and ENCRYPTED in inputs:
            return HIDDEN
        inputs = inputs.get(step) if isinstance(inputs, Mapping) else None
    return inputs


def fixed_values(document: Document, supervisors: Supervisors) -> Iterator[FixedValue]:
    """What a document says in fields that cannot change."""
    yield from document.fixed_values()
    resource = KINDS[document.kind].resource
    if not resource or document.external:
        return
    properties = properties_of(document)
    for row in flat_rows(TABLES[document.kind]):
        if row.is_fixed:
            path = tuple(row.property.split("."))
            value = _at(properties, path)
            if path == ("supervisor",):
                value = supervisors.get(f"SupervisorCluster/{value}", f"SupervisorCluster/{value}")
            yield FixedValue(("spec", *row.document.split(".")), f"pacific:vcenter:{resource}", path, value)
