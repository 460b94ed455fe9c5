"""Workload clusters: what is refused at the plan, and what they ask of the hosts."""

from pathlib import Path

import pytest

from pacific_infra.documents import WorkloadCluster, load_estate
from pacific_infra.documents.readiness import ready_conditions
from pacific_infra.documents.workload_cluster import ClusterNetwork
from pacific_infra.graph import build_graph
from pacific_infra.plan.capacity import demands
from tests.support.refusals import refusals

ESTATE = Path(__file__).parents[2] / "golden" / "hybrid-estate"
CLUSTER = """\
apiVersion: pacific.infra/v1alpha1
kind: WorkloadCluster
metadata: {name: other, namespace: pictures}
spec:
  version: v1.33.3+vmware.1
  class: recommender-node
  storagePolicy: gold
  controlPlane: {replicas: 1}
  nodePools: [{name: a, replicas: 1}]
"""
CASES = {
    "an even control plane": (
        ("controlPlane: {replicas: 1}", "controlPlane: {replicas: 2}"),
        "more.yaml:8: spec.controlPlane.replicas: etcd needs an odd number of machines: got 2; allowed: 1, 3, 5",
    ),
    "two pools of one name": (
        ("[{name: a, replicas: 1}]", "[{name: a}, {name: a}]"),
        "more.yaml:9: spec.nodePools[1].name: two node pools have one name: got 'a'",
    ),
    "a class that the namespace does not allow": (
        ("[{name: a, replicas: 1}]", "[{name: a, class: large}]"),
        "more.yaml:9: Namespace/pictures does not have this in its virtualMachineClasses: got 'large'; "
        "allowed: recommender-node; fix: add it to spec.virtualMachineClasses at hybrid.yaml:23",
    ),
    "a storage policy that the namespace does not have": (
        ("gold", "silver"),
        "more.yaml:7: Namespace/pictures does not have this in its storagePolicies: got 'silver'; allowed: gold; "
        "fix: add it to spec.storagePolicies at hybrid.yaml:22",
    ),
    "a storage policy of a pool's volume that the namespace does not have": (
        ("[{name: a, replicas: 1}]", "[{name: a, volumes: [{name: v, mountPath: /v, size: 1Gi, storagePolicy: tin}]}]"),
        "more.yaml:9: Namespace/pictures does not have this in its storagePolicies: got 'tin'; allowed: gold; "
        "fix: add it to spec.storagePolicies at hybrid.yaml:22",
    ),
    "pods and services in one network": (
        ("[{name: a, replicas: 1}]", "[{name: a}]\n  network: {pods: 10.0.0.0/16, services: 10.0.1.0/24}"),
        "more.yaml:10: spec.network.services: pods and services have addresses in common: got '10.0.1.0/24'; "
        "allowed: a network apart from 10.0.0.0/16",
    ),
    "a number of nodes and an autoscaler": (
        ("[{name: a, replicas: 1}]", "[{name: a, replicas: 1, autoscaler: {maxReplicas: 3}}]"),
        "more.yaml:9: spec.nodePools[0].replicas: replicas and autoscaler exclude each other: got 1; "
        "fix: remove replicas, or the autoscaler",
    ),
    "bounds in the wrong order": (
        ("[{name: a, replicas: 1}]", "[{name: a, autoscaler: {minReplicas: 4, maxReplicas: 3}}]"),
        "more.yaml:9: spec.nodePools[0].autoscaler.maxReplicas: maxReplicas is below minReplicas: got 3; "
        "allowed: 4 or more",
    ),
    "a variable that a field says": (
        ("[{name: a, replicas: 1}]", "[{name: a, variables: {vmClass: large}}]"),
        "more.yaml:9: spec.nodePools[0].variables.vmClass: vmClass has a field of its own: got 'vmClass'; "
        "fix: write class",
    ),
    "an annotation that a field says": (
        ("[{name: a, replicas: 1}]", "[{name: a, annotations: {run.tanzu.vmware.com/resolve-os-image: os-name=x}}]"),
        "more.yaml:9: spec.nodePools[0].annotations.run.tanzu.vmware.com/resolve-os-image: "
        "this annotation follows from a field: got 'run.tanzu.vmware.com/resolve-os-image'; "
        "fix: remove it and write osImage",
    ),
    "a rollout that could replace nothing": (
        ("[{name: a, replicas: 1}]", "[{name: a, rollout: {maxSurge: 0}}]"),
        "more.yaml:9: spec.nodePools[0].rollout.maxSurge: "
        "no machine could be replaced: maxSurge and maxUnavailable are 0",
    ),
    "a time without its zone": (
        ("[{name: a, replicas: 1}]", "[{name: a, rollout: {after: '2026-06-30T03:00:00'}}]"),
        "more.yaml:9: spec.nodePools[0].rollout.after: not a time: got '2026-06-30T03:00:00'; "
        "allowed: a time with its zone, such as 2026-06-30T03:00:00Z",
    ),
    "two volumes at one place": (
        (
            "[{name: a, replicas: 1}]",
            "[{name: a, volumes: [{name: v, mountPath: /v, size: 1Gi}, {name: w, mountPath: /v, size: 1Gi}]}]",
        ),
        "more.yaml:9: spec.nodePools[0].volumes[1].mountPath: two volumes have one mountPath: got '/v'",
    ),
    "a name too long for its machines": (
        ("name: other", "name: " + "o" * 41),
        f"more.yaml:3: WorkloadCluster/pictures/{'o' * 41} becomes Cluster pictures/{'o' * 41}, a name of 41 "
        "characters: allowed: 40 characters or less, since its machines' names add 23 characters; "
        "fix: make metadata.name shorter by 1",
    ),
}


