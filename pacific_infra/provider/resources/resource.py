"""What every custom resource can do; the provider calls it with plain values and takes plain values back."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pacific_infra.errors import PacificError
from pacific_infra.provider.checking import Failure
from pacific_infra.provider.comparing import Change, changes, value_at
from pacific_infra.provider.models.registry import Kind
from pacific_infra.provider.models.walk import properties
from pacific_infra.provider.ownership import Owner
from pacific_infra.provider.property_values import has_unknown
from pacific_infra.provider.resources.standing import Standing
from pacific_infra.provider.session import Session
from pacific_infra.provider.waiting import Progress, wait_until
from pacific_infra.vcenter.version import Version

Values = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """One call of the engine for one resource."""

    session: Session
    urn: str
    timeout: float = 0.0
    """Custom timeout, in seconds; 0: the provider's."""

    async def wait(self, what: str, read: Any, longest_pause: float = 5.0) -> None:
        """Wait until ``read`` is done and show what is waited for in the resource's row."""

        async def report(text: str) -> None:
            await self.session.log.status(self.urn, text)

        await wait_until(what, read, self.session.patience(self.timeout, longest_pause), report)


class Incomplete(PacificError):
    """The object is there, but did not become what was asked; the engine keeps it and tries again at the next run."""

    def __init__(self, identifier: str, state: Values, cause: PacificError) -> None:
        self.identifier = identifier
        self.state = state
        super().__init__(str(cause))


class Resource(ABC):
    """One kind of custom resource."""

    kind: Kind

    def completed(self, values: Values) -> Values:
        """The inputs ``values`` with the defaults that are not a property's of its own."""
        return values

    def rules(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Sequence[Failure]:
        """Rules beyond the model's: what is wrong with going from the inputs ``old`` (empty at first) to ``new``."""
        del old, new
        return ()

    async def refusals(self, session: Session, old: Values, new: Values) -> Sequence[Failure]:
        """What vCenter's present state forbids of going from the inputs ``old`` (empty at first) to ``new``."""
        del session, old, new
        return ()

    async def standing(self, session: Session, inputs: Values) -> Standing | None:
        """What is in vCenter already where the resource is to be made; None: nothing, or its kind has no marks."""
        del session, inputs
        return None

    async def check_standing(self, request: Request, inputs: Values) -> None:
        """Raises PacificError where what is there is not the stack's to take over."""
        there = await self.standing(request.session, inputs)
        if there is None:
            return
        error = there.refused(Owner.of_urn(request.urn), adopt=bool(inputs.get("adopt")))
        if error is not None:
            raise error

    async def is_anothers(self, request: Request, what: str, owner: Owner | None) -> bool:
        """Whether ``what`` carries another stack's mark, so that its record here is out of date; the row says so."""
        if owner is None or owner == Owner.of_urn(request.urn):
            return False
        text = f"{what} stays: it belongs to {owner.name} by now, and only its record here goes"
        await request.session.log.warning(request.urn, text)
        return True

    def check_not_anothers(self, request: Request, what: str, owner: Owner | None) -> None:
        """Raises PacificError where ``what`` is to be changed and carries another stack's mark."""
        if owner is not None and owner != Owner.of_urn(request.urn):
            raise PacificError(
                f"{what} belongs to {owner.name} by now, so that it is not changed",
                fix="take its document out of this stack, or have that stack give it up",
            )

    def differences(
        self, new: Mapping[str, Any], old: Mapping[str, Any], version: Version | None = None
    ) -> Iterator[Change]:
        """What differs between the inputs ``new`` and the state ``old``; ``version`` is vCenter's."""
        return changes(new, old, self.kind.inputs, version=version)

    async def still_missing(
        self, request: Request, identifier: str, found: Sequence[Change], new: Values, old: Values
    ) -> Sequence[Change]:
        """``found`` without the lists that are to be empty, are not in the state ``old``, and are empty in vCenter.

        So a ``[]`` in the program is no difference after an import, whose state has no empty lists. One that was not
        declared before, and is not empty, is a difference.
        """
        empty = [change for change in found if change.kind == "add" and _is_empty(value_at(new, change.path))]
        if not empty or has_unknown([new[change.top] for change in empty]):
            return found
        there = await self.read(request, identifier, {**old, **{change.top: new[change.top] for change in empty}})
        if there is None:
            return found
        return [
            change
            for change in found
            if change not in empty or value_at(there[1], change.path) != value_at(new, change.path)
        ]

    def deletes_first(self, replaces: Sequence[str], new: Values, old: Values) -> bool:
        """Whether a replacement has to delete first, since two of one name cannot stand side by side."""
        del new, old
        return "name" not in replaces

    def known_outputs(self, inputs: Values, old: Mapping[str, Any] | None) -> Values:
        """The outputs that are certain before the change is made; ``old`` is the state, None at a create."""
        del inputs, old
        return {}

    @abstractmethod
    async def create(self, request: Request, inputs: Values) -> tuple[str, Values]:
        """Make it, or take over what an interrupted run of ours has made. Identifier and state."""

    @abstractmethod
    async def read(
        self, request: Request, identifier: str, state: Mapping[str, Any] | None
    ) -> tuple[str, Values] | None:
        """Identifier and state as they are; ``state`` is the last known, None for an import. None: it is gone."""

    @abstractmethod
    async def update(self, request: Request, identifier: str, state: Values, inputs: Values) -> Values:
        """Change what differs between ``state`` and ``inputs``, nothing else. The new state."""

    @abstractmethod
    async def delete(self, request: Request, identifier: str, state: Values) -> None:
        """Remove it and wait until it is gone; what is gone already is fine."""

    def inputs_of(self, state: Mapping[str, Any]) -> Values:
        """The inputs among ``state``."""
        names = {item.name for item in properties(self.kind.inputs)}
        return {name: value for name, value in state.items() if name in names}

    def declared_of(self, state: Mapping[str, Any] | None) -> Values | None:
        """The inputs among ``state`` that vCenter is asked about; None for an import."""
        return None if state is None else self.inputs_of(state)


def _is_empty(value: Any) -> bool:
    """Whether it is an empty list, or an object of such."""
    return value == [] or (isinstance(value, Mapping) and bool(value) and all(map(_is_empty, value.values())))


async def gone(read: Any) -> Progress:
    """The progress of a removal: done when ``read`` gives None."""
    info = await read()
    if info is None:
        return Progress(done=True)
    return Progress(done=False, waits_for=f"state {info.get('config_status', 'unknown')}")
