"""The steps of the engine that began on a stack and of which the record does not say how they ended.

An interrupt, a crash or a lost connection leaves the old inputs recorded of what was being changed, so that the next
plan sees nothing to do. Each step is noted beside the state when it begins, and struck out when it is recorded; what
stays is looked at before the next plan. A step that failed stays too, with its reason, until a later run ends it.
"""

import hashlib
import json
import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pacific_infra.record.processes import started_at, still_runs
from pacific_infra.record.urns import split_urn

if TYPE_CHECKING:
    from pulumi.automation.events import EngineEvent, StepEventMetadata

PENDING = {"creating": "create", "updating": "update", "deleting": "delete", "importing": "import", "reading": "read"}
"""Operations by the words of ``pending_operations`` in an exported deployment."""


_ENGINES = re.compile(r"^\w+ of resource \S+ failed: ")
"""What the engine puts before a provider's words."""


@dataclass(frozen=True)
class UnsettledStep:
    """A step that was begun: the run that began it is over, or the step failed."""

    urn: str
    operation: str
    """create, update, replace, delete or import."""
    parent: str | None = None
    failure: str | None = None
    """Why it failed, in the provider's words; None where its end is unknown."""
    seen: bool = False
    """Whether the actual state has been read since."""

    @property
    def text(self) -> str:
        """What happened, in one clause."""
        name = split_urn(self.urn)[1]
        if self.failure is not None:
            return f"{name}: {self.operation} failed: {self.failure.splitlines()[0]}"
        return f"{name}: {self.operation} was interrupted"


def file_of(state_directory: Path, backend: str, project: str, stack: str) -> Path:
    """Where the steps of a stack are noted. ``backend``: its URL, or what else names it."""
    where = hashlib.sha256(backend.encode()).hexdigest()[:12]
    return state_directory / "unsettled" / where / project / f"{stack}.jsonl"


def pending_steps(deployment: Mapping[str, Any]) -> list[UnsettledStep]:
    """What a killed engine left as ``pending_operations`` in its state."""
    return [
        UnsettledStep(
            pending["resource"]["urn"],
            PENDING.get(pending["type"], str(pending["type"])),
            pending["resource"].get("parent") or None,
        )
        for pending in deployment.get("pending_operations") or ()
    ]


def unchecked_urns(steps: Iterable[UnsettledStep], recorded: Iterable[str]) -> list[str]:
    """URNs of recorded resources whose record may be wrong: those with steps that were not checked since."""
    known = frozenset(recorded)
    return list(dict.fromkeys(step.urn for step in steps if not step.seen and step.urn in known))


def readable_urns(resources: Iterable[Mapping[str, Any]]) -> list[str]:
    """The recorded resources that a refresh can read.

    What was deleted to be made anew is not there, and its provider may be gone too: a refresh of it ends with
    "could not find provider", and the next run makes it.
    """
    return [resource["urn"] for resource in resources if not resource.get("pendingReplacement")]


def abandoned_creations(
    steps: Iterable[UnsettledStep], recorded: Collection[str], declared: Collection[str]
) -> dict[str, str]:
    """Creations of which neither the record nor a document tells: the document, by the name of the resource.

    What they made, if anything, no later run would take over. ``recorded``: URNs. ``declared``: documents.
    """
    from pacific_infra.converge.nodes import NodeFinder  # noqa: PLC0415 - who only reads the steps does without plans

    finder = NodeFinder()
    abandoned = {}
    for step in steps:
        node = finder.node(step.urn, step.parent)
        if step.operation == "create" and step.urn not in recorded and node is not None and node not in declared:
            abandoned[split_urn(step.urn)[1]] = node
    return abandoned


