"""StoragePolicyUsage and the status of StoragePolicyQuota: how much of each storage policy a namespace uses."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from pacific_sandbox.kubernetes_api import KubernetesAPI, Object, Resource
from pacific_sandbox.quota.demand import claim_demand, storage_of
from pacific_sandbox.quota.namespace_use import NamespaceUse
from pacific_sandbox.reconcile.conditions import is_true
from pacific_sandbox.reconcile.watched_objects import Key, WatchedObjects, key_of
from pacific_sandbox.reconcile.work_queue import WorkQueue
from pacific_sandbox.supervisor.quantities import bytes_quantity
from pacific_sandbox.supervisor.resources import STORAGE_POLICY_QUOTAS

STORAGE_POLICY_USAGES: Final = Resource("cns.vmware.com/v1alpha2", "storagepolicyusages")
_KINDS: Final = (
    # Suffix of the name, API group, kind, and the quota extension that reports it.
    ("vm-usage", "vmoperator.vmware.com", "VirtualMachine", "vmware-system-vmop-webhook-service"),
    ("pvc-usage", "", "PersistentVolumeClaim", "volume.cns.vsphere.vmware.com"),
)
_SOON = 0.5
"""Seconds in which changes are gathered before usage is counted again."""
Amount = tuple[Decimal, Decimal]
"""Bytes reserved by what is still being made, and bytes used."""


class StoragePolicyUsages:
    """Those of all namespaces of one Supervisor."""

    def __init__(
        self,
        api: KubernetesAPI,
        use: NamespaceUse,
        *,
        storage_quotas: WatchedObjects,
        storage_classes: WatchedObjects,
        virtual_machines: WatchedObjects,
        claims: WatchedObjects,
    ) -> None:
        self._api, self._use, self._quotas, self._classes = api, use, storage_quotas, storage_classes
        self._virtual_machines, self._claims = virtual_machines, claims
        self._written: dict[Key, Object] = {}
        self._started = False
        self._queue: WorkQueue[Key] = WorkQueue("storage policy quota", self._reconcile)
        storage_quotas.listen(lambda item, _: self._namespace_changed(item))
        virtual_machines.listen(lambda item, _: self._namespace_changed(item))
        claims.listen(lambda item, _: self._namespace_changed(item))
        storage_classes.listen(lambda *_: self._all_changed())

    async def run(self) -> None:
        """Count until cancelled."""
        for objects in (self._quotas, self._classes, self._virtual_machines, self._claims):
            await objects.wait_synced()
        self._started = True
        self._all_changed()

    def _all_changed(self) -> None:
        for item in self._quotas.list():
            self._namespace_changed(item)

    def _namespace_changed(self, item: Object) -> None:
        if self._started:
            for quota in self._quotas.list(item["metadata"]["namespace"]):
                self._queue.add(key_of(quota), _SOON)

    async def _reconcile(self, key: Key) -> None:
        quota = self._quotas.get(key)
        if quota is None:
            self._written = {known: value for known, value in self._written.items() if known[0] != key[0]}
            return
        policy = quota["spec"]["storagePolicyId"]
        classes = [
            storage_class["metadata"]["name"]
            for storage_class in self._classes.list()
            if storage_class.get("parameters", {}).get("storagePolicyID") == policy
        ]
        usages: list[tuple[str, str, Object]] = []
        for name in sorted(classes):
            amounts = (self._machines(key[0], name), self._volumes(key[0], name))
            for kind, amount in zip(_KINDS, amounts, strict=True):
                usages.append((name, kind[3], usage(amount)))
                await self._write(quota, name, kind, usages[-1][2])
            usages.append((name, "", usage((amounts[0][0] + amounts[1][0], amounts[0][1] + amounts[1][1]))))
        status = quota_status(usages)
        if quota.get("status", {}) != status:
            patch = {"status": {**dict.fromkeys(quota.get("status", {})), **status}}
            written = await self._api.patch(STORAGE_POLICY_QUOTAS, key[1], patch, key[0], subresource="status")
            self._quotas.note(written)

    def _machines(self, namespace: str, storage_class: str) -> Amount:
        reserved = used = Decimal(0)
        for vm in self._virtual_machines.list(namespace):
            size = self._use.machine(vm).of(storage_of(storage_class))
            if is_true(vm, "VirtualMachineCreated"):
                used += size
            elif "deletionTimestamp" not in vm["metadata"]:
                reserved += size
        return reserved, used

    def _volumes(self, namespace: str, storage_class: str) -> Amount:
        reserved = used = Decimal(0)
        for claim in self._claims.list(namespace):
            size = claim_demand(claim).of(storage_of(storage_class))
            if claim.get("status", {}).get("phase") == "Bound":
                used += size
            else:
                reserved += size
        return reserved, used

    async def _write(self, quota: Object, storage_class: str, kind: tuple[str, str, str, str], amount: Object) -> None:
        namespace, name = quota["metadata"]["namespace"], f"{storage_class}-{kind[0]}"
        desired = {**amount, "of": quota["metadata"]["uid"]}
        if self._written.get((namespace, name)) == desired:
            return
        body = usage_object(quota, storage_class, kind)
        await self._api.apply(STORAGE_POLICY_USAGES, body)
        await self._api.patch(
            STORAGE_POLICY_USAGES, name, {"status": {"quotaUsage": amount}}, namespace, subresource="status"
        )
        self._written[(namespace, name)] = desired


def usage(amount: Amount) -> Object:
    """As StoragePolicyUsage and StoragePolicyQuota show it."""
    return {"reserved": bytes_quantity(amount[0]), "used": bytes_quantity(amount[1])}


def quota_status(usages: Iterable[tuple[str, str, Object]]) -> Object:
    """From storage class, extension (empty: all together) and usage."""
    total: list[Object] = []
    extensions: dict[str, list[Object]] = {}
    for storage_class, extension, amount in usages:
        where = extensions.setdefault(extension, []) if extension else total
        where.append({"storageClassName": storage_class, "scQuotaUsage": amount})
    return {
        "total": total,
        "extensions": [{"extensionName": name, "extensionQuotaUsage": usage} for name, usage in extensions.items()],
    }


def usage_object(quota: Object, storage_class: str, kind: tuple[str, str, str, str]) -> Object:
    """A StoragePolicyUsage that goes with its quota."""
    suffix, group, resource_kind, extension = kind
    metadata = quota["metadata"]
    owner = {
        "apiVersion": STORAGE_POLICY_QUOTAS.api_version,
        "kind": "StoragePolicyQuota",
        "name": metadata["name"],
        "uid": metadata["uid"],
    }
    return {
        "apiVersion": STORAGE_POLICY_USAGES.api_version,
        "kind": "StoragePolicyUsage",
        "metadata": {
            "name": f"{storage_class}-{suffix}",
            "namespace": metadata["namespace"],
            "ownerReferences": [owner],
        },
        "spec": {
            "storageClassName": storage_class,
            "storagePolicyId": quota["spec"]["storagePolicyId"],
            "resourceApiGroup": group,
            "resourceKind": resource_kind,
            "resourceExtensionName": extension,
            "resourceExtensionNamespace": "vmware-system-vmop" if group else "vmware-system-csi",
        },
    }
