"""What the simulated vCenter asks of the inventory that vcsim keeps."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from pacific_sandbox.control_plane_protocol import NamespacePlacement

Kind = Literal["datacenter", "cluster", "host", "network", "datastore", "folder", "resource-pool", "vm"]


@dataclass(frozen=True)
class InventoryObject:
    """One managed object."""

    kind: Kind
    identifier: str
    """Managed object identifier."""
    name: str
    parent: str | None = None
    datacenter: str | None = None
    cluster: str | None = None
    """The cluster of a host or a resource pool."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """The other fields of its REST ``Summary``."""
    information: Mapping[str, Any] = field(default_factory=dict)
    """The fields of its REST ``Info`` beyond ``name``."""


@dataclass(frozen=True)
class Policy:
    """A storage policy."""

    identifier: str
    name: str
    description: str = ""


@dataclass(frozen=True)
class Capacity:
    """What a cluster has: MHz, MiB, MiB."""

    cpu: int
    memory: int
    storage: int


@dataclass(frozen=True)
class Limits:
    """Limits of a namespace's resource pool: MHz and MiB; None: unlimited."""

    cpu: int | None
    memory: int | None


class Inventory(Protocol):
    """vCenter's inventory. Everything can be repeated; VapiError SERVICE_UNAVAILABLE where vcsim does not answer."""

    async def connect(self) -> None:
        """Wait until it can be used. Raises PacificError when that takes too long."""

    async def close(self) -> None:
        """End the connections."""

    async def objects(self, kind: Kind) -> Sequence[InventoryObject]:
        """All objects of a kind, in the order of their making."""

    async def policies(self) -> Sequence[Policy]:
        """Storage policies."""

    async def libraries(self) -> Sequence[Mapping[str, Any]]:
        """Content libraries as ``LibraryModel``."""

    async def create_library(self, model: Mapping[str, Any]) -> str:
        """Make a content library of a ``LibraryModel``; its identifier."""

    async def update_library(self, library: str, model: Mapping[str, Any]) -> None:
        """Change what ``model`` names of a content library."""

    async def delete_library(self, library: str) -> None:
        """Delete a content library with its items."""

    async def library_items(self, library: str) -> Sequence[Mapping[str, Any]]:
        """The items of a content library as ``ItemModel``."""

    async def library_item(self, item: str) -> Mapping[str, Any] | None:
        """One item as ``ItemModel``."""

    async def capacity(self, cluster: str) -> Capacity:
        """What a compute cluster has."""

    async def place_namespace(self, cluster: str, namespace: str, limits: Limits) -> NamespacePlacement:
        """Its resource pool, with these limits, and its folder; made where they are missing."""

    async def remove_namespace(self, cluster: str, namespace: str) -> None:
        """Take away its resource pool and folder with all virtual machines in them."""

    async def remove_supervisor(self, cluster: str) -> None:
        """Take away what holds the namespaces of a cluster, with all that is in it."""


def storage_class_name(policy: str) -> str:
    """The Kubernetes-compliant name of a storage policy, by vCenter's rule (also in vcsim's PBM)."""
    decomposed = unicodedata.normalize("NFD", policy)
    plain = "".join(character for character in decomposed if unicodedata.category(character) != "Mn")
    name = re.sub(r"[^a-z0-9.]+", "-", unicodedata.normalize("NFC", plain).lower())
    start = "0" if name[0] in "-." else ""
    end = "0" if name[-1] in "-." else ""
    return f"{start}{name}{end}"
