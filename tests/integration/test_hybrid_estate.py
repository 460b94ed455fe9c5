"""A function, asked by HTTP, a workload cluster, and the workload that is told where both are, in one ``up``."""

import http.client
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from pacific_sandbox.sandbox import Sandbox
from tests.support.estate_project import SHARED_SUPERVISOR, EstateProject
from tests.support.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.sandbox
DOCUMENTS = Path(__file__).parents[1] / "golden" / "hybrid-estate"

APPLICATION = """\
apiVersion: pacific.infra/v1alpha1
kind: Application
metadata: {name: shop}
spec: {parts: [CrxWorkload/pictures/cache]}
---
apiVersion: pacific.infra/v1alpha1
kind: CrxWorkload
metadata: {name: cache, namespace: pictures}
spec:
  kind: Deployment
  containers:
    - name: web
      image: sandbox/web:1
      resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 200m, memory: 128Mi}}
      volumeMounts: [{name: data, mountPath: /data}]
  volumes: [{name: data, claim: {size: 1Gi, storagePolicy: gold}}]
"""


@pytest.fixture
def project(sandbox: Sandbox, supervisor: str, tmp_path: Path) -> EstateProject:
    """The hybrid estate on the sandbox's Supervisor."""
    del supervisor
    return EstateProject.on(sandbox, DOCUMENTS, tmp_path, SHARED_SUPERVISOR)


def query(url: str) -> tuple[int, Any]:
    """GET it; names under localhost are not known to every computer's resolver."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=PATIENCE)
    connection.request("GET", "/small", headers={"Host": parts.netloc})
    answer = connection.getresponse()
    body = json.loads(answer.read())
    connection.close()
    return answer.status, body


def test_everything_in_one_up(project: EstateProject) -> None:
    assert project.json("up", "--yes")["result"] == "done"
    url = project.json("outputs")["urls"]["pictures/thumbnails"]

    def kubectl(*arguments: str) -> Any:
        return project.kubectl(*arguments, "-n", "pictures")

    (container,) = kubectl("get", "deployment", "frontend")["spec"]["template"]["spec"]["containers"]
    cluster = kubectl("get", "clusters.cluster.x-k8s.io", "recommender")
    endpoint = cluster["spec"]["controlPlaneEndpoint"]
    assert {item["name"]: item["value"] for item in container["env"]} == {
        "THUMBNAILS_URL": url,
        "RECOMMENDER": f"{endpoint['host']}:{endpoint['port']}",
    }
    machines = kubectl("get", "virtualmachines", "-l", "cluster.x-k8s.io/cluster-name=recommender")["items"]
    assert len(machines) == 3
    assert project.is_unchanged()

    _check_inside(project)

    deployment = "thumbnails-00001-deployment"
    wait_until("the function to sleep", lambda: not kubectl("get", "deployment", deployment)["spec"]["replicas"])
    status, answer = query(url)
    assert status == 200
    assert answer["simulated"] is True
    assert answer["pod"].startswith(deployment)

    _an_application_comes_and_goes_alone(project, kubectl)
    _check_versions(project)
    _another_cluster_in_the_newer_version(project, kubectl)
    project.pacific("down", "--yes")


def _check_inside(project: EstateProject) -> None:
    """The cluster's own API has a node for each machine, and what the same ``up`` brought into it; drift is seen."""
    kubeconfig = project.pacific("outputs", "kubeconfigs.pictures/recommender").strip()
    command = [str(project.toolchain.program("kubectl")), "--kubeconfig", kubeconfig]

    def kubectl(*arguments: str) -> Any:
        process = subprocess.run(
            [*command, *arguments, "-o", "json"], capture_output=True, timeout=PATIENCE, check=True
        )
        return json.loads(process.stdout)

    nodes = kubectl("get", "nodes")["items"]
    assert [node["status"]["nodeInfo"]["kubeletVersion"] for node in nodes] == ["v1.32.8+vmware.1-fips"] * 3
    assert all(node["status"]["conditions"][-1]["status"] == "True" for node in nodes)
    assert kubectl("get", "deployment", "model", "-n", "model")["status"]["availableReplicas"] == 2
    default = "storageclass.kubernetes.io/is-default-class"
    classes = kubectl("get", "storageclasses")["items"]
    assert {class_["metadata"]["name"]: class_["metadata"]["annotations"][default] for class_ in classes} == {
        "gold": "true",
        "gold-latebinding": "false",
    }
    kubectl("patch", "configmap", "weights", "-n", "model", "-p", '{"data": {"chair": "9"}}')
    assert project.json("up", "--refresh", "--yes")["changes"]["update"] == 1
    assert kubectl("get", "configmap", "weights", "-n", "model")["data"]["chair"] == "3"


