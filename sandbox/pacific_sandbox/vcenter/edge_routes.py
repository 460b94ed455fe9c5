"""``.../supervisors/{supervisor}/networks/edges``: a running Supervisor's load balancers (9.0)."""

import re
import uuid
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pacific_sandbox.vcenter.inventory import Inventory
from pacific_sandbox.vcenter.replies import done, matches, reply, values
from pacific_sandbox.vcenter.shape import read_body
from pacific_sandbox.vcenter.supervisor_edges import (
    CREATE,
    MEMBERS,
    UPDATE,
    created,
    updated,
    with_runtime,
    wrong_ranges,
)
from pacific_sandbox.vcenter.supervisors import Record, Supervisors
from pacific_sandbox.vcenter.vapi_error import already_exists, invalid_argument, not_found, unsupported

_ROOT = "/api/vcenter/namespace-management/supervisors/{supervisor}/networks/edges"
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_CREATED = {"AVI": "VSPHERE_NETWORK", "VSPHERE_FOUNDATION": "VSPHERE_NETWORK"}
"""Kinds that an operation makes, and the networking that they go with."""


class EdgeRoutes:
    """List, create and update; the API reads none alone and deletes none."""

    def __init__(self, inventory: Inventory, supervisors: Supervisors) -> None:
        self._inventory = inventory
        self._supervisors = supervisors

    def routes(self) -> list[Route]:
        return [
            Route(_ROOT, self._list, methods=["GET"]),
            Route(_ROOT, self._create, methods=["POST"]),
            Route(f"{_ROOT}/{{edge}}", self._update, methods=["PATCH"]),
        ]

    async def _list(self, request: Request) -> Response:
        record = self._supervisors.find(request.path_params["supervisor"])
        providers, identifiers, names = (values(request, name) for name in ("providers", "edges", "names"))
        edges = [
            with_runtime(edge, 0)
            for edge in _edges(record)
            if matches(providers, edge["provider"])
            and matches(identifiers, edge["edge"])
            and matches(names, edge["name"])
        ]
        return reply({"edges": edges})

    async def _create(self, request: Request) -> Response:
        supervisor = request.path_params["supervisor"]
        record = self._supervisors.changeable(supervisor)
        body = await read_body(request, CREATE)
        network = _CREATED.get(body["provider"])
        if network is None or network != record["settings"]["network_provider"]:
            raise unsupported(f"An edge of provider {body['provider']} cannot be created on this Supervisor.")
        if not _NAME.fullmatch(body["name"]):
            raise invalid_argument(f"Edge name {body['name']!r} has to be an RFC 1123 label.")
        if MEMBERS[body["provider"]] not in body:
            raise invalid_argument(f"{MEMBERS[body['provider']]} is missing for {body['provider']}.")
        target = body.get("foundation", {}).get("deployment_target", {})
        await self._check_policy(target.get("storage_policy"))
        record = self._supervisors.changeable(supervisor)
        if any(edge["name"] == body["name"] for edge in _edges(record)):
            raise already_exists(f"An edge named {body['name']} exists already.")
        new_edge = created(body, str(uuid.uuid5(uuid.NAMESPACE_URL, f"{supervisor}/{body['name']}")))
        self._keep(record, [*_edges(record), new_edge])
        return reply(new_edge["edge"], 201)

    async def _update(self, request: Request) -> Response:
        supervisor, identifier = request.path_params["supervisor"], request.path_params["edge"]
        self._find(self._supervisors.changeable(supervisor), identifier)
        body = await read_body(request, UPDATE)
        await self._check_policy(body.get("foundation", {}).get("deployment_target", {}).get("storage_policy"))
        record = self._supervisors.changeable(supervisor)
        edge = self._find(record, identifier)
        if body["provider"] != edge["provider"]:
            raise invalid_argument(f"Edge {identifier} is of provider {edge['provider']}, not {body['provider']}.")
        wrong = sorted(set(body) - {"provider", MEMBERS.get(edge["provider"], "")})
        if wrong:
            raise invalid_argument(f"{wrong[0]} does not go with provider {edge['provider']}.")
        reason = wrong_ranges(edge, body)
        if reason is not None:
            raise invalid_argument(reason)
        self._keep(record, [updated(present, body) if present is edge else present for present in _edges(record)])
        return done()

    def _keep(self, record: Record, edges: list[dict[str, Any]]) -> None:
        self._supervisors.changed(record, settings={**record["settings"], "edges": edges})

    async def _check_policy(self, policy: str | None) -> None:
        if policy is not None and policy not in {policy.identifier for policy in await self._inventory.policies()}:
            raise not_found(f"Storage policy {policy} not found.")

    @staticmethod
    def _find(record: Record, identifier: str) -> dict[str, Any]:
        edge = next((edge for edge in _edges(record) if edge["edge"] == identifier), None)
        if edge is None:
            raise not_found(f"Edge {identifier} not found.")
        return edge


def _edges(record: Record) -> list[dict[str, Any]]:
    """Those that are recorded; a record of an older sandbox has none."""
    edges: list[dict[str, Any]] = record["settings"].get("edges", [])
    return edges
