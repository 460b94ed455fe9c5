"""``pacific:vcenter:NamespaceTemplate`` in vCenter."""

from collections.abc import Mapping
from typing import Any

from pacific_infra.errors import PacificError
from pacific_infra.provider.comparing import changes, with_identifiers
from pacific_infra.provider.models.introspection import properties
from pacific_infra.provider.models.namespace import ResourceSpec
from pacific_infra.provider.models.registry import KINDS
from pacific_infra.provider.resources.resource import Request, Resource, Values
from pacific_infra.provider.resources.retrying import create_or_find
from pacific_infra.provider.resources.supervisor_identifiers import read_identifier, supervisor_notation, supervisor_of
from pacific_infra.provider.wire import observed_values, request_body
from pacific_infra.vcenter.namespace_templates import create_template, read_template, update_template


class NamespaceTemplateResource(Resource):
    """A template, known by ``SUPERVISOR/TEMPLATE``. vCenter cannot delete one: it stays when the resource goes."""

    kind = next(kind for kind in KINDS if kind.name == "NamespaceTemplate")

    def known_outputs(self, inputs: Values, old: Mapping[str, Any] | None) -> Values:
        del old
        return {"template": inputs["name"]}

    async def create(self, request: Request, inputs: Values) -> tuple[str, Values]:
        client, inventory, name = request.session.client, request.session.inventory, inputs["name"]
        supervisor = await supervisor_of(request, inputs)
        body = await request_body(inputs, self.kind.inputs, inventory)

        async def create() -> dict[str, Any]:
            await create_template(client, supervisor, body)
            return {}

        info, refused = await create_or_find(
            create, lambda: read_template(client, supervisor, name), request.session.first_pause
        )
        if refused is not None:
            # A template cannot be marked. An identical one is adopted, also if a deleted stack created it.
            current = await self._values(request, supervisor, info, inputs)
            new, old = [await with_identifiers(values, self.kind.inputs, inventory) for values in (inputs, current)]
            if list(changes(new, old, self.kind.inputs)):
                raise PacificError(
                    f"another namespace template {name} is on Supervisor {inputs['supervisor']} already, and vCenter "
                    "cannot delete it",
                    fix=f"choose another name, or import it: pulumi import {self.kind.token} NAME {supervisor}/{name}",
                ) from refused
        return f"{supervisor}/{name}", await self._state(request, supervisor, name, inputs)

    async def read(
        self, request: Request, identifier: str, state: Mapping[str, Any] | None
    ) -> tuple[str, Values] | None:
        try:
            supervisor, name = await read_identifier(request, identifier, "TEMPLATE")
        except PacificError:
            if state is None:
                raise
            return None
        info = await read_template(request.session.client, supervisor, name)
        if info is None:
            return None
        return f"{supervisor}/{name}", await self._values(request, supervisor, info, self.declared_inputs(state))

    async def update(self, request: Request, identifier: str, state: Values, inputs: Values) -> Values:
        supervisor, name = await read_identifier(request, identifier, "TEMPLATE")
        # vCenter clears absent properties, so all are sent. Limits differ: their update sets and unsets single ones.
        body = await request_body(inputs, self.kind.inputs, request.session.inventory)
        del body["template"]
        current = state.get("resourceSpec") or {}
        for item in properties(ResourceSpec):
            if item.name in current and item.name not in inputs["resourceSpec"]:
                body["resource_spec"][f"{item.wire}_unset"] = True
        await update_template(request.session.client, supervisor, name, body)
        return await self._state(request, supervisor, name, inputs)

    async def delete(self, request: Request, identifier: str, state: Values) -> None:
        del state
        text = f"the namespace template {identifier} stays in vCenter, which has no way to delete templates"
        await request.session.log.warning(request.urn, text)

    async def _state(self, request: Request, supervisor: str, name: str, inputs: Values) -> Values:
        info = await read_template(request.session.client, supervisor, name)
        if info is None:
            raise PacificError(f"the namespace template {name} no longer exists", fix="run the same command again")
        return await self._values(request, supervisor, info, inputs)

    async def _values(self, request: Request, supervisor: str, info: dict[str, Any], declared: Values | None) -> Values:
        inventory = request.session.inventory
        return {
            **await observed_values(info, self.kind.inputs, declared, inventory),
            "supervisor": await supervisor_notation(inventory, supervisor, declared),
            "template": str(info["template"]),
        }
