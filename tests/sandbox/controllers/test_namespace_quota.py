import asyncio
from decimal import Decimal
from typing import Any

import pytest

from pacific_sandbox.kubernetes_api import Object, Resource
from pacific_sandbox.quota.demand import Demand, claim_demand, disk_capacity, machine_demand, pod_demand
from pacific_sandbox.quota.limits import exceeded, pool_limits, storage_limits
from pacific_sandbox.quota.namespace_use import NamespaceUse
from pacific_sandbox.quota.quota_admission import QuotaAdmission
from pacific_sandbox.quota.storage_policy_usage import STORAGE_POLICY_USAGES, StoragePolicyUsages
from pacific_sandbox.reconcile.watched_objects import WatchedObjects
from pacific_sandbox.supervisor import resources
from pacific_sandbox.supervisor.quantities import bytes_quantity, cores_quantity
from tests.support.controller_fakes import FakeKubernetes, eventually
from tests.support.skipped_time import run

GIB = Decimal(2**30)
GOLD = "gold.storageclass.storage.k8s.io/requests.storage"
CLASS = {"spec": {"policies": {"resources": {"requests": {"cpu": "2", "memory": "4Gi"}}}}}
IMAGE = {"status": {"disks": [{"limit": "10Gi"}, {"limit": "1Gi"}]}}


def pod(name: str, memory: str, **parts: Any) -> Object:
    container = {"name": "c", "resources": {"requests": {"memory": memory}}}
    return {"metadata": {"name": name, "namespace": "shop"}, "spec": {"containers": [container]}, **parts}


def claim(name: str, size: str, phase: str = "Bound") -> Object:
    spec = {"storageClassName": "gold", "resources": {"requests": {"storage": size}}}
    return {"metadata": {"name": name, "namespace": "shop"}, "spec": spec, "status": {"phase": phase}}


def machine(name: str, **spec: Any) -> Object:
    described = {"className": "small", "storageClass": "gold", **spec}
    return {"metadata": {"name": name, "namespace": "shop"}, "spec": described}


def test_what_a_pod_takes() -> None:
    first = {"name": "i", "resources": {"requests": {"memory": "3Gi"}}}
    assert pod_demand(pod("p", "1Gi")).of("requests.memory") == GIB
    with_first = pod("p", "1Gi")
    with_first["spec"]["initContainers"] = [first]
    assert pod_demand(with_first).of("requests.memory") == 3 * GIB
    with_first["spec"]["initContainers"] = [{**first, "restartPolicy": "Always"}, first]
    assert pod_demand(with_first).of("requests.memory") == 6 * GIB
    with_first["spec"]["initContainers"] = [{**first, "restartPolicy": "Always"}]
    assert pod_demand(with_first).of("requests.memory") == 4 * GIB
    assert pod_demand(pod("p", "1Gi", status={"phase": "Succeeded"})) == Demand()


def test_what_a_machine_takes() -> None:
    on = machine_demand(machine("v"), CLASS, IMAGE)
    assert (on.of("requests.cpu"), on.of("requests.memory"), on.of(GOLD)) == (Decimal(2), 4 * GIB, 11 * GIB)
    off = machine_demand(machine("v", powerState="PoweredOff"), CLASS, IMAGE)
    assert (off.of("requests.memory"), off.of(GOLD)) == (Decimal(0), 11 * GIB)
    assert machine_demand(machine("v"), {"spec": {}}, IMAGE).of("requests.memory") == 0
    assert disk_capacity(machine("v", advanced={"bootDiskCapacity": "20Gi"}), IMAGE) == 21 * GIB


def test_limits_come_from_the_namespace_and_its_storage_quotas() -> None:
    annotations = {
        "vmware-system-resource-pool-cpu-limit": "4.0000",
        "vmware-system-resource-pool-memory-limit": "8192Mi",
    }
    assert pool_limits({"metadata": {"annotations": annotations}}) == {
        "requests.cpu": 4,
        "requests.memory": 8 * GIB,
    }
    assert pool_limits({"metadata": {}}) == {}
    quotas = [
        {"spec": {"storagePolicyId": "p", "limit": "5Gi"}},
        {"spec": {"storagePolicyId": "q", "limit": str(2**63 - 1)}},
    ]
    classes = [
        {"metadata": {"name": name}, "parameters": {"storagePolicyID": policy}}
        for name, policy in (("gold", "p"), ("silver", "q"), ("tin", "r"))
    ]
    assert storage_limits(quotas, classes) == {GOLD: 5 * GIB}


