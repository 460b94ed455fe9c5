"""Whether a component's arguments are right: the rules of its document's model, on what is known of them.

An output is not known yet. It stands for its value, about which no rule says anything, and is refused only where the
value decides which objects there are.
"""

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import pulumi
from pydantic import BaseModel, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from pacific_components.argument_fields import (
    Alternatives,
    ArgumentField,
    FieldType,
    List,
    Map,
    Object,
    argument_fields,
    objects_in,
)
from pacific_components.component_models import COMPONENT_MODELS, ComponentModels
from pacific_components.output_validator import WHOLE, output_validator
from pacific_components.plumbing import NamespacedPlumbing
from pacific_infra.documents.explain import Subject, explain, path_of, without_miscounts
from pacific_infra.documents.kind_schemas import json_schema
from pacific_infra.documents.names import ALLOWED, LABEL
from pacific_infra.documents.source import Path, Source, dotted
from pacific_infra.documents.unknown import Unknown
from pacific_infra.errors import PacificError, PacificErrors

SpecT = TypeVar("SpecT", bound=BaseModel)
PlumbingT = TypeVar("PlumbingT", bound=BaseModel)
Arguments = Mapping[str, Any]


@dataclass(frozen=True)
class SecretValue:
    """A text that is kept secret, in the place of a field."""

    value: pulumi.Output[str]


@dataclass(frozen=True)
class CheckedArguments(Generic[PlumbingT, SpecT]):
    """What a component is made of. Fields of the models hold outputs where the program has outputs."""

    plumbing: PlumbingT
    spec: SpecT


def checked_arguments(component: str, name: str, arguments: object, keywords: Arguments) -> CheckedArguments[Any, Any]:
    """The arguments of the component ``name``, given as one object or by ``keywords``.

    None counts as absent, and Python's names are those of documents in snake_case; their own spelling is taken too.
    Raises PacificErrors with all that is wrong.
    """
    models = COMPONENT_MODELS[component]
    source = Source(f"{component} {name}", 0)
    if arguments is not None and keywords:
        fix = "give one object, or keywords"
        raise PacificErrors([PacificError("the arguments are given twice", place=source.place(), fix=fix)])
    if not isinstance(arguments, Mapping | None):
        problem = "the arguments are of the wrong type"
        raise PacificErrors([PacificError(problem, place=source.place(), allowed="an object, or keywords")])
    values: Arguments = keywords if arguments is None else arguments
    names = {name for field in argument_fields(models.plumbing) for name in (field.key, field.spelling)}
    plumbing = _Part(models, models.plumbing, ("metadata",), {key: values[key] for key in values if key in names})
    spec = _Part(models, models.spec, ("spec",), {key: values[key] for key in values if key not in names})
    errors = [*plumbing.errors(source), *spec.errors(source)]
    if issubclass(models.plumbing, NamespacedPlumbing) and values.get("name") is None:
        errors += _default_name_errors(default_name(name), source)
    if errors:
        raise PacificErrors(errors)
    return CheckedArguments(plumbing.model, spec.model)


def default_name(component: str) -> str:
    """The name of the objects of the component of this name, where its arguments have none."""
    return component.rpartition("/")[2]


def _default_name_errors(name: str, source: Source) -> Iterator[PacificError]:
    if not re.fullmatch(LABEL, name):
        problem = "the component's name cannot name its objects"
        fix = "give name: the objects' name"
        yield PacificError(problem, place=source.place(), value=name, allowed=ALLOWED[LABEL], fix=fix)


class _Part:
    """Arguments that one model takes."""

    def __init__(self, models: ComponentModels, model: type[BaseModel], part: Path, arguments: Arguments) -> None:
        self._value = _document_value(arguments, Object(model))
        self._subject = _ArgumentsSubject(models.kind, part, models=models, arguments=model)
        self._errors: Sequence[ErrorDetails] = ()
        try:
            self.model = _with_outputs(
                output_validator(model).validate_python(self._value, by_alias=True, by_name=False)
            )
        except ValidationError as error:
            self._errors = error.errors(include_url=False)

    def errors(self, source: Source) -> Iterator[PacificError]:
        """What is wrong with them."""
        errors = without_miscounts(self._errors)
        refused = [details for details in errors if isinstance(details["input"], Unknown | _Refused)]
        for details in refused:
            where = dotted(path_of(details))
            if isinstance(refused_value := details["input"], _Refused):
                problem, allowed = f"{where} is {refused_value.problem}", refused_value.allowed
                yield PacificError(problem, place=source.place(), allowed=allowed, fix=refused_value.fix)
            else:
                whole = details["type"] == WHOLE
                fix = "write it out: only what is in it can be outputs" if whole else "write the value itself"
                problem = f"{where} cannot be an output: it decides what is made"
                yield PacificError(problem, place=source.place(), fix=fix)
        others = [self._of_known(details) for details in errors if details not in refused]
        yield from explain(others, self._subject, source)

    def _of_known(self, details: ErrorDetails) -> ErrorDetails:
        """The error without what it says of outputs."""
        problems = details.get("ctx", {}).get("problems")
        if problems is None:
            return details
        path = path_of(details)
        known = tuple(problem for problem in problems if not _leads_to_output(self._value, (*path, *problem.path)))
        return {**details, "ctx": {**details["ctx"], "problems": known}}


