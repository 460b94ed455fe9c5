"""``pacific:vcenter:VirtualMachineClass`` in vCenter."""

from collections.abc import Mapping
from typing import Any

from pacific_infra.errors import PacificError
from pacific_infra.provider.comparing import changes, with_identifiers
from pacific_infra.provider.models.registry import KINDS
from pacific_infra.provider.ownership import Owner, owner_of, unmarked
from pacific_infra.provider.resources.existing_object import ExistingObject
from pacific_infra.provider.resources.resource import Request, Resource, Values, removal_progress
from pacific_infra.provider.resources.retrying import create_or_find, delete_with_retries
from pacific_infra.provider.session import Session
from pacific_infra.provider.waiting import Progress
from pacific_infra.provider.wire import observed_values, request_body
from pacific_infra.vcenter.errors import message_texts
from pacific_infra.vcenter.virtual_machine_classes import (
    create_virtual_machine_class,
    delete_virtual_machine_class,
    read_virtual_machine_class,
    update_virtual_machine_class,
)

_CLEARED: dict[str, Any] = {
    "cpu_reservation": 0,
    "memory_reservation": 0,
    "description": "",
    "devices": {"vgpu_devices": [], "dynamic_direct_path_IO_devices": []},
    "config_spec": {"_typeName": "VirtualMachineConfigSpec"},
}
"""The value that clears a property: in a class's PATCH an absent property means unchanged."""


class VirtualMachineClassResource(Resource):
    """A VM class, known by its name."""

    kind = next(kind for kind in KINDS if kind.name == "VirtualMachineClass")

    def known_outputs(self, inputs: Values, old: Mapping[str, Any] | None) -> Values:
        del inputs
        return {} if old is None else {name: old[name] for name in ("configStatus",) if name in old}

    async def existing_object(self, session: Session, inputs: Values) -> ExistingObject | None:
        name = inputs["name"]
        info = await read_virtual_machine_class(session.client, name)
        if info is None or info.get("config_status") == "REMOVING":
            return None
        command = f"pulumi import {self.kind.token} NAME {name}"
        return ExistingObject(f"the VM class {name}", command, owner_of(info.get("description")))

    async def create(self, request: Request, inputs: Values) -> tuple[str, Values]:
        client, owner, name = request.session.client, Owner.of_urn(request.urn), inputs["name"]
        body = await request_body(inputs, self.kind.inputs, request.session.inventory)
        body["description"] = owner.marked(inputs.get("description"))

        async def create() -> dict[str, Any]:
            await create_virtual_machine_class(client, body)
            return {}

        _, refused = await create_or_find(
            create, lambda: read_virtual_machine_class(client, name), request.session.first_pause
        )
        if refused is not None:
            await self.check_existing(request, inputs)
            await update_virtual_machine_class(client, name, {key: body[key] for key in body if key != "id"})
        await request.wait(f"VM class {name}", lambda: self._ready(request, name))
        return name, await self._state(request, name, inputs)

    async def read(
        self, request: Request, identifier: str, state: Mapping[str, Any] | None
    ) -> tuple[str, Values] | None:
        info = await read_virtual_machine_class(request.session.client, identifier)
        if info is None:
            return None
        return identifier, await self._values(request, info, self.declared_inputs(state))

    async def update(self, request: Request, identifier: str, state: Values, inputs: Values) -> Values:
        inventory = request.session.inventory
        new, old = [await with_identifiers(values, self.kind.inputs, inventory) for values in (inputs, state)]
        changed = {change.top for change in changes(new, old, self.kind.inputs)}
        body = await request_body({name: inputs.get(name) for name in changed}, self.kind.inputs, inventory)
        for name in changed - inputs.keys():
            attribute = next(key for key, item in self.kind.inputs.model_fields.items() if item.alias == name)
            if attribute in _CLEARED:
                body[attribute] = _CLEARED[attribute]
            elif attribute == "instance_storage":
                policy = (await request_body({name: state[name]}, self.kind.inputs, inventory))[attribute]["policy"]
                body[attribute] = {"policy": policy, "volumes": []}
        if body:
            current = await read_virtual_machine_class(request.session.client, identifier) or {}
            self.check_not_owned_elsewhere(request, f"the VM class {identifier}", owner_of(current.get("description")))
            if "description" in body or owner_of(current.get("description")) is None:
                text = body.get("description", unmarked(str(current.get("description") or "")))
                body["description"] = Owner.of_urn(request.urn).marked(text)
            await update_virtual_machine_class(request.session.client, identifier, body)
        return await self._state(request, identifier, inputs)

    async def delete(self, request: Request, identifier: str, state: Values) -> None:
        del state
        client = request.session.client
        info = await read_virtual_machine_class(client, identifier)
        if info is None or await self.is_owned_elsewhere(
            request, f"the VM class {identifier}", owner_of(info.get("description"))
        ):
            return
        if users := [*sorted(info.get("namespaces") or []), *sorted(info.get("vms") or [])]:
            # vCenter would keep it in the state REMOVING, unusable, until the last of them is deleted.
            raise PacificError(
                f"the VM class {identifier} is still used by {', '.join(users)}",
                fix="remove it from these namespaces, delete or resize these VMs, then run the same command again",
            )
        find = self.of_no_other_stack(request, lambda: read_virtual_machine_class(client, identifier))
        pause = request.session.first_pause
        await delete_with_retries(lambda: delete_virtual_machine_class(client, identifier), find, pause)
        await request.wait(f"VM class {identifier} to be removed", lambda: removal_progress(find))

    async def _ready(self, request: Request, name: str) -> Progress:
        info = await read_virtual_machine_class(request.session.client, name) or {}
        status = str(info.get("config_status", "READY"))
        return Progress(
            done=bool(info) and status == "READY",
            waits_for=f"state {status}",
            messages=message_texts(info.get("messages")),
        )

    async def _state(self, request: Request, name: str, inputs: Values) -> Values:
        info = await read_virtual_machine_class(request.session.client, name)
        if info is None:
            raise PacificError(f"the VM class {name} no longer exists", fix="run the same command again")
        return await self._values(request, info, inputs)

    async def _values(self, request: Request, info: dict[str, Any], declared: Values | None) -> Values:
        shown = {**info, "description": unmarked(str(info.get("description") or ""))}
        values = await observed_values(shown, self.kind.inputs, declared, request.session.inventory)
        return {
            **values,
            "configStatus": str(info.get("config_status", "READY")),
            "namespaces": sorted(info.get("namespaces") or []),
            "vms": sorted(info.get("vms") or []),
        }
