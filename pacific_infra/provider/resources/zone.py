"""``pacific:vcenter:Zone`` in vCenter."""

from collections.abc import Mapping
from typing import Any

from pacific_infra.errors import PacificError
from pacific_infra.provider.models.registry import KINDS
from pacific_infra.provider.ownership import Owner, owner_of, unmarked
from pacific_infra.provider.resources.repeating import created, deleted, repeated
from pacific_infra.provider.resources.resource import Request, Resource, Values
from pacific_infra.provider.resources.standing import Standing
from pacific_infra.provider.session import Session
from pacific_infra.provider.wire import observed
from pacific_infra.vcenter.zones import associate, create_zone, delete_zone, read_zone


class ZoneResource(Resource):
    """A vSphere Zone, known by its name."""

    kind = next(kind for kind in KINDS if kind.name == "Zone")

    def known_outputs(self, inputs: Values, old: Mapping[str, Any] | None) -> Values:
        del old
        return {"zone": inputs["name"]}

    async def standing(self, session: Session, inputs: Values) -> Standing | None:
        name = inputs["name"]
        info = await read_zone(session.client, name)
        if info is None:
            return None
        command = f"pulumi import {self.kind.token} NAME {name}"
        return Standing(f"the zone {name}", command, owner_of(info.get("description")), adoptable=False)

    async def create(self, request: Request, inputs: Values) -> tuple[str, Values]:
        client, owner, name = request.session.client, Owner.of_urn(request.urn), inputs["name"]
        specification = {"zone": name, "description": owner.marked(inputs.get("description"))}

        async def create() -> dict[str, Any]:
            await create_zone(client, specification)
            return {}

        _, refused = await created(create, lambda: read_zone(client, name), request.session.first_pause)
        if refused is not None:
            await self.check_standing(request, inputs)
        return name, await self._associated(request, name, inputs)

    async def read(
        self, request: Request, identifier: str, state: Mapping[str, Any] | None
    ) -> tuple[str, Values] | None:
        info = await read_zone(request.session.client, identifier)
        if info is None:
            return None
        return identifier, await self._values(request, info, self.declared_of(state))

    async def update(self, request: Request, identifier: str, state: Values, inputs: Values) -> Values:
        there = await read_zone(request.session.client, identifier) or {}
        self.check_not_anothers(request, f"the zone {identifier}", owner_of(there.get("description")))
        if inputs.get("clusters") is None and state.get("clusters"):
            # No longer declared: what was put into the zone is taken out of it.
            await self._associated(request, identifier, {**inputs, "clusters": []})
        return await self._associated(request, identifier, inputs)

    async def delete(self, request: Request, identifier: str, state: Values) -> None:
        client, pause = request.session.client, request.session.first_pause
        there = await read_zone(client, identifier) or {}
        if await self.is_anothers(request, f"the zone {identifier}", owner_of(there.get("description"))):
            return
        ours = await self._clusters(request, state)

        async def emptied() -> None:
            info = await read_zone(client, identifier)
            if info is not None and (mine := [cluster for cluster in info["clusters"] if cluster in ours]):
                await associate(client, identifier, "remove", mine)

        await repeated(emptied, pause)
        await deleted(lambda: delete_zone(client, identifier), lambda: read_zone(client, identifier), pause)

    async def _clusters(self, request: Request, inputs: Values) -> list[str]:
        inventory = request.session.inventory
        return [await inventory.identifier("cluster", name, place="clusters") for name in inputs.get("clusters") or []]

    async def _associated(self, request: Request, name: str, inputs: Values) -> Values:
        """The zone once it has the wanted clusters, where they are declared."""
        client = request.session.client

        async def associated() -> dict[str, Any] | None:
            info = await read_zone(client, name)
            if info is None or inputs.get("clusters") is None:
                return info
            wanted, there = await self._clusters(request, inputs), info["clusters"]
            if gone := [cluster for cluster in there if cluster not in wanted]:
                await associate(client, name, "remove", gone)
            if new := [cluster for cluster in wanted if cluster not in there]:
                await associate(client, name, "add", new)
            return await read_zone(client, name)

        info = await repeated(associated, request.session.first_pause)
        if info is None:
            raise PacificError(f"the zone {name} has gone meanwhile", fix="run the same command again")
        return await self._values(request, info, inputs)

    async def _values(self, request: Request, info: dict[str, Any], declared: Values | None) -> Values:
        shown = {**info, "description": unmarked(str(info.get("description") or ""))}
        values = await observed(shown, self.kind.inputs, declared, request.session.inventory)
        return {**values, "zone": str(info["zone"])}
