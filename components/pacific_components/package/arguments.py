"""From the property values of a program in any language to the arguments of a component in Python.

The SDK's own mapping loses nested outputs, secrets in lists and whole numbers (style-anchors of the design). What is
wrong in the arguments is left as it is: the component says so, in the same words to every language.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi.provider.experimental.analyzer import ComponentDefinition, PropertyDefinition
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.resource import DependencyResource

from pacific_components.package.definitions import AlternativesDefinition, Definitions
from pacific_infra.provider.property_values import has_unknown, plain

_ANY = "pulumi.json#/Any"
_ANYTHING = PropertyDefinition(ref=_ANY)


@dataclass(frozen=True)
class _Context:
    """What a value has from those that hold it."""

    secret: bool = False
    dependencies: frozenset[str] = frozenset()


_Convert = Callable[[PropertyValue, PropertyDefinition, _Context], Any]


def component_arguments(
    component: ComponentDefinition, inputs: Mapping[str, PropertyValue], known: Definitions
) -> dict[str, Any]:
    """The arguments of ``component``: what is secret, unknown or comes from another resource is an Output."""
    conversion = _Conversion(known)
    return {
        component.inputs_mapping.get(name, name): conversion.value(
            value, component.inputs.get(name, _ANYTHING), _Context()
        )
        for name, value in inputs.items()
        if value.value is not None
    }


class _Conversion:
    def __init__(self, known: Definitions) -> None:
        self._known = known

    def value(self, value: PropertyValue, definition: PropertyDefinition, context: _Context) -> Any:
        nested = frozenset().union(*(item.all_dependencies() for item in _items(value)))
        # The engine repeats at the top what the parts depend on: only what no part has is handed on to all of them.
        marks = _Context(context.secret or value.is_secret, context.dependencies | (value.dependencies - nested))
        unknown = _is_unknown(value)
        if definition.plain and definition.ref != _ANY:
            whole = unknown or (marks.secret and not _items(value))
        else:
            whole = unknown or marks.secret or bool(marks.dependencies)
        if whole:
            return self._output(value, definition, marks)
        return self._shaped(value.value, definition, marks, self.value)

    def _output(self, value: PropertyValue, definition: PropertyDefinition, marks: _Context) -> Any:
        """An Output of the whole value, its properties by their Python names."""
        known = not has_unknown(plain(value))
        secret = marks.secret or value.contains_secret()
        content = self._bare(value, definition, marks) if known else None
        resources: set[pulumi.Resource] = {
            DependencyResource(urn) for urn in marks.dependencies | value.all_dependencies()
        }
        return pulumi.Output(resources, _done(content), _done(known), _done(secret))

    def _bare(self, value: PropertyValue, definition: PropertyDefinition, context: _Context) -> Any:
        """The value without marks, for the inside of an Output that carries them."""
        return self._shaped(value.value, definition, _Context(), self._bare)

    def _shaped(self, inner: Any, definition: PropertyDefinition, context: _Context, convert: _Convert) -> Any:
        if isinstance(inner, Mapping):
            return self._mapping(inner, definition, context, convert)
        if isinstance(inner, Sequence) and not isinstance(inner, str):
            items = _alternative(definition, "items") or _ANYTHING
            return [convert(item, items, context) for item in inner]
        return plain(PropertyValue(inner))

    def _mapping(
        self, inner: Mapping[str, PropertyValue], definition: PropertyDefinition, context: _Context, convert: _Convert
    ) -> dict[str, Any]:
        values = _alternative(definition, "additional_properties")
        if values is not None and values.ref == _ANY and "apiVersion" in inner and "kind" in inner:
            return self._kubernetes_object(inner, context, convert)
        if values is not None:
            return {name: convert(item, values, context) for name, item in inner.items()}
        objects = [object_ for part in _parts(definition) if (object_ := self._known.nested(part)) is not None]
        properties = {name: item for object_ in objects for name, item in object_.properties.items()}
        names = {name: python for object_ in objects for name, python in object_.properties_mapping.items()}
        # Absent and null are the same in an object with a schema.
        return {
            names.get(name, name): convert(item, properties.get(name, _ANYTHING), context)
            for name, item in inner.items()
            if item.value is not None or not objects
        }

    def _kubernetes_object(
        self, inner: Mapping[str, PropertyValue], context: _Context, convert: _Convert
    ) -> dict[str, Any]:
        """An object of a manifest: what it is called decides what is made, and has only marks of its own.

        Of a program in YAML the whole property is secret, or depends on another resource, where one part of it does.
        """

        def converted(values: Mapping[str, PropertyValue], names: tuple[str, ...]) -> dict[str, Any]:
            return {
                name: convert(item, _ANYTHING, _Context() if name in names else context)
                for name, item in values.items()
            }

        manifest = converted(inner, ("apiVersion", "kind"))
        metadata = inner.get("metadata")
        if metadata is not None and isinstance(metadata.value, Mapping):
            manifest["metadata"] = converted(metadata.value, ("name", "namespace"))
        return manifest


def _parts(definition: PropertyDefinition) -> tuple[PropertyDefinition, ...]:
    return definition.alternatives if isinstance(definition, AlternativesDefinition) else (definition,)


def _alternative(definition: PropertyDefinition, attribute: str) -> PropertyDefinition | None:
    """The definition of the items or values, of the alternative that has some."""
    definitions = (getattr(part, attribute) for part in _parts(definition))
    return next((inner for inner in definitions if inner is not None), None)


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


def _done(value: Any) -> "asyncio.Future[Any]":
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    future.set_result(value)
    return future
