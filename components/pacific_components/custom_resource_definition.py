"""A CustomResourceDefinition, awaited until the Supervisor serves its kind."""

from collections.abc import Mapping
from typing import Any, Unpack, overload

import pulumi

from pacific_components.arguments import CustomResourceDefinitionArgs
from pacific_components.component import DocumentComponent, Options
from pacific_components.kubernetes import KubernetesObject
from pacific_components.plumbing import ComponentPlumbing
from pacific_infra.documents.custom_resource_definition import CustomResourceDefinitionSpec
from pacific_infra.documents.readiness import ready_conditions, wait_for

API_VERSION = "apiextensions.k8s.io/v1"
DEADLINE = "2m"
"""Until the kind is served, or is gone with all its resources."""


class CustomResourceDefinition(DocumentComponent[ComponentPlumbing, CustomResourceDefinitionSpec]):
    """A CustomResourceDefinition, awaited until it is Established: its first resource can be made then."""

    name: pulumi.Output[str]
    """Kubernetes' name, which is the manifest's: PLURAL.GROUP."""

    @overload
    def __init__(self, resource_name: str, /, args: CustomResourceDefinitionArgs, opts: Options = None) -> None: ...
    @overload
    def __init__(
        self, resource_name: str, /, *, opts: Options = None, **args: Unpack[CustomResourceDefinitionArgs]
    ) -> None: ...
    def __init__(self, resource_name: str, /, args: Any = None, opts: Options = None, **keywords: Any) -> None:
        super().__init__("pacific:index:CustomResourceDefinition", resource_name, args, keywords, opts)
        (awaited,) = wait_for(ready_conditions(API_VERSION, "CustomResourceDefinition", has_conditions=True))
        manifest: Mapping[str, Any] = self._spec.content["metadata"]
        self._labels = {**(manifest.get("labels") or {}), **self._labels}
        self._annotations = {**(manifest.get("annotations") or {}), **self._annotations}
        definition = KubernetesObject(
            API_VERSION,
            "CustomResourceDefinition",
            f"{resource_name}-definition",
            metadata=self._metadata(str(manifest["name"]), annotations={"pulumi.com/waitFor": awaited}),
            fields={"spec": self._spec.definition},
            opts=self._child(deadline=DEADLINE, retain=self._spec.deletion_policy == "Retain"),
        )
        self.name = definition.metadata.apply(lambda metadata: str(metadata["name"]))
        self.register_outputs({"name": self.name})
