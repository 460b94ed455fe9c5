"""What is recorded of an estate in several stacks, read as if it were one. URNs keep the names of their stacks."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pacific_infra.converge.moving import Move
from pacific_infra.converge.nodes import NodeFinder
from pacific_infra.converge.stack_record import Output, StackRecord
from pacific_infra.converge.unsettled import UnsettledStep, UnsettledSteps
from pacific_infra.graph.partition import SHARED_OUTPUTS
from pacific_infra.record.bucket import read_together
from pacific_infra.record.estate import EstateRecord


class JoinedRecord(StackRecord):
    """The records of all stacks of an estate."""

    def __init__(self, first: StackRecord, estate: EstateRecord, others: Mapping[str, StackRecord]) -> None:
        """``first``: that of the first stack, whose configuration is the estate's. ``others`` by stack."""
        super().__init__(first.project, first.files, first._environment, first.unsettled)
        self.of_stack = {first.project.stack: first, **others}
        self.unsettled = _UnsettledOfAll({stack: record.unsettled for stack, record in self.of_stack.items()})
        self._estate = estate

    @property
    def paths(self) -> tuple[Path, ...]:
        """Those of all stacks."""
        return tuple(path for record in self.of_stack.values() for path in record.paths)

    def deployment(self) -> Mapping[str, Any]:
        """The resources of all stacks. What stands in a stack for a document of another one is left out: its provider
        is the other stack's.
        """
        resources: list[Mapping[str, Any]] = []
        pending: list[Mapping[str, Any]] = []
        stack_of = self._estate.stack_of
        states = read_together(self.files.backend, StackRecord.deployment, self.of_stack.values())
        for stack, state in zip(self.of_stack, states, strict=True):
            finder, left_out = NodeFinder(), dict[str, Move]()
            for resource in state.get("resources") or ():
                node = finder.node(resource["urn"], resource.get("parent"))
                owner = stack_of.get(node or "", stack)
                if owner != stack:
                    left_out[resource["urn"]] = Move(self.project.name, stack, owner)
                    continue
                provider = resource.get("provider") or ""
                move = left_out.get(provider.rpartition("::")[0])
                resources.append(resource if move is None else {**resource, "provider": move.renamed(provider)})
            pending += state.get("pending_operations") or ()
        return {"resources": resources, "pending_operations": pending}

    def outputs(self) -> Mapping[str, Output]:
        """Each output of all stacks, joined; those for other stacks are left out. Raises as of one."""
        joined: dict[str, Output] = {}
        for outputs in read_together(self.files.backend, StackRecord.outputs, self.of_stack.values()):
            for name, output in outputs.items():
                if name not in SHARED_OUTPUTS:
                    joined[name] = _joined(joined[name], output) if name in joined else output
        return joined


def _joined(first: Output, second: Output) -> Output:
    if isinstance(first.value, dict) and isinstance(second.value, dict):
        return Output({**first.value, **second.value}, first.secret or second.secret)
    return first


class _UnsettledOfAll(UnsettledSteps):
    """What is unsettled in several stacks."""

    def __init__(self, of_stack: Mapping[str, UnsettledSteps]) -> None:
        self._of_stack = of_stack

    @property
    def steps(self) -> tuple[UnsettledStep, ...]:
        return tuple(step for unsettled in self._of_stack.values() for step in unsettled.steps)

    @property
    def running(self) -> int | None:
        return next((pid for unsettled in self._of_stack.values() if (pid := unsettled.running) is not None), None)

    def mark_checked(self, urns: Sequence[str]) -> None:
        for stack, unsettled in self._of_stack.items():
            unsettled.mark_checked([urn for urn in urns if urn.startswith(f"urn:pulumi:{stack}::")])
