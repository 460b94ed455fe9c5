"""What somebody else owns, for what lies on it or in it: looked up, never written and never deleted."""

from typing import NotRequired, TypedDict

import pulumi

from pacific_components import vcenter
from pacific_components.checking import checked
from pacific_components.component import Component
from pacific_components.kubernetes import KubernetesProvider, ReadObject
from pacific_components.supervisor_cluster import CLIENT_SETTINGS, renewing_kubeconfig
from pacific_infra.errors import PacificError
from pacific_infra.vcenter.kubeconfig_file import endpoint_of


class ExternalSupervisorClusterArgs(TypedDict):
    """Arguments of ExternalSupervisorCluster: a kubeconfig, or a login with which vCenter is asked."""

    name: NotRequired[str]
    """Name of the Supervisor in vCenter; default: the component's name."""
    kubeconfig: NotRequired[pulumi.Input[str]]
    """Kubeconfig by which it is used; a secret. vCenter is not asked then."""
    server: NotRequired[str]
    """vCenter to ask and to log in with: ``host`` or ``host:port``."""
    username: NotRequired[str]
    """User principal name."""
    password_file: NotRequired[str]
    """File whose first line is the password, read at each login; one of it and ``password``."""
    password: NotRequired[pulumi.Input[str]]
    """The password; it becomes part of the kubeconfig, which is a secret."""
    ca_file: NotRequired[str]
    """PEM bundle that signs the Supervisor's certificate; default: the system's."""
    insecure: NotRequired[bool]
    """True turns TLS verification off."""
    kubernetes_plugin_version: NotRequired[str]
    """Version of the Kubernetes provider plugin to ask for; default: the SDK's own."""
    node: NotRequired[str]
    """Its node in the estate's graph; default: ExternalSupervisorCluster/NAME."""


class ExternalSupervisorCluster(Component):
    """A Supervisor of somebody else's, and a Kubernetes provider for what is put on it."""

    supervisor: pulumi.Output[str]
    """Identifier of the Supervisor; its name where vCenter is not asked."""
    endpoint: pulumi.Output[str]
    """Address of its Kubernetes API: a host, or host:port where one port serves all."""
    kubeconfig: pulumi.Output[str]
    """Kubeconfig; a secret."""

    def __init__(
        self, name: str, args: ExternalSupervisorClusterArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        args = checked(ExternalSupervisorClusterArgs, args, f"ExternalSupervisorCluster {name}")
        super().__init__("pacific:index:ExternalSupervisorCluster", name, args, opts)
        called = args.get("name", name)
        if "kubeconfig" in args:
            self.supervisor = pulumi.Output.from_input(called)
            self.kubeconfig = pulumi.Output.secret(args["kubeconfig"])
            # An address is no secret.
            self.endpoint = pulumi.Output.unsecret(self.kubeconfig.apply(endpoint_of))
        elif "server" in args and "username" in args:
            looked_up = vcenter.get_supervisor(called, pulumi.InvokeOutputOptions(parent=self))
            self.supervisor = looked_up.apply(lambda supervisor: supervisor.id)
            self.endpoint = looked_up.apply(lambda supervisor: supervisor.endpoint)
            self.kubeconfig = renewing_kubeconfig(self.endpoint, args)
        else:
            raise PacificError(
                "a Supervisor is looked up by a login or used by a kubeconfig",
                place=f"ExternalSupervisorCluster {name}",
                fix="give kubeconfig, or server and username",
            )
        self.kubernetes_provider = KubernetesProvider(
            f"{name}-kubernetes",
            kubeconfig=self.kubeconfig,
            # By whichever login it is reached, it is this Supervisor: another login replaces nothing.
            cluster_identifier=called,
            client_settings=CLIENT_SETTINGS,
            delete_unreachable=False,
            opts=self._child(version=args.get("kubernetes_plugin_version")),
        )
        self.register_outputs({"supervisor": self.supervisor, "endpoint": self.endpoint, "kubeconfig": self.kubeconfig})


class ExternalNamespaceArgs(TypedDict):
    """Arguments of ExternalNamespace."""

    name: NotRequired[str]
    """Name of the namespace; default: the component's name."""
    node: NotRequired[str]
    """Its node in the estate's graph; default: ExternalNamespace/NAME."""


class ExternalNamespace(Component):
    """A vSphere Namespace of somebody else's, for what runs in it.

    It is read through the ``kubernetes`` provider of the component's options, for which the role VIEW is enough.
    """

    name: pulumi.Output[str]
    """Name of the namespace, in vCenter and in Kubernetes."""
    phase: pulumi.Output[str]
    """Active, or Terminating while it is being deleted."""

    def __init__(self, name: str, args: ExternalNamespaceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        args = checked(ExternalNamespaceArgs, args, f"ExternalNamespace {name}")
        super().__init__("pacific:index:ExternalNamespace", name, args, opts)
        called = args.get("name", name)
        read = ReadObject("core/v1", "Namespace", f"{name}-namespace", self._child(id=called))
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
