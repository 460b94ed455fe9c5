"""One custom resource, awaited until it is ready by the rule of its kind."""

import json
from collections.abc import Mapping
from typing import Any, Unpack, overload

import pulumi

from pacific_components.arguments import CustomResourceArgs
from pacific_components.component import DocumentComponent, Options
from pacific_components.kubernetes import KubernetesObject, ReadObject, Wire
from pacific_components.plumbing import CustomResourcePlumbing
from pacific_infra.documents.custom_resource import CustomResourceSpec, Readiness
from pacific_infra.documents.readiness import ready_conditions, ready_json_paths, wait_for

DEADLINE = "10m"
"""Until the controller has made it ready, or has let it go."""


class CustomResource(DocumentComponent[CustomResourcePlumbing, CustomResourceSpec]):
    """A resource of a kind that a CustomResourceDefinition defines, awaited until it is ready."""

    name: pulumi.Output[str]
    """Name of the object."""
    spec: pulumi.Output[Any]
    """Its spec, with the defaults of its definition and what controllers wrote into it. Not known before the object is
    there; secret where a field given is."""
    status: pulumi.Output[Any]
    """What its controller reported once it was ready; empty where it reports nothing. Not known before the object is
    there; secret where a field given is."""

    @overload
    def __init__(self, resource_name: str, /, args: CustomResourceArgs, opts: Options = None) -> None: ...
    @overload
    def __init__(self, resource_name: str, /, *, opts: Options = None, **args: Unpack[CustomResourceArgs]) -> None: ...
    def __init__(self, resource_name: str, /, args: Any = None, opts: Options = None, **keywords: Any) -> None:
        super().__init__("pacific:index:CustomResource", resource_name, args, keywords, opts)
        plumbing, fields = self._plumbing, self._spec.resource
        awaited = conditions_of(plumbing, self._spec.readiness)
        kubernetes_object = KubernetesObject(
            plumbing.api_version,
            plumbing.kind,
            f"{resource_name}-resource",
            metadata=self._metadata(
                self._object,
                plumbing.namespace,
                annotations={"pulumi.com/waitFor": json.dumps(awaited)} if awaited else {},
            ),
            fields=fields,
            opts=self._child(deadline=DEADLINE, retain=self._spec.deletion_policy == "Retain"),
        )
        live = self._read(resource_name, kubernetes_object) if plumbing.read_live else kubernetes_object
        self.name = kubernetes_object.metadata.apply(lambda metadata: str(metadata["name"]))
        self.spec = _as_secret_as(fields, live.spec)
        self.status = _as_secret_as(fields, live.status)
        self.register_outputs({"name": self.name, "spec": self.spec, "status": self.status})

    def _read(self, name: str, kubernetes_object: KubernetesObject) -> ReadObject:
        """The object once it is ready. Its state would repeat in plain text what is a secret in the arguments."""
        secret = sorted({"status", *self._spec.resource})
        opts = pulumi.ResourceOptions(
            parent=self, id=kubernetes_object.id, depends_on=[kubernetes_object], additional_secret_outputs=secret
        )
        return ReadObject(self._plumbing.api_version, self._plumbing.kind, f"{name}-live", opts)


def conditions_of(plumbing: CustomResourcePlumbing, readiness: Readiness | None) -> list[str]:
    """What the resource is awaited by; empty where it is ready as soon as it is there."""
    if readiness is not None:
        return wait_for(readiness.conditions, readiness.json_paths)
    conditions = ready_conditions(plumbing.api_version, plumbing.kind, has_conditions=plumbing.has_conditions)
    return wait_for(conditions, ready_json_paths(plumbing.api_version, plumbing.kind))


def _as_secret_as(fields: Mapping[str, Any], read: pulumi.Output[Wire | None]) -> pulumi.Output[Any]:
    """What was read; secret where one of ``fields`` is, and only then."""
    return pulumi.Output.all(fields, pulumi.Output.unsecret(read)).apply(lambda both: both[1] or {})
