"""Parameters of templates: the part of JSON Schema that says what a use may give."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from pacific_infra.documents.model import CheckedModel, Listed
from pacific_infra.documents.problems import Problem
from pacific_infra.documents.structural_schema import Schema, pattern_problems, schema_problems
from pacific_infra.documents.substitution import ABSENT, NAME

ParameterName = Annotated[str, Field(pattern=f"^{NAME}$")]
ParameterType = Literal["string", "integer", "number", "boolean", "array", "object"]
_OF_TYPES: Mapping[str, tuple[str, ...]] = {
    "choices": ("string",),
    "pattern": ("string",),
    "minLength": ("string",),
    "maxLength": ("string",),
    "minimum": ("integer", "number"),
    "maximum": ("integer", "number"),
    "items": ("array",),
    "minItems": ("array",),
    "maxItems": ("array",),
    "properties": ("object",),
}
"""Types that each field is about."""
_RANGES = (("minLength", "maxLength"), ("minimum", "maximum"), ("minItems", "maxItems"))


class Parameter(CheckedModel):
    """A value that each use of a template gives, or a part of one."""

    type: ParameterType = "string"
    """What the value is: text, a whole number, a number, true or false, a list or an object."""
    description: str | None = None
    """What it means, for editors."""
    required: bool = False
    """Whether each use must give it. A parameter that is neither required nor has a default may be left out: a field
    that is its name alone is then left out too."""
    default: Any = None
    """The value where a use gives none."""
    enum: Annotated[Listed[Any], Field(min_length=1)] | None = None
    """All values that are allowed."""
    choices: Annotated[dict[ParameterName, dict[ParameterName, Any]], Field(min_length=1)] | None = None
    """All texts that are allowed, each with values that come with it: `${choices.size.cpu}` is the cpu of the size that
    a use chooses."""
    pattern: str | None = None
    """A regular expression (RE2) that the text matches somewhere; begin it with ^ and end it with $ for the whole."""
    min_length: Annotated[int, Field(ge=0)] | None = None
    """Fewest characters."""
    max_length: Annotated[int, Field(ge=0)] | None = None
    """Most characters."""
    minimum: int | float | None = None
    """Smallest number."""
    maximum: int | float | None = None
    """Greatest number."""
    items: "Parameter | None" = None
    """What each item of a list is."""
    min_items: Annotated[int, Field(ge=0)] | None = None
    """Fewest items."""
    max_items: Annotated[int, Field(ge=0)] | None = None
    """Most items."""
    properties: dict[ParameterName, "Parameter"] = Field(default_factory=dict)
    """The fields of an object; without these it may have any."""

    @property
    def optional(self) -> bool:
        """Whether it may have no value."""
        return not self.required and self.default is None

    def structural_schema(self) -> dict[str, Any]:
        """It as a structural schema (pacific_infra.documents.structural_schema)."""
        fields = {
            name: value
            for name, value in self.model_dump(
                exclude={"required", "choices", "items", "properties"}, exclude_none=True
            ).items()
        }
        if self.enum is not None:
            fields["enum"] = list(self.enum)
        if self.choices is not None:
            fields["enum"] = list(self.choices)
        if self.items is not None:
            fields["items"] = self.items.structural_schema()
        if self.type == "object":
            fields |= object_schema(self.properties) if self.properties else {"additionalProperties": True}
        return fields

    def complete(self, value: Any) -> Any:
        """``value`` with the defaults of what it does not say."""
        if isinstance(value, dict) and self.properties:
            return with_defaults(value, self.properties)
        if isinstance(value, list) and self.items is not None:
            return [self.items.complete(item) for item in value]
        return value

    def problems(self) -> Iterator[Problem]:
        fields = {type(self).model_fields[name].alias or name for name in self.model_fields_set}
        for name in sorted(fields & _OF_TYPES.keys()):
            if self.type not in _OF_TYPES[name]:
                yield Problem(f"{name} says nothing of this type", (name,), self.type, " or ".join(_OF_TYPES[name]))
        if self.enum is not None and self.choices is not None:
            yield Problem("enum and choices say the same", ("enum",), fix="remove enum")
        if self.required and self.default is not None:
            refusal = "a required parameter has no use for a default"
            yield Problem(refusal, ("default",), fix="remove default, or required")
        yield from self._limit_problems(self.structural_schema())

    def _limit_problems(self, schema: Schema) -> Iterator[Problem]:
        for low, high in _RANGES:
            if schema.get(low) is not None and schema.get(high) is not None and schema[low] > schema[high]:
                yield Problem(f"{low} is greater than {high}", (low,), schema[low], f"{schema[high]} or less")
        wrong = [] if self.pattern is None else list(pattern_problems({"pattern": self.pattern}))
        for path, problem in wrong:
            yield problem._replace(path=path)
        for index, value in enumerate(self.enum or ()):
            yield from schema_problems(value, {"type": self.type}, ("enum", index))
        if self.default is not None and not wrong:
            for problem in schema_problems(self.default, schema, ("default",)):
                yield problem._replace(text=f"the default {problem.text}")


def object_schema(fields: Mapping[str, Parameter]) -> dict[str, Any]:
    """The structural schema of an object with these fields and no others."""
    return {
        "type": "object",
        "properties": {name: field.structural_schema() for name, field in fields.items()},
        "required": [name for name, field in fields.items() if field.required],
    }


def with_defaults(values: Mapping[str, Any], fields: Mapping[str, Parameter]) -> dict[str, Any]:
    """``values`` of ``fields`` with the defaults of those that they do not say; a null says nothing."""
    result: dict[str, Any] = {}
    for name, field in fields.items():
        value = field.default if values.get(name) is None else values[name]
        result[name] = ABSENT if value is None else field.complete(value)
    return result
