"""A run as spans: one of the whole, in it one a document, in that one a resource. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pulumi.automation.events import EngineEvent, OpType, StepEventMetadata

from pacific_infra.converge.nodes import NodeFinder
from pacific_infra.converge.progress import change_of


@dataclass(frozen=True, slots=True)
class Span:
    """Something that took time. It has names alone: values and servers' messages may hold secrets."""

    name: str
    began: float
    """Unix time, as ``ended``."""
    ended: float
    attributes: Mapping[str, str]
    failed: bool = False
    parts: Sequence["Span"] = ()


class Trace:
    """Follows a run; ``event`` is part of the callback for the engine."""

    def __init__(self) -> None:
        self._finder = NodeFinder()
        self._begun: dict[tuple[str, OpType], tuple[float, StepEventMetadata]] = {}
        self._resources: dict[str, list[Span]] = defaultdict(list)
        """By document; under an empty name what belongs to none."""

    def event(self, event: EngineEvent, now: float) -> None:
        """Take in one event, seen at ``now`` (Unix time)."""
        if event.resource_pre_event:
            step = event.resource_pre_event.metadata
            if change_of(step) is not None and step.op is not OpType.REPLACE:
                self._begun[step.urn, step.op] = (now, step)
        elif event.res_outputs_event:
            self._end(event.res_outputs_event.metadata, now, failed=False)
        elif event.res_op_failed_event:
            self._end(event.res_op_failed_event.metadata, now, failed=True)

    def _end(self, step: StepEventMetadata, now: float, *, failed: bool) -> None:
        began, begun = self._begun.pop((step.urn, step.op), (now, None))
        if begun is None:
            return
        state = begun.new or begun.old
        node = self._finder.node(step.urn, (state.parent or None) if state else None)
        attributes = {
            "pulumi.urn": step.urn,
            "pulumi.type": step.type,
            "pacific.operation": change_of(begun) or "",
            **({"pacific.document": node} if node else {}),
        }
        span = Span(f"{change_of(begun)} {step.type}", began, now, attributes, failed)
        self._resources[node or ""].append(span)

    def whole(self, name: str, began: float, ended: float, attributes: Mapping[str, str], *, failed: bool) -> Span:
        """The run. What has not ended was broken off at its end, and counts as failed."""
        for _, step in list(self._begun.values()):
            self._end(step, ended, failed=True)
        documents = [
            Span(
                node,
                min(span.began for span in resources),
                max(span.ended for span in resources),
                {"pacific.document": node},
                any(span.failed for span in resources),
                resources,
            )
            for node, resources in self._resources.items()
            if node
        ]
        return Span(name, began, ended, attributes, failed, [*documents, *self._resources.get("", ())])
