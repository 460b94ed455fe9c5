"""Names of vCenter's inventory to identifiers, and back, with the nearest names where one is not there."""

import asyncio
import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from pacific_infra.errors import PacificError
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.errors import NotFound
from pacific_infra.vcenter.reading import lower_names
from pacific_infra.vcenter.supervisors import list_supervisors

_LISTS = {
    "cluster": ("/vcenter/cluster", "cluster"),
    "datastore": ("/vcenter/datastore", "datastore"),
    "network": ("/vcenter/network", "network"),
    "storage policy": ("/vcenter/storage/policies", "policy"),
}
_NAMED = {
    "VM class": ("/vcenter/namespace-management/virtual-machine-classes", "id"),
    "zone": ("/vcenter/consumption-domains/zones", "zone"),
    "infrastructure policy": ("/vcenter/namespace-management/infrastructure-policies", "policy"),
    "Supervisor Service": ("/vcenter/namespace-management/supervisor-services", "supervisor_service"),
}
"""Kinds whose identifier is their name."""


class Inventory:
    """Look-ups in one vCenter. Each kind is listed once, and again when a name is not there."""

    def __init__(self, client: VCenterClient) -> None:
        self._client = client
        self._names: dict[str, dict[str, str]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def identifier(self, kind: str, name: str, *, place: str | None = None) -> str:
        """The identifier of the object of ``kind`` that is called ``name``, or ``name`` where that is an identifier.

        ``kind``: cluster, datastore, network, storage policy, content library, Supervisor, VM class, zone,
        infrastructure policy or Supervisor Service; another is not looked up.
        Raises PacificError with the nearest names where there is none, or with the identifiers where there are several.
        """
        if not self.knows(kind):
            return name
        for fresh in (False, True):
            names = await self._list(kind, fresh=fresh)
            identifiers = [identifier for identifier, its_name in names.items() if its_name == name]
            if len(identifiers) > 1:
                raise PacificError(
                    f"{len(identifiers)} objects of kind {kind} have that name",
                    place=place,
                    value=name,
                    allowed=sorted(identifiers),
                    fix="give the identifier",
                )
            if identifiers:
                return identifiers[0]
            if name in names:
                return name
        raise PacificError(
            f"no such {kind} in vCenter", place=place, value=name, allowed=nearest(name, names.values()) or "none"
        )

    async def name(self, kind: str, identifier: str) -> str:
        """The name of the object with ``identifier``, or the identifier itself where it is not known."""
        if not self.knows(kind):
            return identifier
        names = await self._list(kind)
        return names.get(identifier, identifier)

    async def names(self, kind: str) -> Mapping[str, str]:
        """The names of all objects of ``kind`` by identifier."""
        return await self._list(kind, fresh=True)

    @staticmethod
    def knows(kind: str) -> bool:
        """Whether objects of ``kind`` can be looked up."""
        return kind in _LISTS or kind in _NAMED or kind in ("content library", "Supervisor")

    async def _list(self, kind: str, *, fresh: bool = False) -> Mapping[str, str]:
        async with self._locks.setdefault(kind, asyncio.Lock()):
            if fresh or kind not in self._names:
                self._names[kind] = await self._read(kind)
            return self._names[kind]

    async def _read(self, kind: str) -> dict[str, str]:
        if kind == "Supervisor":
            return {key: str(info["name"]) for key, info in (await list_supervisors(self._client)).items()}
        if kind == "content library":
            return await self._content_libraries()
        if kind in _NAMED:
            path, key = _NAMED[kind]
            answer = lower_names(await self._client.get(path)) or []
            items = answer["items"] if isinstance(answer, dict) else answer
            return {str(item[key]): str(item[key]) for item in items}
        path, key = _LISTS[kind]
        return {str(item[key]): str(item["name"]) for item in lower_names(await self._client.get(path)) or []}

    async def _content_libraries(self) -> dict[str, str]:
        async def read_library(identifier: str) -> Any:
            try:
                return await self._client.get(f"/content/library/{identifier}")
            except NotFound:
                return None

        identifiers = await self._client.get("/content/library") or []
        libraries = await asyncio.gather(*map(read_library, identifiers))
        pairs = zip(identifiers, libraries, strict=True)
        return {str(identifier): str(library["name"]) for identifier, library in pairs if library}


def nearest(name: str, names: Iterable[str], most: int = 3) -> list[str]:
    """The ``most`` names that are most like ``name``; all of them, up to ten, where none is."""
    every = sorted(set(names))
    return difflib.get_close_matches(name, every, n=most, cutoff=0.5) or every[:10]
