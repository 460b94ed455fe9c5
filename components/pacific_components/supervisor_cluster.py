"""A Supervisor with the Kubernetes provider of what runs on it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Unpack, overload

import pulumi

from pacific_components import vcenter
from pacific_components.arguments import SupervisorClusterArgs
from pacific_components.component import DocumentComponent, Options
from pacific_components.kubernetes import KubernetesProvider
from pacific_components.plumbing import SupervisorClusterPlumbing
from pacific_components.values import resource_arguments
from pacific_infra.documents.supervisor_cluster import SupervisorClusterSpec
from pacific_infra.vcenter.kubeconfig import kubeconfig
from pacific_infra.vcenter.settings import VCenterSettings

DEADLINE = "90m"
"""Until a Supervisor is RUNNING and READY, or gone: a real one takes half an hour and more."""
CLIENT_SETTINGS = {"qps": 2000, "burst": 4000, "timeout": 60}
"""Requests per second that one estate may send (the provider's own 50 and 120 make it wait for itself), and seconds
until one request to the Supervisor has failed."""
CREDENTIAL_COMMAND = ("pacific-credential",)
"""Name of the exec credential plugin, found on PATH when a token is needed."""


class SupervisorCluster(DocumentComponent[SupervisorClusterPlumbing, SupervisorClusterSpec]):
    """A Supervisor, awaited until it is RUNNING and READY, and a Kubernetes provider that logs in again by itself."""

    supervisor: pulumi.Output[str]
    """Identifier of the Supervisor."""
    endpoint: pulumi.Output[str]
    """Address of its Kubernetes API: a host, or host:port where one port serves all."""
    kubeconfig: pulumi.Output[str]
    """Kubeconfig with an exec credential plugin; a secret."""

    @overload
    def __init__(self, resource_name: str, /, args: SupervisorClusterArgs, opts: Options = None) -> None: ...
    @overload
    def __init__(
        self, resource_name: str, /, *, opts: Options = None, **args: Unpack[SupervisorClusterArgs]
    ) -> None: ...
    def __init__(self, resource_name: str, /, args: Any = None, opts: Options = None, **keywords: Any) -> None:
        super().__init__("pacific:index:SupervisorCluster", resource_name, args, keywords, opts)
        name, plumbing = resource_name, self._plumbing
        self.resource = vcenter.Supervisor(
            f"{name}-supervisor",
            resource_arguments("SupervisorCluster", self._object, self._spec),
            opts=self._child(deadline=DEADLINE),
        )
        self.supervisor = self.resource.supervisor
        self.endpoint = self.resource.endpoint
        self.kubeconfig = renewing_kubeconfig(self.endpoint, vars(plumbing))
        self.kubernetes_provider = KubernetesProvider(
            f"{name}-kubernetes",
            kubeconfig=self.kubeconfig,
            # What decides that "this is another cluster" is the Supervisor, never its endpoint, CA or login.
            cluster_identifier=self.supervisor,
            client_settings=CLIENT_SETTINGS,
            delete_unreachable=plumbing.delete_unreachable,
            opts=self._child(version=plumbing.kubernetes_plugin_version),
        )
        self.register_outputs({"supervisor": self.supervisor, "endpoint": self.endpoint, "kubeconfig": self.kubeconfig})


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
