"""What every model shares: camelCase property names for Pulumi, and how vCenter treats each property."""

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
class Meta:
    """How vCenter treats one property, kept in the field's metadata."""

    wire: str | None = None
    """Name in vCenter's REST bodies where it differs from the attribute's (mixed case)."""
    secret: bool = False
    replace: bool = False
    """The API cannot change it after creation."""
    reference: str | None = None
    """Kind of object that it names; a name and the identifier it stands for are equal."""
    key: tuple[str, ...] = ()
    """The list is a set: the attributes that identify an item; ``("",)`` for plain values."""
    write_only: bool = False
    """vCenter never returns it, so it is compared with what was sent last."""
    always: bool = False
    """A read reports it even where the user does not declare it: the whole entry belongs to the user."""
    local: bool = False
    """An instruction to this provider; never sent to vCenter."""
    at_creation: bool = False
    """An instruction for the creation alone; a later change of the value is ignored."""
    later: bool = False
    """Can be set only while the object runs; the specification that creates it does not have it."""
    since: tuple[int, int, int] | None = None
    """First version of vCenter that has it; None: 8.0 has."""
    choices_since: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)
    """First version of vCenter that has a choice, for choices that came later than the property."""
    replace_before: tuple[int, int, int] | None = None
    """The API cannot change it after creation in versions before this one."""


class RuleBroken(ValueError):
    """A rule over several properties is broken at the property ``name`` (Pulumi's)."""

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        super().__init__(reason)


class Model(BaseModel):
    """Base of all models: strict about unknown properties, read and written by their camelCase names."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel)

    unions: ClassVar[Unions] = {}
    """By attribute and its value: which attributes are allowed with that value only, and whether they are required."""

    @model_validator(mode="after")
    def _unions_are_kept(self) -> Self:
        for tag, cases in self.unions.items():
            chosen = getattr(self, tag)
            if chosen is None:
                continue
            allowed = cases.get(chosen, {})
            for name in dict.fromkeys(name for case in cases.values() for name in case):
                is_set = getattr(self, name) is not None
                if is_set and name not in allowed:
                    raise RuleBroken(to_camel(name), f"is not allowed with {to_camel(tag)} {chosen}")
                if not is_set and allowed.get(name):
                    raise RuleBroken(to_camel(name), f"is required with {to_camel(tag)} {chosen}")
        return self

    @classmethod
    def meta(cls, name: str) -> Meta:
        """How vCenter treats the attribute ``name``."""
        return next((item for item in cls.model_fields[name].metadata if isinstance(item, Meta)), Meta())


ADOPT = (
    "Whether an object that is in vCenter already and carries no stack's mark is adopted when the resource is created. "
    "An object that another stack has marked is never adopted."
)
"""Description of ``adopt``."""


def described(description: str, *, default: Any = ..., **limits: Any) -> Any:
    """A field with its description (unit included) and limits (``ge``, ``pattern``, ...); required without default."""
    field_info: FieldInfo = Field(default, description=description, **limits)
    return field_info
