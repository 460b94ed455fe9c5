"""The base class of every custom resource. The provider calls it with plain values and gets plain values back."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pacific_infra.errors import PacificError
from pacific_infra.provider.checking import Failure
from pacific_infra.provider.comparing import Change, changes, value_at
from pacific_infra.provider.models.introspection import properties
from pacific_infra.provider.models.registry import Kind
from pacific_infra.provider.ownership import Owner, owner_of
from pacific_infra.provider.property_values import has_unknown
from pacific_infra.provider.resources.existing_object import ExistingObject
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

    async def wait(self, subject: str, read: Any, longest_pause: float = 5.0) -> None:
        """Wait until ``read`` is done; the resource's row shows what it waits for."""

        async def report(text: str) -> None:
            await self.session.log.status(self.urn, text)

        await wait_until(subject, read, self.session.patience(self.timeout, longest_pause), report)


class Incomplete(PacificError):
    """The object exists but did not reach the desired state. The engine keeps it and retries at the next run."""

    def __init__(self, identifier: str, state: Values, cause: PacificError) -> None:
        self.identifier = identifier
        self.state = state
        super().__init__(str(cause))


class Resource(ABC):
    """One kind of custom resource."""

    kind: Kind

    def with_defaults(self, values: Values) -> Values:
        """The inputs ``values`` with defaults that no single property declares."""
        return values

    def rules(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Sequence[Failure]:
        """Rules beyond the model's for a change from the inputs ``old`` (empty at a create) to ``new``."""
        del old, new
        return ()

    async def refusals(self, session: Session, old: Values, new: Values) -> Sequence[Failure]:
        """Why vCenter's present state forbids a change from the inputs ``old`` (empty at a create) to ``new``."""
        del session, old, new
        return ()

    async def warnings(self, session: Session, old: Values, new: Values) -> Sequence[str]:
        """What to say at a preview of a change that vCenter takes; asked after ``refusals``."""
        del session, old, new
        return ()

    async def existing_object(self, session: Session, inputs: Values) -> ExistingObject | None:
        """The object of this name in vCenter; None where it does not exist, or its kind cannot be marked."""
        del session, inputs
        return None

    async def check_existing(self, request: Request, inputs: Values) -> None:
        """Raises PacificError where the object exists and the stack may not adopt it."""
        existing = await self.existing_object(request.session, inputs)
        if existing is None:
            return
        error = existing.refusal_for(Owner.of_urn(request.urn), adopt=bool(inputs.get("adopt")))
        if error is not None:
            raise error

    async def is_owned_elsewhere(self, request: Request, subject: str, owner: Owner | None) -> bool:
        """Whether ``subject`` carries another stack's mark, so that its record here is out of date. Logs a warning."""
        if owner is None or owner == Owner.of_urn(request.urn):
            return False
        text = f"{subject} is not deleted: it belongs to {owner.name} now; only its record in this stack is removed"
        await request.session.log.warning(request.urn, text)
        return True

    def of_no_other_stack(
        self, request: Request, read: Callable[[], Awaitable[dict[str, Any] | None]]
    ) -> Callable[[], Awaitable[dict[str, Any] | None]]:
        """``read``, which gives None as well for an object with another stack's mark that is not being removed: the
        deleted one is gone, and its name was given again.
        """

        async def find() -> dict[str, Any] | None:
            info = await read()
            if info is None or info.get("config_status") == "REMOVING":
                return info
            return info if owner_of(info.get("description")) in (None, Owner.of_urn(request.urn)) else None

        return find

    def check_not_owned_elsewhere(self, request: Request, subject: str, owner: Owner | None) -> None:
        """Raises PacificError where ``subject`` is to be changed and carries another stack's mark."""
        if owner is not None and owner != Owner.of_urn(request.urn):
            raise PacificError(
                f"{subject} belongs to {owner.name} now and is not changed",
                fix="remove its document from this stack, or have that stack release it",
            )

    def differences(
        self, new: Mapping[str, Any], old: Mapping[str, Any], version: Version | None = None
    ) -> Iterator[Change]:
        """What differs between the inputs ``new`` and the state ``old``; ``version`` is vCenter's."""
        return changes(new, old, self.kind.inputs, version=version)

    async def without_empty_additions(
        self, request: Request, identifier: str, differences: Sequence[Change], new: Values, old: Values
    ) -> Sequence[Change]:
        """``differences`` without added lists that are empty in the program and in vCenter.

        An import's state has no empty lists, so a ``[]`` in the program would look like a change. A list that was not
        declared before and is not empty in vCenter stays a difference.
        """
        empty = [change for change in differences if change.kind == "add" and _is_empty(value_at(new, change.path))]
        if not empty or has_unknown([new[change.top] for change in empty]):
            return differences
        current = await self.read(request, identifier, {**old, **{change.top: new[change.top] for change in empty}})
        if current is None:
            return differences
        return [
            change
            for change in differences
            if change not in empty or value_at(current[1], change.path) != value_at(new, change.path)
        ]

    def deletes_first(self, replaces: Sequence[str], new: Values, old: Values) -> bool:
        """Whether a replacement has to delete first, since two objects of one name cannot exist at once."""
        del new, old
        return "name" not in replaces

    def known_outputs(self, inputs: Values, old: Mapping[str, Any] | None) -> Values:
        """The outputs that are known before the change; ``old`` is the state, None at a create."""
        del inputs, old
        return {}

    @abstractmethod
    async def create(self, request: Request, inputs: Values) -> tuple[str, Values]:
        """Create it, or adopt what an interrupted run of this stack has created. Returns identifier and state."""

    @abstractmethod
    async def read(
        self, request: Request, identifier: str, state: Mapping[str, Any] | None
    ) -> tuple[str, Values] | None:
        """The actual identifier and state; None where it does not exist. ``state``: the last, None for an import."""

    @abstractmethod
    async def update(self, request: Request, identifier: str, state: Values, inputs: Values) -> Values:
        """Change only what differs between ``state`` and ``inputs``. Returns the new state."""

    @abstractmethod
    async def delete(self, request: Request, identifier: str, state: Values) -> None:
        """Delete it and wait until it no longer exists. Does nothing where it does not exist."""

    def inputs_of(self, state: Mapping[str, Any]) -> Values:
        """The inputs among ``state``."""
        names = {item.name for item in properties(self.kind.inputs)}
        return {name: value for name, value in state.items() if name in names}

    def declared_inputs(self, state: Mapping[str, Any] | None) -> Values | None:
        """The declared inputs in ``state``; None for an import."""
        return None if state is None else self.inputs_of(state)


def _is_empty(value: Any) -> bool:
    """Whether it is an empty list, or an object that contains only empty lists."""
    return value == [] or (isinstance(value, Mapping) and bool(value) and all(map(_is_empty, value.values())))


async def removal_progress(read: Any) -> Progress:
    """The progress of a removal: done when ``read`` gives None."""
    info = await read()
    if info is None:
        return Progress(done=True)
    return Progress(done=False, waits_for=f"state {info.get('config_status', 'unknown')}")
