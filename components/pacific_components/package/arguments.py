"""From the property values of a program in any language to the arguments of a component in Python.

The SDK's own mapping loses nested outputs, secrets in lists and whole numbers (style-anchors of the design).
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.errors import InputPropertyError
from pulumi.provider.experimental.analyzer import ComponentDefinition, PropertyDefinition, PropertyType
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.resource import DependencyResource

from pacific_components.package.definitions import ChoiceDefinition, Definitions
from pacific_infra.provider.property_values import has_unknown, plain
from pacific_infra.vcenter.inventory import nearest

Properties = Mapping[str, PropertyDefinition]
_ANY = "pulumi.json#/Any"
_WORDS = {str: "text", bool: "true or false", int: "a whole number", float: "a number"}


@dataclass(frozen=True)
class _Around:
    """What a value has from those around it."""

    secret: bool = False
    dependencies: frozenset[str] = frozenset()


def component_arguments(
    component: ComponentDefinition, inputs: Mapping[str, PropertyValue], known: Definitions
) -> dict[str, Any]:
    """The arguments of ``component``. What may be an input becomes an Output where it is secret, unknown or comes from
    another resource; what must be plain is. Raises InputPropertyError, which names the property.
    """
    conversion = _Conversion(known)
    given = {name: value for name, value in inputs.items() if value.value is not None}
    _check_names(set(given), component.inputs, f"component {component.name}", "")
    return {
        component.inputs_mapping[name]: conversion.value(value, component.inputs[name], name, _Around())
        for name, value in given.items()
    }


class _Conversion:
    def __init__(self, known: Definitions) -> None:
        self._known = known

    def value(self, value: PropertyValue, definition: PropertyDefinition, path: str, around: _Around) -> Any:
        nested = frozenset().union(*(item.all_dependencies() for item in _items(value)))
        # The engine repeats at the top what the parts depend on: only what no part has is handed on to all of them.
        own = _Around(around.secret or value.is_secret, around.dependencies | (value.dependencies - nested))
        unknown = _is_unknown(value)
        if definition.plain and definition.ref != _ANY:
            if unknown:
                raise InputPropertyError(path, "must be known when the plan is made: it decides what is made; write it")
            if own.secret and not _items(value):
                raise InputPropertyError(path, "cannot be a secret: it becomes part of names, rules or options")
        elif unknown or own.secret or own.dependencies:
            return self._output(value, definition, path, own)
        return self._shaped(value.value, definition, path, own, self.value)

    def _output(self, value: PropertyValue, definition: PropertyDefinition, path: str, own: _Around) -> Any:
        """An Output of the whole value, its properties by their Python names."""
        known = not has_unknown(plain(value))
        secret = own.secret or value.contains_secret()
        try:
            spelled = self._bare(value, definition, path, own) if known else None
        except InputPropertyError as error:
            if not secret:
                raise
            raise InputPropertyError(
                error.property_path, "is not what it must be; it is secret and not shown"
            ) from None
        resources: set[pulumi.Resource] = {
            DependencyResource(urn) for urn in own.dependencies | value.all_dependencies()
        }
        return pulumi.Output(resources, _done(spelled), _done(known), _done(secret))

    def _bare(self, value: PropertyValue, definition: PropertyDefinition, path: str, around: _Around) -> Any:
        """The value without marks, for the inside of an Output that carries them."""
        return self._shaped(value.value, definition, path, _Around(), self._bare)

    def _shaped(
        self,
        inner: Any,
        definition: PropertyDefinition,
        path: str,
        around: _Around,
        convert: Callable[[PropertyValue, PropertyDefinition, str, _Around], Any],
    ) -> Any:
        if definition.ref == _ANY and isinstance(inner, Mapping):
            return {name: convert(item, definition, _inside(path, name), around) for name, item in inner.items()}
        if definition.ref == _ANY and isinstance(inner, Sequence) and not isinstance(inner, str):
            return [convert(item, definition, f"{path}[{index}]", around) for index, item in enumerate(inner)]
        nested = self._known.nested(definition)
        if nested is not None:
            if not isinstance(inner, Mapping):
                raise InputPropertyError(path, f"must be an object, not {_shown(inner)}")
            given = {name: item for name, item in inner.items() if item.value is not None}
            _check_names(set(given), nested.properties, path, path)
            return {
                nested.properties_mapping[name]: convert(item, nested.properties[name], _inside(path, name), around)
                for name, item in given.items()
            }
        if definition.type is PropertyType.ARRAY and definition.items is not None:
            if isinstance(inner, str) or not isinstance(inner, Sequence):
                raise InputPropertyError(path, f"must be a list, not {_shown(inner)}")
            items = definition.items
            return [convert(item, items, f"{path}[{index}]", around) for index, item in enumerate(inner)]
        if definition.additional_properties is not None:
            if not isinstance(inner, Mapping):
                raise InputPropertyError(path, f"must be a map, not {_shown(inner)}")
            values = definition.additional_properties
            return {name: convert(item, values, _inside(path, name), around) for name, item in inner.items()}
        return _scalar(inner, definition, path)


def _is_unknown(value: PropertyValue) -> bool:
    """Whether the value itself, not only a part of it, is not known yet."""
    return not _items(value) and has_unknown(plain(value))


def _items(value: PropertyValue) -> list[PropertyValue]:
    inner = value.value
    if isinstance(inner, Mapping):
        return list(inner.values())
    if isinstance(inner, Sequence) and not isinstance(inner, str):
        return list(inner)
    return []


def _scalar(inner: Any, definition: PropertyDefinition, path: str) -> Any:
    """A single value of the type asked for; whole numbers come as floats."""
    if isinstance(inner, float) and inner.is_integer():
        inner = int(inner)
    wanted = {PropertyType.STRING: str, PropertyType.BOOLEAN: bool, PropertyType.INTEGER: int}.get(
        definition.type or PropertyType.OBJECT
    )
    if wanted is None:
        return plain(PropertyValue(float(inner) if type(inner) is int else inner))
    if type(inner) is not wanted:
        raise InputPropertyError(path, f"must be {_WORDS[wanted]}, not {_shown(inner)}")
    if isinstance(definition, ChoiceDefinition) and inner not in definition.choices:
        raise InputPropertyError(path, f"must be one of {', '.join(definition.choices)}, not {_shown(inner)}")
    return inner


def _check_names(given: set[str], properties: Properties, owner: str, path: str) -> None:
    for name in sorted(given - properties.keys()):
        raise InputPropertyError(
            _inside(path, name), f"is not a property of {owner}; allowed: {', '.join(nearest(name, list(properties)))}"
        )
    for name, definition in properties.items():
        if not definition.optional and name not in given:
            raise InputPropertyError(_inside(path, name), f"is required by {owner}")


def _inside(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _shown(inner: Any) -> str:
    if isinstance(inner, Mapping):
        return "an object"
    return "a list" if isinstance(inner, Sequence) and not isinstance(inner, str) else repr(inner)


def _done(value: Any) -> "asyncio.Future[Any]":
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    future.set_result(value)
    return future
