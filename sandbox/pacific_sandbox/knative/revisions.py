"""Revisions of a Knative Service as Deployments, and what the Service reports of them: pure functions."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from pacific_sandbox.knative.definitions import REVISION_LABEL, SERVICE_LABEL
from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.pod_network.pod_network import FUNCTIONS_GATEWAY
from pacific_sandbox.reconcile.owner_reference import controller_reference

_DIGEST = "sandbox.pacific.infra/template"
_STATES = {"ImagePullBackOff", "ErrImagePull", "CrashLoopBackOff", "CreateContainerConfigError", "InvalidImageName"}
"""Reasons of waiting containers that Knative hands on as the revision's failure."""
DEFAULT_PORT = 8080


def template_digest(service: Object) -> str:
    """What tells one revision's template from another's."""
    return hashlib.sha256(json.dumps(service["spec"]["template"], sort_keys=True).encode()).hexdigest()[:32]


def revision_of(deployment: Object) -> str:
    """Name of the revision that the Deployment runs."""
    name: str = deployment["metadata"]["labels"][REVISION_LABEL]
    return name


def sorted_revisions(deployments: Sequence[Object], service: Object) -> list[Object]:
    """The Deployments of the Service's revisions, oldest first."""
    uid = service["metadata"]["uid"]
    owned = [
        deployment
        for deployment in deployments
        if any(o["uid"] == uid for o in deployment["metadata"].get("ownerReferences", ()))
    ]
    return sorted(owned, key=revision_of)


def is_current(deployment: Object, service: Object) -> bool:
    """Whether the Deployment runs the Service's present template."""
    return bool(deployment["metadata"]["annotations"].get(_DIGEST) == template_digest(service))


def internal_name(service: Object) -> Object:
    """The Service of Kubernetes by which pods find the function: an alias of the gateway of all functions."""
    name, namespace = FUNCTIONS_GATEWAY
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": service["metadata"]["name"],
            "namespace": service["metadata"]["namespace"],
            "labels": {SERVICE_LABEL: service["metadata"]["name"]},
            "ownerReferences": [controller_reference(service)],
        },
        "spec": {"type": "ExternalName", "externalName": f"{name}.{namespace}.svc.cluster.local"},
    }


def next_deployment(service: Object, before: Sequence[Object], replicas: int) -> Object:
    """The Deployment of a new revision, with the environment that Knative promises to a container."""
    metadata, template = service["metadata"], service["spec"]["template"]
    latest = service.get("status", {}).get("latestCreatedRevisionName", "")
    names = [revision_of(revision) for revision in before] + ([latest] if latest else [])
    number = 1 + max((int(name.rpartition("-")[2]) for name in names), default=0)
    revision = f"{metadata['name']}-{number:05d}"
    labels = {
        **(template.get("metadata", {}).get("labels") or {}),  # Null once the last label was taken off.
        SERVICE_LABEL: metadata["name"],
        REVISION_LABEL: revision,
    }
    pod = {
        key: value for key, value in template["spec"].items() if key not in ("containerConcurrency", "timeoutSeconds")
    }
    (template_container,) = pod["containers"]
    ports = template_container.get("ports") or [{"name": "user-port", "containerPort": DEFAULT_PORT, "protocol": "TCP"}]
    promised = {
        "PORT": str(ports[0]["containerPort"]),
        "K_REVISION": revision,
        "K_CONFIGURATION": metadata["name"],
        "K_SERVICE": metadata["name"],
    }
    environment = [
        *template_container.get("env", ()),
        *({"name": name, "value": value} for name, value in promised.items()),
    ]
    # Without a probe of its own a container serves when its port does, as Knative's queue proxy finds out.
    probe = {"tcpSocket": {"port": ports[0]["containerPort"]}, "periodSeconds": 1}
    container = {
        "name": "user-container",
        "readinessProbe": probe,
        **template_container,
        "ports": ports[:1],
        "env": environment,
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": f"{revision}-deployment",
            "namespace": metadata["namespace"],
            "labels": labels,
            "annotations": {_DIGEST: template_digest(service)},
            "ownerReferences": [controller_reference(service)],
        },
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {REVISION_LABEL: revision}},
            "template": {"metadata": {"labels": labels}, "spec": {**pod, "containers": [container]}},
        },
    }


def failure_of(revision: str, pods: Sequence[Object], deployment: Object) -> str | None:
    """Why the revision does not get ready, in Knative's words; None while it still may."""
    for pod in pods:
        for status in pod.get("status", {}).get("containerStatuses", ()):
            waiting = status.get("state", {}).get("waiting", {})
            if waiting.get("reason") in _STATES:
                text = waiting.get("message") or waiting["reason"]
                return f'Revision "{revision}" failed with message: {text}.'
    for condition in deployment.get("status", {}).get("conditions", ()):
        late = condition["type"] == "Progressing" and condition["status"] == "False"
        if late or (condition["type"] == "ReplicaFailure" and condition["status"] == "True"):
            return f'Revision "{revision}" failed with message: {condition.get("message", "")}.'
    return None


def service_status(service: Object, created: str, ready: str | None, failure: str | None, domain: str) -> Object:
    """The fields of the Service's status beside its conditions, and those without their transition times."""
    metadata = service["metadata"]
    name, namespace = metadata["name"], metadata["namespace"]
    internal = f"http://{name}.{namespace}.svc.cluster.local"
    only_internal = metadata.get("labels", {}).get("networking.knative.dev/visibility") == "cluster-local"
    traffic = [{"latestRevision": True, "percent": 100, **({"revisionName": ready} if ready else {})}]
    return {
        "observedGeneration": metadata["generation"],
        "url": internal if only_internal else f"http://{name}.{namespace}.{domain}",
        "address": {"url": internal},
        "latestCreatedRevisionName": created,
        **({"latestReadyRevisionName": ready} if ready else {}),
        "traffic": traffic,
        "conditions": conditions(metadata["name"], created, ready, failure),
    }


def conditions(name: str, created: str, ready: str | None, failure: str | None) -> list[dict[str, Any]]:
    """ConfigurationsReady, Ready and RoutesReady as Knative Serving sets them."""
    if created == ready:
        return [{"type": kind, "status": "True"} for kind in ("ConfigurationsReady", "Ready", "RoutesReady")]
    if failure is not None:
        configuration = {"status": "False", "reason": "RevisionFailed", "message": failure}
    else:
        message = f'Configuration "{name}" is waiting for Revision "{created}" to become ready.'
        configuration = {"status": "Unknown", "reason": "OutOfDate", "message": message}
    route: dict[str, Any] = {"status": "True"}
    if ready is None:
        missing = f'Configuration "{name}" does not have any ready Revision.'
        route = {"status": configuration["status"], "reason": "RevisionMissing", "message": missing}
    return [
        {"type": "ConfigurationsReady", **configuration},
        {"type": "Ready", **configuration},
        {"type": "RoutesReady", **route},
    ]
