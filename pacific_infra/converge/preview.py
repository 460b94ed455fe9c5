"""Turns the events of a preview into the planner's resource changes."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pulumi.automation.events import DiffKind, EngineEvent, OpType, StepEventMetadata, StepEventStateMetadata

from pacific_infra.converge.claims import CLAIM, STATEFUL_SET, takes_claims
from pacific_infra.converge.engine_errors import EngineErrors
from pacific_infra.plan import Operation, PropertyChange, ResourceChange, is_external
from pacific_infra.record.secrets import SIGNATURE

OPERATIONS: Mapping[OpType, Operation] = {
    OpType.SAME: "same",
    OpType.CREATE: "create",
    OpType.UPDATE: "update",
    OpType.DELETE: "delete",
    OpType.REPLACE: "replace",
    OpType.READ: "read",
    OpType.IMPORT: "create",
}
"""The two halves of a replacement (create-replacement, delete-replaced) are left out: REPLACE stands for both. So is
the look that a refresh takes first: what comes of it is said after that."""


UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What the engine writes for text that is known at the update only (Pulumi's sdk/go/common/resource/plugin/rpc.go)."""
NOT_KNOWN_YET = "[known at the update]"
SECRET = "[secret]"  # noqa: S105 - what stands in place of one


class PreviewChanges:
    """Collects the changes of one preview; ``event`` is the callback for the engine."""

    def __init__(self) -> None:
        self.changes: list[ResourceChange] = []
        self.errors = EngineErrors()
        self._takes_claims: set[str | None] = set()
        """Parents of StatefulSets that are deleted, and their replicas' claims with them."""

    def event(self, event: EngineEvent, _now: float) -> None:
        """Take in one event."""
        self.errors.event(event)
        if event.resource_pre_event:
            step = event.resource_pre_event.metadata
            change = resource_change(step)
            if change is None:
                return
            if change.operation == "delete" and _takes_claims(step):
                self._takes_claims.add(change.parent)
            # A StatefulSet is deleted before what it needs.
            if change.type == CLAIM and change.operation == "delete" and change.parent in self._takes_claims:
                change = replace(change, retained=False)
            self.changes.append(change)


def _takes_claims(step: StepEventMetadata) -> bool:
    """Whether a StatefulSet's claims are deleted by Kubernetes when it is."""
    if step.type != STATEFUL_SET or step.old is None:
        return False
    return takes_claims(step.old.inputs or {})


def resource_change(step: StepEventMetadata) -> ResourceChange | None:
    """The planner's form of one step of the engine; None for the stack itself and for half steps."""
    operation = OPERATIONS.get(step.op)
    if operation is None or step.type == "pulumi:pulumi:Stack":
        return None
    if is_external(step.type):
        operation = "read"
    new = dict(step.new.inputs or {}) if step.new else {}
    state = step.new or step.old
    return ResourceChange(
        urn=step.urn,
        type=step.type,
        name=step.urn.split("::", 3)[3],
        operation=operation,
        parent=(state.parent or None) if state else None,
        changes=property_changes(step),
        digest=_digest(new) if operation != "delete" else "",
        # A VM that is made anew is deleted, whatever becomes of it when its document is removed.
        retained=state is not None
        and _is_retained(state, step.old)
        and not (operation == "replace" and step.type.endswith(":VirtualMachine")),
    )


def _is_retained(state: StepEventStateMetadata, old: StepEventStateMetadata | None) -> bool:
    """By the engine's option, or by the policy that the provider of vCenter's objects has recorded."""
    recorded = ((old or state).inputs or {}) if state.type.startswith("pacific:vcenter:") else {}
    return bool(state.retain_on_delete) or recorded.get("deletionPolicy") == "Retain"


def property_changes(step: StepEventMetadata) -> tuple[PropertyChange, ...]:
    """The step's detailed difference, by path, with the values of both sides."""
    changes = []
    for path, difference in sorted((step.detailed_diff or {}).items()):
        kind = difference.diff_kind
        changes.append(
            PropertyChange(
                path=path,
                kind=_kind(kind),
                old=_side(step.old, path, inputs=bool(difference.input_diff)),
                new=_side(step.new, path, inputs=bool(difference.input_diff)),
                replaces=kind in (DiffKind.ADD_REPLACE, DiffKind.DELETE_REPLACE, DiffKind.UPDATE_REPLACE),
            )
        )
    return tuple(changes)


def _side(state: StepEventStateMetadata | None, path: str, *, inputs: bool) -> object:
    """The value on one side; from its outputs where the difference is not one of inputs and there are any yet."""
    if state is None:
        return None
    first, second = (state.inputs, state.outputs) if inputs else (state.outputs, state.inputs)
    value = _value(first or {}, path)
    value = _value(second or {}, path) if value is None else value
    return NOT_KNOWN_YET if value == UNKNOWN else value


def _digest(properties: Mapping[str, Any]) -> str:
    """Secrets come masked from the engine, so they are not part of it."""
    text = json.dumps(properties, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _kind(kind: DiffKind) -> Any:
    return kind.value.partition("-")[0]


def _value(properties: Any, path: str) -> Any:
    """The value at a property path such as ``spec.template.spec.containers[0].image`` or ``data["a.b"]``.

    SECRET where the value, or what it is a part of, is a secret.
    """
    value = properties
    for part in split_path(path):
        if _is_secret(value):
            return SECRET
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None
    return _mask_secrets(value)


def _is_secret(value: Any) -> bool:
    return value == SECRET or (isinstance(value, Mapping) and SIGNATURE in value)


def _mask_secrets(value: Any) -> Any:
    """``value`` with SECRET for each secret in it."""
    if _is_secret(value):
        return SECRET
    if isinstance(value, Mapping):
        return {name: _mask_secrets(item) for name, item in value.items()}
    return [_mask_secrets(item) for item in value] if isinstance(value, list) else value


def split_path(path: str) -> list[str | int]:
    """The steps of a Pulumi property path, or of Kubernetes' field path: names, quoted names, indexes and keys."""
    parts: list[str | int] = []
    rest = path
    while rest:
        if rest.startswith('["'):
            name, _, rest = rest[2:].partition('"]')
            parts.append(name)
        elif rest.startswith("["):
            index, _, rest = rest[1:].partition("]")
            parts.append(int(index) if index.isdigit() else index)
        else:
            rest = rest.removeprefix(".")
            end = min((position for position in (rest.find("."), rest.find("[")) if position >= 0), default=len(rest))
            parts.append(rest[:end])
            rest = rest[end:]
    return parts
