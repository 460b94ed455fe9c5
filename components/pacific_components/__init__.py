"""Pulumi components of a vSphere Supervisor, their arguments, and the resources of vCenter (``vcenter``)."""

from pacific_components import arguments, vcenter
from pacific_components.arguments import *  # noqa: F403 - every type of arguments
from pacific_components.controller import Controller
from pacific_components.crx_workload import CrxWorkload
from pacific_components.custom_resource import CustomResource
from pacific_components.custom_resource_definition import CustomResourceDefinition
from pacific_components.external import ExternalNamespace, ExternalSupervisorCluster
from pacific_components.function import Function
from pacific_components.manifests import Manifests
from pacific_components.provider import Provider
from pacific_components.supervisor_cluster import SupervisorCluster
from pacific_components.supervisor_namespace import SupervisorNamespace
from pacific_components.virtual_machine import VirtualMachine
from pacific_components.workload_cluster import WorkloadCluster

__all__ = [
    "Controller",
    "CrxWorkload",
    "CustomResource",
    "CustomResourceDefinition",
    "ExternalNamespace",
    "ExternalSupervisorCluster",
    "Function",
    "Manifests",
    "Provider",
    "SupervisorCluster",
    "SupervisorNamespace",
    "VirtualMachine",
    "WorkloadCluster",
    "vcenter",
]
__all__ += arguments.__all__
__all__.sort()
