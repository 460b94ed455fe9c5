"""How far a converge is: the state of each node, fed by Pulumi's engine events. Pure; no clock, no terminal."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from pulumi.automation.events import EngineEvent, OpType, StepEventMetadata, StepEventStateMetadata

from pacific_infra.converge.engine_errors import Failure, in_plain_words, is_refusal, name_of
from pacific_infra.converge.nodes import NodeFinder
from pacific_infra.documents.resource_types import is_external

CHANGES: Mapping[OpType, str] = {
    OpType.CREATE: "create",
    OpType.UPDATE: "update",
    OpType.DELETE: "delete",
    OpType.REPLACE: "replace",
    OpType.CREATE_REPLACEMENT: "replace",
    OpType.DELETE_REPLACED: "delete",
    OpType.IMPORT: "import",
    OpType.IMPORT_REPLACEMENT: "import",
}
"""The operations that change something; the others (same, read, discard, refresh) leave things as they are."""


_READS = (OpType.READ, OpType.READ_REPLACEMENT, OpType.DISCARD, OpType.DISCARD_REPLACED)
"""Steps that only record what somebody else has made; a plan does not count them either."""


def change_of(step: StepEventMetadata) -> str | None:
    """What the step changes; None: nothing, as where it only records something external."""
    return None if is_external(step.type) else CHANGES.get(step.op)


_INTERRUPTED = re.compile(r"^ *\* (\S+), interrupted while (\w+)$", re.MULTILINE)
"""A line of the engine's warning of pending operations."""


CUT_OFF = re.compile(r"context canceled|code = Canceled|operation was cancelled")
"""A provider's message after the engine has cancelled its call."""


_IN_THE_ROW = ("Refreshed resource is in an unhealthy state", "finalizers might be preventing deletion")
"""Warnings of what the run goes on to mend or waits for: the row says so, and its end how it went."""


class NodeState(Enum):
    """Where a node is on its way."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an object is not done, as its API server has it."""

    text: str
    quota: bool = False
    """Whether a quota of its namespace is in the way."""
    whole: bool = False
    """Whether it says all that there is to say of the failure."""


@dataclass
class NodeProgress:
    """One node: when its first resource started and its last one ended (seconds since the epoch), and its last word."""

    state: NodeState = NodeState.WAITING
    started: float | None = None
    finished: float | None = None
    message: str | None = None
    """The last condition that a provider reported, without its resource's name."""
    reasons: dict[str, Reason] = field(default_factory=dict)
    """Why what is in flight is not done, by URN."""
    changes: dict[str, int] = field(default_factory=dict)
    in_flight: dict[str, str] = field(default_factory=dict)
    """URN to resource type of what runs now."""


