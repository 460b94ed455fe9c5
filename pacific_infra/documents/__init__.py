"""Documents: the desired state as the user writes it, one kind a file, and how it is read."""

from pacific_infra.documents.application import Application, ApplicationSpec
from pacific_infra.documents.controller import Controller, ControllerSpec
from pacific_infra.documents.crx_workload import CrxWorkload, CrxWorkloadSpec
from pacific_infra.documents.custom_resource import CustomResource, CustomResourceSpec
from pacific_infra.documents.custom_resource_definition import (
    CustomResourceDefinition,
    CustomResourceDefinitionSpec,
)
from pacific_infra.documents.document import Document
from pacific_infra.documents.estate import Estate
from pacific_infra.documents.external import (
    ExternalDocument,
    ExternalNamespace,
    ExternalSupervisorCluster,
    ExternalVirtualMachineClass,
)
from pacific_infra.documents.function import Function, FunctionSpec
from pacific_infra.documents.json_schema import json_schema
from pacific_infra.documents.loading import load_estate
from pacific_infra.documents.manifests import Manifests, ManifestsSpec
from pacific_infra.documents.model import API_VERSION, Metadata, NamespacedMetadata, Reference
from pacific_infra.documents.namespace import Namespace, NamespaceSpec
from pacific_infra.documents.supervisor_cluster import SupervisorCluster, SupervisorClusterSpec
from pacific_infra.documents.virtual_machine import VirtualMachine, VirtualMachineSpec
from pacific_infra.documents.virtual_machine_class import VirtualMachineClass, VirtualMachineClassSpec
from pacific_infra.documents.workload_cluster import WorkloadCluster, WorkloadClusterSpec

__all__ = [
    "API_VERSION",
    "Application",
    "ApplicationSpec",
    "Controller",
    "ControllerSpec",
    "CrxWorkload",
    "CrxWorkloadSpec",
    "CustomResource",
    "CustomResourceDefinition",
    "CustomResourceDefinitionSpec",
    "CustomResourceSpec",
    "Document",
    "Estate",
    "ExternalDocument",
    "ExternalNamespace",
    "ExternalSupervisorCluster",
    "ExternalVirtualMachineClass",
    "Function",
    "FunctionSpec",
    "Manifests",
    "ManifestsSpec",
    "Metadata",
    "Namespace",
    "NamespaceSpec",
    "NamespacedMetadata",
    "Reference",
    "SupervisorCluster",
    "SupervisorClusterSpec",
    "VirtualMachine",
    "VirtualMachineClass",
    "VirtualMachineClassSpec",
    "VirtualMachineSpec",
    "WorkloadCluster",
    "WorkloadClusterSpec",
    "json_schema",
    "load_estate",
]
