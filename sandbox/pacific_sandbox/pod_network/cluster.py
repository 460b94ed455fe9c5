"""The Kubernetes objects that decide where a packet goes and whether it may."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Final, Protocol

from pacific_sandbox.kubernetes_api import Object, Resource

ENDPOINT_SLICES: Final = Resource("discovery.k8s.io/v1", "endpointslices")
NETWORK_POLICIES: Final = Resource("networking.k8s.io/v1", "networkpolicies")


class Objects(Protocol):
    """All objects of one resource as last seen."""

    def list(self, namespace: str | None = None) -> Sequence[Object]:
        """All, or those of one namespace."""

    def get(self, key: tuple[str, str]) -> Object | None:
        """One by namespace and name."""

    def listen(self, listener: Callable[[Object, bool], None]) -> None:
        """Have ``listener`` called at every change."""


@dataclass(frozen=True)
class Cluster:
    """The objects of one Supervisor."""

    services: Objects
    endpoint_slices: Objects
    policies: Objects
    pods: Objects
    namespaces: Objects

    def listen(self, changed: Callable[[], None]) -> None:
        """Have ``changed`` called whenever one of them changes."""
        for field in fields(self):
            objects: Objects = getattr(self, field.name)
            objects.listen(lambda item, exists: changed())