def errors_of(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "more.yaml"
    file.write_text(text)
    return refusals(lambda: build_graph(load_estate([ESTATE, file])), tmp_path, ESTATE)


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_said_with_its_place(tmp_path: Path, case: str) -> None:
    (old, new), expected = CASES[case]
    assert errors_of(tmp_path, CLUSTER.replace(old, new)) == [expected]


def test_a_controller_takes_no_secret_output(tmp_path: Path) -> None:
    errors = errors_of(
        tmp_path,
        """\
apiVersion: pacific.infra/v1alpha1
kind: Controller
metadata: {name: trainer, namespace: pictures}
spec:
  definitions: [queues]
  containers:
    - name: trainer
      image: sandbox/web:1
      resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: 200m, memory: 128Mi}}
      environment:
        KUBECONFIG_TEXT: {from: WorkloadCluster/recommender, output: kubeconfig}
""",
    )
    assert errors[-1] == (
        "more.yaml:11: a Controller's variable cannot use a secret output: got 'kubeconfig'; "
        "fix: take the key of a Secret instead"
    )


def test_the_default_networks_may_be_written_out() -> None:
    """VMware's default for pods has bits behind its prefix; it is what a refused change says to write again."""
    network = ClusterNetwork()
    assert ClusterNetwork.model_validate(network.model_dump(by_alias=True)) == network


@pytest.mark.parametrize("version", ["1.33.3", "v1", "v1.33.3-rc.1", "v1.33.3+build.1", "latest"])
def test_a_version_that_is_none(tmp_path: Path, version: str) -> None:
    (message,) = errors_of(tmp_path, CLUSTER.replace("v1.33.3+vmware.1", f"'{version}'"))
    assert message == (
        f"more.yaml:5: spec.version has the wrong form: got '{version}'; "
        "allowed: a Kubernetes release such as v1.33.3+vmware.1, v1.33.3---vmware.1-vkr.2 or v1.33"
    )


def test_its_machines_count_by_pool() -> None:
    result = [demand for demand in demands(load_estate([ESTATE]), 2000) if demand.document.kind == "WorkloadCluster"]
    assert [(item.count, item.most.cpu_mhz, item.most.memory_mib) for item in result] == [
        (1, 2000, 1024),
        (2, 2000, 1024),
    ]


def test_disks_of_machines_count_against_the_storage_of_the_namespace(tmp_path: Path) -> None:
    file = tmp_path / "more.yaml"
    volumes = "volumes: [{name: v, mountPath: /v, size: 30Gi}, {name: w, mountPath: /w, size: 1Gi, storagePolicy: tin}]"
    pool = f"[{{name: a, autoscaler: {{maxReplicas: 3}}, {volumes}}}]"
    file.write_text(CLUSTER.replace("[{name: a, replicas: 1}]", pool))
    control_plane, nodes = [
        demand for demand in demands(load_estate([ESTATE, file]), 2000) if demand.document.name == "other"
    ]
    assert control_plane.storage == {"gold": 20 * 1024}
    assert nodes.storage == {"gold": 3 * 50 * 1024, "tin": 3 * 1024}


def test_a_refused_field_of_the_cluster_is_shown_at_its_line() -> None:
    (document,) = load_estate([ESTATE]).of(WorkloadCluster)
    topology = ("spec", "topology")
    assert document.path_in_object((*topology, "version")) == ("spec", "version")
    assert document.path_in_object((*topology, "class")) == ("spec", "clusterClass")
    assert document.path_in_object((*topology, "variables", "storageClass", "value")) == ("spec", "storagePolicy")
    assert document.path_in_object((*topology, "variables", "kubernetes")) == ("spec", "variables", "kubernetes")
    pool = (*topology, "workers", "machineDeployments", 1, "replicas")
    assert document.path_in_object(pool) == ("spec", "nodePools", 1)
    assert document.path_in_object(("spec", "clusterNetwork", "pods")) == ("spec", "network")
    assert document.path_in_object(("metadata", "name")) == ()


PACKAGE = """\
apiVersion: pacific.infra/v1alpha1
kind: Manifests
metadata: {name: cert-manager, namespace: pictures}
spec:
  cluster: other
  manifests: |
    apiVersion: packaging.carvel.dev/v1alpha1
    kind: PackageInstall
    metadata: {name: cert-manager, namespace: packages}
    spec: {packageRef: {refName: cert-manager.kubernetes.vmware.com}}
"""


def test_an_add_on_is_an_object_in_the_cluster_and_comes_after_it(tmp_path: Path) -> None:
    file = tmp_path / "more.yaml"
    file.write_text(f"{CLUSTER}---\n{PACKAGE}")
    graph = build_graph(load_estate([ESTATE, file]))
    manifests, cluster = "Manifests/pictures/cert-manager", "WorkloadCluster/pictures/other"
    assert cluster in graph.needs(manifests)
    (package,) = graph.document(manifests).objects(graph.estate.by_id)
    assert (package.server, package.kind, package.namespace) == (cluster, "PackageInstall", "packages")
    assert ready_conditions("packaging.carvel.dev/v1alpha1", "PackageInstall", has_conditions=True) == (
        "ReconcileSucceeded",
    )
