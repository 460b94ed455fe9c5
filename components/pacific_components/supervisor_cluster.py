"""A Supervisor with the Kubernetes provider of what runs on it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import pulumi

from pacific_components import vcenter
from pacific_components.arguments import TimeoutsArgs
from pacific_components.checking import checked
from pacific_components.component import Component, DeletionPolicy
from pacific_components.kubernetes import KubernetesProvider
from pacific_components.vcenter import ControlPlaneArgs, SupervisorArgs, WorkloadsArgs, ZoneBindingArgs
from pacific_infra.vcenter.kubeconfig import kubeconfig
from pacific_infra.vcenter.settings import VCenterSettings

DEADLINE = "90m"
"""Until a Supervisor is RUNNING and READY, or gone: a real one takes half an hour and more."""
CLIENT_SETTINGS = {"qps": 2000, "burst": 4000, "timeout": 60}
"""Requests per second that one estate may send (the provider's own 50 and 120 make it wait for itself), and seconds
until one request to the Supervisor has failed."""
CREDENTIAL_COMMAND = ("pacific-credential",)
"""Name of the exec credential plugin, found on PATH when a token is needed."""


class SupervisorClusterArgs(TypedDict):
    """Arguments of SupervisorCluster."""

    name: NotRequired[pulumi.Input[str]]
    """Name of the Supervisor; default: the component's name."""
    cluster: NotRequired[pulumi.Input[str]]
    """Compute cluster, by name or by identifier; one of cluster and zones."""
    zones: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """One or three vSphere Zones, by name; one of cluster and zones."""
    control_plane: pulumi.Input[ControlPlaneArgs]
    """The control plane."""
    workloads: pulumi.Input[WorkloadsArgs]
    """Network, load balancer, images and storage of the workloads."""
    zone_bindings: NotRequired[pulumi.Input[Sequence[pulumi.Input[ZoneBindingArgs]]]]
    """Zones for workloads beside those of the control plane, and VMs that are reserved in any of its zones."""
    vsphere_pods_enabled: NotRequired[pulumi.Input[bool]]
    """Whether vSphere Pods may run; once true it cannot become false again."""
    adopt: NotRequired[bool]
    """Whether a Supervisor that is there and belongs to no stack is taken over; one of another stack never is."""
    deletion_policy: NotRequired[DeletionPolicy]
    """Retain (default) leaves the Supervisor when the component goes, Delete disables it with all that it runs."""
    server: str
    """vCenter to log in to the Supervisor with: ``host`` or ``host:port``. Plain, like the rest of the login."""
    username: str
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
    delete_unreachable: NotRequired[bool]
    """True drops what runs on it from the state where the Supervisor cannot be reached. Never by default."""
    node: NotRequired[str]
    """Its node in the estate's graph; default: SupervisorCluster/NAME."""
    timeouts: NotRequired[TimeoutsArgs]
    """Deadlines in place of the defaults."""


class SupervisorCluster(Component):
    """A Supervisor, awaited until it is RUNNING and READY, and a Kubernetes provider that logs in again by itself."""

    supervisor: pulumi.Output[str]
    """Identifier of the Supervisor."""
    endpoint: pulumi.Output[str]
    """Address of its Kubernetes API: a host, or host:port where one port serves all."""
    kubeconfig: pulumi.Output[str]
    """Kubeconfig with an exec credential plugin; a secret."""

    def __init__(self, name: str, args: SupervisorClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        args = checked(SupervisorClusterArgs, args, f"SupervisorCluster {name}")
        super().__init__("pacific:index:SupervisorCluster", name, args, opts)
        self.resource = vcenter.Supervisor(
            f"{name}-supervisor", supervisor_args(name, args), opts=self._child(deadline=DEADLINE)
        )
        self.supervisor = self.resource.supervisor
        self.endpoint = self.resource.endpoint
        self.kubeconfig = renewing_kubeconfig(self.endpoint, args)
        self.kubernetes_provider = KubernetesProvider(
            f"{name}-kubernetes",
            kubeconfig=self.kubeconfig,
            # What decides that "this is another cluster" is the Supervisor, never its endpoint, CA or login.
            cluster_identifier=self.supervisor,
            client_settings=CLIENT_SETTINGS,
            delete_unreachable=args.get("delete_unreachable", False),
            opts=self._child(version=args.get("kubernetes_plugin_version")),
        )
        self.register_outputs({"supervisor": self.supervisor, "endpoint": self.endpoint, "kubeconfig": self.kubeconfig})


def supervisor_args(name: str, args: SupervisorClusterArgs) -> SupervisorArgs:
    """What of the component's arguments vCenter gets."""
    supervisor: SupervisorArgs = {
        "name": args.get("name", name),
        "control_plane": args["control_plane"],
        "workloads": args["workloads"],
        "deletion_policy": args.get("deletion_policy", "Retain"),
    }
    if "cluster" in args:
        supervisor["cluster"] = args["cluster"]
    if "zones" in args:
        supervisor["zones"] = args["zones"]
    if "zone_bindings" in args:
        supervisor["zone_bindings"] = args["zone_bindings"]
    if "adopt" in args:
        supervisor["adopt"] = args["adopt"]
    if "vsphere_pods_enabled" in args:
        supervisor["vsphere_pods_enabled"] = args["vsphere_pods_enabled"]
    return supervisor


def renewing_kubeconfig(endpoint: pulumi.Output[str], args: Mapping[str, Any]) -> pulumi.Output[str]:
    """The kubeconfig of the Supervisor at ``endpoint``, whose plugin logs in with the login of ``args``; a secret."""
    return pulumi.Output.secret(
        pulumi.Output.all(endpoint, pulumi.Output.secret(args.get("password"))).apply(
            # No endpoint: the mocks of a program's unit tests, which give inputs back, have none.
            lambda known: kubeconfig(known[0], login(args, known[1]), CREDENTIAL_COMMAND) if known[0] else ""
        )
    )


def login(args: Mapping[str, Any], password: str | None) -> VCenterSettings:
    """The login that the kubeconfig's credential plugin uses."""
    password_file, ca_file = args.get("password_file"), args.get("ca_file")
    return VCenterSettings(
        server=args["server"],
        username=args["username"],
        password=password,
        password_file=Path(password_file) if password_file else None,
        ca_file=Path(ca_file) if ca_file else None,
        insecure=args.get("insecure", False),
    )
