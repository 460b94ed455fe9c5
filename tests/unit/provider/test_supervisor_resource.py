import asyncio
from typing import Any

import pytest

from tests.support.provider_engine import Engine, engine_on
from tests.support.wire_double import WireDouble

PLANE = {"network": {"backing": {"backing": "NETWORK", "network": "management"}}, "count": 1, "size": "TINY"}
WORKLOADS = {"network": {"networkType": "VSPHERE", "vsphere": {"dvpg": "workload-01"}}, "edge": {}}
SUPERVISOR: dict[str, Any] = {
    "cluster": "cluster-01",
    "controlPlane": PLANE,
    "workloads": WORKLOADS,
    "deletionPolicy": "Delete",
}


@pytest.fixture
def empty() -> WireDouble:
    return WireDouble()


async def created(double: WireDouble, plain: dict[str, Any] = SUPERVISOR) -> Engine:
    engine = await engine_on(double, errorGrace="5")
    await engine.create("Supervisor", "supervisor-01", plain)
    double.log.clear()
    return engine


def test_create_waits_for_kubernetes_and_switches_pods_on(empty: WireDouble) -> None:
    async def body() -> None:
        engine = await engine_on(empty, errorGrace="5")
        state = await engine.create("Supervisor", "supervisor-01", {**SUPERVISOR, "vspherePodsEnabled": True})
        assert state["endpoint"] == "127.0.0.1:6443"
        assert state["clusterId"] == "domain-c8"
        assert (state["configStatus"], state["kubernetesStatus"]) == ("RUNNING", "READY")
        assert state["vspherePodsEnabled"] is True
        assert engine.log.messages[0] == (
            "waiting for Supervisor supervisor-01: state CONFIGURING, Kubernetes ERROR, "
            "ControlPlaneVMsDeployed: Deploying"
        )
        ((method, path, sent), _) = empty.writes()
        assert (method, path) == (
            "POST",
            "/vcenter/namespace-management/supervisors/domain-c8?action=enable_on_compute_cluster",
        )
        assert sent["control_plane"]["network"]["backing"]["network"] == "dvportgroup-11"

    asyncio.run(body())


def test_unchanged_then_one_setting(empty: WireDouble) -> None:
    async def body() -> None:
        engine = await created(empty)
        assert (await engine.diff("Supervisor", "supervisor-01", SUPERVISOR)).changes is False
        plain = {**SUPERVISOR, "controlPlane": {**PLANE, "count": 3}}
        answer = await engine.diff("Supervisor", "supervisor-01", plain)
        assert [*answer.detailed_diff] == ["controlPlane.count"]
        assert answer.replaces == []
        await engine.update("Supervisor", "supervisor-01", plain)
        await engine.refresh("Supervisor", "supervisor-01")
        assert (await engine.diff("Supervisor", "supervisor-01", plain)).changes is False

    asyncio.run(body())


def test_drift_of_a_setting_is_seen(empty: WireDouble) -> None:
    async def body() -> None:
        engine = await created(empty)
        next(iter(empty.supervisors.values()))["spec"]["control_plane"]["size"] = "LARGE"
        await engine.refresh("Supervisor", "supervisor-01")
        answer = await engine.diff("Supervisor", "supervisor-01", SUPERVISOR)
        assert [*answer.detailed_diff] == ["controlPlane.size"]

    asyncio.run(body())


def test_pods_cannot_be_switched_off_and_networks_cannot_be_changed(empty: WireDouble) -> None:
    async def body() -> None:
        engine = await created(empty, {**SUPERVISOR, "vspherePodsEnabled": True})
        assert await engine.check("Supervisor", "supervisor-01", {**SUPERVISOR, "vspherePodsEnabled": False}) == [
            ("vspherePodsEnabled", "vSphere Pods cannot be disabled again; allowed: true")
        ]
        assert await engine.check("Supervisor", "supervisor-01", SUPERVISOR) == [
            ("vspherePodsEnabled", "vSphere Pods cannot be disabled again; allowed: true")
        ]
        edge = {"provider": "NSX_VPC"}
        moved = {**SUPERVISOR, "vspherePodsEnabled": True, "workloads": {**WORKLOADS, "edge": edge}}
        ((path, reason),) = await engine.check("Supervisor", "supervisor-01", moved)
        assert path == "workloads.edge.provider"
        assert reason.startswith("cannot be changed on a running Supervisor that was enabled without a provider")

    asyncio.run(body())


def test_rules_of_place(empty: WireDouble) -> None:
    async def body() -> None:
        engine = await engine_on(empty)
        both = {**SUPERVISOR, "zones": ["a"]}
        assert await engine.check("Supervisor", "s", both) == [
            ("cluster", "exactly one of cluster and zones must be given")
        ]
        two = {**SUPERVISOR, "cluster": None, "zones": ["a", "b"]}
        assert await engine.check("Supervisor", "s", two) == [("zones", "a Supervisor spans one or three zones, not 2")]
        moved = {**SUPERVISOR, "cluster": "cluster-03"}
        assert await engine.check("Supervisor", "s", moved) == [
            ("cluster", "no such cluster in vCenter: got 'cluster-03'; allowed: cluster-02, cluster-01")
        ]

    asyncio.run(body())


def test_ours_is_taken_over_and_another_clusters_is_refused(empty: WireDouble) -> None:
    async def body() -> None:
        engine = await created(empty)
        again = await engine_on(empty, errorGrace="5")
        await again.create("Supervisor", "supervisor-01", SUPERVISOR)
        assert again.identifier == engine.identifier
        assert len(empty.supervisors) == 1
        elsewhere = {**SUPERVISOR, "cluster": "cluster-02"}
        other = await engine_on(empty)
        assert await other.check("Supervisor", "supervisor-01", elsewhere) == [
            (
                "name",
                "the Supervisor supervisor-01 exists already, on cluster-01: fix: choose another name, or import it as "
                "it is: pulumi import pacific:vcenter:Supervisor NAME supervisor-01",
            )
        ]

    asyncio.run(body())


def test_lost_answer_of_enable(empty: WireDouble) -> None:
    async def body() -> None:
        engine = await engine_on(empty, errorGrace="5")
        empty.lost.append("POST")
        await engine.create("Supervisor", "supervisor-01", SUPERVISOR)
        assert len(empty.supervisors) == 1

    asyncio.run(body())


def test_delete_and_retain(empty: WireDouble) -> None:
    async def body() -> None:
        silent = {name: value for name, value in SUPERVISOR.items() if name != "deletionPolicy"}
        engine = await created(empty, silent)
        await engine.delete("Supervisor", "supervisor-01")
        assert empty.supervisors
        await engine.update("Supervisor", "supervisor-01", SUPERVISOR)
        await engine.delete("Supervisor", "supervisor-01")
        assert not empty.supervisors
        await engine.delete("Supervisor", "supervisor-01")

    asyncio.run(body())


def test_import_by_name(empty: WireDouble) -> None:
    async def body() -> None:
        await created(empty)
        engine = await engine_on(empty)
        engine.identifier = "supervisor-01"
        state = await engine.refresh("Supervisor", "supervisor-01")
        assert state is not None
        assert state["cluster"] == "cluster-01"
        answer = await engine.diff(
            "Supervisor", "supervisor-01", {**SUPERVISOR, "cluster": "domain-c8", "deletionPolicy": "Retain"}
        )
        assert {*answer.detailed_diff} == set()

    asyncio.run(body())
