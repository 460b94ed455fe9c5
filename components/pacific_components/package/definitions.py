"""What the components take and give, read out of their argument types and annotations: the one source of the schema."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, fields
from functools import cache
from importlib import import_module
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, is_typeddict

import pulumi
from pulumi.provider.experimental.analyzer import Analyzer, ComponentDefinition, PropertyDefinition, TypeDefinition

from pacific_components import arguments
from pacific_components.argument_fields import argument_fields, objects_in
from pacific_components.component_models import COMPONENT_MODELS, module_of
from pacific_infra.documents.field_descriptions import texts_of

PACKAGE = "pacific"
_SECRETS = {
    ("ExternalSupervisorCluster", "kubeconfig"),
    ("ExternalSupervisorCluster", "password"),
    ("Manifests", "kubeconfig"),
    ("SupervisorCluster", "kubeconfig"),
    ("SupervisorCluster", "password"),
    *((name, output) for name, models in COMPONENT_MODELS.items() for output in models.secret_outputs),
}
"""Properties that are secret whoever sets them, by the component; those that a document has say so themselves."""


@cache
def components() -> Sequence[type[pulumi.ComponentResource]]:
    """Every component; the provider is not one.

    Asked for and not at the import: a new component's arguments are written by a program that imports this module.
    """
    classes = [getattr(import_module(f"pacific_components.{module_of(name)}"), name) for name in COMPONENT_MODELS]
    return [component for component in classes if issubclass(component, pulumi.ComponentResource)]


@cache
def secrets() -> frozenset[tuple[str, str]]:
    """Properties that are secret whoever sets them, by the component or the type that they belong to."""
    secret_properties = set(_SECRETS)
    for component, models in COMPONENT_MODELS.items():
        waiting = [(component, models.spec)]
        while waiting:
            owner, model = waiting.pop()
            for field in argument_fields(model):
                if field.secret:
                    secret_properties.add((owner, field.spelling))
                waiting += [(f"{nested.__name__}Args", nested) for nested in objects_in(field.type)]
    return frozenset(secret_properties)


@dataclass
class ChoiceDefinition(PropertyDefinition):
    """A text that is one of a few words."""

    choices: tuple[str, ...] = ()


@dataclass
class AlternativesDefinition(PropertyDefinition):
    """A value of one of several types."""

    alternatives: tuple[PropertyDefinition, ...] = ()


class _Analyzer(Analyzer):
    """Knows ``Literal``, unions and the arguments of documents' components as well, which Pulumi's own does not."""

    def analyze_component(self, component: type[pulumi.ComponentResource]) -> ComponentDefinition:
        """The inputs and outputs of a component, whose __init__ says in overloads that it takes keywords too."""
        arguments_type = getattr(arguments, f"{component.__name__}Args")
        inputs, inputs_mapping = self.analyze_type(arguments_type, is_component_output=False)
        outputs, outputs_mapping = self.analyze_type(component, is_component_output=True)
        about = (component.__doc__ or "").strip()
        return ComponentDefinition(
            component.__name__, inputs, outputs, inputs_mapping, outputs_mapping, component.__module__, about
        )

    def analyze_property(self, arg: Any, typ: type, name: str, **options: Any) -> PropertyDefinition:
        """One annotation as a property of the schema."""
        if get_origin(arg) is Literal:
            whole = type(get_args(arg)[0])
            base = super().analyze_property(whole, typ, name, **options)
            return ChoiceDefinition(**_fields(base), choices=tuple(str(choice) for choice in get_args(arg)))
        if get_origin(arg) in (Union, UnionType):
            awaited = [get_args(part)[0] for part in get_args(arg) if get_origin(part) is Awaitable]
            objects = [part for part in get_args(arg) if is_typeddict(part) and part not in awaited]
            if not awaited or objects or get_origin(awaited[0]) in (Union, UnionType):
                return self._alternatives(arg, typ, name, **options)
        return super().analyze_property(arg, typ, name, **options)

    def get_docstring(self, typ: type, name: str) -> str | None:
        """The text below a property. Pulumi's own way reads a whole module for each class in it: 8 s for ours."""
        return texts_of(typ).get(name)

    def _alternatives(self, arg: Any, typ: type, name: str, **options: Any) -> PropertyDefinition:
        """Each type that a value may have; outputs may give those that are no objects."""
        awaited = [get_args(part)[0] for part in get_args(arg) if get_origin(part) is Awaitable]
        parts = [part for whole in awaited for part in get_args(whole) or (whole,)]
        parts += [part for part in get_args(arg) if is_typeddict(part) or not (awaited or part is type(None))]
        types = tuple(self.analyze_property(part, typ, name, **options) for part in dict.fromkeys(parts))
        return AlternativesDefinition(
            optional=types[0].optional,
            description=types[0].description,
            plain=None if awaited else types[0].plain,
            alternatives=types,
        )


def _fields(definition: PropertyDefinition) -> dict[str, Any]:
    return {field.name: getattr(definition, field.name) for field in fields(definition)}


@dataclass(frozen=True)
class Definitions:
    """The components and the types of their properties, by name."""

    components: dict[str, ComponentDefinition]
    types: dict[str, TypeDefinition]

    def nested(self, definition: PropertyDefinition) -> TypeDefinition | None:
        """The object type of a property; None where it is no object with named properties."""
        return self.types.get(definition.ref.rpartition(":")[2]) if definition.ref else None


@cache
def definitions() -> Definitions:
    """The definitions of all components. Reading the sources takes a moment, so it is done once."""
    analyzed = _Analyzer(PACKAGE).analyze([*components()])
    return Definitions(analyzed["component_definitions"], analyzed["type_definitions"])
