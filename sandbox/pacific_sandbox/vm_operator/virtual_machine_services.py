"""VirtualMachineServices: each becomes a Service without selector, and Endpoints of the virtual machines it selects."""

from collections.abc import Mapping, Sequence
from typing import Final

from pacific_sandbox.kubernetes_api import KubernetesAPI, Object, Resource
from pacific_sandbox.load_balancer import SERVICES
from pacific_sandbox.reconcile.conditions import is_true
from pacific_sandbox.reconcile.events import EventRecorder
from pacific_sandbox.reconcile.watched_objects import Key, WatchedObjects, key_of
from pacific_sandbox.reconcile.work_queue import WorkQueue

VIRTUAL_MACHINE_SERVICES: Final = Resource("vmoperator.vmware.com/v1alpha5", "virtualmachineservices")
FINALIZER: Final = "vmoperator.vmware.com/virtualmachineservice"
_ENDPOINTS = Resource("v1", "endpoints")
_COMPONENT = "vmware-system-vmop/vmware-system-vmop-controller-manager/virtualmachineservice-controller"


class VirtualMachineServices:
    """All VirtualMachineServices of one Supervisor."""

    def __init__(
        self,
        api: KubernetesAPI,
        vm_services: WatchedObjects,
        *,
        virtual_machines: WatchedObjects,
        services: WatchedObjects,
        events: EventRecorder,
    ) -> None:
        self._api, self._vm_services, self._vms = api, vm_services, virtual_machines
        self._services, self._events = services, events
        self._endpoints: dict[Key, Object] = {}
        self._started = False
        self._queue: WorkQueue[Key] = WorkQueue("virtual machine service", self._reconcile)
        vm_services.listen(lambda item, _: self._add(key_of(item)))
        # The Service has the same name: its address is to be passed on.
        services.listen(lambda item, _: self._add(key_of(item)))
        virtual_machines.listen(self._vm_changed)

    async def run(self) -> None:
        """Reconcile until cancelled."""
        for objects in (self._vm_services, self._vms, self._services):
            await objects.wait_synced()
        self._started = True
        for item in self._vm_services.list():
            self._add(key_of(item))

    def _add(self, key: Key) -> None:
        if self._started and self._vm_services.get(key) is not None:
            self._queue.add(key)

    def _vm_changed(self, vm: Object, _: bool) -> None:
        # By namespace, not by label: a virtual machine that is no longer selected has to go from the Endpoints.
        for item in self._vm_services.list(vm["metadata"]["namespace"]):
            self._add(key_of(item))

    async def _reconcile(self, key: Key) -> None:
        item = self._vm_services.get(key)
        if item is None:
            self._endpoints.pop(key, None)
            return
        metadata = item["metadata"]
        finalizers = metadata.get("finalizers", [])
        if "deletionTimestamp" in metadata:
            if FINALIZER in finalizers:
                await self._api.delete(_ENDPOINTS, key[1], key[0])
                await self._api.delete(SERVICES, key[1], key[0])
                self._endpoints.pop(key, None)
                await self._set_finalizers(item, [finalizer for finalizer in finalizers if finalizer != FINALIZER])
            return
        if FINALIZER not in finalizers:
            item = await self._set_finalizers(item, [*finalizers, FINALIZER])
        service = await self._ensure_service(item)
        if item["spec"].get("selector"):
            await self._ensure_endpoints(key, item)
        await self._report(item, service)

    async def _set_finalizers(self, item: Object, finalizers: Sequence[str]) -> Object:
        metadata = item["metadata"]
        patch = {"metadata": {"resourceVersion": metadata["resourceVersion"], "finalizers": finalizers}}
        name, namespace = metadata["name"], metadata["namespace"]
        written = await self._api.patch(VIRTUAL_MACHINE_SERVICES, name, patch, namespace)
        self._vm_services.note(written)
        return written

    async def _ensure_service(self, item: Object) -> Object:
        desired, current = service_of(item), self._services.get(key_of(item))
        if current is not None and _is_applied(desired, current):
            return current
        written = await self._api.apply(SERVICES, desired, field_manager="vm-operator")
        self._services.note(written)
        if current is None:
            self._events.record(item, "CreateSuccess", "Create success", component=_COMPONENT)
        return written

    async def _ensure_endpoints(self, key: Key, item: Object) -> None:
        endpoints = endpoints_of(item, self._vms.list(key[0]))
        if self._endpoints.get(key) == endpoints:
            return
        await self._api.apply(_ENDPOINTS, endpoints, field_manager="vm-operator")
        self._endpoints[key] = endpoints

    async def _report(self, item: Object, service: Object) -> None:
        if item["spec"]["type"] != "LoadBalancer":
            return
        ingress = service.get("status", {}).get("loadBalancer", {}).get("ingress") or []
        ingress_addresses = [{key: address[key] for key in ("ip", "hostname") if key in address} for address in ingress]
        if item.get("status", {}).get("loadBalancer", {}).get("ingress", []) == ingress_addresses:
            return
        metadata = item["metadata"]
        patch = {"metadata": {"uid": metadata["uid"]}, "status": {"loadBalancer": {"ingress": ingress_addresses}}}
        name, namespace = metadata["name"], metadata["namespace"]
        written = await self._api.patch(VIRTUAL_MACHINE_SERVICES, name, patch, namespace, subresource="status")
        self._vm_services.note(written)


