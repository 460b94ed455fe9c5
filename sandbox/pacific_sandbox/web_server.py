"""Runs an ASGI application with TLS inside a process's own event loop."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn
from starlette.types import Receive, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

from pacific_infra.errors import PacificError
from pacific_sandbox.certificates import KeyPair

_CONNECTION = "connection"


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the process's own business."""
        yield


class _Protocol(H11Protocol):
    """Tells the application its connection, so that it can close it without an answer: ASGI has no word for that."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, _CONNECTION: transport}


async def close_connection(scope: Scope, receive: Receive) -> None:
    """Close the connection of a request that this server has taken, at once; what was not sent is not sent."""
    scope["state"][_CONNECTION].abort()
    while (await receive())["type"] != "http.disconnect":
        pass


class WebServer:
    """One application at one socket."""

    def __init__(self, name: str, app: Any, listener: socket.socket, tls: KeyPair) -> None:
        self._name = name
        self._listener = listener
        configuration = uvicorn.Config(
            app,
            http=_Protocol,
            ssl_certfile=str(tls.certificate),
            ssl_keyfile=str(tls.key),
            log_config=None,
            access_log=False,
            lifespan="on",
            # Longer than clients keep a connection for its next request: some do not look whether it still is one.
            timeout_keep_alive=120,
            timeout_graceful_shutdown=1,
        )
        self._server = _Server(configuration)
        self._task: asyncio.Task[None] | None = None

    async def start(self, within: float) -> None:
        """Serve; returns when the application has started. Raises PacificError where it does not, or not in time."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._listener]), name=self._name)
        try:
            async with asyncio.timeout(within):
                while not self._server.started:
                    if self._task.done():
                        self._task.result()
                        raise self._failure("did not start")
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise self._failure(f"did not start within {within:.0f} s") from None

    async def wait(self) -> None:
        """Until it is stopped. Raises PacificError where it ends by itself."""
        if self._task is not None:
            await asyncio.wait([self._task])
            if not self._server.should_exit:
                raise self._failure("ended")

    async def stop(self) -> None:
        """Finish what is being answered, for a few seconds, and end the application."""
        self._server.should_exit = True
        if self._task is not None:
            await asyncio.wait([self._task])

    def _failure(self, problem: str) -> PacificError:
        return PacificError(f"the {self._name} {problem}", fix="read `pacific sandbox logs daemon`")
