"""What components take besides the fields of their documents' ``spec``: models, as those of documents are.

A document says these things in its metadata, or the estate's program knows them.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from pacific_infra.documents.manifests import ManifestsSpec
from pacific_infra.documents.marks import PLAIN
from pacific_infra.documents.model import Listed, Model
from pacific_infra.documents.names import Annotations, Label, Labels
from pacific_infra.documents.numbers import Count, PositiveCount
from pacific_infra.documents.problems import Problem
from pacific_infra.documents.routing import RoutedPods
from pacific_infra.documents.stack_secret import StackSecret
from pacific_infra.documents.text import Text, TextSource


class Timeouts(Model):
    """Deadlines of a component's children that are waited for. Pulumi does not hand ``custom_timeouts`` to children."""

    create: Annotated[str | None, PLAIN] = None
    """Until a created child is ready, for example ``10m``."""
    update: Annotated[str | None, PLAIN] = None
    """Until an updated child is ready."""
    delete: Annotated[str | None, PLAIN] = None
    """Until a deleted child is gone."""


class ComponentPlumbing(Model):
    """What every component takes."""

    name: Annotated[Label | None, PLAIN] = None
    """Name of the objects; default: the last part of the component's name."""
    labels: Annotated[Labels, PLAIN] = Field(default_factory=dict)
    """Kubernetes labels of the objects."""
    annotations: Annotated[Annotations, PLAIN] = Field(default_factory=dict)
    """Kubernetes annotations of the objects."""
    node: Annotated[str | None, PLAIN] = None
    """Its node in the estate's graph; default: the component's kind and name."""
    timeouts: Timeouts = Timeouts()
    """Deadlines in place of the defaults."""


class LoginPlumbing(Model):
    """How a Supervisor is logged in to."""

    password_file: Annotated[str | None, PLAIN] = None
    """File whose first line is the password, read at each login; one of it and ``password``."""
    password: StackSecret | None = None
    """The password; it becomes part of the kubeconfig, which is a secret."""
    ca_file: Annotated[str | None, PLAIN] = None
    """PEM bundle that signs the Supervisor's certificate; default: the system's."""
    insecure: Annotated[bool, PLAIN] = False
    """True turns TLS verification off."""
    kubernetes_plugin_version: Annotated[str | None, PLAIN] = None
    """Version of the Kubernetes provider plugin to ask for; default: the SDK's own."""


class SupervisorClusterPlumbing(ComponentPlumbing, LoginPlumbing):
    """What a SupervisorCluster takes besides its document's fields: the login that renews its kubeconfig."""

    server: Annotated[str, PLAIN]
    """vCenter to log in to the Supervisor with: ``host`` or ``host:port``."""
    username: Annotated[str, PLAIN]
    """User principal name."""
    delete_unreachable: Annotated[bool, PLAIN] = False
    """True drops what runs on it from the state where the Supervisor cannot be reached. Never by default."""


class SupervisorServicePlumbing(ComponentPlumbing):
    """What a SupervisorService takes besides its document's fields."""

    supervisor_ids: dict[str, str] = Field(default_factory=dict)
    """Identifiers of Supervisors, by the names in ``supervisors``; default: they are looked up by name."""


class ExternalPlumbing(Model):
    """What a component takes that only looks up what somebody else owns."""

    name: Annotated[str | None, PLAIN] = None
    """Its name, there where it is looked up; default: the component's name."""
    node: Annotated[str | None, PLAIN] = None
    """Its node in the estate's graph; default: the component's kind and name."""


class ExternalSupervisorPlumbing(ExternalPlumbing, LoginPlumbing):
    """What an ExternalSupervisorCluster takes: a kubeconfig, or a login with which vCenter is asked."""

    kubeconfig: StackSecret | None = None
    """Kubeconfig by which it is used; a secret. vCenter is not asked then."""
    server: Annotated[str | None, PLAIN] = None
    """vCenter to ask and to log in with: ``host`` or ``host:port``."""
    username: Annotated[str | None, PLAIN] = None
    """User principal name."""


class ProviderPlumbing(Model):
    """What the provider of ``pacific:vcenter:*`` takes."""

    server: str
    """vCenter: ``host`` or ``host:port``."""
    username: str
    """User principal name, for example administrator@vsphere.local."""
    password: StackSecret | None = None
    """The password, a secret from here on; one of it and ``password_file``."""
    password_file: str | None = None
    """File whose first line is the password; read when it is needed."""
    ca_file: str | None = None
    """PEM bundle that signs vCenter's certificate; default: the system's."""
    insecure: bool = False
    """True turns TLS verification off."""
    wait_timeout: PositiveCount | None = None
    """How long one create, update or delete may wait, in seconds; default: an hour."""
    error_grace: Count | None = None
    """How long the state ERROR is taken for passing, in seconds; default 300."""


class NoFields(Model):
    """Nothing that a document says."""


