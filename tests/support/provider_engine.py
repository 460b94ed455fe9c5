"""A provider on a test double of vCenter, in this process."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi.provider.experimental import provider as sdk

from pacific_infra.provider.configuration import Configuration
from pacific_infra.provider.engine import EngineLog
from pacific_infra.provider.property_values import Properties, plain_properties, property_value
from pacific_infra.provider.provider import PacificProvider
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.settings import VCenterSettings
from pacific_infra.vcenter.supervisor_objects import SupervisorObject
from tests.support.wire_double import PASSWORD, WireDouble


class RecordingLog(EngineLog):
    """Keeps what would be shown."""

    def __init__(self) -> None:
        super().__init__(None)
        self.messages: list[str] = []
        self.first = asyncio.Event()

    async def _log(self, severity: Any, urn: str, text: str, *, ephemeral: bool) -> None:
        del severity, urn, ephemeral
        self.messages.append(text)
        self.first.set()


def values(plain: Mapping[str, Any]) -> Properties:
    """``plain`` as the engine sends it."""
    return {name: property_value(value) for name, value in plain.items()}


@dataclass
class Engine:
    """Does with one resource what Pulumi's engine does."""

    double: WireDouble
    provider: PacificProvider
    log: RecordingLog
    stack: str = "dev"
    state: Properties = field(default_factory=dict)
    inputs: Properties = field(default_factory=dict)
    identifier: str = ""

    def urn(self, kind: str, name: str) -> str:
        return f"urn:pulumi:{self.stack}::estate::pacific:index:Component$pacific:vcenter:{kind}::{name}"

    async def check(self, kind: str, name: str, plain: Mapping[str, Any]) -> list[tuple[str, str]]:
        answer = await self.provider.check(sdk.CheckRequest(self.urn(kind, name), self.inputs, values(plain), b""))
        self.checked = answer.inputs or {}
        return [(failure.property, failure.reason) for failure in answer.failures or []]

    async def create(self, kind: str, name: str, plain: Mapping[str, Any]) -> dict[str, Any]:
        assert await self.check(kind, name, plain) == []
        return await self.create_checked(kind, name)

    async def create_checked(self, kind: str, name: str) -> dict[str, Any]:
        """Create what was checked last, whatever the check has messages."""
        answer = await self.provider.create(sdk.CreateRequest(self.urn(kind, name), self.checked, 0, False))
        self.identifier, self.state, self.inputs = str(answer.resource_id), answer.properties, self.checked
        return plain_properties(self.state)

    async def diff(self, kind: str, name: str, plain: Mapping[str, Any]) -> sdk.DiffResponse:
        assert await self.check(kind, name, plain) == []
        return await self.provider.diff(
            sdk.DiffRequest(self.urn(kind, name), self.identifier, self.state, self.checked, [])
        )

    async def update(self, kind: str, name: str, plain: Mapping[str, Any]) -> dict[str, Any]:
        assert await self.check(kind, name, plain) == []
        answer = await self.provider.update(
            sdk.UpdateRequest(self.urn(kind, name), self.identifier, self.state, self.checked, 0, [], False)
        )
        self.state, self.inputs = answer.properties, self.checked
        return plain_properties(self.state)

    async def refresh(self, kind: str, name: str) -> dict[str, Any] | None:
        answer = await self.provider.read(
            sdk.ReadRequest(self.urn(kind, name), self.identifier, self.state, self.inputs)
        )
        if not answer.resource_id:
            return None
        self.state, self.inputs = answer.properties, answer.inputs
        return plain_properties(self.state)

    async def delete(self, kind: str, name: str, *, same_run: bool = False) -> None:
        """In another run than the create, whose provider is another process, unless that is the ``same_run``."""
        if not same_run:
            self.provider._created.clear()
        await self.provider.delete(sdk.DeleteRequest(self.urn(kind, name), self.identifier, self.state, 0))


CONFIGURATION = {"server": "vcenter.test", "username": "administrator@vsphere.local", "password": PASSWORD}


async def engine_on(double: WireDouble, stack: str = "dev", **configuration: Any) -> Engine:
    """A configured provider on ``double``."""
    log = RecordingLog()

    def make_client(result: Configuration) -> VCenterClient:
        return VCenterClient(result.settings(), transport=double.transport(), sleep=no_sleep)

    provider = PacificProvider(log, make_client=make_client, first_pause=0.01, objects_in=no_objects)
    variables = {**CONFIGURATION, "waitTimeout": "5", "errorGrace": "0", **configuration}
    await provider.configure(sdk.ConfigureRequest({}, values(variables), True, True))
    return Engine(double, provider, log, stack)


async def no_objects(endpoint: str, settings: VCenterSettings, namespaces: Iterable[str]) -> list[SupervisorObject]:
    """Namespaces with nothing in them."""
    del endpoint, settings, namespaces
    return []


async def no_sleep(seconds: float) -> None:
    """Time that does not pass."""
    del seconds
