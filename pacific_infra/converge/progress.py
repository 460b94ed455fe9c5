"""How far a converge is: the state of each node, fed by Pulumi's engine events. Pure; no clock, no terminal."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from pulumi.automation.events import EngineEvent, OpType, StepEventMetadata

from pacific_infra.converge.nodes import NodeFinder

CHANGES: Mapping[OpType, str] = {
    OpType.CREATE: "create",
    OpType.UPDATE: "update",
    OpType.DELETE: "delete",
    OpType.REPLACE: "replace",
    OpType.CREATE_REPLACEMENT: "replace",
    OpType.DELETE_REPLACED: "delete",
    OpType.IMPORT: "import",
    OpType.IMPORT_REPLACEMENT: "import",
    OpType.DISCARD: "delete",
    OpType.DISCARD_REPLACED: "delete",
}
"""The operations that change something; the others (same, read, refresh) leave things as they are."""


class NodeState(Enum):
    """Where a node is on its way."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass
class NodeProgress:
    """One node: when its first resource started and its last one ended (seconds since the epoch), and its last word."""

    state: NodeState = NodeState.WAITING
    started: float | None = None
    finished: float | None = None
    message: str | None = None
    """The last condition that a provider reported, without its resource's name."""
    changes: dict[str, int] = field(default_factory=dict)
    in_flight: dict[str, str] = field(default_factory=dict)
    """URN to resource type of what runs now."""
    finished_resources: int = 0


@dataclass(frozen=True)
class Failure:
    """A resource that could not be brought to its desired state, in the provider's words."""

    urn: str | None
    message: str


class Progress:
    """The state of every node, brought forward by ``apply``."""

    def __init__(self, waves: Sequence[Sequence[str]]) -> None:
        self.waves = [list(wave) for wave in waves]
        self.nodes = {node: NodeProgress() for wave in waves for node in wave}
        self.counts: dict[str, int] = {}
        """Finished resources by operation: create, update, replace, delete, import, same."""
        self.failures: list[Failure] = []
        self.warnings: list[str] = []
        self._finder = NodeFinder()

    def apply(self, event: EngineEvent, now: float) -> None:
        """Take in one event of the engine that was seen at ``now`` (seconds since the epoch)."""
        if event.resource_pre_event:
            self._started(event.resource_pre_event.metadata, now)
        elif event.res_outputs_event:
            self._ended(event.res_outputs_event.metadata, now, failed=False)
        elif event.res_op_failed_event:
            self._ended(event.res_op_failed_event.metadata, now, failed=True)
        elif event.diagnostic_event:
            diagnostic = event.diagnostic_event
            self._said(diagnostic.urn or None, diagnostic.severity, _plain(diagnostic.message), diagnostic.ephemeral)

    def waiting_for(self, node: str, dependencies: Iterable[str]) -> list[str]:
        """Which of a node's dependencies are not done yet."""
        return [
            dependency
            for dependency in dependencies
            if dependency in self.nodes and self.nodes[dependency].state is not NodeState.DONE
        ]

    def finish(self) -> None:
        """The engine ended without failures: what was never touched (unchanged nodes) is done too."""
        for node in self.nodes.values():
            if node.state in (NodeState.WAITING, NodeState.RUNNING) and not node.in_flight:
                node.state = NodeState.DONE

    def _progress_of(self, metadata: StepEventMetadata) -> NodeProgress | None:
        state = metadata.new or metadata.old
        node = self._finder.node(metadata.urn, (state.parent or None) if state else None)
        return None if node is None else self.nodes.setdefault(node, NodeProgress())

    def _started(self, metadata: StepEventMetadata, now: float) -> None:
        progress = self._progress_of(metadata)
        if progress is None or metadata.op not in CHANGES:
            return  # what stays as it is takes no time worth showing
        if progress.started is None:
            progress.started = now
        if progress.state is not NodeState.FAILED:
            progress.state = NodeState.RUNNING
        progress.in_flight[metadata.urn] = metadata.type

    def _ended(self, metadata: StepEventMetadata, now: float, *, failed: bool) -> None:
        operation = CHANGES.get(metadata.op, "same")
        progress = self._progress_of(metadata)
        if not failed and metadata.type != "pulumi:pulumi:Stack" and metadata.op is not OpType.REPLACE:
            self.counts[operation] = self.counts.get(operation, 0) + 1
        if progress is None:
            return
        progress.in_flight.pop(metadata.urn, None)
        progress.finished = now
        if failed:
            progress.state = NodeState.FAILED
            return
        progress.finished_resources += 1
        if operation != "same":
            progress.changes[operation] = progress.changes.get(operation, 0) + 1
        if progress.state is not NodeState.FAILED and not progress.in_flight:
            progress.state = NodeState.DONE
            progress.message = None

    def _said(self, urn: str | None, severity: str, message: str, ephemeral: bool | None) -> None:
        if not message:
            return
        node = self._finder.known(urn) if urn else None
        if node is not None:
            self.nodes[node].message = message.splitlines()[0]
        if ephemeral:
            return
        if severity == "error":
            self.failures.append(Failure(urn=urn, message=message))
            if node is not None:
                self.nodes[node].state = NodeState.FAILED
        elif severity == "warning":
            self.warnings.append(message)


def _plain(message: str) -> str:
    """A message without Pulumi's colour marks (``<{%reset%}>``)."""
    text = message
    while "<{%" in text and "%}>" in text:
        before, _, rest = text.partition("<{%")
        text = before + rest.partition("%}>")[2]
    return text.strip()
