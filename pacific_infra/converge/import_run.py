"""Imports existing objects of vCenter into a stack's state, by import options of its program, for one run only."""

from collections.abc import Mapping

from pulumi.automation.events import EngineEvent, OpType, StepEventMetadata

from pacific_infra.converge.engine_errors import EngineErrors
from pacific_infra.converge.engine_failures import with_engine_errors
from pacific_infra.converge.run_settings import run_settings
from pacific_infra.converge.stack import EstateStack
from pacific_infra.errors import PacificError

_HARMLESS = (OpType.SAME, OpType.READ, OpType.REFRESH, OpType.IMPORT)


class _Steps:
    """The imports of one run, and what else it would do."""

    def __init__(self) -> None:
        self.imported: list[str] = []
        self.others: list[str] = []
        self.errors = EngineErrors()

    def event(self, event: EngineEvent, _now: float) -> None:
        """Take in one event of the engine."""
        self.errors.event(event)
        if event.resource_pre_event:
            self._step(event.resource_pre_event.metadata)

    def _step(self, step: StepEventMetadata) -> None:
        subject = f"{step.type} {step.urn.split('::', 3)[3]}"
        if step.op is OpType.IMPORT:
            self.imported.append(subject)
            differing = sorted(step.detailed_diff or step.diffs or ())
            if differing:
                self.others.append(f"{subject} differs in vCenter: {', '.join(differing)}")
        elif step.op not in _HARMLESS and not (step.op is OpType.CREATE and _only_in_state(step)):
            self.others.append(f"{step.op.value} {subject}")


def _only_in_state(step: StepEventMetadata) -> bool:
    """Whether it is a component or provider, which exists only in the stack's state."""
    return step.type.startswith("pulumi:") or not (step.new and step.new.custom)


def import_objects(stack: EstateStack, identifiers: Mapping[str, str]) -> list[str]:
    """Import the object of each document. ``identifiers``: vCenter's identifier by document id. Returns the imported.

    Resources that are in the state already are left alone, so it can be repeated. Only the state is changed: raises
    PacificError, before anything is done, where the run would do more. Raises EngineFailed.
    """
    with run_settings(stack.project, {f"{stack.project.name}:imports": dict(identifiers)}) as file:
        foreseen = _Steps()
        with with_engine_errors(foreseen.errors):
            stack.preview(foreseen.event, configuration=file)
        if foreseen.others:
            raise PacificError(
                "the import would change more than the stack's state, so nothing was done",
                value="; ".join(foreseen.others),
                fix="remove these documents, or create them first with pacific up",
            )
        if not foreseen.imported:
            return []
        done = _Steps()
        with with_engine_errors(done.errors):
            stack.up(done.event, configuration=file)
    return done.imported
