"""Cluster API in the sandbox: from a topology to machines, upgrade, deletion."""

import asyncio
import base64
import json
from collections.abc import Sequence
from typing import Any

from pacific_sandbox.cluster_api.clusters import SECRETS, Clusters
from pacific_sandbox.cluster_api.definitions import CLUSTERS
from pacific_sandbox.cluster_api.storage_classes import storage_classes
from pacific_sandbox.cluster_api.topology import next_steps, pools
from pacific_sandbox.load_balancer import SERVICES
from pacific_sandbox.reconcile.watched_objects import WatchedObjects
from pacific_sandbox.supervisor import resources
from tests.support.controller_fakes import FakeKubernetes, eventually

AVAILABLE = {
    "powerState": "PoweredOn",
    "network": {"primaryIP4": "10.0.0.1"},
    "conditions": [{"type": "VirtualMachineCreated", "status": "True"}],
}


class FakeKubernetesCluster:
    """A cluster whose API answers when ``answers`` says so."""

    def __init__(self) -> None:
        self.answers = False
        self.nodes: dict[str, Any] = {}
        self.storage_classes: list[dict[str, Any]] = []
        self.deleted = False

    def start(self, *_: Any) -> "FakeKubernetesCluster":
        return self

    async def delete(self, _: Any) -> None:
        self.deleted = True

    def administrator(self, name: str) -> dict[str, Any]:
        return {"clusters": [{"name": name, "cluster": {"server": "https://127.0.0.1:1"}}]}

    async def keep_storage_classes(self, expected: list[dict[str, Any]]) -> None:
        self.storage_classes = expected

    async def keep_nodes(self, expected: dict[str, Any]) -> set[str]:
        self.nodes = expected
        return set(expected)


def cluster(version: str = "v1.32.3", workers: int = 2) -> dict[str, Any]:
    variables = [{"name": "vmClass", "value": "small"}, {"name": "storageClass", "value": "gold"}]
    large = {"overrides": [{"name": "vmClass", "value": "large"}]}
    pool = {"class": "node-pool", "name": "workers", "replicas": workers, "variables": large}
    topology = {
        "class": "builtin-generic-v3.4.0",
        "version": version,
        "controlPlane": {"replicas": 1},
        "workers": {"machineDeployments": [pool]},
        "variables": variables,
    }
    metadata = {"name": "c", "namespace": "shop", "uid": "uid-c", "generation": 1}
    return {
        "apiVersion": CLUSTERS.api_version,
        "kind": "Cluster",
        "metadata": metadata,
        "spec": {"topology": topology},
    }


def test_pools_have_their_own_class_or_the_clusters() -> None:
    assert [(pool.name, pool.replicas, pool.vm_class) for pool in pools(cluster())] == [
        ("control-plane", 1, "small"),
        ("workers", 2, "large"),
    ]


def test_an_upgrade_has_one_machine_more_and_never_one_less() -> None:
    old, new = pools(cluster())[1], pools(cluster("v1.33.1"))[1]
    machines: dict[str, Any] = {name: {"status": AVAILABLE} for name in old.machines("c")}
    seen = []
    for _ in range(10):
        make, delete = next_steps(new, "c", machines)
        if not make and not delete:
            break
        for name in make:
            machines[name] = {"status": AVAILABLE}
        for name in delete:
            del machines[name]
        seen.append(len(machines))
    assert seen == [3, 2, 3, 2]
    assert sorted(machines) == sorted(new.machines("c"))


def test_a_machine_that_does_not_start_stops_the_upgrade() -> None:
    old, new = pools(cluster())[1], pools(cluster("v1.33.1"))[1]
    machines: dict[str, Any] = {name: {"status": AVAILABLE} for name in old.machines("c")}
    machines[new.machines("c")[0]] = {}
    assert next_steps(new, "c", machines) == ([], [])


