"""``pacific:vcenter:ContentLibrary`` in vCenter."""

from collections.abc import Iterator, Mapping
from typing import Any

from pacific_infra.errors import PacificError
from pacific_infra.provider.comparing import Change
from pacific_infra.provider.models.registry import KINDS
from pacific_infra.provider.ownership import Owner, owner_of, unmarked
from pacific_infra.provider.resources.existing_object import ExistingObject
from pacific_infra.provider.resources.resource import Request, Resource, Values
from pacific_infra.provider.resources.retrying import create_or_find, delete_with_retries
from pacific_infra.provider.session import Session
from pacific_infra.provider.wire import observed_values, request_body
from pacific_infra.vcenter.content_libraries import (
    create_library,
    delete_library,
    find_library,
    read_library,
    update_library,
)
from pacific_infra.vcenter.version import Version

_SUBSCRIPTION = "subscriptionInfo"


class ContentLibraryResource(Resource):
    """A content library, known by its identifier; for an import also by its name."""

    kind = next(kind for kind in KINDS if kind.name == "ContentLibrary")

    def differences(
        self, new: Mapping[str, Any], old: Mapping[str, Any], version: Version | None = None
    ) -> Iterator[Change]:
        """A local library cannot become a subscribed one."""
        for change in super().differences(new, old, version):
            fixed = change.path == _SUBSCRIPTION and change.kind != "update"
            yield Change(change.path, change.kind, change.replace or fixed)

    async def existing_object(self, session: Session, inputs: Values) -> ExistingObject | None:
        info = await find_library(session.client, inputs["name"])
        if info is None:
            return None
        datastore = await session.inventory.identifier("datastore", inputs["datastore"], place="datastore")
        subscribed = inputs.get(_SUBSCRIPTION) is not None
        otherwise = ""
        if datastore not in _datastores(info):
            otherwise = (
                f"on {', '.join([await session.inventory.name('datastore', held) for held in _datastores(info)])}"
            )
        elif subscribed != (info["type"] == "SUBSCRIBED"):
            otherwise = f"as a {str(info['type']).lower()} one"
        command = f"pulumi import {self.kind.token} NAME {info['id']}"
        owner = owner_of(info.get("description"))
        return ExistingObject(f"the content library {inputs['name']}", command, owner, otherwise)

    async def create(self, request: Request, inputs: Values) -> tuple[str, Values]:
        session, name = request.session, inputs["name"]
        body = await self._body(request, inputs)
        datastore = await session.inventory.identifier("datastore", inputs["datastore"], place="datastore")

        async def create() -> dict[str, Any]:
            return {"id": await create_library(session.client, body, datastore)}

        async def find() -> dict[str, Any] | None:
            return await find_library(session.client, name)

        # vCenter may make a second library of one name without an error.
        existing = await find()
        info, refused = (existing, None) if existing else await create_or_find(create, find, session.first_pause)
        library = str(info["id"])
        if existing is not None or refused is not None:
            await self.check_existing(request, inputs)
            await update_library(session.client, library, _kind(body), body)
        return library, await self._state(request, library, inputs)

    async def read(
        self, request: Request, identifier: str, state: Mapping[str, Any] | None
    ) -> tuple[str, Values] | None:
        info = await read_library(request.session.client, identifier)
        if info is None and state is None:
            info = await find_library(request.session.client, identifier)
        if info is None:
            return None
        return str(info["id"]), await self._values(request, info, self.declared_inputs(state))

    async def update(self, request: Request, identifier: str, state: Values, inputs: Values) -> Values:
        client = request.session.client
        info = await read_library(client, identifier)
        if info is not None:
            self.check_not_owned_elsewhere(
                request, f"the content library {inputs['name']}", owner_of(info.get("description"))
            )
            body = await self._body(request, inputs)
            if (inputs.get(_SUBSCRIPTION) or {}).get("password") == (state.get(_SUBSCRIPTION) or {}).get("password"):
                body.get("subscription_info", {}).pop("password", None)
            await update_library(client, identifier, str(info["type"]), body)
        return await self._state(request, identifier, inputs)

    async def delete(self, request: Request, identifier: str, state: Values) -> None:
        client, subject = request.session.client, f"the content library {state.get('name', identifier)}"
        info = await read_library(client, identifier)
        if info is None or await self.is_owned_elsewhere(request, subject, owner_of(info.get("description"))):
            return
        if state.get("deletionPolicy", "Retain") == "Retain":
            text = f"{subject} stays in vCenter with its images: its deletionPolicy is Retain"
            await request.session.log.warning(request.urn, text)
            return
        await delete_with_retries(
            lambda: delete_library(client, identifier, str(info["type"])),
            lambda: read_library(client, identifier),
            request.session.first_pause,
        )

    async def _body(self, request: Request, inputs: Values) -> dict[str, Any]:
        """``LibraryModel`` without what cannot change; the description has the owner."""
        body = await request_body(inputs, self.kind.inputs, request.session.inventory)
        body["description"] = Owner.of_urn(request.urn).marked(inputs.get("description"))
        subscription = body.get("subscription_info")
        if subscription is not None:
            subscription["authentication_method"] = "BASIC" if "user_name" in subscription else "NONE"
        return body

    async def _state(self, request: Request, library: str, inputs: Values) -> Values:
        info = await read_library(request.session.client, library)
        if info is None:
            raise PacificError(
                f"the content library {inputs['name']} no longer exists", fix="run the same command again"
            )
        return await self._values(request, info, inputs)

    async def _values(self, request: Request, info: dict[str, Any], declared: Values | None) -> Values:
        inventory = request.session.inventory
        shown = {**info, "description": unmarked(str(info.get("description") or ""))}
        values = await observed_values(shown, self.kind.inputs, declared, inventory)
        held, notation = _datastores(info), (declared or {}).get("datastore")
        if notation not in held and not any([await inventory.name("datastore", key) == notation for key in held]):
            notation = await inventory.name("datastore", held[0]) if held else ""
        return {
            **values,
            "datastore": notation,
            "deletionPolicy": (declared or {}).get("deletionPolicy", "Retain"),
            "library": str(info["id"]),
        }


def _kind(body: Mapping[str, Any]) -> str:
    return "SUBSCRIBED" if "subscription_info" in body else "LOCAL"


def _datastores(info: Mapping[str, Any]) -> list[str]:
    return [str(backing["datastore_id"]) for backing in info.get("storage_backings") or [] if "datastore_id" in backing]
