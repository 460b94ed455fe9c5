"""All stacks of an estate, as one that the engine can look at."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pacific_infra.cli.session import Session
from pacific_infra.converge.engine_failures import OnEvent
from pacific_infra.converge.joined_record import JoinedRecord
from pacific_infra.converge.stack import EstateStack


class FleetStack(EstateStack):
    """The stacks of an estate. URNs keep the names of their stacks."""

    def __init__(self, record: JoinedRecord, stacks: Mapping[str, EstateStack]) -> None:
        """``stacks`` by name, the first one first."""
        first = next(iter(stacks.values()))
        super().__init__(first.project, first._workspace, first.process, record.unsettled, record)
        self._stacks = stacks

    @property
    def is_several(self) -> bool:
        """True."""
        return True

    def preview_refresh(self, on_event: OnEvent) -> None:
        """Compare each stack's record with the actual state, one after the other."""
        for opened in self._stacks.values():
            if opened.resources():
                opened.preview_refresh(on_event)

    def refresh(self, on_event: OnEvent, targets: Sequence[str]) -> None:
        """Record the actual state of the resources with these URNs, each in its stack."""
        for stack, opened in self._stacks.items():
            if of_stack := [urn for urn in targets if urn.startswith(f"urn:pulumi:{stack}::")]:
                opened.refresh(on_event, of_stack)

    def write(self, deployment: Mapping[str, Any]) -> None:
        """Nothing is written into all stacks at once."""
        raise NotImplementedError


def open_for_reading(session: Session) -> EstateStack:
    """The session's stack, or all stacks of its estate as one. Raises PacificError where there is none."""
    record = session.open_record()
    if not isinstance(record, JoinedRecord):
        return session.open_stack()
    project = session.project
    members = {stack: replace(project, stack=stack, estate=project.stack) for stack in record.of_stack}
    return FleetStack(
        record, {stack: replace(session, project=member, quiet=True).open_stack() for stack, member in members.items()}
    )
