"""Documents CustomResourceDefinition, Controller and CustomResource to arguments."""

from collections.abc import Mapping
from typing import Any

import pulumi

from pacific_components.controller import ControllerArgs, OwnedKindArgs, PolicyRuleArgs
from pacific_components.custom_resource import CustomResourceArgs
from pacific_components.custom_resource_definition import CustomResourceDefinitionArgs
from pacific_components.estate.crx_workload import Wired, container_args
from pacific_infra.documents import Controller, CustomResource, CustomResourceDefinition


def custom_resource_definition_args(document: CustomResourceDefinition) -> CustomResourceDefinitionArgs:
    """Arguments of the component; labels and annotations of the manifest stay."""
    metadata: Mapping[str, Any] = document.spec.content["metadata"]
    return {
        "name": str(metadata["name"]),
        "definition": document.spec.definition,
        "deletion_policy": document.spec.deletion_policy,
        "labels": {**(metadata.get("labels") or {}), **document.metadata.labels},
        "annotations": {**(metadata.get("annotations") or {}), **document.metadata.annotations},
        "node": document.id,
    }


def controller_args(
    document: Controller,
    definitions: list[CustomResourceDefinition],
    namespace: pulumi.Input[str],
    wired: Wired,
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
        "containers": [container_args(container, wired) for container in spec.containers],
        "replicas": spec.replicas,
        "leader_election": spec.leader_election,
        "rules": rules,
        "labels": dict(document.metadata.labels),
        "annotations": dict(document.metadata.annotations),
        "node": document.id,
    }


def custom_resource_args(
    document: CustomResource, definition: CustomResourceDefinition, namespace: pulumi.Input[str]
) -> CustomResourceArgs:
    """Arguments of the component."""
    spec = document.spec
    version = spec.version or definition.spec.storage_version
    status = definition.spec.schema_of(version).get("properties", {}).get("status", {})
    args: CustomResourceArgs = {
        "namespace": namespace,
        "name": document.name,
        "api_version": f"{definition.spec.group}/{version}",
        "kind": str(definition.spec.names["kind"]),
        "resource": spec.resource,
        "has_conditions": "conditions" in status.get("properties", {}),
        "deletion_policy": spec.deletion_policy,
        "labels": dict(document.metadata.labels),
        "annotations": dict(document.metadata.annotations),
        "node": document.id,
    }
    if spec.readiness is not None:
        args["readiness"] = {"conditions": spec.readiness.conditions, "json_paths": spec.readiness.json_paths}
    return args
