import asyncio

import pytest
from pulumi.provider.experimental import provider as sdk

from pacific_infra.errors import PacificError
from pacific_infra.provider.engine import EngineLog
from pacific_infra.provider.property_values import UNKNOWN
from pacific_infra.provider.provider import PacificProvider, configuration_values
from tests.support.provider_engine import CONFIGURATION, engine_on, values
from tests.support.wire_double import WireDouble


def test_json_text_is_decoded_and_plain_values_are_taken() -> None:
    arguments = {"server": "12", "insecure": "true", "waitTimeout": "30", "caFile": ""}
    assert configuration_values(arguments) == {"server": "12", "insecure": True, "waitTimeout": 30}
    assert configuration_values({"insecure": False, "errorGrace": 5}) == {"insecure": False, "errorGrace": 5}


def test_wrong_configuration_is_found_by_check_config() -> None:
    async def body() -> None:
        provider = PacificProvider(EngineLog(None))
        plain = {"server": "a", "waitTimeout": "soon"}
        answer = await provider.check_config(sdk.CheckRequest("", {}, values(plain), b""))
        assert [(failure.property, failure.reason) for failure in answer.failures or []] == [
            ("username", "is required"),
            ("waitTimeout", "got 'soon'; allowed: a whole number"),
        ]

    asyncio.run(body())


def test_password_is_kept_secret() -> None:
    async def body() -> None:
        answer = await PacificProvider(EngineLog(None)).check_config(
            sdk.CheckRequest("", {}, values(CONFIGURATION), b"")
        )
        assert answer.inputs is not None
        assert answer.inputs["password"].is_secret
        assert not answer.inputs["server"].is_secret

    asyncio.run(body())


def test_unknown_address_at_preview_asks_nothing() -> None:
    async def body() -> None:
        provider = PacificProvider(EngineLog(None))
        await provider.configure(sdk.ConfigureRequest({}, values({"server": UNKNOWN, "username": "u"}), True, True))
        urn = "urn:pulumi:dev::estate::pacific:vcenter:Namespace::shop"
        answer = await provider.check(
            sdk.CheckRequest(urn, {}, values({"supervisor": "s", "storageSpecs": [{"policy": "gold"}]}), b"")
        )
        assert not answer.failures
        with pytest.raises(PacificError, match="the vCenter to work on is not known"):
            await provider.create(sdk.CreateRequest(urn, values({"name": "shop", "supervisor": "s"}), 0, False))

    asyncio.run(body())


def test_without_any_configuration_only_what_needs_a_vcenter_fails_and_at_preview() -> None:
    async def body() -> None:
        provider = PacificProvider(EngineLog(None))
        nothing = values({"version": "0.1.0"})
        answer = await provider.check_config(sdk.CheckRequest("", {}, nothing, b""))
        assert not answer.failures
        await provider.configure(sdk.ConfigureRequest({}, nothing, True, True))
        urn = "urn:pulumi:dev::estate::pacific:vcenter:Namespace::shop"
        with pytest.raises(PacificError) as caught:
            await provider.check(sdk.CheckRequest(urn, {}, values({"supervisor": "s"}), b""))
        assert str(caught.value) == (
            "the vCenter to work on is not known: fix: set pacific:server and pacific:username, or give a provider"
        )
        with pytest.raises(PacificError, match="the vCenter to work on is not known"):
            await provider.invoke(sdk.InvokeRequest("pacific:vcenter:getVersion", {}))

    asyncio.run(body())


def test_a_vcenter_that_is_too_old_is_refused_at_preview(double: WireDouble) -> None:
    async def body() -> None:
        double.version = "7.0.3.00100"
        engine = await engine_on(double)
        with pytest.raises(PacificError) as caught:
            await engine.check("Namespace", "shop", {"supervisor": "supervisor-01"})
        assert str(caught.value) == "vCenter vcenter.test is too old: got '7.0.3'; allowed: 8.0.0 or newer"

    asyncio.run(body())


def test_vcenter_is_asked_for_its_version_once(double: WireDouble) -> None:
    async def body() -> None:
        engine = await engine_on(double)
        session = engine.provider._session
        assert session is not None
        first, second = await asyncio.gather(session.version(), session.version())
        assert first == second == (9, 1, 0)
        assert [path for _, path, _ in double.log].count("/appliance/system/version") == 1
        assert [path for _, path, _ in double.log].count("/session") == 1

    asyncio.run(body())