def test_a_cluster_from_its_address_to_its_end() -> None:
    async def scenario() -> None:
        kubernetes: Any = FakeKubernetes()
        watched = [WatchedObjects(kubernetes, entry) for entry in (CLUSTERS, resources.VIRTUAL_MACHINES, SERVICES)]
        fake_kubernetes_cluster: Any = FakeKubernetesCluster()
        controller = Clusters(
            kubernetes, watched[0], machines=watched[1], services=watched[2], kubernetes=fake_kubernetes_cluster
        )
        images = [{"metadata": {"name": "vmi-1", "namespace": "shop"}}]

        async def listed(*_: Any) -> list[Any]:
            return images

        kubernetes.list = listed
        kubernetes.put(CLUSTERS, cluster())
        tasks = [asyncio.create_task(controller.run()), *(asyncio.create_task(objects.run()) for objects in watched)]

        def machines() -> Sequence[Any]:
            return watched[1].list("shop")

        def status() -> Any:
            return kubernetes.read(CLUSTERS, "c", "shop").get("status", {})

        (first,) = await eventually(machines)
        assert first["metadata"]["labels"]["cluster.x-k8s.io/control-plane"] == ""
        assert first["spec"]["className"] == "small"
        assert first["spec"]["imageName"] == "vmi-1"
        # Nodes come when the control plane is there.
        kubernetes.put(resources.VIRTUAL_MACHINES, {**first, "status": AVAILABLE})
        await eventually(lambda: len(machines()) == 3)
        assert status()["conditions"][0]["reason"] == "WaitingForLoadBalancer"
        load_balancer = {"loadBalancer": {"ingress": [{"ip": "10.0.1.9"}]}}
        metadata = {"name": "c-control-plane-service", "namespace": "shop"}
        kubernetes.put(SERVICES, {"metadata": metadata, "spec": {}, "status": load_balancer})
        for machine in machines():
            kubernetes.put(resources.VIRTUAL_MACHINES, {**machine, "status": AVAILABLE})
        await eventually(lambda: kubernetes.read(SECRETS, "c-kubeconfig", "shop"))
        assert status()["conditions"][1]["message"] == (
            "0 of 1 machines are available; the API server does not answer yet"
        )
        fake_kubernetes_cluster.answers = True
        controller.look_at(("shop", "c"))
        counts = {"desiredReplicas": 2, "replicas": 2, "upToDateReplicas": 2, "availableReplicas": 2}
        await eventually(lambda: status().get("v1beta2", {}).get("workers") == counts)
        await eventually(lambda: status()["phase"] == "Provisioned")
        assert {condition["type"]: condition["status"] for condition in status()["conditions"]} == {
            "Ready": "True",
            "ControlPlaneReady": "True",
            "InfrastructureReady": "True",
            "TopologyReconciled": "True",
        }
        item = kubernetes.read(CLUSTERS, "c", "shop")
        assert item["spec"]["controlPlaneEndpoint"] == {"host": "10.0.1.9", "port": 6443}
        secret = kubernetes.read(SECRETS, "c-kubeconfig", "shop")
        document = json.loads(base64.b64decode(secret["data"]["value"]))
        assert document["clusters"][0]["cluster"]["server"] == "https://127.0.0.1:1"
        assert {status["nodeInfo"]["kubeletVersion"] for _, status in fake_kubernetes_cluster.nodes.values()} == {
            "v1.32.3"
        }
        assert [len(node["spec"]["taints"]) for node, _ in fake_kubernetes_cluster.nodes.values()] == [1, 0, 0]

        await kubernetes.delete(CLUSTERS, "c", "shop")
        await eventually(lambda: kubernetes.read(CLUSTERS, "c", "shop") is None)
        assert machines() == []
        assert fake_kubernetes_cluster.deleted
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(scenario())


def test_a_cluster_has_the_storage_classes_of_its_namespace_and_the_default_that_was_asked_for() -> None:
    quota = {"spec": {"hard": {f"{name}.storageclass.storage.k8s.io/requests.storage": "1" for name in ("gold", "a")}}}
    others = {"spec": {"hard": {"requests.storage": "1", "pods": "3"}}}
    request = cluster()
    options = {"persistentVolumes": {"defaultStorageClass": "gold"}}
    request["spec"]["topology"]["variables"].append({"name": "vsphereOptions", "value": options})

    def default(item: dict[str, Any]) -> list[str]:
        return [
            result["metadata"]["name"]
            for result in storage_classes(item, [quota, others])
            if result["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"] == "true"
        ]

    result = {
        storage_class["metadata"]["name"]: storage_class for storage_class in storage_classes(request, [quota, others])
    }
    assert list(result) == ["a", "a-latebinding", "gold", "gold-latebinding"]
    assert result["gold-latebinding"]["parameters"] == {"svStorageClass": "gold"}
    assert result["gold-latebinding"]["volumeBindingMode"] == "WaitForFirstConsumer"
    assert default(request) == ["gold"]
    assert default(cluster()) == []
