"""Objects of a cluster that a test gives to the network."""

from collections.abc import Callable, Sequence
from typing import Any

from pacific_sandbox.pod_network.cluster import Cluster

Object = dict[str, Any]


class InMemoryObjects:
    """The objects of one resource, as the network sees them: those that the test puts in."""

    def __init__(self) -> None:
        self._items: dict[tuple[str, str], Object] = {}
        self._listeners: list[Callable[[Object, bool], None]] = []

    def put(self, *items: Object) -> None:
        for item in items:
            self._items[item["metadata"].get("namespace", ""), item["metadata"]["name"]] = item
            for listener in self._listeners:
                listener(item, True)

    def list(self, namespace: str | None = None) -> Sequence[Object]:
        return [item for key, item in self._items.items() if namespace in (None, key[0])]

    def get(self, key: tuple[str, str]) -> Object | None:
        return self._items.get(key)

    def listen(self, listener: Callable[[Object, bool], None]) -> None:
        self._listeners.append(listener)


class InMemoryCluster(Cluster):
    """A cluster of given objects."""

    services: InMemoryObjects
    endpoint_slices: InMemoryObjects
    policies: InMemoryObjects
    pods: InMemoryObjects
    namespaces: InMemoryObjects

    def __init__(self) -> None:
        super().__init__(InMemoryObjects(), InMemoryObjects(), InMemoryObjects(), InMemoryObjects(), InMemoryObjects())


def service(name: str, address: str, port: int = 80, **spec: Any) -> Object:
    """A Service ``name`` of the namespace shop."""
    ports = [{"name": "http", "port": port, "protocol": "TCP", "targetPort": "http"}]
    return {"metadata": {"name": name, "namespace": "shop"}, "spec": {"clusterIP": address, "ports": ports, **spec}}


def endpoint_slice(name: str, *endpoints: Object, port: int = 8080) -> Object:
    """The endpoints of the Service ``name``."""
    return {
        "metadata": {"name": name, "namespace": "shop", "labels": {"kubernetes.io/service-name": name}},
        "addressType": "IPv4",
        "ports": [{"name": "http", "port": port, "protocol": "TCP"}],
        "endpoints": list(endpoints),
    }


def endpoint(address: str, *, ready: bool | None = True, hostname: str | None = None) -> Object:
    """One endpoint."""
    named = {"hostname": hostname} if hostname else {}
    return {"addresses": [address], "conditions": {} if ready is None else {"ready": ready}, **named}


def pod(name: str, **labels: str) -> Object:
    """A pod of the namespace shop with a port ``http``."""
    container = {"name": "web", "ports": [{"name": "http", "containerPort": 8080}]}
    return {"metadata": {"name": name, "namespace": "shop", "labels": labels}, "spec": {"containers": [container]}}


def policy(name: str, **spec: Any) -> Object:
    """A NetworkPolicy of the namespace shop."""
    return {"metadata": {"name": name, "namespace": "shop"}, "spec": {"podSelector": {}, **spec}}
