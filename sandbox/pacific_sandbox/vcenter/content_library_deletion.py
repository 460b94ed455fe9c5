"""Deleting a local content library: since 9.1 vCenter blocks it while something uses the library; vcsim does not."""

from collections.abc import Awaitable, Callable, Iterator

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pacific_sandbox.vcenter.inventory import Inventory
from pacific_sandbox.vcenter.replies import done
from pacific_sandbox.vcenter.shape import V9_1, version_of
from pacific_sandbox.vcenter.store import Store
from pacific_sandbox.vcenter.vapi_error import not_allowed, not_found

_PATHS = tuple(
    path
    for kind in ("local-library", "subscribed-library")
    for path in (f"/api/content/{kind}/{{library}}", f"/rest/com/vmware/content/{kind}/id:{{library}}")
)


class ContentLibraryDeletion:
    """Refuses it with the users' names, else lets ``pass_on`` do it."""

    def __init__(self, store: Store, inventory: Inventory, pass_on: Callable[[Request], Awaitable[Response]]) -> None:
        self._store, self._inventory = store, inventory
        self._pass_on = pass_on

    def routes(self) -> list[Route]:
        return [Route(path, self._delete, methods=["DELETE"]) for path in _PATHS]

    async def _delete(self, request: Request) -> Response:
        library = request.path_params["library"]
        users = ", ".join(self._users(library))
        if users and version_of(request) >= V9_1:
            raise not_allowed(f"Content library {library} is used by {users}.")
        if request.url.path.startswith("/rest"):
            return await self._pass_on(request)
        if not any(known["id"] == library for known in await self._inventory.libraries()):
            raise not_found(f"Content library {library} not found.")
        await self._inventory.delete_library(library)
        return done()

    def _users(self, library: str) -> Iterator[str]:
        for name, record in sorted(self._store.namespaces.items()):
            specification = record["specification"]
            named = {item["content_library"] for item in specification["content_libraries"]}
            if library in named.union(specification["vm_service_spec"].get("content_libraries", [])):
                yield f"namespace {name}"
        for record in self._store.supervisors.values():
            settings = record["settings"]
            named = {item["content_library"] for item in settings["content_libraries"] or []}
            if library in named | {settings["kubernetes_content_library"]}:
                yield f"Supervisor {record['name']}"