def service_of(item: Object) -> Object:
    """The Service of a VirtualMachineService: of its type, with its ports, without selector."""
    spec = item["spec"]
    service: Object = {
        "type": spec["type"],
        "ports": [
            {
                "name": port["name"],
                "protocol": port["protocol"],
                "port": port["port"],
                "targetPort": port["targetPort"],
            }
            for port in spec.get("ports", ())
        ],
    }
    service |= {
        key: spec[key] for key in ("externalName", "loadBalancerIP", "loadBalancerSourceRanges") if spec.get(key)
    }
    if spec.get("clusterIp"):
        service["clusterIP"] = spec["clusterIp"]
    if spec["type"] == "LoadBalancer":
        service["allocateLoadBalancerNodePorts"] = False
    return {"apiVersion": "v1", "kind": "Service", "metadata": _metadata(item), "spec": service}


def endpoints_of(item: Object, virtual_machines: Sequence[Object]) -> Object:
    """The Endpoints: the selected virtual machines that have an address, by whether their probe has passed."""
    ready: list[Object] = []
    not_ready: list[Object] = []
    for vm in sorted(virtual_machines, key=lambda machine: str(machine["metadata"]["name"])):
        address = vm.get("status", {}).get("network", {}).get("primaryIP4")
        if not address or "deletionTimestamp" in vm["metadata"] or not _selects(item["spec"]["selector"], vm):
            continue
        metadata = vm["metadata"]
        reference = {
            "apiVersion": vm["apiVersion"],
            "kind": vm["kind"],
            "namespace": metadata["namespace"],
            "name": metadata["name"],
            "uid": metadata["uid"],
        }
        probed = "readinessProbe" in vm["spec"]
        where = ready if not probed or is_true(vm, "Ready") else not_ready
        where.append({"ip": address, "targetRef": reference})
    ports = [
        {"name": port["name"], "port": port["targetPort"], "protocol": port["protocol"]}
        for port in item["spec"].get("ports", ())
    ]
    subset: Object = {"ports": ports}
    subset |= {"addresses": ready} if ready else {}
    subset |= {"notReadyAddresses": not_ready} if not_ready else {}
    return {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": _metadata(item),
        "subsets": [subset] if ready or not_ready else [],
    }


def _metadata(item: Object) -> Object:
    metadata = item["metadata"]
    owner = {
        "apiVersion": VIRTUAL_MACHINE_SERVICES.api_version,
        "kind": "VirtualMachineService",
        "name": metadata["name"],
        "uid": metadata["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
    kept = {"name": metadata["name"], "namespace": metadata["namespace"], "ownerReferences": [owner]}
    return kept | {key: metadata[key] for key in ("labels", "annotations") if metadata.get(key)}


def _selects(selector: Mapping[str, str], vm: Object) -> bool:
    labels = vm["metadata"].get("labels", {})
    return all(labels.get(key) == value for key, value in selector.items())


def _is_applied(desired: object, current: object) -> bool:
    """Whether the actual object has every desired value; the server adds others."""
    if isinstance(desired, dict) and isinstance(current, dict):
        return all(key in current and _is_applied(value, current[key]) for key, value in desired.items())
    if isinstance(desired, list) and isinstance(current, list):
        return len(desired) == len(current) and all(map(_is_applied, desired, current))
    return desired == current
