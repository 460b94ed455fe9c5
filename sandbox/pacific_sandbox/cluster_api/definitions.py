"""The resources of Cluster API that the sandbox serves, and their definitions."""

from collections.abc import Sequence
from typing import Final

from pacific_sandbox.kubernetes_api import Object, Resource
from pacific_sandbox.supervisor.structural_definitions import OPEN, TEXT, definition

CLUSTERS: Final = Resource("cluster.x-k8s.io/v1beta1", "clusters")
CLUSTER_LABEL = "cluster.x-k8s.io/cluster-name"
GROUP = "cluster.x-k8s.io"
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


def definitions() -> Sequence[Object]:
    """Clusters with a managed topology."""
    pool = {
        **OPEN,
        "required": ["class", "name"],
        "properties": {"class": TEXT, "name": TEXT, "replicas": {"type": "integer", "minimum": 0}},
    }
    topology = {
        **OPEN,
        "required": ["class", "version"],
        "properties": {
            "class": {"type": "string", "pattern": "^(builtin-generic-v3|tanzukubernetescluster)"},
            "classNamespace": TEXT,
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
    spec = {
        "type": "object",
        "required": ["topology"],
        "properties": {
            "clusterNetwork": OPEN,
            "controlPlaneEndpoint": point,
            "paused": {"type": "boolean"},
            "topology": topology,
        },
    }
    columns = [
        ("ClusterClass", ".spec.topology.class"),
        ("Phase", ".status.phase"),
        ("Version", ".spec.topology.version"),
    ]
    return [definition(CLUSTERS, "Cluster", spec, columns, ["cl"])]
