"""Which version of Cluster API a cluster is written in, and which form of its release is kept."""

import asyncio
import ssl
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pacific_components.estate import EstateOptions, declare_estate
from pulumi.automation.events import DiffKind, OpType, PropertyDiff, StepEventMetadata, StepEventStateMetadata

from pacific_infra.converge.drift import drifted_resource
from pacific_infra.converge.served_clusters import VERSIONS, served_cluster
from pacific_infra.declaration import ServedCluster
from pacific_infra.documents import WorkloadCluster, load_estate
from pacific_infra.graph import build_graph
from pacific_infra.vcenter.kubernetes_api import KubernetesAPI
from pacific_infra.vcenter.kubernetes_connection import Connection, Identity
from pacific_infra.vcenter.settings import VCenterSettings
from tests.support.recording import record

DOCUMENTS = Path(__file__).parents[2] / "golden" / "hybrid-estate"
V1BETA2, V1BETA1 = VERSIONS
STORED = "v1.32.8+vmware.1-fips-vkr.2"
MANAGER = "pacific-infra:estate/dev"


def live(api_version: str, manager: str = MANAGER, release: str = STORED) -> dict[str, Any]:
    managed = [
        {"manager": "topology-controller", "apiVersion": V1BETA2},
        {"manager": manager, "apiVersion": api_version},
    ]
    annotations = {"pulumi.com/patchFieldManager": MANAGER}
    metadata = {"name": "recommender", "annotations": annotations, "managedFields": managed}
    return {"metadata": metadata, "spec": {"topology": {"version": release}}}


def served(cluster: dict[str, Any] | None, versions: list[str]) -> ServedCluster:
    group = f"/apis/{versions[0]}"
    kinds = [{"name": "clusters", "kind": "Cluster", "namespaced": True, "verbs": ["get"]}]
    answers: dict[str, Any] = {group: {"resources": kinds}}
    if cluster is not None:
        answers[f"{group}/namespaces/pictures/clusters/recommender"] = cluster

    def answer(request: httpx2.Request) -> httpx2.Response:
        body = answers.get(request.url.path)
        status = {"kind": "Status", "reason": "NotFound"}
        return httpx2.Response(404, json=status) if body is None else httpx2.Response(200, json=body)

    async def ask() -> ServedCluster:
        connection = Connection("https://s", ssl.create_default_context, Identity)
        (document,) = load_estate([DOCUMENTS]).of(WorkloadCluster)
        async with KubernetesAPI(connection, transport=httpx2.MockTransport(answer)) as api:
            return await served_cluster(api, document, versions)

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("cluster", "versions", "expected"),
    [
        (None, [V1BETA2, V1BETA1], ServedCluster(V1BETA2)),
        (None, [V1BETA1], ServedCluster(V1BETA1)),
        (live(V1BETA1), [V1BETA2, V1BETA1], ServedCluster(V1BETA1, keeps_release=True)),
        (live(V1BETA2), [V1BETA2, V1BETA1], ServedCluster(V1BETA2, keeps_release=True)),
        (live(V1BETA1), [V1BETA2], ServedCluster(V1BETA2, keeps_release=True)),
        (live(V1BETA1, manager="kubectl"), [V1BETA2, V1BETA1], ServedCluster(V1BETA2, keeps_release=True)),
        (live(V1BETA2, release="v1.33.1+vmware.1"), [V1BETA2], ServedCluster(V1BETA2)),
        (live(V1BETA2, release="v1.32.8+vmware.1"), [V1BETA2], ServedCluster(V1BETA2)),
    ],
    ids=[
        "a new one in the newest version",
        "a new one where only the older version is served",
        "one that is there in the older version stays in it",
        "one that is there in the newest version",
        "one whose version is served no more",
        "one that somebody else has made",
        "another release",
        "the release as the document says it",
    ],
)
def test_a_cluster_keeps_its_version_while_that_is_served(
    cluster: dict[str, Any] | None, versions: list[str], expected: ServedCluster
) -> None:
    assert served(cluster, versions) == expected


@pytest.mark.parametrize(("version", "other"), [(V1BETA1, V1BETA2), (V1BETA2, V1BETA1)])
def test_in_either_version_it_is_the_same_resource(version: str, other: str) -> None:
    graph = build_graph(load_estate([DOCUMENTS]))
    settings = VCenterSettings("vcenter.test", "administrator@vsphere.local", password="secret")
    clusters = {"WorkloadCluster/pictures/recommender": ServedCluster(version, keeps_release=True)}
    recording = record(lambda: declare_estate(graph, settings, EstateOptions(clusters=clusters)))[0]
    cluster = recording.only(f"kubernetes:{version}:Cluster::pictures/recommender-cluster")
    assert ("classRef" in cluster.inputs["spec"]["topology"]) is (version == V1BETA2)
    assert [alias.spec.type for alias in cluster.request.aliases] == [f"kubernetes:{other}:Cluster"]
    assert list(cluster.request.ignoreChanges) == ["spec.topology.version"]


def drift(old: str, new: str) -> tuple[str, ...]:
    token, path = f"kubernetes:{V1BETA2}:Cluster", "spec.topology.version"
    urn = f"urn:pulumi:dev::estate::{token}::c"

    def state(release: str) -> StepEventStateMetadata:
        inputs = {"spec": {"topology": {"version": release}}}
        return StepEventStateMetadata(type=token, urn=urn, id="c", parent="", provider="", inputs=inputs, outputs={})

    difference = {path: PropertyDiff(DiffKind.UPDATE, input_diff=True)}
    step = StepEventMetadata(
        op=OpType.UPDATE, urn=urn, type=token, provider="", old=state(old), new=state(new), detailed_diff=difference
    )
    drifted = drifted_resource(step)
    return () if drifted is None else tuple(change.path for change in drifted.changes)


def test_a_release_in_the_form_that_is_stored_is_no_drift() -> None:
    assert drift("v1.32", STORED) == ()
    assert drift("v1.32", "v1.33.1+vmware.1") == ("spec.topology.version",)