class NamespacedPlumbing(ComponentPlumbing):
    """What every component takes whose objects lie in a vSphere Namespace."""

    namespace: Label
    """The vSphere Namespace that it lies in."""


class VirtualMachinePlumbing(NamespacedPlumbing):
    """What a VirtualMachine takes besides its document's fields."""

    group_power_state: Annotated[Literal["PoweredOn", "PoweredOff", "Suspended"] | None, PLAIN] = None
    """Power state that its group gives its members: the VM is made powered off, and the group's order holds. Default:
    its own ``power_state``."""


class SecretVersionsPlumbing(NamespacedPlumbing):
    """What every component takes whose pods read Secrets that others make."""

    secret_versions: Annotated[dict[str, str], PLAIN] = Field(default_factory=dict)
    """Versions of these Secrets, by any names: the pods are made anew when one changes."""


class PodsPlumbing(SecretVersionsPlumbing):
    """What every component takes whose pods others connect to."""

    allow_ingress: Annotated[bool, PLAIN] = False
    """Whether a NetworkPolicy lets connections in, for a namespace that denies by default: to the ports of the service,
    from anywhere for a load balancer, else from the same namespace; to a function from Knative Serving."""


class WorkloadClusterPlumbing(NamespacedPlumbing):
    """What a WorkloadCluster takes besides its document's fields."""

    api_version: Annotated[Literal["cluster.x-k8s.io/v1beta1", "cluster.x-k8s.io/v1beta2"], PLAIN] = (
        "cluster.x-k8s.io/v1beta1"
    )
    """Version of Cluster API in which it is written; v1beta2 where the Supervisor serves that."""
    keeps_release: Annotated[bool, PLAIN] = False
    """Whether the release stays as it is recorded: the Supervisor has stored it in a longer form."""


class RoutingPlumbing(NamespacedPlumbing):
    """What a way in takes besides its document's fields."""

    pods: Annotated[Listed[RoutedPods], PLAIN] = ()
    """Ports of pods to which a NetworkPolicy lets the controller in, for a namespace that denies by default."""


class IngressPlumbing(RoutingPlumbing):
    """What an Ingress takes besides its document's fields."""


class HTTPRoutePlumbing(RoutingPlumbing):
    """What an HTTPRoute takes besides its document's fields."""


class ControllerPlumbing(SecretVersionsPlumbing):
    """What a Controller takes besides its document's fields."""

    definitions: Annotated[Listed[str], Field(min_length=1), PLAIN]
    """The kinds that it works on: names of their CustomResourceDefinitions, PLURAL.GROUP."""


class CustomResourcePlumbing(NamespacedPlumbing):
    """What a CustomResource takes besides its document's fields."""

    api_version: Annotated[str, PLAIN]
    """GROUP/VERSION of its kind."""
    kind: Annotated[str, PLAIN]
    """Its kind."""
    has_conditions: Annotated[bool, PLAIN] = False
    """Whether the status of its kind has conditions: then one of an unknown kind is ready by the condition Ready."""
    read_live: Annotated[bool, PLAIN] = True
    """Whether the object is read at each update, for its spec and status as they are by then; without, they are those
    of the last apply."""


class ManifestsFields(ManifestsSpec):
    """Manifests as a program gives them: as text, or as objects with outputs in them."""

    manifests: Annotated[
        Annotated[Text, Tag("<text>")] | Annotated[Listed[dict[str, Any]], Tag("<objects>")],
        Discriminator(lambda value: "<objects>" if isinstance(value, list | tuple) else "<text>"),
        PLAIN,
    ]
    """Kubernetes manifests: text of one or several YAML documents, or the objects in the API's own spelling."""

    def problems(self) -> Iterator[Problem]:
        if isinstance(self.manifests, TextSource):
            yield from super().problems()
            return
        for index, manifest in enumerate(self.manifests):
            metadata = manifest.get("metadata")
            texts = {
                "apiVersion": manifest.get("apiVersion"),
                "kind": manifest.get("kind"),
                "metadata.name": metadata.get("name") if isinstance(metadata, dict) else None,
            }
            for field, value in texts.items():
                if not isinstance(value, str):
                    yield Problem(f"the manifest has no {field}", ("manifests", index), fix=f"add {field}, as text")


class ManifestsPlumbing(ComponentPlumbing):
    """What Manifests take besides their document's fields."""

    namespace: Label | None = None
    """The vSphere Namespace that the objects lie in, where they are in no cluster."""
    cluster: str | None = None
    """What tells the cluster from others, such as NAMESPACE/NAME: objects are replaced when it changes."""
    cluster_uid: str | None = None
    """UID of the Cluster. Where it changes, another cluster has taken the name, and the objects are made in that."""
    kubeconfig: str | None = None
    """Kubeconfig of the cluster; secret. Without one the objects go through the Kubernetes provider of the Supervisor,
    among the component's `providers`."""
    kubernetes_plugin_version: Annotated[str | None, PLAIN] = None
    """Version of the Kubernetes provider plugin; default: the SDK's own."""
