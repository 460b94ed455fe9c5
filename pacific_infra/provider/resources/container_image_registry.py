"""``pacific:vcenter:ContainerImageRegistry`` in vCenter."""

from collections.abc import Iterator, Mapping
from typing import Any

from pacific_infra.errors import PacificError
from pacific_infra.provider.comparing import Change
from pacific_infra.provider.models.registry import KINDS
from pacific_infra.provider.resources.resource import Request, Resource, Values
from pacific_infra.provider.resources.retrying import create_or_find
from pacific_infra.provider.resources.supervisor_identifiers import read_identifier, supervisor_notation, supervisor_of
from pacific_infra.provider.wire import observed_values, request_body
from pacific_infra.vcenter.container_image_registries import (
    create_registry,
    delete_registry,
    list_registries,
    read_registry,
    update_registry,
)
from pacific_infra.vcenter.version import Version


class ContainerImageRegistryResource(Resource):
    """A registry, known by ``SUPERVISOR/REGISTRY``; for an import REGISTRY may be its name."""

    kind = next(kind for kind in KINDS if kind.name == "ContainerImageRegistry")

    def differences(
        self, new: Mapping[str, Any], old: Mapping[str, Any], version: Version | None = None
    ) -> Iterator[Change]:
        """A login or certificate can be changed but not removed; removal replaces the registry."""
        for change in super().differences(new, old, version):
            fixed = change.kind == "delete" and change.path.startswith("imageRegistry.")
            yield Change(change.path, change.kind, change.replace or fixed)

    async def create(self, request: Request, inputs: Values) -> tuple[str, Values]:
        client = request.session.client
        supervisor = await supervisor_of(request, inputs)
        body = await request_body(inputs, self.kind.inputs, request.session.inventory)

        async def create() -> dict[str, Any]:
            return {"id": await create_registry(client, supervisor, body)}

        async def find() -> dict[str, Any] | None:
            return await self._find_by_name(request, supervisor, inputs["name"])

        # vCenter would create a second registry of the same name without an error.
        existing = await find()
        info, refused = (
            (existing, None) if existing else await create_or_find(create, find, request.session.first_pause)
        )
        adopted = existing is not None or refused is not None
        registry = str(info["id"])
        if adopted:
            # A registry cannot be marked. One with the same name and address is adopted.
            address = dict(info["image_registry"]).get("hostname")
            if address != inputs["imageRegistry"]["hostname"]:
                raise PacificError(
                    f"a registry {inputs['name']} at {address} is on Supervisor {inputs['supervisor']} already",
                    fix=f"choose another name, or import it: "
                    f"pulumi import {self.kind.token} NAME {supervisor}/{registry}",
                )
            await update_registry(client, supervisor, registry, self._flat(body))
        return f"{supervisor}/{registry}", await self._state(request, supervisor, registry, inputs)

    async def read(
        self, request: Request, identifier: str, state: Mapping[str, Any] | None
    ) -> tuple[str, Values] | None:
        try:
            supervisor, registry = await read_identifier(request, identifier, "REGISTRY")
        except PacificError:
            if state is None:
                raise
            return None
        if state is None and (same_name := await self._find_by_name(request, supervisor, registry)) is not None:
            registry = str(same_name["id"])
        info = await read_registry(request.session.client, supervisor, registry)
        if info is None:
            return None
        return f"{supervisor}/{registry}", await self._values(request, supervisor, info, self.declared_inputs(state))

    async def update(self, request: Request, identifier: str, state: Values, inputs: Values) -> Values:
        supervisor, registry = await read_identifier(request, identifier, "REGISTRY")
        changed = {change.top for change in self.differences(inputs, state)}
        values = {name: inputs[name] for name in changed if name in inputs}
        body = self._flat(await request_body(values, self.kind.inputs, request.session.inventory))
        await update_registry(request.session.client, supervisor, registry, body)
        return await self._state(request, supervisor, registry, inputs)

    async def delete(self, request: Request, identifier: str, state: Values) -> None:
        del state
        try:
            supervisor, registry = await read_identifier(request, identifier, "REGISTRY")
        except PacificError:
            # The Supervisor no longer exists, and its registries went with it.
            return
        await delete_registry(request.session.client, supervisor, registry)

    @staticmethod
    def _flat(body: dict[str, Any]) -> dict[str, Any]:
        """``UpdateSpec``, which has address and login on the same level as the name."""
        return {**{key: body[key] for key in body if key != "image_registry"}, **body.get("image_registry", {})}

    async def _find_by_name(self, request: Request, supervisor: str, name: str) -> dict[str, Any] | None:
        registries = await list_registries(request.session.client, supervisor)
        return next((registry for registry in registries if registry.get("name") == name), None)

    async def _state(self, request: Request, supervisor: str, registry: str, inputs: Values) -> Values:
        info = await read_registry(request.session.client, supervisor, registry)
        if info is None:
            raise PacificError(f"the registry {inputs['name']} no longer exists", fix="run the same command again")
        return await self._values(request, supervisor, info, inputs)

    async def _values(self, request: Request, supervisor: str, info: dict[str, Any], declared: Values | None) -> Values:
        inventory = request.session.inventory
        values = await observed_values(info, self.kind.inputs, declared, inventory)
        values.setdefault("defaultRegistry", False)
        return {
            **values,
            "supervisor": await supervisor_notation(inventory, supervisor, declared),
            "registry": str(info["id"]),
        }
