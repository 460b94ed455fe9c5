"""``/api/content``: content libraries and their items; vcsim has them under ``/rest`` only."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pacific_sandbox.vcenter.inventory import Inventory
from pacific_sandbox.vcenter.replies import action, done, no_operation, reply
from pacific_sandbox.vcenter.shape import Choice, read_body
from pacific_sandbox.vcenter.vapi_error import invalid_argument, not_found

_ROOT = "/api/content/library"
_TYPES: dict[str, str] = {"local-library": "LOCAL", "subscribed-library": "SUBSCRIBED"}
_LIBRARY: dict[str, Any] = {
    "name": str,
    "description": str,
    "subscription_info": {
        "subscription_url": str,
        "automatic_sync_enabled": bool,
        "on_demand": bool,
        "authentication_method": Choice("BASIC", "NONE"),
        "ssl_thumbprint": str,
        "user_name": str,
        "password": str,
    },
}
_FIND_LIBRARY: dict[str, Any] = {"name": str, "type": Choice("LOCAL", "SUBSCRIBED"), "storage_backing": dict}
_FIND_ITEM: dict[str, Any] = {"name": str, "library_id": str, "source_id": str, "type": str, "cached": bool}


class ContentLibraryRoutes:
    """Lists of identifiers, search by name, single models; creating and changing libraries."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory

    def routes(self) -> list[Route]:
        return [
            Route(_ROOT, self._list, methods=["GET"]),
            Route(_ROOT, self._find, methods=["POST"]),
            Route(f"{_ROOT}/item", self._list_items, methods=["GET"]),
            Route(f"{_ROOT}/item", self._find_items, methods=["POST"]),
            Route(f"{_ROOT}/item/{{item}}", self._get_item, methods=["GET"]),
            Route(f"{_ROOT}/{{library}}", self._get, methods=["GET"]),
            *(Route(f"/api/content/{kind}", self._create, methods=["POST"]) for kind in _TYPES),
            *(Route(f"/api/content/{kind}/{{library}}", self._update, methods=["PATCH"]) for kind in _TYPES),
        ]

    async def _list(self, request: Request) -> Response:
        return reply([library["id"] for library in await self._inventory.libraries()])

    async def _get(self, request: Request) -> Response:
        name = request.path_params["library"]
        for library in await self._inventory.libraries():
            if library["id"] == name:
                return reply(dict(library))
        raise not_found(f"Content library {name} not found.")

    async def _create(self, request: Request) -> Response:
        kind = request.url.path.rpartition("/")[2]
        body = await read_body(
            request, {**_LIBRARY, "name!": str, "type!": Choice(_TYPES[kind]), "storage_backings!": [dict]}
        )
        if kind == "subscribed-library" and "subscription_info" not in body:
            raise invalid_argument("A subscribed library needs subscription_info.")
        identifier = await self._inventory.create_library(body)
        return reply(identifier, 201)

    async def _update(self, request: Request) -> Response:
        await self._get(request)
        await self._inventory.update_library(request.path_params["library"], await read_body(request, _LIBRARY))
        return done()

    async def _find(self, request: Request) -> Response:
        search = await _search(request, _FIND_LIBRARY)
        search.pop("storage_backing", None)
        libraries = await self._inventory.libraries()
        return reply([item["id"] for item in libraries if _equal(item, search)])

    async def _list_items(self, request: Request) -> Response:
        library = request.query_params.get("library_id")
        if library is None:
            raise invalid_argument("The query parameter library_id is missing.")
        if library not in {item["id"] for item in await self._inventory.libraries()}:
            raise not_found(f"Content library {library} not found.")
        return reply([item["id"] for item in await self._inventory.library_items(library)])

    async def _find_items(self, request: Request) -> Response:
        search = await _search(request, _FIND_ITEM)
        libraries = [str(library["id"]) for library in await self._inventory.libraries()]
        items = [item for library in libraries for item in await self._inventory.library_items(library)]
        return reply([item["id"] for item in items if _equal(item, search)])

    async def _get_item(self, request: Request) -> Response:
        item = await self._inventory.library_item(request.path_params["item"])
        if item is None:
            raise not_found(f"Library item {request.path_params['item']} not found.")
        return reply(dict(item))


async def _search(request: Request, shape: dict[str, Any]) -> dict[str, Any]:
    if action(request) != "find":
        raise no_operation(request)
    search = await read_body(request, shape)
    if not search:
        raise invalid_argument("At least one field has to be searched for.")
    return search


def _equal(item: Any, search: dict[str, Any]) -> bool:
    # Names are compared without regard to case, as the API says.
    return all(str(item.get(name, "")).lower() == str(value).lower() for name, value in search.items())
