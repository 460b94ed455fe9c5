"""Look-ups by which clients turn names into identifiers: ``/api/vcenter/{kind}``, storage policies, version."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pacific_sandbox.vcenter.inventory import Inventory, InventoryObject, Kind
from pacific_sandbox.vcenter.replies import matches, no_operation, reply, values
from pacific_sandbox.vcenter.shape import Version
from pacific_sandbox.vcenter.vapi_error import not_found

_KINDS: dict[Kind, str] = {
    "datacenter": "datacenters",
    "cluster": "clusters",
    "host": "hosts",
    "network": "networks",
    "datastore": "datastores",
    "folder": "folders",
    "resource-pool": "resource_pools",
    "vm": "vms",
}
"""Each kind with the filter that names its identifiers."""
_WITH_INFO: tuple[Kind, ...] = ("datacenter", "cluster", "datastore", "resource-pool")


class InventoryRoutes:
    """Lists with vCenter's filters, and single objects where the API has them."""

    def __init__(self, inventory: Inventory, version: Version) -> None:
        self._inventory = inventory
        self._version_text = ".".join(map(str, version)) + ".0"

    def routes(self) -> list[Route]:
        routes = [Route(f"/api/vcenter/{kind}", self._lister(kind), methods=["GET"]) for kind in _KINDS]
        routes += [
            Route(f"/api/vcenter/{kind}/{{identifier}}", self._getter(kind), methods=["GET"]) for kind in _WITH_INFO
        ]
        return [
            *routes,
            Route("/api/vcenter/storage/policies", self._policies, methods=["GET"]),
            Route("/api/vcenter/storage/policies/{policy}", self._policy_action, methods=["POST"]),
            Route("/api/appliance/system/version", self._version, methods=["GET"]),
        ]

    def _lister(self, kind: Kind) -> Callable[[Request], Awaitable[Response]]:
        async def list_objects(request: Request) -> Response:
            field = kind.replace("-", "_")
            items = await self._inventory.objects(kind)
            return reply(
                [
                    {field: item.identifier, "name": item.name, **item.details}
                    for item in items
                    if _passes(request, kind, item)
                ]
            )

        return list_objects

    def _getter(self, kind: Kind) -> Callable[[Request], Awaitable[Response]]:
        async def get_object(request: Request) -> Response:
            identifier = request.path_params["identifier"]
            for item in await self._inventory.objects(kind):
                if item.identifier == identifier:
                    return reply({"name": item.name, **item.information})
            raise not_found(f"{kind.replace('-', ' ').capitalize()} {identifier} not found.")

        return get_object

    async def _policies(self, request: Request) -> Response:
        policies = values(request, "policies")
        return reply(
            [
                {"policy": policy.identifier, "name": policy.name, "description": policy.description}
                for policy in await self._inventory.policies()
                if matches(policies, policy.identifier)
            ]
        )

    async def _policy_action(self, request: Request) -> Response:
        """check-compatibility: vcsim's datastores keep every policy."""
        if request.query_params.get("action") != "check-compatibility":
            raise no_operation(request)
        policy = request.path_params["policy"]
        if policy not in {policy.identifier for policy in await self._inventory.policies()}:
            raise not_found(f"Storage policy {policy} not found.")
        requested = (await request.json()).get("datastores", [])
        known = {item.identifier for item in await self._inventory.objects("datastore")}
        return reply(
            {"compatible_datastores": [{"datastore": datastore} for datastore in requested if datastore in known]}
        )

    async def _version(self, request: Request) -> Response:
        return reply(
            {
                "version": self._version_text,
                "product": "VMware vCenter Server",
                "build": "0",
                "type": "vCenter Server with an embedded Platform Services Controller",
                "summary": "Simulated vCenter of pacific-infra",
                "releasedate": "2026-03-17T00:00:00.000Z",
                "install_time": "2026-03-17T00:00:00.000Z",
            }
        )


def _passes(request: Request, kind: Kind, item: InventoryObject) -> bool:
    parents = {"folders", "parent_folders", "parent_resource_pools"}
    filters = {
        _KINDS[kind]: item.identifier,
        "names": item.name,
        "datacenters": item.identifier if kind == "datacenter" else item.datacenter,
        "clusters": item.identifier if kind == "cluster" else item.cluster,
        "types": item.details.get("type"),
        "type": item.details.get("type"),
        "connection_states": item.details.get("connection_state"),
        **{name: item.parent for name in parents if name != _KINDS[kind]},
    }
    return all(matches(values(request, name), value) for name, value in filters.items())
