"""A CustomResourceDefinition, awaited until the Supervisor serves its kind."""

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

import pulumi

from pacific_components.arguments import TimeoutsArgs
from pacific_components.checking import checked
from pacific_components.component import Component, DeletionPolicy
from pacific_components.kubernetes import KubernetesObject
from pacific_infra.documents.readiness import ready_conditions, wait_for

API_VERSION = "apiextensions.k8s.io/v1"
DEADLINE = "2m"
"""Until the kind is served, or is gone with all its resources."""


class CustomResourceDefinitionArgs(TypedDict):
    """Arguments of CustomResourceDefinition."""

    name: str
    """Kubernetes' name, PLURAL.GROUP."""
    definition: Mapping[str, Any]
    """The ``spec`` of the definition, in the API's own spelling."""
    deletion_policy: NotRequired[DeletionPolicy]
    """Retain (default) leaves it and its resources when the component goes, Delete deletes both."""
    labels: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Labels of the object."""
    annotations: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Annotations of the object."""
    node: NotRequired[str]
    """Its node in the estate's graph; default: CustomResourceDefinition/NAME."""
    timeouts: NotRequired[TimeoutsArgs]
    """Deadlines in place of the defaults."""


class CustomResourceDefinition(Component):
    """A CustomResourceDefinition, awaited until it is Established: its first resource can be made then."""

    name: pulumi.Output[str]
    """Kubernetes' name."""

    def __init__(
        self, name: str, args: CustomResourceDefinitionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        args = checked(CustomResourceDefinitionArgs, args, f"CustomResourceDefinition {name}")
        super().__init__("pacific:index:CustomResourceDefinition", name, args, opts)
        (awaited,) = wait_for(ready_conditions(API_VERSION, "CustomResourceDefinition", has_conditions=True))
        made = KubernetesObject(
            API_VERSION,
            "CustomResourceDefinition",
            f"{name}-definition",
            metadata=self._metadata(args["name"], annotations={"pulumi.com/waitFor": awaited}),
            fields={"spec": args["definition"]},
            opts=self._child(deadline=DEADLINE, retain=args.get("deletion_policy", "Retain") == "Retain"),
        )
        self.name = made.metadata.apply(lambda metadata: str(metadata["name"]))
        self.register_outputs({"name": self.name})
