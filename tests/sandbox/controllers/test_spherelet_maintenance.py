import asyncio
from dataclasses import replace
from typing import Any

import pytest

from pacific_sandbox.reconcile.watched_objects import WatchedObjects
from pacific_sandbox.spherelet.maintenance import Maintenance, must_leave
from pacific_sandbox.spherelet.pods import PODS
from pacific_sandbox.vcenter_client.objects import Host
from tests.support.controller_fakes import FakeInventory, FakeKubernetes, eventually

HOST = Host("host-1", "esx-01")


def pod(name: str, node: str = "esx-01", phase: str = "Running", owner: str | None = None) -> dict[str, Any]:
    owners = [{"kind": owner, "controller": True}] if owner else []
    return {
        "metadata": {"name": name, "namespace": "shop", "ownerReferences": owners},
        "spec": {"nodeName": node},
        "status": {"phase": phase},
    }


@pytest.mark.parametrize(
    ("described", "expected"),
    [
        (pod("a"), True),
        (pod("a", owner="ReplicaSet"), True),
        (pod("a", phase="Succeeded"), False),
        (pod("a", owner="DaemonSet"), False),
    ],
)
def test_who_must_leave(described: dict[str, Any], expected: bool) -> None:
    assert must_leave(described) == expected


def test_a_host_in_maintenance_is_emptied_as_far_as_budgets_allow() -> None:
    async def scenario() -> None:
        kubernetes: Any = FakeKubernetes()
        inventory: Any = FakeInventory(HOST, Host("host-2", "esx-02"))
        for described in (pod("one"), pod("two"), pod("elsewhere", "esx-02"), pod("done", phase="Failed")):
            kubernetes.put(PODS, described)
        pods = WatchedObjects(kubernetes, PODS)
        maintenance = Maintenance(kubernetes, inventory, pods)
        emptied: list[bool] = []
        maintenance.listen(lambda: emptied.append(True))
        tasks = [asyncio.create_task(item.run()) for item in (pods, maintenance)]
        await pods.wait_synced()
        await asyncio.sleep(0.02)
        assert kubernetes.evicted == []

        kubernetes.protected.add("two")
        inventory.hosts["host-1"] = host = replace(HOST, in_maintenance=True)
        inventory.changed(None)
        await eventually(lambda: kubernetes.read(PODS, "one", "shop") is None)
        await eventually(lambda: kubernetes.evicted.count("two") > 1)  # Refused, and asked again.
        assert [item["metadata"]["name"] for item in maintenance.remaining(host)] == ["two"]
        assert emptied == []
        kubernetes.protected.clear()
        await eventually(lambda: emptied)
        assert maintenance.remaining(host) == []
        assert kubernetes.read(PODS, "elsewhere", "shop") is not None
        assert kubernetes.read(PODS, "done", "shop") is not None
        for task in tasks:
            task.cancel()

    asyncio.run(scenario())
