"""``.../clusters/{cluster}/load-balancers``: HAProxy and Avi of a running Supervisor, the API before 9.0."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pacific_sandbox.vcenter.replies import done, reply
from pacific_sandbox.vcenter.shape import Choice, read_body
from pacific_sandbox.vcenter.supervisor_edges import updated, wrong_ranges
from pacific_sandbox.vcenter.supervisors import Record, Supervisors
from pacific_sandbox.vcenter.vapi_error import invalid_argument, not_found

_ROOT = "/api/vcenter/namespace-management/clusters/{cluster}/load-balancers"
_KINDS = {"HAPROXY": ("HA_PROXY", "ha_proxy"), "AVI": ("AVI", "avi")}
"""What ``LoadBalancers.Provider`` calls a provider, and how the fields for it begin."""
_RANGES = [{"address!": str, "count!": int}]
_SERVER = {"host!": str, "port!": int}
_ACCOUNT = {"username": str, "password": str, "certificate_authority_chain": str}
_WHOLE = {f"{name}!": shape for name, shape in _ACCOUNT.items()}
_PROVIDER = Choice("HA_PROXY", "AVI")
_UPDATE = {
    "address_ranges": _RANGES,
    "provider": _PROVIDER,
    "ha_proxy_config_update_spec": _ACCOUNT,
    "avi_config_update_spec": _ACCOUNT,
}
"""``LoadBalancers.UpdateSpec``"""
_SET = {
    "address_ranges!": _RANGES,
    "provider!": _PROVIDER,
    "ha_proxy_config_set_spec": {"servers!": [_SERVER], **_WHOLE},
    "avi_config_set_spec": {"server!": _SERVER, **_WHOLE},
}
"""``LoadBalancers.SetSpec``"""


class LoadBalancerRoutes:
    """List, read, update and set; the record of an edge is the one that ``networks/edges`` shows."""

    def __init__(self, supervisors: Supervisors) -> None:
        self._supervisors = supervisors

    def routes(self) -> list[Route]:
        path = f"{_ROOT}/{{identifier}}"
        return [
            Route(_ROOT, self._list, methods=["GET"]),
            Route(path, self._get, methods=["GET"]),
            Route(path, self._change, methods=["PATCH", "PUT"]),
        ]

    async def _list(self, request: Request) -> Response:
        edges = _edges(self._record(request))
        return reply([{"id": edge["edge"], "provider": _KINDS[edge["provider"]][0]} for edge in edges])

    async def _get(self, request: Request) -> Response:
        edge = self._find(request, self._record(request))
        kind, prefix = _KINDS[edge["provider"]]
        settings = dict(edge["haproxy" if kind == "HA_PROXY" else "avi"])
        ranges = settings.pop("address_ranges", [])
        return reply({"id": edge["edge"], "provider": kind, "address_ranges": ranges, f"{prefix}_info": settings})

    async def _change(self, request: Request) -> Response:
        whole = request.method == "PUT"
        self._find(request, self._record(request))
        body = await read_body(request, _SET if whole else _UPDATE)
        record = self._supervisors.changeable(self._record(request)["supervisor"])
        edge = self._find(request, record)
        change = _edge_update(edge, body, whole=whole)
        reason = wrong_ranges(edge, change)
        if reason is not None:
            raise invalid_argument(reason)
        edges = [updated(present, change) if present is edge else present for present in record["settings"]["edges"]]
        self._supervisors.changed(record, settings={**record["settings"], "edges": edges})
        return done()

    def _record(self, request: Request) -> Record:
        return self._supervisors.find_on_cluster(request.path_params["cluster"])

    @staticmethod
    def _find(request: Request, record: Record) -> dict[str, Any]:
        identifier = request.path_params["identifier"]
        edge = next((edge for edge in _edges(record) if edge["edge"] == identifier), None)
        if edge is None:
            raise not_found(f"Load balancer {identifier} not found.")
        return edge


def _edges(record: Record) -> list[dict[str, Any]]:
    """Those that this API knows."""
    return [edge for edge in record["settings"].get("edges", []) if edge["provider"] in _KINDS]


def _edge_update(edge: Mapping[str, Any], body: Mapping[str, Any], *, whole: bool) -> dict[str, Any]:
    """``body`` as ``Edges.UpdateSpec``. Raises VapiError INVALID_ARGUMENT where it is of another provider."""
    kind, prefix = _KINDS[edge["provider"]]
    if body.get("provider", kind) != kind:
        raise invalid_argument(f"Load balancer {edge['edge']} is of provider {kind}, not {body['provider']}.")
    field = f"{prefix}_config_{'set' if whole else 'update'}_spec"
    if whole and field not in body:
        raise invalid_argument(f"{field} is missing for {kind}.")
    change = dict(body.get(field, {}))
    if kind == "AVI":
        # It gets its addresses from the controller: those of the request are ignored.
        return {"avi": change}
    if "address_ranges" in body:
        change["address_ranges"] = body["address_ranges"]
    return {"haproxy": change}
