"""A workload cluster as Pulumi sees it."""

import base64
import json
from pathlib import Path

import pytest
from pacific_components.estate import declare_estate
from pacific_components.workload_cluster import endpoint, kubeconfig

from pacific_infra.documents import load_estate
from pacific_infra.graph import build_graph
from pacific_infra.vcenter.settings import VCenterSettings
from tests.support.recording import Recording, record

DOCUMENTS = Path(__file__).parents[2] / "golden" / "hybrid-estate"
SETTINGS = VCenterSettings("vcenter.test", "administrator@vsphere.local", password="secret", ca_file=Path("ca.pem"))
CLUSTER = "kubernetes:cluster.x-k8s.io/v1beta1:Cluster::pictures/recommender-cluster"


@pytest.fixture(scope="module")
def recording() -> Recording:
    graph = build_graph(load_estate([DOCUMENTS]))
    return record(lambda: declare_estate(graph, SETTINGS))[0]


def test_its_topology(recording: Recording) -> None:
    assert recording.only(CLUSTER).inputs["spec"]["topology"] == {
        "class": "builtin-generic-v3.4.0",
        "classNamespace": "vmware-system-vks-public",
        "version": "v1.32.8+vmware.1",
        "controlPlane": {"replicas": 1},
        "workers": {"machineDeployments": [{"class": "node-pool", "name": "workers", "replicas": 2}]},
        "variables": [
            {"name": "vmClass", "value": "recommender-node"},
            {"name": "storageClass", "value": "gold"},
            {"name": "vsphereOptions", "value": {"persistentVolumes": {"defaultStorageClass": "gold"}}},
        ],
    }


def test_it_is_awaited_until_every_machine_is_available_and_up_to_date(recording: Recording) -> None:
    annotations = recording.only(CLUSTER).inputs["metadata"]["annotations"]
    assert json.loads(annotations["pulumi.com/waitFor"]) == [
        "condition=Ready",
        "jsonpath={.status.v1beta2.controlPlane.upToDateReplicas}=1",
        "jsonpath={.status.v1beta2.controlPlane.availableReplicas}=1",
        "jsonpath={.status.v1beta2.workers.upToDateReplicas}=2",
        "jsonpath={.status.v1beta2.workers.availableReplicas}=2",
    ]
    assert recording.only(CLUSTER).request.retainOnDelete is False


def test_what_is_read_of_it() -> None:
    assert endpoint({"controlPlaneEndpoint": {"host": "10.0.0.9", "port": 6443.0}}) == "10.0.0.9:6443"
    assert endpoint({}) == ""
    assert kubeconfig({"value": base64.b64encode(b"kind: Config").decode()}) == "kind: Config"
    assert kubeconfig(None) == ""


def test_its_kubeconfig_reaches_a_workload_through_a_secret(tmp_path: Path) -> None:
    file = tmp_path / "hybrid.yaml"
    text = (DOCUMENTS / "hybrid.yaml").read_text()
    file.write_text(text.replace("output: endpoint", "output: kubeconfig"))
    graph = build_graph(load_estate([file]))
    recording = record(lambda: declare_estate(graph, SETTINGS))[0]
    deployment = recording.only("kubernetes:apps/v1:Deployment::pictures/frontend-deployment").inputs
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    (variable,) = [item for item in container["env"] if item["name"] == "RECOMMENDER"]
    assert set(variable) == {"name", "valueFrom"}
    assert variable["valueFrom"]["secretKeyRef"]["key"] == "web.RECOMMENDER"
