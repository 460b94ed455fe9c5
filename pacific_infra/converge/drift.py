"""Turns the events of a refresh preview into drift: the actual state against the recorded one."""

from collections.abc import Callable, Mapping
from typing import Any

from pulumi.automation.events import EngineEvent, OpType, StepEventMetadata

from pacific_infra.converge.engine_errors import EngineErrors
from pacific_infra.converge.pending import MACHINE, pending_change
from pacific_infra.converge.preview import property_changes
from pacific_infra.documents.kubernetes_release import is_form_of
from pacific_infra.documents.machine_pools import CLUSTERS
from pacific_infra.plan import PropertyChange, is_external
from pacific_infra.plan.drift import DriftedResource, DriftKind
from pacific_infra.record.urns import split_urn
from pacific_infra.vcenter.contents import STACK_ANNOTATION

_KINDS: Mapping[OpType, DriftKind] = {OpType.UPDATE: "changed", OpType.DELETE: "missing"}


class DriftCollector:
    """Collects the drift of one refresh; ``event`` is the callback for the engine."""

    def __init__(self, stack: str | None = None) -> None:
        """``stack``: PROJECT/STACK, where objects that carry another stack's mark are to be told."""
        self._stack = stack
        self.drifted: list[DriftedResource] = []
        self.checked = 0
        """Resources that were looked at."""
        self.pending: dict[str, str] = {}
        """What VMs have still to take up, by the URN of the component that each is in."""
        self.errors = EngineErrors()

    def event(self, event: EngineEvent, _now: float) -> None:
        """Take in one event."""
        self.errors.event(event)
        if event.res_outputs_event:
            drifted = drifted_resource(event.res_outputs_event.metadata, self._stack)
            self.checked += event.res_outputs_event.metadata.type != "pulumi:pulumi:Stack"
            if drifted is not None:
                self.drifted.append(drifted)
            state = event.res_outputs_event.metadata.new
            pending = pending_change(state.outputs or {}) if state is not None and state.type == MACHINE else None
            if state is not None and pending is not None:
                self.pending[state.parent or state.urn] = pending


def missing_resource(recorded: Mapping[str, Any]) -> DriftedResource:
    """A recorded resource that is lost with its Supervisor or cluster."""
    urn = str(recorded["urn"])
    return DriftedResource(
        urn=urn,
        type=str(recorded["type"]),
        name=urn.split("::", 3)[3],
        kind="missing",
        parent=recorded.get("parent") or None,
    )


def drifted_resource(step: StepEventMetadata, stack: str | None = None) -> DriftedResource | None:
    """One resource that is not as it was recorded; None for one that is. ``stack``: PROJECT/STACK."""
    kind = _KINDS.get(step.op)
    state: Any = step.old or step.new
    if kind is None or step.type == "pulumi:pulumi:Stack":
        return None
    changes = tuple(filter(_is_drift_of(step.type), property_changes(step))) if kind == "changed" else ()
    if kind == "changed" and not changes:
        return None  # outputs that come and go by themselves, such as a resource version
    if state and state.parent and is_external(split_urn(state.parent)[0]):
        return None  # its owner changes it as he likes
    return DriftedResource(
        urn=step.urn,
        type=step.type,
        name=step.urn.split("::", 3)[3],
        kind=kind,
        parent=(state.parent or None) if state else None,
        changes=changes,
        owner=_other_owner(step, stack) if kind == "changed" and stack is not None else None,
    )


def _other_owner(step: StepEventMetadata, stack: str) -> str | None:
    """The stack whose mark a Kubernetes object carries now, where that is not ``stack``."""
    metadata = ((step.new.outputs if step.new else None) or {}).get("metadata")
    owner = (metadata.get("annotations") or {}).get(STACK_ANNOTATION) if isinstance(metadata, Mapping) else None
    return None if owner is None or owner == stack else str(owner)


def _is_drift_of(type_token: str) -> Callable[[PropertyChange], bool]:
    """Whether a change of a resource of this type is one: a release in the form that a Supervisor stores is none."""
    return lambda change: (
        not (
            type_token in CLUSTERS
            and change.path == "spec.topology.version"
            and is_form_of(str(change.old), str(change.new))
        )
    )