class Progress:
    """The state of every node, brought forward by ``apply``."""

    def __init__(self, waves: Sequence[Sequence[str]], planned: Mapping[str, str] | None = None) -> None:
        """``planned``: what the plan calls the operation of a resource, by URN, where the engine's step alone does not
        tell: ``adopt`` of what it creates in its record, ``keep`` and ``delete`` of what leaves its record.
        """
        self._planned = planned or {}
        self.waves = [list(wave) for wave in waves]
        self.nodes = {node: NodeProgress() for wave in waves for node in wave}
        self.counts: dict[str, int] = {}
        """Finished resources by operation: create, adopt, update, replace, delete, import, same; keep: left where it
        is."""
        self.failures: list[Failure] = []
        self.warnings: list[str] = []
        self.others: dict[str, str] = {}
        """URN to type of what runs now and belongs to no node, such as providers."""
        self.begun = False
        """Whether the engine has told of anything yet."""
        self.interrupted = False
        """Whether it was asked to stop: what is cut off in flight then has not failed by itself."""
        self._finder = NodeFinder()
        self._begun: dict[str, str] = {}
        self._ended_with: dict[str, str] = {}
        """By URN, what was done with a resource."""
        self._refreshing: set[str] = set()
        """Resources that a refresh reads; differences that it finds are not changes of this run."""

    def apply(self, event: EngineEvent, now: float) -> str | None:
        """Take in one event of the engine, seen at ``now`` (seconds since the epoch); the node that it is about."""
        self.begun = True
        if event.resource_pre_event:
            return self._started(event.resource_pre_event.metadata, now)
        if event.res_outputs_event:
            return self._ended(event.res_outputs_event.metadata, now, failed=False)
        if event.res_op_failed_event:
            return self._ended(event.res_op_failed_event.metadata, now, failed=True)
        if event.diagnostic_event:
            diagnostic = event.diagnostic_event
            return self._diagnostic_text(
                diagnostic.urn or None, diagnostic.severity, plain(diagnostic.message), diagnostic.ephemeral
            )
        return None

    def reason(self, urn: str | None) -> Reason | None:
        """Why a resource is not done, as its API server had it at last."""
        node = self._finder.known_node(urn) if urn else None
        return self.nodes[node].reasons.get(urn or "") if node in self.nodes else None

    def explain(self, urn: str, reason: Reason) -> str | None:
        """Keep why a resource is not done; its node."""
        node = self._finder.known_node(urn)
        if node is None or node not in self.nodes:
            return None
        self.nodes[node].reasons[urn] = reason
        return node

    def add_reasons(self) -> None:
        """Have each failure end with what its API server said of it at last."""
        for index, failure in enumerate(self.failures):
            reason = self.reason(failure.urn)
            if reason is not None:
                message = reason.text if reason.whole else f"{failure.message}\n{reason.text}"
                self.failures[index] = Failure(failure.urn, message)

    def waiting_for(self, node: str, dependencies: Iterable[str]) -> list[str]:
        """Which of a node's dependencies are not done yet."""
        return [
            dependency
            for dependency in dependencies
            if dependency in self.nodes and self.nodes[dependency].state is not NodeState.DONE
        ]

    def name_of(self, failure: Failure) -> str | None:
        """The document that failed and, where it has several, which resource of it; None for the whole."""
        return name_of(self._finder, failure)

    def node_of(self, failure: Failure) -> str | None:
        """The node that failed; None for what belongs to none."""
        return self._finder.known_node(failure.urn) if failure.urn else None

    def finish(self) -> None:
        """The engine ended without failures: what was never touched (unchanged nodes) is done too."""
        for node in self.nodes.values():
            if node.state in (NodeState.WAITING, NodeState.RUNNING) and not node.in_flight:
                node.state = NodeState.DONE

    def again(self) -> None:
        """The operation is run once more: what failed has not failed yet."""
        self.failures.clear()
        for node in self.nodes.values():
            node.in_flight.clear()
            if node.state is NodeState.FAILED:
                node.state, node.message = NodeState.RUNNING, None

    def _count(self, urn: str, operation: str, changes: dict[str, int]) -> None:
        """Add to the counts, and to the ``changes`` of the resource's node. What this run has changed and then finds
        unchanged stays a change; the two halves of a replacement are one.
        """
        before = self._ended_with.get(urn)
        if operation == "same":
            if before is not None:
                return
            # The engine does not tell any more of what ends after a failure.
            operation = self._begun.get(urn, "same")
        if (before, operation) == ("replace", "delete"):
            return
        self._ended_with[urn] = operation
        for counts in (self.counts, changes):
            if (before, operation) == ("delete", "replace"):
                counts["delete"] -= 1
                if not counts["delete"]:
                    del counts["delete"]
            if operation != "same" or counts is self.counts:
                counts[operation] = counts.get(operation, 0) + 1

    def _node_of(self, metadata: StepEventMetadata) -> str | None:
        state = metadata.new or metadata.old
        return self._finder.node(metadata.urn, (state.parent or None) if state else None)

    def _started(self, metadata: StepEventMetadata, now: float) -> str | None:
        node = self._node_of(metadata)
        if metadata.op is OpType.REFRESH:
            self._refreshing.add(metadata.urn)
        change = change_of(metadata)
        if node is None and change is not None:
            self.others[metadata.urn] = metadata.type
        if node is None or change is None:
            # What stays as it is takes no time worth showing, and is not always one of the nodes.
            return node if node in self.nodes else None
        self._begun[metadata.urn] = change
        progress = self.nodes.setdefault(node, NodeProgress())
        if progress.started is None:
            progress.started = now
        if progress.state is not NodeState.FAILED:
            progress.state = NodeState.RUNNING
        progress.in_flight[metadata.urn] = metadata.type
        return node

    def _ended(self, metadata: StepEventMetadata, now: float, *, failed: bool) -> str | None:
        operation = self._operation(metadata)
        node = self._node_of(metadata)
        if metadata.urn in self._refreshing:
            self._refreshing.discard(metadata.urn)
            # A look begins before the component around it is heard of, which may be a part of another one.
            return node if node in self.nodes else None
        changes = self.nodes.setdefault(node, NodeProgress()).changes if node is not None else {}
        read = metadata.op in _READS or is_external(metadata.type)
        if not failed and metadata.type != "pulumi:pulumi:Stack" and metadata.op is not OpType.REPLACE and not read:
            self._count(metadata.urn, operation, changes)
        if node is None:
            self.others.pop(metadata.urn, None)
            return None
        progress = self.nodes[node]
        progress.in_flight.pop(metadata.urn, None)
        progress.finished = now
        if failed:
            progress.state = NodeState.FAILED
            return node
        if progress.state is not NodeState.FAILED and not progress.in_flight:
            progress.state = NodeState.DONE
            progress.message = None
        progress.reasons.pop(metadata.urn, None)
        return node

    def _operation(self, metadata: StepEventMetadata) -> str:
        """What the step does to the object, in the plan's word."""
        operation = change_of(metadata) or "same"
        planned = self._planned.get(metadata.urn)
        if operation == "create" and planned == "adopt":
            return planned
        if operation == "delete" and metadata.op is not OpType.DELETE_REPLACED:
            if planned in ("keep", "delete"):
                return planned
            if metadata.old is not None and retained(metadata.old, metadata.type):
                return "keep"
        return operation

    def _diagnostic_text(self, urn: str | None, severity: str, message: str, ephemeral: bool | None) -> str | None:
        if not message:
            return None
        known = self._finder.known_node(urn) if urn else None
        node = known if known in self.nodes else None
        cut_off = self.interrupted and CUT_OFF.search(message) is not None
        last = self.nodes[node].message if node is not None else None
        message = _interrupted(last) if cut_off else pending_operations(message) or self._finder.named(message)
        if node is not None:
            text = in_plain_words(message)[0] if severity == "error" or is_refusal(message) else message
            self.nodes[node].message = text.splitlines()[0]
        if ephemeral or message.startswith(_IN_THE_ROW):
            return node
        if severity == "error":
            self.failures.append(Failure(urn=urn, message=message))
            if node is not None:
                self.nodes[node].state = NodeState.FAILED
        elif severity == "warning":
            self.warnings.append(message)
        return node