def test_the_refusal_is_in_kubernetes_words() -> None:
    limits = {"requests.cpu": Decimal(4), "requests.memory": 8 * GIB}
    demand = Demand({"requests.cpu": Decimal("1.5"), "requests.memory": 2 * GIB})
    used = Demand({"requests.cpu": Decimal(3), "requests.memory": 7 * GIB})
    assert exceeded("shop", demand, used, limits) == (
        "exceeded quota: shop, requested: requests.cpu=1500m,requests.memory=2Gi, "
        "used: requests.cpu=3,requests.memory=7Gi, limited: requests.cpu=4,requests.memory=8Gi"
    )
    assert exceeded("shop", demand, Demand(), limits) is None
    # What does not ask for more of it is not refused for what others use.
    assert exceeded("shop", Demand(), used + used, limits) is None


@pytest.mark.parametrize(("amount", "text"), [(GIB, "1Gi"), (1536 * 2**20, "1536Mi"), (0, "0"), (1000, "1000")])
def test_quantities_of_bytes(amount: Any, text: str) -> None:
    assert bytes_quantity(Decimal(amount)) == text


def test_quantities_of_cores() -> None:
    assert [cores_quantity(Decimal(item)) for item in ("2", "0.25")] == ["2", "250m"]


class Namespace:
    """``shop`` with 8 GiB of memory and 20 GiB of gold."""

    def __init__(self) -> None:
        self.kubernetes = FakeKubernetes()
        annotations = {"vmware-system-resource-pool-memory-limit": "8192Mi"}
        self.put(resources.NAMESPACES, {"metadata": {"name": "shop", "annotations": annotations}})
        storage = {"metadata": {"name": "gold"}, "parameters": {"storagePolicyID": "p"}}
        self.put(resources.STORAGE_CLASSES, storage)
        metadata = {"name": "gold-storagepolicyquota", "namespace": "shop"}
        self.put(
            resources.STORAGE_POLICY_QUOTAS, {"metadata": metadata, "spec": {"storagePolicyId": "p", "limit": "20Gi"}}
        )
        self.watches = {resource.plural: self.watched(resource) for resource in _WATCHED}
        self.use = NamespaceUse(
            pods=self.watches["pods"],
            virtual_machines=self.watches["virtualmachines"],
            claims=self.watches["persistentvolumeclaims"],
            class_of=lambda _: CLASS,
            image_of=lambda _: IMAGE,
        )
        self.admission = QuotaAdmission(
            self.use,
            namespaces=self.watches["namespaces"],
            storage_quotas=self.watches["storagepolicyquotas"],
            storage_classes=self.watches["storageclasses"],
        )

    def put(self, resource: Resource, item: Object) -> None:
        self.kubernetes.put(resource, {"apiVersion": resource.api_version, "kind": "X", **item})

    def watched(self, resource: Resource) -> WatchedObjects:
        api: Any = self.kubernetes
        return WatchedObjects(api, resource)

    async def ask(self, plural: str, item: Object, old: Object | None = None, **more: Any) -> str | None:
        """The message of the refusal."""
        request = {
            "uid": "u",
            "operation": "CREATE" if old is None else "UPDATE",
            "object": item,
            "oldObject": old,
            "namespace": "shop",
            "resource": {"resource": plural, "group": ""},
            **more,
        }
        response = (await self.admission.answer({"request": request}))["response"]
        return None if response["allowed"] else str(response["status"]["message"])

    def start(self) -> list[asyncio.Task[None]]:
        return [asyncio.create_task(watch.run()) for watch in self.watches.values()]