@dataclass
class _Notes:
    """What the lines of the file say so far."""

    steps: dict[str, UnsettledStep] = field(default_factory=dict)
    run: tuple[int, float] | None = None
    """The process of the last run: its pid, and its start as ``started_at`` has it."""

    def apply(self, line: Mapping[str, Any]) -> None:
        """Take in one line."""
        match line:
            case {"run": pid, "started": started}:
                self.run = (int(pid), float(started))
            case {"began": urn, "operation": operation}:
                self.steps.pop(urn, None)
                self.steps[urn] = UnsettledStep(urn, str(operation), line.get("parent"))
            case {"ended": urn}:
                self.steps.pop(urn, None)
            case {"failed": urn, "message": message} if urn in self.steps:
                self.steps[urn] = replace(self.steps[urn], failure=str(message))
            case {"looked": urns}:
                for urn in urns:
                    if urn in self.steps:
                        self.steps[urn] = replace(self.steps[urn], seen=True)


class UnsettledSteps:
    """The steps of one stack, in a file of JSON lines that only its owner reads; each line is one thing that happened.

    The line of a step that begins is written before the next event is taken in: a killed process leaves at most one
    step unnoted, which the engine's own pending operations have.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._notes = _read(file)
        self._durable = True

    @property
    def steps(self) -> tuple[UnsettledStep, ...]:
        """All that is unsettled, in the order in which it began."""
        return tuple(self._notes.steps.values())

    @property
    def running(self) -> int | None:
        """The pid of another process of this computer that is still running; None if there is none."""
        if self._notes.run is None or self._notes.run[0] == os.getpid():
            return None
        pid, started = self._notes.run
        return pid if still_runs(pid, started) else None

    def begin(self, *, durable: bool = True) -> None:
        """A run of this process begins. ``durable``: each step that begins has to outlive a crash of the machine; not
        needed where a journal has it, which waits for the disk once for many steps.
        """
        self._durable = durable
        self._write({"run": os.getpid(), "started": started_at(os.getpid())})

    def event(self, event: "EngineEvent") -> None:
        """Take in one event of a run that changes the stack."""
        from pulumi.automation.events import OpType  # noqa: PLC0415 - who only reads the steps does without Pulumi

        from pacific_infra.converge.progress import CUT_OFF, plain  # noqa: PLC0415 - the same

        if event.resource_pre_event:
            self._began(event.resource_pre_event.metadata)
        elif event.res_outputs_event:
            step = event.res_outputs_event.metadata
            if step.urn in self._notes.steps and step.op is not OpType.REFRESH:
                self._write({"ended": step.urn})
        elif event.diagnostic_event and event.diagnostic_event.severity == "error":
            urn, message = event.diagnostic_event.urn, _ENGINES.sub("", plain(event.diagnostic_event.message))
            # What an interrupt cut off has not failed.
            if urn in self._notes.steps and message and not CUT_OFF.search(message):
                self._write({"failed": urn, "message": message})

    def take(self, steps: Iterable[UnsettledStep]) -> None:
        """Take over steps of another stack, whose resources have become this one's."""
        for step in steps:
            self._write({"began": step.urn, "operation": step.operation, "parent": step.parent})
            if step.failure is not None:
                self._write({"failed": step.urn, "message": step.failure})

    def mark_checked(self, urns: Sequence[str]) -> None:
        """Note that the actual state of these resources has been read into the record."""
        if urns:
            self._write({"looked": list(urns)})

    def mark_all_ended(self) -> None:
        """A run of the whole stack ended without a failure: nothing is unsettled."""
        self._notes = _Notes()
        self.file.unlink(missing_ok=True)

    def _began(self, step: "StepEventMetadata") -> None:
        from pacific_infra.converge.progress import change_of  # noqa: PLC0415 - as above

        change = change_of(step)
        if change is not None and step.type != "pulumi:pulumi:Stack":
            state = step.new or step.old
            parent = (state.parent or None) if state else None
            self._write({"began": step.urn, "operation": change, "parent": parent})

    def _write(self, line: Mapping[str, Any]) -> None:
        self._notes.apply(line)
        self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, json.dumps(line).encode() + b"\n")
            if self._durable and "began" in line:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _read(file: Path) -> _Notes:
    notes = _Notes()
    try:
        lines = file.read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return notes
    for text in lines:
        try:
            notes.apply(json.loads(text))
        except (ValueError, TypeError):
            continue  # the last line of a process that was killed while it wrote
    return notes
