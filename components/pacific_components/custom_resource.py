"""One custom resource, awaited until it is ready by the rule of its kind."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi

from pacific_components.arguments import TimeoutsArgs
from pacific_components.checking import checked
from pacific_components.component import Component, DeletionPolicy
from pacific_components.kubernetes import KubernetesObject, ReadObject, Wire
from pacific_infra.documents.readiness import ready_conditions, ready_json_paths, wait_for

DEADLINE = "10m"
"""Until the controller has made it ready, or has let it go."""


class ReadinessArgs(TypedDict):
    """When the resource is ready, in place of its kind's own rule."""

    conditions: NotRequired[Sequence[str]]
    """Types of conditions that must be True."""
    json_paths: NotRequired[Sequence[str]]
    """Values of its status, each as ``{.status.field}=value``."""


class CustomResourceArgs(TypedDict):
    """Arguments of CustomResource."""

    namespace: pulumi.Input[str]
    """The vSphere Namespace."""
    name: NotRequired[str]
    """Name of the object; default: the last part of the component's name."""
    api_version: str
    """GROUP/VERSION of its kind."""
    kind: str
    """Its kind."""
    resource: Mapping[str, Any]
    """Its fields beside apiVersion, kind and metadata, in the API's own spelling."""
    has_conditions: NotRequired[bool]
    """Whether the status of its kind has conditions: then one of an unknown kind is ready by the condition Ready."""
    readiness: NotRequired[ReadinessArgs]
    """When it is ready; empty: it is not waited for. Default: by its kind."""
    read_live: NotRequired[bool]
    """Whether the object is read at each update, for its spec and status as they are by then. Default true; without,
    they are those of the last apply."""
    deletion_policy: NotRequired[DeletionPolicy]
    """Retain (default) leaves it when the component goes, Delete deletes it."""
    labels: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Labels of the object."""
    annotations: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Annotations of the object."""
    node: NotRequired[str]
    """Its node in the estate's graph; default: CustomResource/NAME."""
    timeouts: NotRequired[TimeoutsArgs]
    """Deadlines in place of the defaults."""


class CustomResource(Component):
    """A resource of a kind that a CustomResourceDefinition defines, awaited until it is ready."""

    name: pulumi.Output[str]
    """Name of the object."""
    spec: pulumi.Output[Any]
    """Its spec, with the defaults of its definition and what controllers wrote into it. Not known before the object is
    there; secret where a field given is."""
    status: pulumi.Output[Any]
    """What its controller reported once it was ready; empty where it reports nothing. Not known before the object is
    there; secret where a field given is."""

    def __init__(self, name: str, args: CustomResourceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        args = checked(CustomResourceArgs, args, f"CustomResource {name}")
        super().__init__("pacific:index:CustomResource", name, args, opts)
        annotations = {}
        awaited = readiness(args)
        if awaited:
            annotations["pulumi.com/waitFor"] = json.dumps(awaited)
        made = KubernetesObject(
            args["api_version"],
            args["kind"],
            f"{name}-resource",
            metadata=self._metadata(
                args.get("name") or name.rpartition("/")[2], args["namespace"], annotations=annotations
            ),
            fields=args["resource"],
            opts=self._child(deadline=DEADLINE, retain=args.get("deletion_policy", "Retain") == "Retain"),
        )
        live = self._read(name, args, made) if args.get("read_live", True) else made
        self.name = made.metadata.apply(lambda metadata: str(metadata["name"]))
        self.spec = _as_secret_as(args["resource"], live.spec)
        self.status = _as_secret_as(args["resource"], live.status)
        self.register_outputs({"name": self.name, "spec": self.spec, "status": self.status})

    def _read(self, name: str, args: CustomResourceArgs, made: KubernetesObject) -> ReadObject:
        """The object once it is ready. Its state would repeat in plain text what is a secret in the arguments."""
        secret = sorted({"status", *args["resource"]})
        opts = pulumi.ResourceOptions(parent=self, id=made.id, depends_on=[made], additional_secret_outputs=secret)
        return ReadObject(args["api_version"], args["kind"], f"{name}-live", opts)


def _as_secret_as(given: Mapping[str, Any], read: pulumi.Output[Wire | None]) -> pulumi.Output[Any]:
    """What was read; secret where a field that was given is, and only then."""
    return pulumi.Output.all(given, pulumi.Output.unsecret(read)).apply(lambda both: both[1] or {})


def readiness(args: CustomResourceArgs) -> list[str]:
    """What the resource is awaited by; empty where it is ready as soon as it is there."""
    if "readiness" in args:
        return wait_for(args["readiness"].get("conditions", ()), args["readiness"].get("json_paths", ()))
    has_conditions = args.get("has_conditions", False)
    conditions = ready_conditions(args["api_version"], args["kind"], has_conditions=has_conditions)
    return wait_for(conditions, ready_json_paths(args["api_version"], args["kind"]))
