"""Clusters in both versions of Cluster API, and what their webhooks fill in and refuse."""

from typing import Any

import pytest
from pacific_components.workload_cluster import V1BETA1, V1BETA2, cluster_spec

from pacific_infra.documents.workload_cluster import WorkloadClusterSpec
from pacific_sandbox.cluster_api.admission import check, fill
from pacific_sandbox.cluster_api.catalogue import VARIABLES, catalogue_objects
from pacific_sandbox.cluster_api.conversion import converted
from pacific_sandbox.cluster_api.topology import pools
from pacific_sandbox.vm_operator.admission.review import Denied, Request

SPEC: dict[str, Any] = {
    "version": "v1.33.3+vmware.1",
    "class": "node",
    "storagePolicy": "gold",
    "controlPlane": {
        "rollout": {"after": "2026-06-30T03:00:00Z"},
        "healthCheck": {"enabled": True, "nodeStartupTimeoutSeconds": 600, "unhealthyLessThanOrEqualTo": "34%"},
        "deletion": {"nodeDrainTimeoutSeconds": 90},
    },
    "nodePools": [
        {
            "name": "grows",
            "autoscaler": {"minReplicas": 2, "maxReplicas": 5},
            "healthCheck": {
                "unhealthyNodeConditions": [{"type": "Ready", "status": "Unknown", "timeoutSeconds": 300}],
                "unhealthyInRange": "[1-3]",
                "maxInFlight": 1,
            },
            "rollout": {"after": "2026-06-30T03:00:00Z", "maxSurge": "50%"},
            "deletion": {"order": "Oldest", "nodeDeletionTimeoutSeconds": 3600},
        },
        {"name": "fixed", "replicas": 2, "rollout": {"type": "OnDelete"}},
    ],
}
SUPERVISOR: Any = None
"""These webhooks look nothing up."""


def cluster(api_version: str, **fields: object) -> dict[str, Any]:
    spec = cluster_spec(WorkloadClusterSpec.model_validate({**SPEC, **fields}), api_version)
    return {"apiVersion": api_version, "kind": "Cluster", "metadata": {"name": "c", "namespace": "shop"}, "spec": spec}


@pytest.mark.parametrize(("version", "other"), [(V1BETA1, V1BETA2), (V1BETA2, V1BETA1)])
def test_both_versions_say_the_same(version: str, other: str) -> None:
    assert converted(cluster(version), other) == cluster(other)


def test_the_status_has_the_conditions_of_its_version() -> None:
    counts = {"desiredReplicas": 1}
    status = {
        "phase": "Provisioned",
        "infrastructureReady": True,
        "controlPlaneReady": False,
        "conditions": [{"type": "Ready", "status": "True"}],
        "v1beta2": {
            "conditions": [{"type": "Available", "status": "True"}],
            "controlPlane": counts,
            "workers": counts,
        },
    }
    stored = {**cluster(V1BETA1), "status": status}
    newer = converted(stored, V1BETA2)
    assert newer["status"]["conditions"] == [{"type": "Available", "status": "True"}]
    assert newer["status"]["controlPlane"] == counts
    assert newer["status"]["initialization"] == {"infrastructureProvisioned": True, "controlPlaneInitialized": False}
    assert converted(newer, V1BETA1) == stored


@pytest.mark.parametrize(
    ("text", "stored", "expected"),
    [
        ("v1.33", None, "v1.33.6+vmware.1-fips-vkr.2"),
        ("v1.33", "v1.33.3+vmware.1-fips-vkr.2", "v1.33.3+vmware.1-fips-vkr.2"),
        ("v1.34", "v1.33.3+vmware.1-fips-vkr.2", "v1.34.1+vmware.1-vkr.4"),
        ("v1.33.3---vmware.1-fips-vkr.2", None, "v1.33.3+vmware.1-fips-vkr.2"),
        ("v1.33.3+vmware.1", None, "v1.33.3+vmware.1-fips-vkr.2"),
        ("v1.32.8---vmware.1", None, "v1.32.8+vmware.1-fips-vkr.1"),
    ],
)
def test_a_release_is_stored_by_its_whole_version(text: str, stored: str | None, expected: str) -> None:
    old = None if stored is None else cluster(V1BETA1, version=stored)
    filled = fill(Request("CREATE" if old is None else "UPDATE", cluster(V1BETA1, version=text), old), SUPERVISOR)
    assert filled["spec"]["topology"]["version"] == expected


