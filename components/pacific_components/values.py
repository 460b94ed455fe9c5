"""Values of checked arguments, each of which may be an output, in the spelling of Kubernetes' API."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import pulumi
from pydantic import BaseModel
from pydantic.alias_generators import to_snake

from pacific_components.validation import SecretValue
from pacific_infra.documents.lowering import Apply, Table, lower
from pacific_infra.documents.model import Model, Spec
from pacific_infra.documents.text import TextSource
from pacific_infra.errors import PacificError

Value = TypeVar("Value")
Result = TypeVar("Result")


def applied(function: Callable[[Value], Result], value: Value | pulumi.Output[Value]) -> Result | pulumi.Output[Result]:
    """``function`` of ``value``, an output where that is one."""
    return value.apply(function) if isinstance(value, pulumi.Output) else function(value)


def is_empty(value: object) -> bool:
    """Whether ``value`` is an empty text, list or map; an output never is."""
    return not isinstance(value, pulumi.Output) and not value


def without_none(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Those of ``fields`` that have a value."""
    return {name: value for name, value in fields.items() if value is not None}


def text_value(value: object) -> Any:
    """The text in ``value``, which a model has read or a program has given; secret where that is."""
    if isinstance(value, TextSource):
        return value.text
    return value.value if isinstance(value, SecretValue) else value


def resource_arguments(kind: str, name: str, spec: Spec) -> Any:
    """Arguments of the resource ``name`` of vCenter, from the ``spec`` of a document ``kind``."""
    return _in_python(lower(kind, name, spec, _applied_to(f"{kind} {name}")))


def part_arguments(part: Model, subject: str) -> Any:
    """Arguments of a resource of vCenter, from ``part`` of a document's ``spec``; messages name the ``subject``."""
    return _in_python(Table(type(part)).lower(part, _applied_to(subject)))


def _in_python(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {to_snake(name): value for name, value in properties.items()}


def _applied_to(subject: str) -> Apply:
    def apply(value: Any, function: Callable[[Any], Any]) -> Any:
        def known(content: Any) -> Any:
            try:
                return function(content)
            except PacificError as error:
                raise pulumi.RunError(f"{subject}: {error}") from None

        return applied(known, text_value(value))

    return apply


def api_fields(model: BaseModel, without: Iterable[str] = ()) -> dict[str, Any]:
    """The fields of ``model`` that have a value, spelled as documents and the API do; ``without`` the attributes."""
    return {
        field.serialization_alias or field.alias or name: _api_value(value)
        for name, field in type(model).model_fields.items()
        if name not in without and (value := getattr(model, name)) is not None
    }


def _api_value(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return api_fields(value)
    return [_api_value(item) for item in value] if isinstance(value, tuple) else value


def port_reference(port: int | str) -> int | str:
    """A port or amount, by number where it is one, as the API distinguishes (IntOrString)."""
    return int(port) if isinstance(port, str) and port.isdigit() else port
