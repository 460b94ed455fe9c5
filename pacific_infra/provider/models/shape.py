"""What every model shares: camelCase property names for Pulumi, and traits that say how vCenter treats a property."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

NAME_PATTERN = r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"
"""RFC 1123 label, 63 characters at most."""

V8_0_2 = (8, 0, 2)
V8_0_3 = (8, 0, 3)
V9_0 = (9, 0, 0)
V9_1 = (9, 1, 0)

Unions = Mapping[str, Mapping[str, Mapping[str, bool]]]


@dataclass(frozen=True)
class Trait:
    """How vCenter treats one property, kept in the field's metadata."""

    wire: str | None = None
    """Name in vCenter's REST bodies where it is not the attribute's own (mixed case)."""
    secret: bool = False
    replace: bool = False
    """The API cannot change it after creation."""
    reference: str | None = None
    """Kind of object that it names; a name and the identifier it stands for are equal."""
    key: tuple[str, ...] = ()
    """A list that is a set: the attributes that tell its items apart; ``("",)`` for plain values."""
    write_only: bool = False
    """vCenter never answers it, so it is compared with what was sent last."""
    always: bool = False
    """Reported by a read even where the user names none: the entry that it is in belongs to the user as a whole."""
    local: bool = False
    """An instruction to this provider; never sent to vCenter."""
    at_creation: bool = False
    """An instruction for the creation alone; another value later is no difference."""
    later: bool = False
    """Set on what runs: no part of the specification that makes it."""
    since: tuple[int, int, int] | None = None
    """First version of vCenter that knows it; None: 8.0 does."""
    choices_since: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)
    """First version of vCenter that knows a choice, for choices that came later than the property."""
    replace_before: tuple[int, int, int] | None = None
    """The API cannot change it after creation in versions before this one."""


class RuleBroken(ValueError):
    """A rule over several properties is broken at the property ``name`` (Pulumi's)."""

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        super().__init__(reason)


class Shape(BaseModel):
    """Base of all models: strict about unknown properties, read and written by their camelCase names."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel)

    unions: ClassVar[Unions] = {}
    """By attribute and its value: which attributes go with that value only, and whether they must be there."""

    @model_validator(mode="after")
    def _unions_are_kept(self) -> Self:
        for tag, cases in self.unions.items():
            chosen = getattr(self, tag)
            if chosen is None:
                continue
            mine = cases.get(chosen, {})
            for name in dict.fromkeys(name for case in cases.values() for name in case):
                given = getattr(self, name) is not None
                if given and name not in mine:
                    raise RuleBroken(to_camel(name), f"does not go with {to_camel(tag)} {chosen}")
                if not given and mine.get(name):
                    raise RuleBroken(to_camel(name), f"is required with {to_camel(tag)} {chosen}")
        return self

    @classmethod
    def trait(cls, name: str) -> Trait:
        """The trait of the attribute ``name``."""
        return next((item for item in cls.model_fields[name].metadata if isinstance(item, Trait)), Trait())


ADOPT = (
    "Whether one that is in vCenter already and carries no stack's mark is taken over when the resource is created. "
    "One that another stack has marked never is."
)
"""Description of ``adopt``."""


def described(description: str, *, default: Any = ..., **limits: Any) -> Any:
    """A field with its description (unit included) and limits (``ge``, ``pattern``, ...); required without default."""
    made: FieldInfo = Field(default, description=description, **limits)
    return made
