"""The resources of Cluster API that the sandbox serves, and their definitions."""

from collections.abc import Sequence
from typing import Final

from pacific_sandbox.kubernetes_api import Object, Resource
from pacific_sandbox.supervisor.structural_definitions import OPEN, TEXT, definition

CLUSTERS: Final = Resource("cluster.x-k8s.io/v1beta1", "clusters")
CLUSTER_LABEL = "cluster.x-k8s.io/cluster-name"
GROUP = "cluster.x-k8s.io"
NEWER: Final = "v1beta2"
"""The version that is served besides the stored one."""
_VERSION = {
    "type": "string",
    "maxLength": 64,
    "pattern": r"^v1\.[0-9]+\.[0-9]+",
    "x-kubernetes-validations": [
        {
            "rule": "int(self.split('.')[1]) >= int(oldSelf.split('.')[1])",
            "messageExpression": "'version cannot be decreased from \"' + oldSelf + '\" to \"' + self + '\"'",
            "message": "version cannot be decreased",
        },
        {
            "rule": "int(self.split('.')[1]) <= int(oldSelf.split('.')[1]) + 1",
            "messageExpression": "'version cannot be increased from \"' + oldSelf + '\" to \"' + self + '\"'",
            "message": "version cannot be increased by more than one minor version",
        },
    ],
}


def definitions(conversion: Object | None = None) -> Sequence[Object]:
    """Clusters with a managed topology, in v1beta1 as they are stored, and in v1beta2.

    ``conversion``: how the API server converts between the two; without it v1beta2 is not served.
    """
    stored = definition(CLUSTERS, "Cluster", _spec(_class_name(), "class"), _columns(".spec.topology.class"), ["cl"])
    if conversion is None:
        return [stored]
    reference = {"type": "object", "required": ["name"], "properties": {"name": TEXT, "namespace": TEXT}}
    newer = definition(
        Resource(f"{GROUP}/{NEWER}", CLUSTERS.plural),
        "Cluster",
        _spec({"classRef": reference}, "classRef"),
        _columns(".spec.topology.classRef.name"),
    )
    versions = [*stored["spec"]["versions"], {**newer["spec"]["versions"][0], "storage": False}]
    return [{**stored, "spec": {**stored["spec"], "versions": versions, "conversion": conversion}}]


def _class_name() -> Object:
    return {"class": TEXT, "classNamespace": TEXT}


def _columns(path: str) -> list[tuple[str, str]]:
    return [("ClusterClass", path), ("Phase", ".status.phase"), ("Version", ".spec.topology.version")]


def _spec(class_fields: Object, required: str) -> Object:
    pool = {
        **OPEN,
        "required": ["class", "name"],
        "properties": {"class": TEXT, "name": TEXT, "replicas": {"type": "integer", "minimum": 0}},
    }
    topology = {
        **OPEN,
        "required": [required, "version"],
        "properties": {
            **class_fields,
            "version": _VERSION,
            "controlPlane": {**OPEN, "properties": {"replicas": {"type": "integer", "minimum": 1}}},
            "workers": {
                "type": "object",
                "properties": {"machineDeployments": {"type": "array", "maxItems": 100, "items": pool}},
            },
            "variables": {"type": "array", "items": {**OPEN, "required": ["name"], "properties": {"name": TEXT}}},
        },
    }
    point = {"type": "object", "properties": {"host": TEXT, "port": {"type": "integer"}}}
    return {
        "type": "object",
        "required": ["topology"],
        "properties": {
            "clusterNetwork": OPEN,
            "controlPlaneEndpoint": point,
            "paused": {"type": "boolean"},
            "topology": topology,
        },
    }
