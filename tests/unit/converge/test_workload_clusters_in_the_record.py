"""What the record of a workload cluster forbids its document: releases, and pools without a number."""

from pathlib import Path
from typing import Any

import pytest

from pacific_infra.converge.autoscalers import check_autoscalers
from pacific_infra.converge.releases import check_releases
from pacific_infra.documents import Estate, load_estate
from pacific_infra.documents.kubernetes_release import is_form_of
from pacific_infra.errors import PacificErrors

HEAD = "urn:pulumi:dev::estate::pacific:index:WorkloadCluster"
BOUNDS = "cluster.x-k8s.io/cluster-api-autoscaler-node-group"
STORED = "v1.33.3+vmware.1-fips-vkr.2"


def record(version: str, api_version: str = "v1beta2") -> list[dict[str, Any]]:
    token = f"kubernetes:cluster.x-k8s.io/{api_version}:Cluster"
    grows = {"name": "grows", "metadata": {"annotations": {f"{BOUNDS}-min-size": "2", f"{BOUNDS}-max-size": "6"}}}
    inputs = {"spec": {"topology": {"version": "v1.33", "workers": {"machineDeployments": [grows]}}}}
    return [
        {"urn": f"{HEAD}::shop/c", "type": "pacific:index:WorkloadCluster"},
        {
            "urn": f"{HEAD}${token}::shop/c-cluster",
            "type": token,
            "parent": f"{HEAD}::shop/c",
            "inputs": inputs,
            "outputs": {"spec": {"topology": {"version": version}}},
        },
    ]


def estate(folder: Path, version: str, pool: str = "{name: grows, autoscaler: {maxReplicas: 6}}") -> Estate:
    (folder / "c.yaml").write_text(
        "apiVersion: pacific.infra/v1alpha1\n"
        "kind: WorkloadCluster\n"
        "metadata: {name: c, namespace: shop}\n"
        "spec:\n"
        f"  version: {version}\n"
        "  class: node\n"
        "  storagePolicy: gold\n"
        f"  nodePools: [{pool}]\n"
    )
    return load_estate([folder / "c.yaml"])


def errors_of(folder: Path, raised: pytest.ExceptionInfo[PacificErrors]) -> list[str]:
    return [str(error).replace(f"{folder}/", "") for error in raised.value.errors]


@pytest.mark.parametrize(
    "version", ["v1.33", "v1.33.3", STORED, "v1.33.5+vmware.1", "v1.34", "v1.34.1---vmware.1-vkr.4"]
)
@pytest.mark.parametrize("api_version", ["v1beta1", "v1beta2"])
def test_the_same_release_or_a_next_one_passes(tmp_path: Path, version: str, api_version: str) -> None:
    check_releases(record(STORED, api_version), estate(tmp_path, version))


@pytest.mark.parametrize(
    ("version", "problem"),
    [
        ("v1.32", "a cluster does not go back to an earlier release"),
        ("v1.33.2+vmware.1", "a cluster does not go back to an earlier release"),
        ("v1.35.0+vmware.1", "a cluster is upgraded by one minor version at a time"),
    ],
)
def test_a_release_back_or_too_far_on_is_refused_at_its_line(tmp_path: Path, version: str, problem: str) -> None:
    with pytest.raises(PacificErrors) as raised:
        check_releases(record(STORED), estate(tmp_path, version))
    assert errors_of(tmp_path, raised) == [
        f"c.yaml:5: WorkloadCluster/shop/c: {problem}: got '{version}'; "
        f"allowed: {STORED}, or a later release up to v1.34"
    ]


@pytest.mark.parametrize(
    ("written", "stored", "expected"),
    [
        ("v1.33", STORED, True),
        ("v1.33.3", STORED, True),
        ("v1.33.3+vmware.1", STORED, True),
        ("v1.33.3---vmware.1-fips-vkr.2", STORED, True),
        ("v1.34.1---vmware.1-vkr.4", "v1.34.1+vmware.1", True),
        ("v1.3", STORED, False),
        ("v1.33.30", STORED, False),
        ("v1.34", STORED, False),
        (STORED, "v1.33.3+vmware.1", False),
    ],
)
def test_what_a_supervisor_may_make_of_a_release(written: str, stored: str, expected: bool) -> None:
    assert is_form_of(written, stored) is expected


def test_a_pool_whose_autoscaler_goes_says_how_many_nodes_stay(tmp_path: Path) -> None:
    with pytest.raises(PacificErrors) as raised:
        check_autoscalers(record(STORED), estate(tmp_path, "v1.33", "{name: grows}"))
    assert errors_of(tmp_path, raised) == [
        "c.yaml:8: WorkloadCluster/shop/c: the autoscaler of node pool grows goes, and nothing says how many nodes "
        "stay: it would be one: got 'an autoscaler of 2 to 6 nodes'; fix: add replicas: NUMBER"
    ]
    for pool in ("{name: grows, replicas: 3}", "{name: grows, autoscaler: {maxReplicas: 9}}", "{name: other}"):
        check_autoscalers(record(STORED), estate(tmp_path, "v1.33", pool))
