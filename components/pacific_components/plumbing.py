"""What components take besides the fields of their documents' ``spec``: models, as those of documents are.

A document says these things in its metadata, or the estate's program knows them.
"""

from typing import Annotated, Any

from pydantic import Field

from pacific_infra.documents.marks import PLAIN
from pacific_infra.documents.model import Model
from pacific_infra.documents.names import Annotations, Label, Labels


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


class NamespacedPlumbing(ComponentPlumbing):
    """What every component takes whose objects lie in a vSphere Namespace."""

    namespace: Label
    """The vSphere Namespace that it lies in."""


class ControllerPlumbing(NamespacedPlumbing):
    """What a Controller takes besides its document's fields."""

    definitions: Annotated[tuple[str, ...], Field(strict=False, min_length=1)]
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


class ManifestsPlumbing(ComponentPlumbing):
    """What Manifests take besides their document's fields."""

    cluster: str
    """What tells the cluster from others, such as NAMESPACE/NAME: objects are replaced when it changes."""
    cluster_uid: str | None = None
    """UID of the Cluster. Where it changes, another cluster has taken the name, and the objects are made in that."""
    kubeconfig: str
    """Kubeconfig of the cluster; secret."""
    objects: Annotated[tuple[dict[str, Any], ...], Field(strict=False), PLAIN] = ()
    """The objects in the API's own spelling, in place of `manifests`; what is in them may be outputs."""
    kubernetes_plugin_version: Annotated[str | None, PLAIN] = None
    """Version of the Kubernetes provider plugin; default: the SDK's own."""
