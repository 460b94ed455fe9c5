"""The provider over gRPC, as the engine calls it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc  # type: ignore[import-untyped]
import grpc.aio  # type: ignore[import-untyped]
import pytest
from google.protobuf import empty_pb2  # type: ignore[import-untyped]
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from pacific_infra.provider.server import PacificServicer
from tests.support.provider_engine import Engine, engine_on, values
from tests.support.wire_double import WireDouble

NAMESPACE = {"name": "shop", "supervisor": "supervisor-01"}


@asynccontextmanager
async def served(double: WireDouble) -> AsyncIterator[tuple[Any, Engine]]:
    engine = await engine_on(double, errorGrace="5")
    server = grpc.aio.server()
    servicer = PacificServicer([], "0.1.0", engine.provider, engine_address="")
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield provider_pb2_grpc.ResourceProviderStub(channel), engine
    await server.stop(0)


def create_request(engine: Engine, kind: str, plain: dict[str, Any]) -> Any:
    properties = PropertyValue.marshal_map(values(plain))
    return provider_pb2.CreateRequest(urn=engine.urn(kind, plain["name"]), properties=properties)


def test_an_error_is_one_sentence_without_a_traceback(double: WireDouble) -> None:
    async def body() -> None:
        async with served(double) as (stub, engine):
            request = create_request(engine, "Namespace", {**NAMESPACE, "supervisor": "supervisor-99"})
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await stub.Create(request)
            assert caught.value.details() == (
                "supervisor: no such Supervisor in vCenter: got 'supervisor-99'; allowed: supervisor-01"
            )

    asyncio.run(body())


def test_what_does_not_exist_has_no_state_so_that_an_import_of_it_fails(double: WireDouble) -> None:
    async def body() -> None:
        async with served(double) as (stub, engine):
            await stub.Create(create_request(engine, "Namespace", NAMESPACE))
            urn = engine.urn("Namespace", "shop")
            existing = await stub.Read(provider_pb2.ReadRequest(id="shop", urn=urn))
            assert (existing.id, existing.properties["supervisor"]) == ("shop", "supervisor-01")
            missing = await stub.Read(provider_pb2.ReadRequest(id="shpo", urn=urn))
            assert (missing.id, missing.HasField("properties"), missing.HasField("inputs")) == ("", False, False)

    asyncio.run(body())


def test_a_part_of_a_property_is_named_in_the_reason_since_the_engine_finds_no_value_for_it(double: WireDouble) -> None:
    async def body() -> None:
        async with served(double) as (stub, engine):
            properties = values({**NAMESPACE, "supervisor": "supervisor-99", "resourceSpec": {"cpuLimit": -5}})
            request = provider_pb2.CheckRequest(
                urn=engine.urn("Namespace", "shop"), news=PropertyValue.marshal_map(properties)
            )
            answer = await stub.Check(request)
            assert [(failure.property, failure.reason) for failure in answer.failures] == [
                ("", "resourceSpec.cpuLimit: got -5; allowed: 10 or more")
            ]

    asyncio.run(body())


def test_a_creation_that_is_cut_off_keeps_its_identifier(double: WireDouble) -> None:
    async def body() -> None:
        double.settle = 10**6
        async with served(double) as (stub, engine):
            request = create_request(engine, "Namespace", NAMESPACE)
            described = PropertyValue("not for all eyes", is_secret=True)
            request.properties.update(PropertyValue.marshal_map({"description": described}))
            call = asyncio.ensure_future(stub.Create(request))
            await engine.log.first.wait()
            await stub.Cancel(empty())
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call
            status = status_pb2.Status.FromString(dict(caught.value.trailing_metadata())["grpc-status-details-bin"])
            detail = provider_pb2.ErrorResourceInitFailed()
            assert status.details[0].Unpack(detail)
            assert detail.id == "shop"
            assert detail.properties["supervisor"] == "supervisor-01"
            # The state of what is not done yet keeps the user's secrets as such.
            assert PropertyValue.unmarshal_map(detail.properties)["description"] == described
            assert detail.reasons == [
                "interrupted while waiting for namespace shop: fix: run the same command again; it continues from here"
            ]

    asyncio.run(body())


def test_a_long_create_holds_nobody_up(double: WireDouble) -> None:
    async def body() -> None:
        double.settle = 10**6
        async with served(double) as (stub, engine):
            slow = asyncio.ensure_future(stub.Create(create_request(engine, "Namespace", NAMESPACE)))
            await engine.log.first.wait()
            plain = {"name": "tiny", "cpuCount": 2, "memoryMib": 1024}
            answer = await stub.Create(create_request(engine, "VirtualMachineClass", plain), timeout=60)
            assert answer.id == "tiny"
            assert not slow.done()
            await stub.Cancel(empty())
            with pytest.raises(grpc.aio.AioRpcError):
                await slow

    asyncio.run(body())


def test_another_address_never_replaces(double: WireDouble) -> None:
    async def body() -> None:
        async with served(double) as (stub, _):
            kind = provider_pb2.DiffResponse
            olds = PropertyValue.marshal_map(values({"server": "a"}))
            news = PropertyValue.marshal_map(values({"server": "b"}))
            changed = await stub.DiffConfig(provider_pb2.DiffRequest(olds=olds, news=news))
            assert (changed.changes, list(changed.replaces)) == (kind.DIFF_SOME, [])
            same = await stub.DiffConfig(provider_pb2.DiffRequest(olds=olds, news=olds))
            assert same.changes == kind.DIFF_NONE

    asyncio.run(body())


def test_schema_is_served(double: WireDouble) -> None:
    async def body() -> None:
        async with served(double) as (stub, _):
            answer = await stub.GetSchema(provider_pb2.GetSchemaRequest())
            assert '"pacific:vcenter:Namespace"' in answer.schema

    asyncio.run(body())


def empty() -> Any:
    return empty_pb2.Empty()
