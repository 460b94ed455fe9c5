"""The topology of a workload cluster in both versions of Cluster API."""

from typing import Any

import pytest
from pacific_components.workload_cluster import V1BETA1, V1BETA2, cluster_spec, duration, wait_for

from pacific_infra.documents.workload_cluster import WorkloadClusterSpec

SPEC: dict[str, Any] = {
    "version": "v1.33.3---vmware.1-fips-vkr.2",
    "class": "node",
    "storagePolicy": "gold",
    "defaultStoragePolicy": "Silver Tier",
    "variables": {"vsphereOptions": {"persistentVolumes": {"availableStorageClasses": ["gold"]}}, "node": {"cri": {}}},
    "volumes": [{"name": "containerd", "mountPath": "/var/lib/containerd", "size": "30Gi"}],
    "controlPlane": {
        "replicas": 3,
        "class": "large",
        "osImage": {"name": "ubuntu", "version": "24.04"},
        "rollout": {"after": "2026-06-30T03:00:00Z"},
        "healthCheck": {"enabled": True, "nodeStartupTimeoutSeconds": 600, "unhealthyLessThanOrEqualTo": "34%"},
        "deletion": {"nodeDrainTimeoutSeconds": 90},
    },
    "nodePools": [
        {
            "name": "grows",
            "autoscaler": {"minReplicas": 0, "maxReplicas": 5},
            "storagePolicy": "silver",
            "failureDomain": "zone-1",
            "minReadySeconds": 10,
            "nodeLabels": {"tier": "web"},
            "taints": [{"key": "web", "effect": "NoSchedule"}],
            "labels": {"team": "blue"},
            "annotations": {"note": "x"},
            "healthCheck": {
                "unhealthyNodeConditions": [{"type": "Ready", "status": "Unknown", "timeoutSeconds": 300}],
                "unhealthyInRange": "[1-3]",
                "maxInFlight": 1,
            },
            "rollout": {"after": "2026-06-30T03:00:00Z", "maxSurge": "50%", "maxUnavailable": 0},
            "deletion": {"order": "Oldest", "nodeDeletionTimeoutSeconds": 3600},
        },
        {"name": "fixed", "replicas": 2, "rollout": {"type": "OnDelete"}, "variables": {"kubernetes": {"a": 1}}},
    ],
}
MIN_SIZE = "cluster.x-k8s.io/cluster-api-autoscaler-node-group-min-size"
MAX_SIZE = "cluster.x-k8s.io/cluster-api-autoscaler-node-group-max-size"


def disks(policy: str) -> list[dict[str, str]]:
    return [{"name": "containerd", "mountPath": "/var/lib/containerd", "capacity": "30Gi", "storageClass": policy}]


VARIABLES = [
    {"name": "vmClass", "value": "node"},
    {"name": "storageClass", "value": "gold"},
    {
        "name": "vsphereOptions",
        "value": {
            "persistentVolumes": {"defaultStorageClass": "silver-tier", "availableStorageClasses": ["gold"]},
        },
    },
    {"name": "volumes", "value": disks("gold")},
    {"name": "node", "value": {"cri": {}}},
]
OVERRIDES = [
    {"name": "storageClass", "value": "silver"},
    {"name": "volumes", "value": disks("silver")},
    {
        "name": "node",
        "value": {"cri": {}, "labels": {"tier": "web"}, "taints": [{"key": "web", "effect": "NoSchedule"}]},
    },
]
METADATA = {"labels": {"team": "blue"}, "annotations": {"note": "x", MIN_SIZE: "0", MAX_SIZE: "5"}}
CONTROL_PLANE = {
    "replicas": 3,
    "metadata": {"annotations": {"run.tanzu.vmware.com/resolve-os-image": "os-name=ubuntu,os-version=24.04"}},
    "variables": {"overrides": [{"name": "vmClass", "value": "large"}]},
    "rollout": {"after": "2026-06-30T03:00:00Z"},
}
GROWS = {
    "class": "node-pool",
    "name": "grows",
    "metadata": METADATA,
    "variables": {"overrides": OVERRIDES},
    "failureDomain": "zone-1",
    "minReadySeconds": 10,
}
"""What both versions say in the same way of the control plane and of a pool."""


def topology(api_version: str, **fields: object) -> Any:
    return cluster_spec(WorkloadClusterSpec.model_validate({**SPEC, **fields}), api_version)["topology"]


