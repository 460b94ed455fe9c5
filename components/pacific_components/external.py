"""What somebody else owns, for what lies on it or in it: looked up, never written and never deleted."""

from collections.abc import Mapping
from typing import Any, Unpack, overload

import pulumi

from pacific_components import vcenter
from pacific_components.arguments import ExternalNamespaceArgs, ExternalSupervisorClusterArgs
from pacific_components.component import Component, Options
from pacific_components.kubernetes import KubernetesProvider, ReadObject
from pacific_components.supervisor_cluster import CLIENT_SETTINGS, renewing_kubeconfig
from pacific_components.validation import checked_arguments
from pacific_infra.errors import PacificError
from pacific_infra.vcenter.kubeconfig_file import endpoint_of


class ExternalSupervisorCluster(Component):
    """A Supervisor of somebody else's, and a Kubernetes provider for what is put on it."""

    supervisor: pulumi.Output[str]
    """Identifier of the Supervisor; its name where vCenter is not asked."""
    endpoint: pulumi.Output[str]
    """Address of its Kubernetes API: a host, or host:port where one port serves all."""
    kubeconfig: pulumi.Output[str]
    """Kubeconfig; a secret."""

    @overload
    def __init__(self, resource_name: str, /, args: ExternalSupervisorClusterArgs, opts: Options = None) -> None: ...
    @overload
    def __init__(
        self, resource_name: str, /, *, opts: Options = None, **args: Unpack[ExternalSupervisorClusterArgs]
    ) -> None: ...
    def __init__(self, resource_name: str, /, args: Any = None, opts: Options = None, **keywords: Any) -> None:
        plumbing = checked_arguments("ExternalSupervisorCluster", resource_name, args, keywords).plumbing
        super().__init__("pacific:index:ExternalSupervisorCluster", resource_name, vars(plumbing), opts)
        called = plumbing.name or resource_name
        if plumbing.kubeconfig is not None:
            self.supervisor = pulumi.Output.from_input(called)
            self.kubeconfig = pulumi.Output.secret(plumbing.kubeconfig)
            # An address is no secret.
            self.endpoint = pulumi.Output.unsecret(self.kubeconfig.apply(endpoint_of))
        elif plumbing.server is not None and plumbing.username is not None:
            looked_up = vcenter.get_supervisor(called, pulumi.InvokeOutputOptions(parent=self))
            self.supervisor = looked_up.apply(lambda supervisor: supervisor.id)
            self.endpoint = looked_up.apply(lambda supervisor: supervisor.endpoint)
            self.kubeconfig = renewing_kubeconfig(self.endpoint, vars(plumbing))
        else:
            raise PacificError(
                "a Supervisor is looked up by a login or used by a kubeconfig",
                place=f"ExternalSupervisorCluster {resource_name}",
                fix="give kubeconfig, or server and username",
            )
        self.kubernetes_provider = KubernetesProvider(
            f"{resource_name}-kubernetes",
            kubeconfig=self.kubeconfig,
            # By whichever login it is reached, it is this Supervisor: another login replaces nothing.
            cluster_identifier=called,
            client_settings=CLIENT_SETTINGS,
            delete_unreachable=False,
            opts=self._child(version=plumbing.kubernetes_plugin_version),
        )
        self.register_outputs({"supervisor": self.supervisor, "endpoint": self.endpoint, "kubeconfig": self.kubeconfig})


class SupervisorElsewhere(Component):
    """A Supervisor that another stack of the same estate makes, and a Kubernetes provider for what is put on it.

    Both are called as in that stack: so a resource that moves from one stack to another keeps its provider.
    """

    def __init__(
        self, name: str, node: str, outputs: Mapping[str, pulumi.Output[str]], plugin_version: str | None
    ) -> None:
        """``outputs``: what that stack says of it, ``supervisor``, ``endpoint`` and ``kubeconfig``."""
        super().__init__("pacific:index:SupervisorCluster", name, {"node": node}, None)
        self.supervisor = outputs["supervisor"]
        """Identifier of the Supervisor."""
        self.endpoint = outputs["endpoint"]
        """Address of its Kubernetes API."""
        self.kubeconfig = outputs["kubeconfig"]
        """Kubeconfig; a secret."""
        self.kubernetes_provider = KubernetesProvider(
            f"{name}-kubernetes",
            kubeconfig=self.kubeconfig,
            cluster_identifier=self.supervisor,
            client_settings=CLIENT_SETTINGS,
            delete_unreachable=False,
            opts=self._child(version=plugin_version),
        )
        self.register_outputs({"supervisor": self.supervisor, "endpoint": self.endpoint, "kubeconfig": self.kubeconfig})


class ExternalNamespace(Component):
    """A vSphere Namespace of somebody else's, for what runs in it.

    It is read through the ``kubernetes`` provider of the component's options, for which the role VIEW is enough.
    """

    name: pulumi.Output[str]
    """Name of the namespace, in vCenter and in Kubernetes."""
    phase: pulumi.Output[str]
    """Active, or Terminating while it is being deleted."""

    @overload
    def __init__(self, resource_name: str, /, args: ExternalNamespaceArgs, opts: Options = None) -> None: ...
    @overload
    def __init__(
        self, resource_name: str, /, *, opts: Options = None, **args: Unpack[ExternalNamespaceArgs]
    ) -> None: ...
    def __init__(self, resource_name: str, /, args: Any = None, opts: Options = None, **keywords: Any) -> None:
        plumbing = checked_arguments("ExternalNamespace", resource_name, args, keywords).plumbing
        super().__init__("pacific:index:ExternalNamespace", resource_name, vars(plumbing), opts)
        called = plumbing.name or resource_name
        read = ReadObject("core/v1", "Namespace", f"{resource_name}-namespace", self._child(id=called))
        # Known at the plan: what lies in it can be asked about before it is made.
        self.name = pulumi.Output.from_input(called)
        self.phase = read.status.apply(lambda status: str((status or {}).get("phase", "")))
        self.register_outputs({"name": self.name, "phase": self.phase})


class ExternalVirtualMachineClass(Component):
    """A VM class of somebody else's: known by its name alone."""

    name: pulumi.Output[str]
    """Name of the class."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("pacific:index:ExternalVirtualMachineClass", name, {}, opts)
        self.name = pulumi.Output.from_input(name)
        self.register_outputs({"name": self.name})
