"""``pacific:vcenter:Zone`` in vCenter."""

from collections.abc import Mapping
from typing import Any

from pacific_infra.errors import PacificError
from pacific_infra.provider.models.registry import KINDS
from pacific_infra.provider.ownership import Owner, owner_of, unmarked
from pacific_infra.provider.resources.existing_object import ExistingObject
from pacific_infra.provider.resources.resource import Request, Resource, Values
from pacific_infra.provider.resources.retrying import create_or_find, delete_with_retries, retry
from pacific_infra.provider.session import Session
from pacific_infra.provider.wire import observed_values
from pacific_infra.vcenter.zones import associate, create_zone, delete_zone, read_zone


class ZoneResource(Resource):
    """A vSphere Zone, known by its name."""

    kind = next(kind for kind in KINDS if kind.name == "Zone")

    def known_outputs(self, inputs: Values, old: Mapping[str, Any] | None) -> Values:
        del old
        return {"zone": inputs["name"]}

    async def existing_object(self, session: Session, inputs: Values) -> ExistingObject | None:
        name = inputs["name"]
        info = await read_zone(session.client, name)
        if info is None:
            return None
        command = f"pulumi import {self.kind.token} NAME {name}"
        return ExistingObject(f"the zone {name}", command, owner_of(info.get("description")), adoptable=False)

    async def create(self, request: Request, inputs: Values) -> tuple[str, Values]:
        client, owner, name = request.session.client, Owner.of_urn(request.urn), inputs["name"]
        specification = {"zone": name, "description": owner.marked(inputs.get("description"))}

        async def create() -> dict[str, Any]:
            await create_zone(client, specification)
            return {}

        _, refused = await create_or_find(create, lambda: read_zone(client, name), request.session.first_pause)
        if refused is not None:
            await self.check_existing(request, inputs)
        return name, await self._associate_clusters(request, name, inputs)

    async def read(
        self, request: Request, identifier: str, state: Mapping[str, Any] | None
    ) -> tuple[str, Values] | None:
        info = await read_zone(request.session.client, identifier)
        if info is None:
            return None
        return identifier, await self._values(request, info, self.declared_inputs(state))

    async def update(self, request: Request, identifier: str, state: Values, inputs: Values) -> Values:
        current = await read_zone(request.session.client, identifier) or {}
        self.check_not_owned_elsewhere(request, f"the zone {identifier}", owner_of(current.get("description")))
        if inputs.get("clusters") is None and state.get("clusters"):
            # No longer declared: the clusters that this resource added are removed.
            await self._associate_clusters(request, identifier, {**inputs, "clusters": []})
        return await self._associate_clusters(request, identifier, inputs)

    async def delete(self, request: Request, identifier: str, state: Values) -> None:
        client, pause = request.session.client, request.session.first_pause
        current = await read_zone(client, identifier) or {}
        if await self.is_owned_elsewhere(request, f"the zone {identifier}", owner_of(current.get("description"))):
            return
        declared = await self._clusters(request, state)

        async def remove_clusters() -> None:
            info = await read_zone(client, identifier)
            if info is not None and (
                declared_members := [cluster for cluster in info["clusters"] if cluster in declared]
            ):
                await associate(client, identifier, "remove", declared_members)

        await retry(remove_clusters, pause)
        find = self.of_no_other_stack(request, lambda: read_zone(client, identifier))
        await delete_with_retries(lambda: delete_zone(client, identifier), find, pause)

    async def _clusters(self, request: Request, inputs: Values) -> list[str]:
        inventory = request.session.inventory
        return [await inventory.identifier("cluster", name, place="clusters") for name in inputs.get("clusters") or []]

    async def _associate_clusters(self, request: Request, name: str, inputs: Values) -> Values:
        """Give the zone the declared clusters, if any are declared. Returns its values."""
        client = request.session.client

        async def change_clusters() -> dict[str, Any] | None:
            info = await read_zone(client, name)
            if info is None or inputs.get("clusters") is None:
                return info
            desired, current = await self._clusters(request, inputs), info["clusters"]
            if surplus := [cluster for cluster in current if cluster not in desired]:
                await associate(client, name, "remove", surplus)
            if missing := [cluster for cluster in desired if cluster not in current]:
                await associate(client, name, "add", missing)
            return await read_zone(client, name)

        info = await retry(change_clusters, request.session.first_pause)
        if info is None:
            raise PacificError(f"the zone {name} no longer exists", fix="run the same command again")
        return await self._values(request, info, inputs)

    async def _values(self, request: Request, info: dict[str, Any], declared: Values | None) -> Values:
        shown = {**info, "description": unmarked(str(info.get("description") or ""))}
        values = await observed_values(shown, self.kind.inputs, declared, request.session.inventory)
        return {**values, "zone": str(info["zone"])}
