"""Pulumi components of a vSphere Supervisor."""

from pacific_components.crx_arguments import CrxWorkloadArgs
from pacific_components.crx_workload import CrxWorkload
from pacific_components.provider import Provider
from pacific_components.supervisor_cluster import SupervisorCluster, SupervisorClusterArgs
from pacific_components.supervisor_namespace import SupervisorNamespace, SupervisorNamespaceArgs
from pacific_components.virtual_machine import VirtualMachine, VirtualMachineArgs

__all__ = [
    "CrxWorkload",
    "CrxWorkloadArgs",
    "Provider",
    "SupervisorCluster",
    "SupervisorClusterArgs",
    "SupervisorNamespace",
    "SupervisorNamespaceArgs",
    "VirtualMachine",
    "VirtualMachineArgs",
]
