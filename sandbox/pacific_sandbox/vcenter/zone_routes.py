"""``/api/vcenter/consumption-domains/zones``: vSphere Zones and the clusters in them."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pacific_sandbox.vcenter.inventory import Inventory
from pacific_sandbox.vcenter.replies import action, done, matches, no_operation, reply, values
from pacific_sandbox.vcenter.shape import read_body, read_list
from pacific_sandbox.vcenter.store import Store
from pacific_sandbox.vcenter.supervisors import Record
from pacific_sandbox.vcenter.vapi_error import already_exists, invalid_argument, not_allowed, not_found

_ROOT = "/api/vcenter/consumption-domains/zones"


class ZoneRoutes:
    """Create, read, delete, and which clusters belong to a zone."""

    def __init__(self, store: Store, inventory: Inventory) -> None:
        self._store = store
        self._inventory = inventory

    def routes(self) -> list[Route]:
        return [
            Route(_ROOT, self._list, methods=["GET"]),
            Route(_ROOT, self._create, methods=["POST"]),
            Route(f"{_ROOT}/{{zone}}", self._get, methods=["GET"]),
            Route(f"{_ROOT}/{{zone}}", self._delete, methods=["DELETE"]),
            Route(f"{_ROOT}/cluster/{{zone}}/associations", self._clusters, methods=["GET"]),
            Route(f"{_ROOT}/cluster/{{zone}}/associations", self._associate, methods=["POST"]),
        ]

    def _find(self, request: Request) -> Record:
        name = request.path_params["zone"]
        if name not in self._store.zones:
            raise not_found(f"Zone {name} not found.")
        return self._store.zones[name]

    async def _list(self, request: Request) -> Response:
        zones = values(request, "zones")
        items = [
            {"zone": name, "info": {"description": record["description"]}}
            for name, record in self._store.zones.items()
            if matches(zones, name)
        ]
        return reply({"items": items})

    async def _get(self, request: Request) -> Response:
        return reply({"description": self._find(request)["description"]})

    async def _create(self, request: Request) -> Response:
        body = await read_body(request, {"zone!": str, "description": str})
        if not body["zone"]:
            raise invalid_argument("zone must not be empty.")
        if body["zone"] in self._store.zones:
            raise already_exists(f"Zone {body['zone']} already exists.")
        self._store.zones[body["zone"]] = {"description": body.get("description", ""), "clusters": []}
        self._store.save()
        return reply(body["zone"], 201)

    async def _delete(self, request: Request) -> Response:
        record = self._find(request)
        if record["clusters"]:
            raise not_allowed(
                f"Zone {request.path_params['zone']} still has clusters: {', '.join(record['clusters'])}."
            )
        del self._store.zones[request.path_params["zone"]]
        self._store.save()
        return done()

    async def _clusters(self, request: Request) -> Response:
        return reply(self._find(request)["clusters"])

    async def _associate(self, request: Request) -> Response:
        if action(request) not in ("add", "remove"):
            raise no_operation(request)
        clusters = await read_list(request, str)
        known = {item.identifier for item in await self._inventory.objects("cluster")}
        name, record = request.path_params["zone"], self._find(request)
        for cluster in clusters:
            if cluster not in known:
                raise not_found(f"Cluster {cluster} not found.")
            if action(request) == "add":
                other = next((zone for zone, item in self._store.zones.items() if cluster in item["clusters"]), name)
                if other != name:
                    raise invalid_argument(f"Cluster {cluster} is in zone {other} already.")
            elif any(supervisor["cluster"] == cluster for supervisor in self._store.supervisors.values()):
                raise not_allowed(f"Cluster {cluster} runs a Supervisor in zone {name}.")
        kept = [cluster for cluster in record["clusters"] if cluster not in clusters]
        record["clusters"] = [*kept, *clusters] if action(request) == "add" else kept
        self._store.save()
        return reply({"success": True, "failed_clusters": {}})
