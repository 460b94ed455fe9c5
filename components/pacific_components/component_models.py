"""The models that each component's arguments come from: what its document says, and what is said besides."""

from typing import NamedTuple

from pydantic import BaseModel

from pacific_components.plumbing import (
    ComponentPlumbing,
    ControllerPlumbing,
    CustomResourcePlumbing,
    ExternalPlumbing,
    ExternalSupervisorPlumbing,
    ManifestsFields,
    ManifestsPlumbing,
    NamespacedPlumbing,
    NoFields,
    PodsPlumbing,
    ProviderPlumbing,
    SupervisorPlumbing,
)
from pacific_infra.documents.controller import ControllerSpec
from pacific_infra.documents.crx_workload import CrxWorkloadSpec
from pacific_infra.documents.custom_resource import CustomResourceSpec
from pacific_infra.documents.custom_resource_definition import CustomResourceDefinitionSpec
from pacific_infra.documents.function import FunctionSpec
from pacific_infra.documents.namespace import NamespaceSpec
from pacific_infra.documents.supervisor_cluster import SupervisorClusterSpec
from pacific_infra.documents.virtual_machine import VirtualMachineSpec
from pacific_infra.documents.workload_cluster import WorkloadClusterSpec


class ComponentModels(NamedTuple):
    """What one component takes."""

    kind: str
    """Kind of the documents that become it."""
    spec: type[BaseModel]
    """Its fields in a document's ``spec``."""
    plumbing: type[BaseModel]
    """The others."""


COMPONENT_MODELS = {
    "Controller": ComponentModels("Controller", ControllerSpec, ControllerPlumbing),
    "CrxWorkload": ComponentModels("CrxWorkload", CrxWorkloadSpec, PodsPlumbing),
    "CustomResource": ComponentModels("CustomResource", CustomResourceSpec, CustomResourcePlumbing),
    "CustomResourceDefinition": ComponentModels(
        "CustomResourceDefinition", CustomResourceDefinitionSpec, ComponentPlumbing
    ),
    "ExternalNamespace": ComponentModels("ExternalNamespace", NoFields, ExternalPlumbing),
    "ExternalSupervisorCluster": ComponentModels("ExternalSupervisorCluster", NoFields, ExternalSupervisorPlumbing),
    "Function": ComponentModels("Function", FunctionSpec, PodsPlumbing),
    "Manifests": ComponentModels("Manifests", ManifestsFields, ManifestsPlumbing),
    "Provider": ComponentModels("Provider", NoFields, ProviderPlumbing),
    "SupervisorCluster": ComponentModels("SupervisorCluster", SupervisorClusterSpec, SupervisorPlumbing),
    "SupervisorNamespace": ComponentModels("Namespace", NamespaceSpec, ComponentPlumbing),
    "VirtualMachine": ComponentModels("VirtualMachine", VirtualMachineSpec, NamespacedPlumbing),
    "WorkloadCluster": ComponentModels("WorkloadCluster", WorkloadClusterSpec, NamespacedPlumbing),
}
"""By the component's name."""
