"""Functions that look up objects in vCenter, ``pacific:vcenter:get*``. Each returns an Output.

Generated from the models by ``python -m pacific_components.package.schema``; do not edit.
"""

import pulumi

from pacific_components.vcenter import outputs


def get_supervisor(
    name: pulumi.Input[str],
    opts: pulumi.InvokeOptions | pulumi.InvokeOutputOptions | None = None,
) -> pulumi.Output[outputs.SupervisorInfo]:
    """A Supervisor, by name or by identifier."""
    result: pulumi.Output[outputs.SupervisorInfo] = pulumi.runtime.invoke_output(
        "pacific:vcenter:getSupervisor", {"name": name}, opts, typ=outputs.SupervisorInfo
    )
    return result


def get_supervisors(
    opts: pulumi.InvokeOptions | pulumi.InvokeOutputOptions | None = None,
) -> pulumi.Output[outputs.SupervisorList]:
    """All Supervisors."""
    result: pulumi.Output[outputs.SupervisorList] = pulumi.runtime.invoke_output(
        "pacific:vcenter:getSupervisors", {}, opts, typ=outputs.SupervisorList
    )
    return result


def get_namespace(
    name: pulumi.Input[str],
    opts: pulumi.InvokeOptions | pulumi.InvokeOutputOptions | None = None,
) -> pulumi.Output[outputs.NamespaceInfo]:
    """A vSphere Namespace with all of its governance and what it uses."""
    result: pulumi.Output[outputs.NamespaceInfo] = pulumi.runtime.invoke_output(
        "pacific:vcenter:getNamespace", {"name": name}, opts, typ=outputs.NamespaceInfo
    )
    return result


def get_namespaces(
    opts: pulumi.InvokeOptions | pulumi.InvokeOutputOptions | None = None,
) -> pulumi.Output[outputs.NamespaceList]:
    """All vSphere Namespaces."""
    result: pulumi.Output[outputs.NamespaceList] = pulumi.runtime.invoke_output(
        "pacific:vcenter:getNamespaces", {}, opts, typ=outputs.NamespaceList
    )
    return result


def get_virtual_machine_classes(
    opts: pulumi.InvokeOptions | pulumi.InvokeOutputOptions | None = None,
) -> pulumi.Output[outputs.VirtualMachineClassList]:
    """All VM classes."""
    result: pulumi.Output[outputs.VirtualMachineClassList] = pulumi.runtime.invoke_output(
        "pacific:vcenter:getVirtualMachineClasses", {}, opts, typ=outputs.VirtualMachineClassList
    )
    return result


def get_storage_policy(
    name: pulumi.Input[str],
    opts: pulumi.InvokeOptions | pulumi.InvokeOutputOptions | None = None,
) -> pulumi.Output[outputs.InventoryObject]:
    """A storage policy, by name or by identifier."""
    result: pulumi.Output[outputs.InventoryObject] = pulumi.runtime.invoke_output(
        "pacific:vcenter:getStoragePolicy", {"name": name}, opts, typ=outputs.InventoryObject
    )
    return result


def get_content_library(
    name: pulumi.Input[str],
    opts: pulumi.InvokeOptions | pulumi.InvokeOutputOptions | None = None,
) -> pulumi.Output[outputs.InventoryObject]:
    """A content library, by name or by identifier."""
    result: pulumi.Output[outputs.InventoryObject] = pulumi.runtime.invoke_output(
        "pacific:vcenter:getContentLibrary", {"name": name}, opts, typ=outputs.InventoryObject
    )
    return result


def get_compute_cluster(
    name: pulumi.Input[str],
    opts: pulumi.InvokeOptions | pulumi.InvokeOutputOptions | None = None,
) -> pulumi.Output[outputs.InventoryObject]:
    """A compute cluster, by name or by identifier."""
    result: pulumi.Output[outputs.InventoryObject] = pulumi.runtime.invoke_output(
        "pacific:vcenter:getComputeCluster", {"name": name}, opts, typ=outputs.InventoryObject
    )
    return result


def get_network(
    name: pulumi.Input[str],
    opts: pulumi.InvokeOptions | pulumi.InvokeOutputOptions | None = None,
) -> pulumi.Output[outputs.InventoryObject]:
    """A network or port group, by name or by identifier."""
    result: pulumi.Output[outputs.InventoryObject] = pulumi.runtime.invoke_output(
        "pacific:vcenter:getNetwork", {"name": name}, opts, typ=outputs.InventoryObject
    )
    return result


def get_zones(
    opts: pulumi.InvokeOptions | pulumi.InvokeOutputOptions | None = None,
) -> pulumi.Output[outputs.ZoneList]:
    """All vSphere Zones."""
    result: pulumi.Output[outputs.ZoneList] = pulumi.runtime.invoke_output(
        "pacific:vcenter:getZones", {}, opts, typ=outputs.ZoneList
    )
    return result


def get_version(
    opts: pulumi.InvokeOptions | pulumi.InvokeOutputOptions | None = None,
) -> pulumi.Output[outputs.VersionInfo]:
    """The version of vCenter."""
    result: pulumi.Output[outputs.VersionInfo] = pulumi.runtime.invoke_output(
        "pacific:vcenter:getVersion", {}, opts, typ=outputs.VersionInfo
    )
    return result
