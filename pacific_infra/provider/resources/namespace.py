"""``pacific:vcenter:Namespace`` in vCenter."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from pacific_infra.errors import PacificError
from pacific_infra.provider.checking import Failure, key_of
from pacific_infra.provider.comparing import Change, changes, with_identifiers
from pacific_infra.provider.models.introspection import properties
from pacific_infra.provider.models.namespace import AccessEntry, ResourceSpec
from pacific_infra.provider.models.namespace_network import NamespaceVpc
from pacific_infra.provider.models.registry import KINDS
from pacific_infra.provider.ownership import Owner, owner_of, unmarked
from pacific_infra.provider.resources.existing_object import ExistingObject, check_nothing_foreign_in
from pacific_infra.provider.resources.namespace_rules import classes_in_use, limits_under_use
from pacific_infra.provider.resources.resource import Incomplete, Request, Resource, Values, removal_progress
from pacific_infra.provider.resources.retrying import create_or_find, delete_with_retries
from pacific_infra.provider.session import Session
from pacific_infra.provider.waiting import Progress
from pacific_infra.provider.wire import observed_values, request_body
from pacific_infra.vcenter.errors import message_texts
from pacific_infra.vcenter.namespaces import (
    create_namespace,
    delete_namespace,
    is_inherited,
    read_namespace,
    remove_zone,
    update_namespace,
)

_FIXED = ("namespace", "supervisor", "networks", "namespace_network", "network_spec", "creator")


class NamespaceResource(Resource):
    """A vSphere Namespace, known by its name."""

    kind = next(kind for kind in KINDS if kind.name == "Namespace")
    _access = next(item for item in properties(kind.inputs) if item.name == "accessList")

    def known_outputs(self, inputs: Values, old: Mapping[str, Any] | None) -> Values:
        known = {"namespace": inputs["name"]} if "name" in inputs else {}
        if old is not None:
            known |= {name: old[name] for name in ("configStatus", "inheritedAccess") if name in old}
        return known

    async def refusals(self, session: Session, old: Values, new: Values) -> Sequence[Failure]:
        if not old:
            return ()
        return [*await limits_under_use(session, old, new), *await classes_in_use(session, old, new)]

    async def existing_object(self, session: Session, inputs: Values) -> ExistingObject | None:
        name, supervisor = inputs["name"], inputs["supervisor"]
        info = await read_namespace(session.client, name)
        if info is None or info.get("config_status") == "REMOVING":
            return None
        otherwise, actual = "", str(info.get("supervisor"))
        if isinstance(supervisor, str) and ("Supervisor", supervisor) not in session.announced:
            elsewhere = await session.inventory.identifier("Supervisor", supervisor) != actual
            otherwise = f"on the Supervisor {await session.inventory.name('Supervisor', actual)}" if elsewhere else ""
        command = f"pulumi import {self.kind.token} NAME {name}"
        return ExistingObject(f"the namespace {name}", command, owner_of(info.get("description")), otherwise)

    async def create(self, request: Request, inputs: Values) -> tuple[str, Values]:
        name = inputs["name"]
        body = await request_body(inputs, self.kind.inputs, request.session.inventory)
        body["description"] = Owner.of_urn(request.urn).marked(inputs.get("description"))
        await self._create_or_adopt(request, body, inputs)
        try:
            info = await self._wait_until_running(request, name)
        except PacificError as error:
            raise Incomplete(name, {**inputs, "namespace": name, "inheritedAccess": []}, error) from error
        named = {key_of(entry, self._access) for entry in inputs.get("accessList", [])}
        inherited = [
            entry for entry in await self._access_entries(request, info) if key_of(entry, self._access) not in named
        ]
        return name, await self._values(request, info, inputs, inherited)

    async def read(
        self, request: Request, identifier: str, state: Mapping[str, Any] | None
    ) -> tuple[str, Values] | None:
        info = await read_namespace(request.session.client, identifier)
        if info is None:
            return None
        if state is None:
            inherited = await self._read_inherited(request, identifier, info)
        else:
            inherited = list(state.get("inheritedAccess", []))
        return identifier, await self._values(
            request, {**info, "namespace": identifier}, self.declared_inputs(state), inherited
        )

    async def update(self, request: Request, identifier: str, state: Values, inputs: Values) -> Values:
        inventory = request.session.inventory
        new, old = [await with_identifiers(values, self.kind.inputs, inventory) for values in (inputs, state)]
        changed = list(changes(new, old, self.kind.inputs))
        inherited = list(state.get("inheritedAccess", []))
        body = await self._update_body(request, changed, inputs, state)
        if limits := self._limits(changed, inputs, state):
            body["resource_spec"] = limits
        current = await read_namespace(request.session.client, identifier) or {}
        self.check_not_owned_elsewhere(request, f"the namespace {identifier}", owner_of(current.get("description")))
        if body:
            if "description" in body or owner_of(current.get("description")) is None:
                text = body.get("description", unmarked(str(current.get("description") or "")))
                body["description"] = Owner.of_urn(request.urn).marked(text)
            await update_namespace(request.session.client, identifier, body)
        if inputs.get("zones"):
            for zone in sorted(self._zones(state) - self._zones(inputs)):
                await remove_zone(request.session.client, identifier, zone)
        info = await self._wait_until_running(request, identifier)
        return await self._values(request, info, inputs, inherited)

    async def delete(self, request: Request, identifier: str, state: Values) -> None:
        if state.get("deletionPolicy") == "Retain":
            text = f"the namespace {identifier} stays in vCenter with its contents: its deletionPolicy is Retain"
            await request.session.log.info(request.urn, text)
            return
        client, stack = request.session.client, Owner.of_urn(request.urn)
        info = await read_namespace(client, identifier)
        if info is None or await self.is_owned_elsewhere(
            request, f"the namespace {identifier}", owner_of(info.get("description"))
        ):
            return
        if info.get("config_status") != "REMOVING":
            await check_nothing_foreign_in(request.session, identifier, str(info.get("supervisor")), stack)
        find = self.of_no_other_stack(request, lambda: read_namespace(client, identifier))
        await delete_with_retries(lambda: delete_namespace(client, identifier), find, request.session.first_pause)
        await self._wait_until_removed(request, identifier)

    async def _create_or_adopt(self, request: Request, body: dict[str, Any], inputs: Values) -> None:
        client, name, pause = request.session.client, str(body["namespace"]), request.session.first_pause

        async def create() -> dict[str, Any]:
            await create_namespace(client, body)
            return {}

        async def find() -> dict[str, Any] | None:
            return await read_namespace(client, name)

        info, refused = await create_or_find(create, find, pause)
        if info.get("config_status") == "REMOVING":
            await self._wait_until_removed(request, name)
            info, refused = await create_or_find(create, find, pause)
        if refused is None:
            return
        await self.check_existing(request, inputs)
        await update_namespace(client, name, {key: body[key] for key in body if key not in _FIXED})

    async def _update_body(
        self, request: Request, changed: list[Change], inputs: Values, state: Values
    ) -> dict[str, Any]:
        """The changed properties, lists as a whole, without the limits."""
        tops = {change.top for change in changed}
        apart = {"resourceSpec", "networks", "networkSpec"}
        # In a PATCH an absent property means unchanged: the empty value clears one that is no longer declared.
        empty = {item.name: item.empty for item in properties(self.kind.inputs)}
        values = {name: inputs.get(name, empty[name]) for name in tops - apart}
        if "accessList" in tops:
            values["accessList"] = [*(inputs.get("accessList") or []), *state.get("inheritedAccess", [])]
        if "vmServiceSpec" in tops:
            service = inputs.get("vmServiceSpec") or {}
            # vCenter replaces the whole object. Versions treat an absent list differently, so it is sent empty.
            current = state.get("vmServiceSpec") or {}
            values["vmServiceSpec"] = {**{name: [] for name in current}, **service}
        body = await request_body(values, self.kind.inputs, request.session.inventory)
        if networking := await self._network_update(request, tops, inputs, state):
            body["network_spec"] = networking
        return body

    async def _network_update(self, request: Request, tops: set[str], inputs: Values, state: Values) -> dict[str, Any]:
        """``NetworkConfigUpdateSpec``, which differs from the specification of a create."""
        if "networks" in tops and inputs.get("networks") is not None:
            current = state.get("networks") or []
            change = {
                "networks_to_add": [name for name in inputs["networks"] if name not in current],
                "networks_to_remove": [name for name in current if name not in inputs["networks"]],
            }
            return {"network_provider": "VSPHERE_NETWORK", "vsphere_network_config": change}
        vpc = (inputs.get("networkSpec") or {}).get("vpcNetwork")
        if "networkSpec" not in tops or vpc is None:
            return {}
        sent = await request_body(vpc, NamespaceVpc, request.session.inventory, "networkSpec.vpcNetwork")
        sent.pop("vpc", None)
        sent.update(sent.pop("vpc_config", {}))
        return {"network_provider": "NSX_VPC", "vpc_config": sent}

    @staticmethod
    def _limits(changed: list[Change], inputs: Values, state: Values) -> dict[str, Any]:
        """The changed part of ``ResourceQuotaOptionsV1Update``."""
        desired, current = inputs.get("resourceSpec") or {}, state.get("resourceSpec") or {}
        paths = {change.path: change for change in changed}
        limits: dict[str, Any] = {}
        for item in properties(ResourceSpec):
            whole, single = paths.get("resourceSpec"), paths.get(f"resourceSpec.{item.name}")
            if item.name in desired and (whole or single):
                limits[item.wire] = desired[item.name]
            elif item.name in current and item.name not in desired and (whole or single):
                limits[f"{item.wire}_unset"] = True
        return limits

    async def _wait_until_running(self, request: Request, name: str) -> dict[str, Any]:
        """The namespace as it is when it is RUNNING."""
        last: dict[str, Any] = {}

        async def progress() -> Progress:
            info = await read_namespace(request.session.client, name)
            if info is None:
                raise PacificError(f"the namespace {name} no longer exists", fix="run the same command again")
            last.clear()
            last.update(info, namespace=name)
            status = str(info.get("config_status"))
            return Progress(
                done=status == "RUNNING",
                waits_for=f"state {status}",
                failed=status == "ERROR",
                messages=message_texts(info.get("messages")),
            )

        await request.wait(f"namespace {name}", progress)
        return last

    async def _wait_until_removed(self, request: Request, name: str) -> None:
        find = self.of_no_other_stack(request, lambda: read_namespace(request.session.client, name))
        await request.wait(f"namespace {name} to be removed", lambda: removal_progress(find))

    async def _read_inherited(self, request: Request, name: str, info: Mapping[str, Any]) -> list[Values]:
        """The access entries that vCenter calls inherited. Each costs a request, so this is for imports only."""
        raw = info.get("access_list") or []
        answers = await asyncio.gather(*(is_inherited(request.session.client, name, entry) for entry in raw))
        entries = await self._access_entries(request, info)
        return [entry for entry, inherited in zip(entries, answers, strict=True) if inherited]

    async def _access_entries(self, request: Request, info: Mapping[str, Any]) -> list[Values]:
        entries = info.get("access_list") or []
        return [await observed_values(entry, AccessEntry, None, request.session.inventory) for entry in entries]

    async def _values(
        self, request: Request, info: dict[str, Any], declared: Values | None, inherited: list[Values]
    ) -> Values:
        foreign = {key_of(entry, self._access) for entry in inherited}
        named = {key_of(entry, self._access) for entry in (declared or {}).get("accessList", [])}
        access = await self._access_entries(request, info)
        kept = [
            raw
            for raw, entry in zip(info.get("access_list") or [], access, strict=True)
            if key_of(entry, self._access) in named or key_of(entry, self._access) not in foreign
        ]
        shown = {**info, "access_list": kept, "description": unmarked(str(info.get("description") or ""))}
        values = await observed_values({**shown, "zones": None}, self.kind.inputs, declared, request.session.inventory)
        if declared is not None and "zones" in declared:
            values["zones"] = self._observed_zones(info, declared["zones"])
        if declared is None:
            # A user would declare neither the creator nor the network that vCenter created by itself.
            values.pop("creator", None)
            if (info.get("network_spec") or {}).get("vpc_network", {}).get("auto_created", True):
                values.pop("networkSpec", None)
        stats = info.get("stats") or {}
        return {
            **values,
            # An import declares nothing: the default.
            "deletionPolicy": (declared or {}).get("deletionPolicy", "Retain"),
            "namespace": str(info["namespace"]),
            "configStatus": str(info.get("config_status")),
            "stats": {
                "cpuUsed": int(stats.get("cpu_used", 0)),
                "memoryUsed": int(stats.get("memory_used", 0)),
                "storageUsed": int(stats.get("storage_used", 0)),
            },
            "inheritedAccess": inherited,
        }

    @staticmethod
    def _observed_zones(info: Mapping[str, Any], declared: list[Values]) -> list[Values]:
        """The actual zones. vCenter's answer lacks their limits, so these are reported as declared."""
        names = [str(zone.get("zone")) for zone in info.get("zones") or [] if not zone.get("marked_for_removal")]
        kept = [zone for zone in declared if zone["name"] in names]
        return [*kept, *({"name": name} for name in names if all(zone["name"] != name for zone in declared))]

    @staticmethod
    def _zones(values: Values) -> set[str]:
        return {str(zone["name"]) for zone in values.get("zones") or []}
