"""Serves the provider over gRPC and fixes what the SDK's server gets wrong.

The SDK's server shows a Python traceback for every error, loses a resource whose creation was started but not finished,
answers DiffConfig wrongly, gives what does not exist a state, and keeps running after the engine has died.
"""

import asyncio
import os
import re
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import grpc  # type: ignore[import-untyped]
import grpc.aio  # type: ignore[import-untyped]
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.provider import DiffRequest
from pulumi.provider.experimental.server import ProviderServicer
from pulumi.provider.server import ProviderServicer as ComponentServicer
from pulumi.resource import CustomTimeouts, ResourceOptions
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from pacific_infra import __version__
from pacific_infra.errors import PacificError
from pacific_infra.provider.engine import EngineLog
from pacific_infra.provider.models.registry import KINDS
from pacific_infra.provider.property_values import property_values, secret_paths
from pacific_infra.provider.provider import Components, PacificProvider
from pacific_infra.provider.resources.resource import Incomplete

_METHODS = (
    "GetSchema",
    "CheckConfig",
    "DiffConfig",
    "Configure",
    "Check",
    "Diff",
    "Create",
    "Read",
    "Update",
    "Delete",
    "Construct",
    "Invoke",
)
_PARENT_CHECK = 2.0
# Messages of 400 MiB, and requests that wait half an hour for this process: what Pulumi's SDK gives its own servers.
_CHANNEL = (
    ("grpc.max_receive_message_length", 400 * 1024 * 1024),
    ("grpc.server_max_unrequested_time_in_server", 30 * 60),
)


class PacificServicer(ProviderServicer):
    """The SDK's servicer with our error handling."""

    async def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        """The SDK's method returns a boolean where the protocol has an enumeration."""
        old, new = PropertyValue.unmarshal_map(request.olds), PropertyValue.unmarshal_map(request.news)
        answer = await self._provider.diff_config(DiffRequest(request.urn, request.id, old, new, []))
        kind = provider_pb2.DiffResponse
        return kind(changes=kind.DIFF_SOME if answer.changes else kind.DIFF_NONE)

    async def Check(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        """The engine shows a failure with the value of its property, and of a part of one it finds none: `<nil>`."""
        answer = await super().Check(request, context)
        for failure in answer.failures:
            if failure.property not in request.news.fields and re.search(r"[.\[]", failure.property):
                failure.reason = f"{failure.property}: {failure.reason}"
                failure.property = ""
        return answer

    async def Read(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        """The SDK's method gives an object that is missing an empty state, which `pulumi import` records."""
        answer = await super().Read(request, context)
        return answer if answer.id else provider_pb2.ReadResponse()

    @staticmethod
    def _construct_options(request: Any) -> ResourceOptions:
        """The SDK's servicer for components reads more options than its newer one; both lose the timeouts."""
        options: ResourceOptions = ComponentServicer._construct_options(request)
        timeouts = request.customTimeouts
        if timeouts.create or timeouts.update or timeouts.delete:
            options.custom_timeouts = CustomTimeouts(
                timeouts.create or None, timeouts.update or None, timeouts.delete or None
            )
        return options

    def _construct_response(self, result: Any) -> Any:
        """The SDK's method loses the outputs' dependencies, except those inside the values themselves."""
        kind = provider_pb2.ConstructResponse
        dependencies = {
            name: kind.PropertyDependencies(urns=sorted(urns)) for name, urns in result.state_dependencies.items()
        }
        return kind(urn=result.urn, state=PropertyValue.marshal_map(result.state), stateDependencies=dependencies)


def _with_plain_errors(method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """``method`` that reports a PacificError as one sentence, without a traceback."""

    async def answer(self: PacificServicer, request: Any, context: Any) -> Any:
        try:
            return await method(self, request, context)
        except Exception as error:
            cause = _pacific_error(error)
            if isinstance(cause, Incomplete):
                await context.abort_with_status(_incomplete(request, cause))
            if cause is not None:
                await context.abort(grpc.StatusCode.UNKNOWN, str(cause))
            raise

    return answer


def _pacific_error(error: BaseException | None) -> PacificError | None:
    """The PacificError that ``error`` is or was caused by."""
    while error is not None and not isinstance(error, PacificError):
        error = error.__cause__ or error.__context__
    return error


class _Status(grpc.Status):  # type: ignore[misc]
    """A gRPC status with the details that the engine looks for."""

    def __init__(self, details: str, body: bytes) -> None:
        self.code = grpc.StatusCode.UNKNOWN
        self.details = details
        self.trailing_metadata = (("grpc-status-details-bin", body),)


def _incomplete(request: Any, error: Incomplete) -> _Status:
    """The status by which the engine keeps the resource, with its identifier and state, and retries at the next run."""
    token = request.urn.rpartition("::")[0].rpartition("::")[2].rpartition("$")[2]
    model = next(kind.inputs for kind in KINDS if kind.token == token)
    properties = request.properties if hasattr(request, "properties") else request.news
    values = property_values(error.state, model, secret_paths(PropertyValue.unmarshal_map(properties)))
    detail = provider_pb2.ErrorResourceInitFailed(
        id=error.identifier,
        properties=PropertyValue.marshal_map(values),
        reasons=[str(error)],
        inputs=properties,
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error))
    status.details.add().Pack(detail)
    return _Status(str(error), status.SerializeToString())


for _name in _METHODS:
    setattr(PacificServicer, _name, _with_plain_errors(getattr(PacificServicer, _name)))


async def serve(engine: str, components: Components | None = None) -> None:
    """Serve until the engine ends. The port is written to standard output, where the engine expects it."""
    provider = PacificProvider(EngineLog(engine), components)
    server = grpc.aio.server(options=_CHANNEL)
    servicer = PacificServicer([], __version__, provider, engine_address=engine)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    parent = os.getppid()
    try:
        while os.getppid() == parent:
            if await server.wait_for_termination(_PARENT_CHECK):
                continue
    finally:
        await provider.close()
        await server.stop(0)


def run(arguments: list[str], components: Components | None = None) -> int:
    """``pulumi-resource-pacific ENGINE``: serve the engine at that address."""
    addresses = [argument for argument in arguments if not argument.startswith("-")]
    if not addresses:
        sys.stderr.write("usage: pulumi-resource-pacific ENGINE_ADDRESS (Pulumi starts it)\n")
        return 2
    try:
        asyncio.run(serve(addresses[0], components))
    except KeyboardInterrupt:
        return 0
    return 0