@pytest.mark.parametrize(
    "version", ["v1.99", "v1.33.4+vmware.1", "v1.33.3+vmware.2", "v1.33.3+vmware.1-fips-vkr.1", "v1.3", "v1.33."]
)
def test_a_release_that_is_not_offered_is_refused(version: str) -> None:
    request = Request("CREATE", cluster(V1BETA1))
    request.object["spec"]["topology"]["version"] = version
    with pytest.raises(Denied) as raised:
        fill(request, SUPERVISOR)
    assert str(raised.value) == (
        f"Could not resolve KR/OSImage. Missing compatible KR/OSImage: {{k8sVersionPrefix: {version}}}"
    )


def errors(**fields: object) -> list[str]:
    return list(check(Request("CREATE", cluster(V1BETA1, **fields)), SUPERVISOR))


def test_variables_are_those_of_the_cluster_class() -> None:
    assert errors() == []
    assert errors(variables={"kubernetes": 1, "colour": "red"}) == [
        "spec.topology.variables[kubernetes].value: Invalid value: 1: Invalid type. Expected: object",
        'spec.topology.variables[colour]: Invalid value: "red": variable is not defined',
    ]
    pool = {"name": "a", "variables": {"colour": "red"}}
    assert errors(nodePools=[pool]) == [
        "spec.topology.workers.machineDeployments[0].variables.overrides[colour]: "
        'Invalid value: "red": variable is not defined'
    ]
    assert errors(clusterClass="tanzukubernetescluster") == []
    assert errors(clusterClass="ours", variables={"colour": "red"}) == []
    without = cluster(V1BETA1)
    without["spec"]["topology"]["variables"] = [{"name": "vmClass", "value": "node"}]
    assert list(check(Request("CREATE", without), SUPERVISOR)) == [
        'spec.topology.variables: Required value: required variable "storageClass" must be set'
    ]


@pytest.mark.parametrize(
    ("machines", "expected"),
    [
        ([], 2),
        (["c-grows-0-aaaaa"], 2),
        ([f"c-grows-{index}-aaaaa" for index in range(4)], 4),
        ([f"c-grows-{index}-aaaaa" for index in range(9)], 5),
        (["c-grows-0-aaaaa", "c-grows-1-aaaaa", "c-grows-1-bbbbb"], 2),
    ],
    ids=["none yet", "too few", "within the bounds", "too many", "one more of a rollout"],
)
def test_a_pool_without_a_number_keeps_its_machines_within_its_bounds(machines: list[str], expected: int) -> None:
    replicas = {pool.name: pool.replicas for pool in pools(cluster(V1BETA1), machines)}
    assert replicas == {"control-plane": 1, "grows": expected, "fixed": 2}


def test_the_catalogue_offers_what_the_webhooks_know() -> None:
    offered = [item for _, item in catalogue_objects()]
    names = [item["metadata"]["name"] for item in offered]
    assert "builtin-generic-v3.4.0" in names
    assert "v1.33.6---vmware.1-fips-vkr.2" in names
    for item in offered:
        if item["kind"] == "ClusterClass":
            fields = {"clusterClass": item["metadata"]["name"]}
            assert {variable["name"] for variable in item["spec"]["variables"]} == set(VARIABLES)
        else:
            fields = {"version": item["metadata"]["name"]}
            filled = fill(Request("CREATE", cluster(V1BETA1, **fields)), SUPERVISOR)
            assert filled["spec"]["topology"]["version"] == item["spec"]["version"]
        assert errors(**fields) == []
