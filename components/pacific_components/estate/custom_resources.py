"""Documents CustomResourceDefinition, Controller and CustomResource to arguments."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from pacific_components.controller import ControllerArgs, OwnedKindArgs, PolicyRuleArgs
from pacific_components.custom_resource import CustomResource as CustomResourceComponent
from pacific_components.custom_resource import CustomResourceArgs
from pacific_components.custom_resource_definition import CustomResourceDefinitionArgs
from pacific_components.estate.crx_workload import container_args
from pacific_components.estate.given import annotations_of
from pacific_components.estate.sources import Sources, with_values
from pacific_infra.declaration import Secret
from pacific_infra.documents import Controller, CustomResource, CustomResourceDefinition
from pacific_infra.documents.numbers import GREATEST_EXACT
from pacific_infra.documents.resource_secrets import resource_with_secrets
from pacific_infra.documents.structural_schema import pruned


def custom_resource_definition_args(document: CustomResourceDefinition) -> CustomResourceDefinitionArgs:
    """Arguments of the component; labels and annotations of the manifest stay."""
    metadata: Mapping[str, Any] = document.spec.content["metadata"]
    return {
        "name": str(metadata["name"]),
        "definition": document.spec.definition,
        "deletion_policy": document.spec.deletion_policy,
        "labels": {**(metadata.get("labels") or {}), **document.metadata.labels},
        "annotations": {**(metadata.get("annotations") or {}), **annotations_of(document)},
        "node": document.id,
    }


def controller_args(
    document: Controller,
    definitions: list[CustomResourceDefinition],
    namespace: pulumi.Input[str],
    sources: Sources,
) -> ControllerArgs:
    """Arguments of the component; ``definitions`` are those that it names."""
    spec = document.spec
    owns: list[OwnedKindArgs] = [
        {"group": one.spec.group, "plural": str(one.spec.names["plural"])} for one in definitions
    ]
    rules: list[PolicyRuleArgs] = [
        {
            "api_groups": rule.api_groups,
            "resources": rule.resources,
            "verbs": rule.verbs,
            "resource_names": rule.resource_names,
        }
        for rule in spec.rules
    ]
    return {
        "namespace": namespace,
        "name": document.name,
        "owns": owns,
        "cluster_wide": spec.scope == "Cluster",
        "containers": [container_args(container, sources) for container in spec.containers],
        "replicas": spec.replicas,
        "leader_election": spec.leader_election,
        "rules": rules,
        "labels": dict(document.metadata.labels),
        "annotations": annotations_of(document),
        "node": document.id,
    }


def custom_resource_args(
    document: CustomResource,
    definition: CustomResourceDefinition,
    namespace: pulumi.Input[str],
    secret: Secret,
    *,
    read_live: bool,
) -> CustomResourceArgs:
    """Arguments of the component. ``read_live``: whether another document takes a value of its spec or status."""
    spec = document.spec
    version = spec.version or definition.spec.storage_version
    schema = definition.spec.schema_of(version)
    args: CustomResourceArgs = {
        "namespace": namespace,
        "name": document.name,
        "api_version": f"{definition.spec.group}/{version}",
        "kind": str(definition.spec.names["kind"]),
        "resource": with_values(pruned(resource_with_secrets(document, definition), schema), secret),
        "read_live": read_live,
        "has_conditions": definition.spec.has_conditions(version),
        "deletion_policy": spec.deletion_policy,
        "labels": dict(document.metadata.labels),
        "annotations": annotations_of(document),
        "node": document.id,
    }
    if spec.readiness is not None:
        args["readiness"] = {"conditions": spec.readiness.conditions, "json_paths": spec.readiness.json_paths}
    return args


def live_value(node: str, made: CustomResourceComponent, output: str) -> pulumi.Output[str]:
    """The text at ``output``, such as ``status.endpoint``, of the object of the document ``node``.

    Where the object does not have it, a preview takes it for unknown, and an update raises RunError.
    """
    tree, *path = output.split(".")
    live = made.spec if tree == "spec" else made.status

    def text(value: Any) -> pulumi.Input[str]:
        for field in path:
            if isinstance(value, Sequence) and not isinstance(value, str):
                value = value[int(field)] if field.isdecimal() and int(field) < len(value) else None
            else:
                value = value.get(field) if isinstance(value, Mapping) else None
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, str | int | float):
            if isinstance(value, float) and abs(value) > GREATEST_EXACT:
                what = f"{output} of {node} is a number that was changed on its way from the server: {value:.0f}"
                raise pulumi.RunError(f"{what}; fix: have its controller write it as text")
            # Whole numbers come from the engine as floats.
            return str(int(value) if isinstance(value, float) and value.is_integer() else value)
        if pulumi.runtime.is_dry_run():
            return unknown()
        what = f"{node} has no {output} that is text, a number or true or false"
        raise pulumi.RunError(f"{what}; fix: have it awaited, with {{.{output}}} in its spec.readiness.jsonPaths")

    return live.apply(text)


def unknown() -> pulumi.Output[str]:
    """A value that is known at the update only."""

    async def value() -> str:
        return ""

    async def is_known() -> bool:
        return False

    return pulumi.Output(set(), value(), is_known())
