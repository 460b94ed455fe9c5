"""The resources of Knative that the sandbox serves, and their definitions."""

from collections.abc import Sequence
from typing import Final

from pacific_sandbox.kubernetes_api import Object, Resource
from pacific_sandbox.supervisor.structural_definitions import OPEN, TEXT, definition, ready_columns

SERVICES: Final = Resource("serving.knative.dev/v1", "services")
PING_SOURCES: Final = Resource("sources.knative.dev/v1", "pingsources")
DEPLOYMENTS: Final = Resource("apps/v1", "deployments")

GROUPS: Final = ("serving.knative.dev", "sources.knative.dev")
SERVICE_LABEL = "serving.knative.dev/service"
REVISION_LABEL = "serving.knative.dev/revision"
_SINK = {
    "type": "object",
    "required": ["ref"],
    "properties": {
        "ref": {
            "type": "object",
            "required": ["kind", "name"],
            "properties": {"apiVersion": TEXT, "kind": TEXT, "name": TEXT, "namespace": TEXT},
        }
    },
}


def definitions() -> Sequence[Object]:
    """Services of Knative Serving and PingSources of Knative Eventing."""
    pod = {
        **OPEN,
        "required": ["containers"],
        "properties": {
            "containerConcurrency": {"type": "integer", "minimum": 0, "maximum": 1000},
            "timeoutSeconds": {"type": "integer", "minimum": 1, "maximum": 600},
            "containers": {"type": "array", "minItems": 1, "maxItems": 1, "items": OPEN},
        },
    }
    template = {"type": "object", "required": ["spec"], "properties": {"metadata": OPEN, "spec": pod}}
    service = {"type": "object", "required": ["template"], "properties": {"template": template}}
    columns = [
        ("URL", ".status.url"),
        ("LatestCreated", ".status.latestCreatedRevisionName"),
        ("LatestReady", ".status.latestReadyRevisionName"),
        *ready_columns(),
    ]
    ping = {
        "type": "object",
        "required": ["schedule", "sink"],
        "properties": {"schedule": TEXT, "timezone": TEXT, "contentType": TEXT, "data": TEXT, "sink": _SINK},
    }
    ping_columns = [("Sink", ".status.sinkUri"), ("Schedule", ".spec.schedule"), *ready_columns()]
    return [
        definition(SERVICES, "Service", service, columns, ["kservice", "ksvc"]),
        definition(PING_SOURCES, "PingSource", ping, ping_columns),
    ]