_WATCHED = (
    resources.NAMESPACES,
    resources.PODS,
    resources.VIRTUAL_MACHINES,
    resources.PERSISTENT_VOLUME_CLAIMS,
    resources.STORAGE_CLASSES,
    resources.STORAGE_POLICY_QUOTAS,
)


def test_what_is_admitted_counts_at_once_and_what_has_gone_no_more() -> None:
    async def scenario() -> None:
        shop = Namespace()
        tasks = shop.start()
        await eventually(lambda: all(watch.synced for watch in shop.watches.values()))
        assert await shop.ask("pods", pod("a", "5Gi"), dryRun=True) is None
        assert await shop.ask("pods", pod("a", "5Gi")) is None
        assert await shop.ask("pods", pod("b", "5Gi")) == (
            'pods "b" is forbidden: exceeded quota: shop, requested: requests.memory=5Gi, '
            "used: requests.memory=5Gi, limited: requests.memory=8Gi"
        )
        shop.put(resources.PODS, pod("a", "5Gi"))
        await eventually(lambda: shop.use.used("shop").of("requests.memory") == 5 * GIB)
        assert "exceeded quota" in str(await shop.ask("virtualmachines", machine("v")))
        off = machine("v", powerState="PoweredOff")
        assert await shop.ask("virtualmachines", off) is None
        assert "used: requests.memory=5Gi" in str(await shop.ask("virtualmachines", machine("v"), off))
        await shop.kubernetes.delete(resources.PODS, "a", "shop", grace_period_seconds=0)
        await eventually(lambda: shop.use.used("shop").of("requests.memory") == 0)
        assert await shop.ask("virtualmachines", machine("v"), off) is None
        for task in tasks:
            task.cancel()

    run(scenario())


def test_disks_of_machines_and_volumes_share_a_storage_quota() -> None:
    async def scenario() -> None:
        shop = Namespace()
        usages = StoragePolicyUsages(
            shop.kubernetes,  # type: ignore[arg-type]
            shop.use,
            storage_quotas=shop.watches["storagepolicyquotas"],
            storage_classes=shop.watches["storageclasses"],
            virtual_machines=shop.watches["virtualmachines"],
            claims=shop.watches["persistentvolumeclaims"],
        )
        tasks = [*shop.start(), asyncio.create_task(usages.run())]
        await eventually(lambda: all(watch.synced for watch in shop.watches.values()))
        created = {"status": {"conditions": [{"type": "VirtualMachineCreated", "status": "True"}]}}
        shop.put(resources.VIRTUAL_MACHINES, {**machine("v", powerState="PoweredOff"), **created})
        shop.put(resources.PERSISTENT_VOLUME_CLAIMS, claim("c", "2Gi"))
        shop.put(resources.PERSISTENT_VOLUME_CLAIMS, claim("d", "1Gi", "Pending"))
        assert claim_demand(claim("c", "2Gi")).of(GOLD) == 2 * GIB
        await eventually(lambda: shop.use.used("shop").of(GOLD) == 14 * GIB)
        assert await shop.ask("persistentvolumeclaims", claim("e", "7Gi")) == (
            'persistentvolumeclaims "e" is forbidden: exceeded quota: shop-storagequota, '
            f"requested: {GOLD}=7Gi, used: {GOLD}=14Gi, limited: {GOLD}=20Gi"
        )
        assert await shop.ask("persistentvolumeclaims", claim("c", "8Gi"), claim("c", "2Gi")) is None

        def total() -> Any:
            quota = shop.kubernetes.read(resources.STORAGE_POLICY_QUOTAS, "gold-storagepolicyquota", "shop")
            return quota and quota.get("status", {}).get("total")

        expected = [{"storageClassName": "gold", "scQuotaUsage": {"reserved": "1Gi", "used": "13Gi"}}]
        await eventually(lambda: total() == expected)
        machines = shop.kubernetes.read(STORAGE_POLICY_USAGES, "gold-vm-usage", "shop")
        assert machines is not None
        assert machines["status"] == {"quotaUsage": {"reserved": "0", "used": "11Gi"}}
        for task in tasks:
            task.cancel()

    run(scenario())
