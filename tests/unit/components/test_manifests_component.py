"""Objects inside a workload cluster as Pulumi sees them."""

import json
from pathlib import Path

import pytest
from pacific_components.estate import declare_estate

from pacific_infra.documents import load_estate
from pacific_infra.graph import build_graph
from pacific_infra.vcenter.settings import VCenterSettings
from tests.support.recording import Recording, record

DOCUMENTS = Path(__file__).parents[2] / "golden" / "hybrid-estate"
SETTINGS = VCenterSettings("vcenter.test", "administrator@vsphere.local", password="secret", ca_file=Path("ca.pem"))
NAMESPACE = "kubernetes:core/v1:Namespace::pictures/model-namespace-model"
DEPLOYMENT = "kubernetes:apps/v1:Deployment::pictures/model-deployment-model/model"
PROVIDER = "pulumi:providers:kubernetes::pictures/model-kubernetes"


@pytest.fixture(scope="module")
def recording() -> Recording:
    graph = build_graph(load_estate([DOCUMENTS]))
    return record(lambda: declare_estate(graph, SETTINGS))[0]


def test_they_go_through_a_provider_of_their_cluster(recording: Recording) -> None:
    assert recording.only(PROVIDER).inputs["clusterIdentifier"] == "pictures/recommender"
    assert "::pictures/model-kubernetes::" in recording.only(DEPLOYMENT).request.provider


def test_namespaces_come_first(recording: Recording) -> None:
    needed = recording.only(DEPLOYMENT).request.dependencies
    assert any(urn.endswith(NAMESPACE) for urn in needed)


def test_they_carry_their_owner_and_keep_what_they_say(recording: Recording) -> None:
    inputs = recording.only(DEPLOYMENT).inputs
    assert inputs["metadata"]["namespace"] == "model"
    assert inputs["metadata"]["annotations"]["pacific.infra/node"] == "Manifests/pictures/model"
    assert inputs["spec"]["replicas"] == 2
    assert json.dumps(inputs["spec"]).count("envFrom") == 1
    assert recording.only(DEPLOYMENT).request.retainOnDelete is False
