"""The load balancer of a Supervisor as far as its Services see it: addresses for those of type LoadBalancer."""

from typing import Final

from pacific_sandbox.kubernetes_api import KubernetesAPI, Object, Resource
from pacific_sandbox.reconcile.addresses import AddressPool
from pacific_sandbox.reconcile.watched_objects import Key, WatchedObjects, key_of
from pacific_sandbox.reconcile.work_queue import WorkQueue

SERVICES: Final = Resource("v1", "services")


class LoadBalancer:
    """Gives each Service of type LoadBalancer an address. What passes there: see docs/crx.md, Network."""

    def __init__(self, api: KubernetesAPI, services: WatchedObjects, addresses: AddressPool) -> None:
        self._api, self._services, self._addresses = api, services, addresses
        self._queue: WorkQueue[Key] = WorkQueue("service", self._reconcile)
        services.listen(self._changed)

    async def run(self) -> None:
        """Reconcile until cancelled."""
        # Not before all are known: an address that a Service has is not to be given to another one.
        await self._services.wait_synced()
        for service in self._services.list():
            self._queue.add(key_of(service))

    def _changed(self, service: Object, exists: bool) -> None:
        uid = service["metadata"]["uid"]
        if not exists:
            self._addresses.release(uid)
            return
        if is_load_balancer(service) and (address := ingress(service)):
            self._addresses.claim(uid, address)
        if self._services.synced:
            self._queue.add(key_of(service))

    async def _reconcile(self, key: Key) -> None:
        service = self._services.get(key)
        if service is None or "deletionTimestamp" in service["metadata"]:
            return
        uid = service["metadata"]["uid"]
        if is_load_balancer(service):
            address: str | None = self._addresses.claim(uid, service["spec"].get("loadBalancerIP"))
        else:
            self._addresses.release(uid)
            address = None
        if address == ingress(service):
            return
        status = {"loadBalancer": {"ingress": [{"ip": address, "ipMode": "VIP"}]} if address else {"ingress": None}}
        patch = {"metadata": {"uid": uid}, "status": status}
        self._services.note(await self._api.patch(SERVICES, key[1], patch, key[0], subresource="status"))


def is_load_balancer(service: Object) -> bool:
    """Whether the Service is for this load balancer."""
    spec = service["spec"]
    return spec.get("type") == "LoadBalancer" and not spec.get("loadBalancerClass")


def ingress(service: Object) -> str | None:
    """The address that the Service's status shows."""
    entries = service.get("status", {}).get("loadBalancer", {}).get("ingress") or [{}]
    address: str | None = entries[0].get("ip")
    return address