def test_a_topology_of_v1beta2_says_every_field() -> None:
    result = topology(V1BETA2)
    assert result["classRef"] == {"name": "builtin-generic-v3.4.0", "namespace": "vmware-system-vks-public"}
    assert result["version"] == "v1.33.3---vmware.1-fips-vkr.2"
    assert result["variables"] == VARIABLES
    assert result["controlPlane"] == {
        **CONTROL_PLANE,
        "healthCheck": {
            "enabled": True,
            "checks": {"nodeStartupTimeoutSeconds": 600},
            "remediation": {"triggerIf": {"unhealthyLessThanOrEqualTo": "34%"}},
        },
        "deletion": {"nodeDrainTimeoutSeconds": 90},
    }
    grows, fixed = result["workers"]["machineDeployments"]
    assert grows == {
        **GROWS,
        "healthCheck": {
            "checks": {"unhealthyNodeConditions": [{"type": "Ready", "status": "Unknown", "timeoutSeconds": 300}]},
            "remediation": {"triggerIf": {"unhealthyInRange": "[1-3]"}, "maxInFlight": 1},
        },
        "deletion": {"order": "Oldest", "nodeDeletionTimeoutSeconds": 3600},
        "rollout": {
            "after": "2026-06-30T03:00:00Z",
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "50%", "maxUnavailable": 0}},
        },
    }
    assert fixed == {
        "class": "node-pool",
        "name": "fixed",
        "replicas": 2,
        "variables": {"overrides": [{"name": "kubernetes", "value": {"a": 1}}]},
        "rollout": {"strategy": {"type": "OnDelete"}},
    }


def test_the_same_topology_in_v1beta1_has_its_own_places_and_durations() -> None:
    result = topology(V1BETA1)
    assert (result["class"], result["classNamespace"]) == ("builtin-generic-v3.4.0", "vmware-system-vks-public")
    assert result["variables"] == VARIABLES
    assert result["controlPlane"] == {
        **CONTROL_PLANE,
        "machineHealthCheck": {"enable": True, "nodeStartupTimeout": "10m0s", "maxUnhealthy": "34%"},
        "nodeDrainTimeout": "1m30s",
    }
    grows, fixed = result["workers"]["machineDeployments"]
    assert grows == {
        **GROWS,
        "machineHealthCheck": {
            "unhealthyConditions": [{"type": "Ready", "status": "Unknown", "timeout": "5m0s"}],
            "unhealthyRange": "[1-3]",
        },
        "nodeDeletionTimeout": "1h0m0s",
        "strategy": {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxSurge": "50%", "maxUnavailable": 0, "deletePolicy": "Oldest"},
            "remediation": {"maxInFlight": 1},
        },
        "rollout": {"after": "2026-06-30T03:00:00Z"},
    }
    assert fixed["strategy"] == {"type": "OnDelete"}


def test_an_autoscaled_pool_is_awaited_by_conditions_since_nobody_else_knows_its_number() -> None:
    spec = WorkloadClusterSpec.model_validate(SPEC)
    assert wait_for(spec, V1BETA2) == [
        "condition=Available",
        "jsonpath={.status.controlPlane.upToDateReplicas}=3",
        "jsonpath={.status.controlPlane.availableReplicas}=3",
        'jsonpath={.status.conditions[?(@.type=="WorkersAvailable")].status}=True',
        'jsonpath={.status.conditions[?(@.type=="WorkerMachinesUpToDate")].status}=True',
    ]
    assert wait_for(spec, V1BETA1)[-1] == (
        'jsonpath={.status.v1beta2.conditions[?(@.type=="WorkerMachinesUpToDate")].status}=True'
    )


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"clusterClass": "builtin-generic-v3.7.0"}, ("builtin-generic-v3.7.0", "vmware-system-vks-public")),
        ({"clusterClass": "ours"}, ("ours", None)),
        ({"clusterClass": "ours", "clusterClassNamespace": "classes"}, ("ours", "classes")),
    ],
)
def test_a_class_of_ones_own_is_looked_for_beside_the_cluster(
    fields: dict[str, str], expected: tuple[str, str | None]
) -> None:
    result = topology(V1BETA1, **fields)
    assert (result["class"], result.get("classNamespace")) == expected


def default_of(**fields: object) -> dict[str, Any]:
    variables = {item["name"]: item["value"] for item in topology(V1BETA2, **fields)["variables"]}
    return {name: variables.get(name) for name in ("defaultStorageClass", "vsphereOptions")}


def test_the_default_storage_class_is_where_the_cluster_class_has_it() -> None:
    plain: dict[str, object] = {"variables": {}, "defaultStoragePolicy": None}
    options = {"persistentVolumes": {"defaultStorageClass": "gold"}}
    assert default_of(**plain) == {"defaultStorageClass": None, "vsphereOptions": options}
    assert default_of(**plain, clusterClass="tanzukubernetescluster") == {
        "defaultStorageClass": "gold",
        "vsphereOptions": None,
    }
    # A class without the variable.
    left_out = {"variables": {"vsphereOptions": None}, "clusterClass": "ours"}
    assert default_of(**left_out) == {"defaultStorageClass": None, "vsphereOptions": None}
    named = {"vsphereOptions": {"persistentVolumes": {"defaultStorageClass": "bronze"}}}
    assert default_of(variables=named)["vsphereOptions"] == named["vsphereOptions"]


@pytest.mark.parametrize(("seconds", "text"), [(0, "0s"), (5, "5s"), (60, "1m0s"), (3600, "1h0m0s"), (3725, "1h2m5s")])
def test_durations_are_written_as_go_writes_them(seconds: int, text: str) -> None:
    assert duration(seconds) == text
