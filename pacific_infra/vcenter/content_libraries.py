"""Content libraries: those of vCenter's own images, and those that follow a published one."""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.errors import NotFound
from pacific_infra.vcenter.reading import lower_names

_PATHS = {"LOCAL": "/content/local-library", "SUBSCRIBED": "/content/subscribed-library"}


async def create_library(client: VCenterClient, model: Mapping[str, Any], datastore: str) -> str:
    """Make a library of ``content.LibraryModel`` on the datastore with this identifier; the library's identifier."""
    kind = "SUBSCRIBED" if "subscription_info" in model else "LOCAL"
    backings = [{"type": "DATASTORE", "datastore_id": datastore}]
    return str(await client.post(_PATHS[kind], {**model, "type": kind, "storage_backings": backings}))


async def read_library(client: VCenterClient, library: str) -> dict[str, Any] | None:
    """``LibraryModel``; None where there is no such library."""
    try:
        return dict(lower_names(await client.get(f"/content/library/{quote(library, safe='')}")))
    except NotFound:
        return None


async def find_library(client: VCenterClient, name: str) -> dict[str, Any] | None:
    """The first library of this name."""
    identifiers = await client.get("/content/library") or []
    libraries = await asyncio.gather(*(read_library(client, str(identifier)) for identifier in identifiers))
    return next((library for library in libraries if library is not None and library["name"] == name), None)


async def update_library(client: VCenterClient, library: str, kind: str, model: Mapping[str, Any]) -> None:
    """Change what ``model`` names; ``kind``: LOCAL or SUBSCRIBED."""
    await client.patch(f"{_PATHS[kind]}/{quote(library, safe='')}", dict(model))


async def delete_library(client: VCenterClient, library: str, kind: str) -> None:
    """Delete it with its images; what is gone already is fine."""
    try:
        await client.delete(f"{_PATHS[kind]}/{quote(library, safe='')}")
    except NotFound:
        return
