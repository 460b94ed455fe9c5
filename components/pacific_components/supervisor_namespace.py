"""A vSphere Namespace with what the platform sets inside it."""

from typing import Any, Unpack, overload

import pulumi

from pacific_components import vcenter
from pacific_components.arguments import SupervisorNamespaceArgs
from pacific_components.component import DocumentComponent, Options
from pacific_components.kubernetes import DELETE_DEADLINE, KubernetesObject, Wire
from pacific_components.plumbing import ComponentPlumbing
from pacific_components.values import resource_arguments
from pacific_infra.documents.namespace import NamespaceSpec

DEADLINE = "20m"
"""Until vCenter has made the namespace RUNNING, or has removed it with all that was in it."""
POD_SECURITY_MODES = ("enforce", "audit", "warn")


class SupervisorNamespace(DocumentComponent[ComponentPlumbing, NamespaceSpec]):
    """A vSphere Namespace, awaited until it is RUNNING, with its NetworkPolicy and Pod Security labels.

    The Kubernetes objects in it go through the ``kubernetes`` provider of the component's options.
    """

    name: pulumi.Output[str]
    """Name of the namespace, in vCenter and in Kubernetes."""
    supervisor: pulumi.Output[str]
    """The Supervisor that it is on."""
    config_status: pulumi.Output[str]
    """State in vCenter."""

    @overload
    def __init__(self, resource_name: str, /, args: SupervisorNamespaceArgs, opts: Options = None) -> None: ...
    @overload
    def __init__(
        self, resource_name: str, /, *, opts: Options = None, **args: Unpack[SupervisorNamespaceArgs]
    ) -> None: ...
    def __init__(self, resource_name: str, /, args: Any = None, opts: Options = None, **keywords: Any) -> None:
        super().__init__("pacific:index:SupervisorNamespace", resource_name, args, keywords, opts)
        name, spec = resource_name, self._spec
        self.resource = vcenter.Namespace(
            f"{name}-namespace",
            resource_arguments("Namespace", self._object, spec),
            opts=self._child(deadline=DEADLINE),
        )
        self.name = self.resource.namespace
        self.supervisor = self.resource.supervisor
        self.config_status = self.resource.config_status

        # What is in a namespace that is kept is kept too. What is in one that is deleted goes with it, without a call.
        options: dict[str, Any] = {"delete_deadline": DELETE_DEADLINE, "retain": spec.deletion_policy == "Retain"}
        if spec.deletion_policy == "Delete":
            options["deleted_with"] = self.resource
        if spec.network_policy == "deny-by-default":
            KubernetesObject(
                "networking.k8s.io/v1",
                "NetworkPolicy",
                f"{name}-deny-by-default",
                metadata=self._metadata("deny-by-default", self.name),
                fields={"spec": deny_all_spec()},
                opts=self._child(**options),
            )
        if spec.pod_security != "unmanaged":
            # A patch by a field manager of our own: the Supervisor keeps owning the Namespace.
            metadata = self._metadata(self.name)
            metadata["labels"] = pod_security_labels(spec.pod_security)
            KubernetesObject(
                "v1",
                "Namespace",
                f"{name}-pod-security",
                metadata=metadata,
                patch=True,
                opts=self._child(**options),
            )

        self.register_outputs({"name": self.name, "supervisor": self.supervisor, "config_status": self.config_status})


def deny_all_spec() -> Wire:
    """A NetworkPolicy that selects every pod and lets nothing in."""
    return {"podSelector": {}, "policyTypes": ["Ingress"]}


def pod_security_labels(level: str) -> dict[str, str]:
    """Pod Security Admission's labels of a namespace."""
    return {f"pod-security.kubernetes.io/{mode}": level for mode in POD_SECURITY_MODES}