def retained(state: StepEventStateMetadata, kind: str) -> bool:
    """Whether a deletion leaves the object of a resource of the type ``kind``."""
    is_vcenter_retained = kind.startswith("pacific:vcenter:") and (state.inputs or {}).get("deletionPolicy") == "Retain"
    return bool(state.retain_on_delete or is_vcenter_retained)


def _interrupted(last: str | None) -> str:
    """What is said of a node that an interrupt has cut off, with what it said last."""
    if last is None or CUT_OFF.search(last):
        return "interrupted"
    return last if last.startswith("interrupted") else f"interrupted; last: {last}"


def pending_operations(message: str) -> str | None:
    """The engine's warning of what a killed run left undecided, in words that fit what is here; None for any other."""
    if not message.startswith("Attempting to deploy or update resources with"):
        return None
    undecided = [f"{urn.rpartition('::')[2]} ({operation})" for urn, operation in _INTERRUPTED.findall(message)]
    return (
        f"an earlier run was interrupted, and what came of this is not known: {', '.join(undecided)}; "
        "fix: pacific drift says what is there, pacific up --refresh puts it right"
    )


def plain(message: str) -> str:
    """An engine's message without Pulumi's colour marks (``<{%reset%}>``)."""
    text = message
    while "<{%" in text and "%}>" in text:
        before, _, rest = text.partition("<{%")
        text = before + rest.partition("%}>")[2]
    return text.strip()