def _an_application_comes_and_goes_alone(project: EstateProject, kubectl: Callable[..., Any]) -> None:
    """Its parts are made, taken down and, with their documents, removed; all else and its data stay."""
    file = project.documents / "shop.yaml"
    file.write_text(APPLICATION)
    others = [name for name, item in project.json("status")["nodes"].items() if item["state"] == "converged"]
    assert project.json("up", "--application", "shop", "--yes")["changes"]["create"] == 3
    assert project.json("status", "--application", "shop")["applications"] == {"shop": "ready"}
    part_of = ("-l", "app.kubernetes.io/part-of=shop")
    assert [item["kind"] for item in kubectl("get", "deployments,pvc", *part_of)["items"]] == [
        "Deployment",
        "PersistentVolumeClaim",
    ]
    document = project.json("down", "--application", "shop", "--preview-only")
    assert [(item["name"], item["reason"]) for item in document["kept"]] == [
        ("pictures/cache-data", "deletionPolicy: Retain")
    ]
    assert document["others"] == others
    changes = project.json("down", "--application", "shop", "--yes")["changes"]
    assert (changes["delete"], changes["keep"]) == (2, 1)
    assert [item["kind"] for item in kubectl("get", "deployments,pvc", *part_of)["items"]] == ["PersistentVolumeClaim"]
    changes = project.json("up", "--yes")["changes"]
    assert (changes["create"], changes["adopt"]) == (2, 1), (
        "its documents are still there, and the volume with its data"
    )
    file.unlink()


def _check_versions(project: EstateProject) -> None:
    """An upgrade rolls every machine, beside which the application goes whose documents are removed; there is no way
    back, and the plan says so.
    """
    file = project.documents / "hybrid.yaml"
    text = file.read_text()
    file.write_text(text.replace("v1.32.8", "v1.33.3"))
    changes = project.json("up", "--yes")["changes"]
    assert (changes["delete"], changes["keep"]) == (2, 1)
    file.write_text(text)
    assert "a cluster does not go back to an earlier release: got 'v1.32.8+vmware.1'; allowed: v1.33.3+vmware.1" in (
        project.pacific("plan", expect=1)
    )
    file.write_text(text.replace("v1.32.8", "v1.33.3"))


CLUSTER = """\
apiVersion: pacific.infra/v1alpha1
kind: WorkloadCluster
metadata: {name: second, namespace: pictures}
spec:
  version: v1.33
  class: recommender-node
  storagePolicy: gold
  nodePools:
    - name: grows
      autoscaler: {minReplicas: 1, maxReplicas: 3}
      rollout: {maxSurge: 1}
  deletionPolicy: Delete
"""


def _another_cluster_in_the_newer_version(project: EstateProject, kubectl: Callable[..., Any]) -> None:
    """Its Supervisor serves v1beta2, so it is that. What the server completes, and what an autoscaler does, is neither
    a change nor drift; a variable that the ClusterClass does not have is refused by the plan.
    """
    file = project.documents / "second.yaml"
    file.write_text(CLUSTER + "  variables: {colour: red}\n")
    assert "second.yaml:13: WorkloadCluster/pictures/second: the API server refuses Cluster pictures/second: " in (
        project.pacific("plan", expect=1)
    )
    file.write_text(CLUSTER)
    assert project.json("up", "--yes")["result"] == "done"
    (managed,) = [
        entry
        for entry in kubectl("get", "clusters", "second", "--show-managed-fields")["metadata"]["managedFields"]
        if entry["manager"].startswith("pacific-infra:")
    ]
    assert managed["apiVersion"] == "cluster.x-k8s.io/v1beta2"
    topology = kubectl("get", "clusters", "second")["spec"]["topology"]
    assert topology["version"] == "v1.33.6+vmware.1-fips-vkr.2"
    assert topology["classRef"]["name"] == "builtin-generic-v3.4.0"
    assert "replicas" not in topology["workers"]["machineDeployments"][0]
    assert project.is_unchanged()
    # The volume that the application has left is in no document, which is none of this cluster's drift.
    assert project.json("drift")["nodes"] == []
    assert project.json("up", "--refresh", "--yes")["changes"].keys() <= {"same", "read"}