@dataclass(frozen=True, kw_only=True)
class _ArgumentsSubject(Subject):
    """Arguments that one model takes, with the names that a program may give."""

    models: ComponentModels
    arguments: type[BaseModel]

    def schemas_at(self, path: Path) -> list[dict[str, Any]]:
        return super().schemas_at(path) if self.kind in json_schema()["$defs"] else []

    def fields_at(self, path: Path) -> list[str]:
        fields = [field for model in _models_at(Object(self.arguments), path) for field in argument_fields(model)]
        if not path:
            fields += argument_fields(self.models.plumbing)
        return sorted({field.spelling for field in fields})


def _models_at(kind: FieldType, path: Path) -> list[type[BaseModel]]:
    """The models that the object at ``path`` in a value of ``kind`` may have."""
    kinds: list[FieldType] = [kind]
    for element in path:
        kinds = [inner for outer in kinds for inner in _inner(outer, element)]
    return [model for inner in kinds for model in objects_in(inner)]


def _inner(kind: FieldType, element: str | int) -> Iterator[FieldType]:
    """The types of what is at ``element`` in a value of ``kind``."""
    match kind:
        case Alternatives(types):
            for part in types:
                yield from _inner(part, element)
        case List(inner) | Map(inner):
            yield inner
        case Object(model):
            yield from (field.type for field in argument_fields(model) if field.spelling == element)


def _document_value(value: object, kind: FieldType) -> Any:
    """``value`` as a document spells it, with what is unknown marked."""
    if isinstance(value, pulumi.Output) or inspect.isawaitable(value):
        return Unknown(pulumi.Output.from_input(value))
    if isinstance(value, Mapping):
        if isinstance(kind, Map):
            return {key: _document_value(item, kind.values) for key, item in value.items()}
        models = list(objects_in(kind)) if isinstance(kind, Object | Alternatives) else []
        return _document_object(value, models) if models else value
    if isinstance(kind, List) and isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_document_value(item, kind.items) for item in value]
    if isinstance(kind, List) and isinstance(value, Set):
        return _Refused("a set, whose order may be another in the next run", "a list", "sorted(...) makes one")
    return value


def _document_object(value: Arguments, models: Sequence[type[BaseModel]]) -> dict[str, Any]:
    fields = [field for model in models for field in argument_fields(model)]
    by_name = {name: field for field in fields for name in (field.key, field.spelling)}
    result: dict[str, Any] = {}
    secrets: list[tuple[ArgumentField, object]] = []
    for name, item in value.items():
        field = by_name.get(name)
        if item is None:
            continue
        if field is None:
            result[to_camel(name) if "_" in str(name) else str(name)] = item
        elif field.secret_of is not None:
            secrets.append((field, item))
        else:
            result[field.spelling] = _document_value(item, field.type)
    for field, item in secrets:
        _add_secrets(result, by_name[str(field.secret_of)].spelling, field.spelling, item)
    return result


def _add_secrets(result: dict[str, Any], into: str, name: str, values: object) -> None:
    """Put the secret ``values`` among those of the map ``into``; refused under their own ``name`` where they are not
    texts.
    """
    if not isinstance(values, Mapping) or not all(_may_be_text(value) for value in values.values()):
        result[name] = _Refused("of the wrong type", "an object of texts and outputs")
        return
    secret = {key: Unknown(SecretValue(pulumi.Output.secret(value))) for key, value in values.items()}
    result[into] = {**(result.get(into) or {}), **secret}


@dataclass(frozen=True)
class _Refused:
    """Stands for a value that no field takes; errors do not show it, as it may be secret."""

    problem: str
    allowed: str
    fix: str | None = None


def _may_be_text(value: object) -> bool:
    return isinstance(value, str | pulumi.Output) or inspect.isawaitable(value)


def _leads_to_output(value: Any, path: Path) -> bool:
    for element in path:
        if isinstance(value, Unknown):
            return True
        try:
            value = value[element]
        except (KeyError, IndexError, TypeError):
            return False
    return isinstance(value, Unknown)


def _with_outputs(value: Any) -> Any:
    """``value`` with the outputs that were unknown. Models that hold some are changed: they are new."""
    if isinstance(value, Unknown):
        return value.value
    if isinstance(value, BaseModel):
        held = {name: _with_outputs(item) for name, item in value.__dict__.items()}
        value.__dict__.update({name: item for name, item in held.items() if item is not value.__dict__[name]})
        return value
    if isinstance(value, tuple | list):
        items = [_with_outputs(item) for item in value]
        unchanged = all(new is old for new, old in zip(items, value, strict=True))
        return value if unchanged else type(value)(items)
    if isinstance(value, dict):
        return {key: _with_outputs(item) for key, item in value.items()}
    return value
