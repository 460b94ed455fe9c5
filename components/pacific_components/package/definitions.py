"""What the components take and give, read out of their argument types and annotations: the one source of the schema."""

from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Literal, get_args, get_origin

import pulumi
from pulumi.provider.experimental.analyzer import Analyzer, ComponentDefinition, PropertyDefinition, TypeDefinition

from pacific_components.controller import Controller
from pacific_components.crx_workload import CrxWorkload
from pacific_components.custom_resource import CustomResource
from pacific_components.custom_resource_definition import CustomResourceDefinition
from pacific_components.external import ExternalNamespace, ExternalSupervisorCluster
from pacific_components.function import Function
from pacific_components.manifests import Manifests
from pacific_components.supervisor_cluster import SupervisorCluster
from pacific_components.supervisor_namespace import SupervisorNamespace
from pacific_components.virtual_machine import VirtualMachine
from pacific_components.workload_cluster import WorkloadCluster

PACKAGE = "pacific"
COMPONENTS: tuple[type[pulumi.ComponentResource], ...] = (
    Controller,
    CrxWorkload,
    CustomResource,
    CustomResourceDefinition,
    ExternalNamespace,
    ExternalSupervisorCluster,
    Function,
    Manifests,
    SupervisorCluster,
    SupervisorNamespace,
    VirtualMachine,
    WorkloadCluster,
)
SECRETS = frozenset(
    {
        ("ContainerArgs", "secretEnvironment"),
        ("ExternalSupervisorCluster", "kubeconfig"),
        ("ExternalSupervisorCluster", "password"),
        ("Manifests", "kubeconfig"),
        ("SupervisorCluster", "kubeconfig"),
        ("SupervisorCluster", "password"),
        ("VirtualMachine", "cloudInit"),
        ("WorkloadCluster", "kubeconfig"),
    }
)
"""Properties that are secret whoever sets them, by the component or the type that they belong to."""


@dataclass
class ChoiceDefinition(PropertyDefinition):
    """A text that is one of a few words."""

    choices: tuple[str, ...] = ()


class _ChoosingAnalyzer(Analyzer):
    """Knows ``Literal`` as well, which Pulumi's own does not."""

    def analyze_property(self, arg: Any, typ: type, name: str, **options: Any) -> PropertyDefinition:
        """One annotation as a property of the schema."""
        if get_origin(arg) is not Literal:
            return super().analyze_property(arg, typ, name, **options)
        text = super().analyze_property(str, typ, name, **options)
        given = {field.name: getattr(text, field.name) for field in fields(text)}
        return ChoiceDefinition(**given, choices=get_args(arg))


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
    """The definitions of ``COMPONENTS``. Reading the sources takes a moment, so it is done once."""
    found = _ChoosingAnalyzer(PACKAGE).analyze(list(COMPONENTS))
    return Definitions(found["component_definitions"], found["type_definitions"])
