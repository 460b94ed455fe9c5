"""Tags on objects of the inventory: ``/cis/tagging``."""

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.errors import AlreadyExists, NotFound

_CATEGORIES = "/cis/tagging/category"
_TAGS = "/cis/tagging/tag"
_ASSOCIATIONS = "/cis/tagging/tag-association"


@dataclass(frozen=True)
class Category:
    """A category of tags of which an object has one at most."""

    name: str
    description: str
    object_type: str
    """What its tags can be attached to: a type of managed objects, such as ClusterComputeResource."""


async def attached_tag(client: VCenterClient, category: Category, identifier: str) -> str | None:
    """The name of the tag of ``category`` on an object; None where it has none that the user may read."""
    body = {"object_id": {"id": identifier, "type": category.object_type}}
    # A question, although it is a POST.
    attached = await client.post(_ASSOCIATIONS, body, {"action": "list-attached-tags"}, repeatable=True) or []
    for tag in await asyncio.gather(*(_read(client, _TAGS, str(key)) for key in attached)):
        if tag is not None and await _is_named(client, str(tag["category_id"]), category.name):
            return str(tag["name"])
    return None


async def attach_tag(client: VCenterClient, category: Category, tag: str, identifier: str) -> None:
    """Attach ``tag`` to an object; category and tag are made where there are none.

    An object has one tag of the category at most. Raises InvalidArgument where it has another one.
    """
    category_id = await _category(client, category)
    tag_id = await _tag(client, category_id, tag)
    body = {"object_id": {"id": identifier, "type": category.object_type}}
    await client.post(f"{_ASSOCIATIONS}/{quote(tag_id, safe='')}", body, {"action": "attach"}, repeatable=True)


async def detach_tag(client: VCenterClient, category: Category, tag: str, identifier: str) -> None:
    """Take ``tag`` off an object; where it is not on it, nothing is done."""
    category_id = await _find(client, _CATEGORIES, await client.get(_CATEGORIES), category.name)
    if category_id is None or (tag_id := await _tag_of(client, category_id, tag)) is None:
        return
    body = {"object_id": {"id": identifier, "type": category.object_type}}
    await client.post(f"{_ASSOCIATIONS}/{quote(tag_id, safe='')}", body, {"action": "detach"}, repeatable=True)


async def _category(client: VCenterClient, category: Category) -> str:
    category_id = await _find(client, _CATEGORIES, await client.get(_CATEGORIES), category.name)
    if category_id is not None:
        return category_id
    specification = {
        "name": category.name,
        "description": category.description,
        "cardinality": "SINGLE",
        "associable_types": [category.object_type],
    }
    try:
        return str(await client.post(_CATEGORIES, specification, repeatable=True))
    except AlreadyExists:
        category_id = await _find(client, _CATEGORIES, await client.get(_CATEGORIES), category.name)
        if category_id is None:
            raise
        return category_id


async def _tag(client: VCenterClient, category: str, name: str) -> str:
    tag_id = await _tag_of(client, category, name)
    if tag_id is not None:
        return tag_id
    try:
        specification = {"name": name, "description": "", "category_id": category}
        return str(await client.post(_TAGS, specification, repeatable=True))
    except AlreadyExists:
        tag_id = await _tag_of(client, category, name)
        if tag_id is None:
            raise
        return tag_id


async def _tag_of(client: VCenterClient, category: str, name: str) -> str | None:
    body, action = {"category_id": category}, {"action": "list-tags-for-category"}
    return await _find(client, _TAGS, await client.post(_TAGS, body, action, repeatable=True), name)


async def _find(client: VCenterClient, path: str, identifiers: Any, name: str) -> str | None:
    """The identifier of the category or tag that is called ``name``."""
    items = await asyncio.gather(*(_read(client, path, str(key)) for key in identifiers or []))
    return next((str(item["id"]) for item in items if item is not None and item["name"] == name), None)


async def _is_named(client: VCenterClient, category: str, name: str) -> bool:
    info = await _read(client, _CATEGORIES, category)
    return info is not None and info["name"] == name


async def _read(client: VCenterClient, path: str, identifier: str) -> dict[str, Any] | None:
    try:
        return dict(await client.get(f"{path}/{quote(identifier, safe='')}"))
    except NotFound:
        return None
