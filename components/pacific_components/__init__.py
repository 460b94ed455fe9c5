"""Pulumi components of a vSphere Supervisor."""

from pacific_components.controller import Controller, ControllerArgs
from pacific_components.crx_arguments import CrxWorkloadArgs
from pacific_components.crx_workload import CrxWorkload
from pacific_components.custom_resource import CustomResource, CustomResourceArgs
from pacific_components.custom_resource_definition import CustomResourceDefinition, CustomResourceDefinitionArgs
from pacific_components.external import (
    ExternalNamespace,
    ExternalNamespaceArgs,
    ExternalSupervisorCluster,
    ExternalSupervisorClusterArgs,
)
from pacific_components.function import Function, FunctionArgs
from pacific_components.manifests import Manifests, ManifestsArgs
from pacific_components.provider import Provider, ProviderArgs
from pacific_components.supervisor_cluster import SupervisorCluster, SupervisorClusterArgs
from pacific_components.supervisor_namespace import SupervisorNamespace, SupervisorNamespaceArgs
from pacific_components.virtual_machine import VirtualMachine, VirtualMachineArgs
from pacific_components.workload_cluster import WorkloadCluster, WorkloadClusterArgs

__all__ = [
    "Controller",
    "ControllerArgs",
    "CrxWorkload",
    "CrxWorkloadArgs",
    "CustomResource",
    "CustomResourceArgs",
    "CustomResourceDefinition",
    "CustomResourceDefinitionArgs",
    "ExternalNamespace",
    "ExternalNamespaceArgs",
    "ExternalSupervisorCluster",
    "ExternalSupervisorClusterArgs",
    "Function",
    "FunctionArgs",
    "Manifests",
    "ManifestsArgs",
    "Provider",
    "ProviderArgs",
    "SupervisorCluster",
    "SupervisorClusterArgs",
    "SupervisorNamespace",
    "SupervisorNamespaceArgs",
    "VirtualMachine",
    "VirtualMachineArgs",
    "WorkloadCluster",
    "WorkloadClusterArgs",
]
