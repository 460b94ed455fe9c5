"""Sends messages to the Pulumi engine, such as what a resource waits for, shown in its row of the progress display."""

import grpc.aio  # type: ignore[import-untyped]
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc


class EngineLog:
    """The engine's log. ``address`` is None outside a run; then nothing is logged."""

    def __init__(self, address: str | None) -> None:
        self._address = address
        self._stub: engine_pb2_grpc.EngineStub | None = None

    async def status(self, urn: str, text: str) -> None:
        """Show ``text`` in the row of ``urn`` until the next message."""
        await self._log(engine_pb2.LogSeverity.INFO, urn, text, ephemeral=True)

    async def info(self, urn: str, text: str) -> None:
        """Log ``text`` permanently."""
        await self._log(engine_pb2.LogSeverity.INFO, urn, text, ephemeral=False)

    async def warning(self, urn: str, text: str) -> None:
        """Warn of ``text``."""
        await self._log(engine_pb2.LogSeverity.WARNING, urn, text, ephemeral=False)

    async def _log(self, severity: "engine_pb2.LogSeverity.ValueType", urn: str, text: str, *, ephemeral: bool) -> None:
        if self._address is None:
            return
        if self._stub is None:
            self._stub = engine_pb2_grpc.EngineStub(grpc.aio.insecure_channel(self._address))
        request = engine_pb2.LogRequest(severity=severity, message=text, urn=urn, ephemeral=ephemeral)
        try:
            await self._stub.Log(request, timeout=5)
        except grpc.aio.AioRpcError:
            # The engine has ended, so further messages would fail too.
            self._address = None
