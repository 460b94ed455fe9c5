"""Ports of this computer that lead to machines: a free one of 127.0.0.1 for each."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Final, cast

from pacific_infra.errors import PacificError
from pacific_sandbox.pod_network.frames import TCP
from pacific_sandbox.pod_network.router import Router
from pacific_sandbox.pod_network.services import Target
from pacific_sandbox.ports import free_port

PORTS_ANNOTATION: Final = "sandbox.pacific.infra/ports"
"""Where the ports of a pod or a Service are on this computer: JSON, ``{"8080/tcp": "127.0.0.1:20080"}``."""
_CLIENTS: Final = 256
"""Senders of datagrams that one port remembers for the answers."""
Choose = Callable[[], Target | None]
"""Where the next connection is to go; None: nowhere."""


def always(target: Target) -> Choose:
    """Every connection goes to the same one."""
    return lambda: target


class ComputerPorts:
    """Some ports, opened and closed together."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._servers: list[asyncio.Server | asyncio.DatagramTransport] = []

    async def open(self, protocol: int, choose: Choose, preferred: int | None = None) -> int:
        """Lead connections, or datagrams, to what ``choose`` gives: the port. ``wanted`` is taken if it is free.

        Raises PacificError where no port is free.
        """
        loop = asyncio.get_running_loop()
        ports = ([preferred] if preferred else []) + [free_port() for _ in range(3)]
        for port in ports:
            try:
                if protocol == TCP:
                    self._servers.append(await loop.create_server(lambda: self._connect(choose), "127.0.0.1", port))
                else:
                    transport, _ = await loop.create_datagram_endpoint(
                        lambda: _Datagrams(self._router, choose), ("127.0.0.1", port)
                    )
                    self._servers.append(transport)
            except OSError:  # Somebody else was faster.
                continue
            return port
        raise PacificError("no free port on 127.0.0.1", fix="end some of the programs that listen there")

    def close(self) -> None:
        """Listen no more."""
        for server in self._servers:
            server.close()
        self._servers.clear()

    def _connect(self, choose: Choose) -> asyncio.Protocol:
        target = choose()
        endpoint = self._router.dial(target) if target is not None else None
        return endpoint or _Closed()


class _Closed(asyncio.Protocol):
    """Nobody is there."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            transport.abort()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, router: Router, choose: Choose) -> None:
        self._router, self._choose = router, choose
        self._senders: dict[tuple[str, int], tuple[Callable[[bytes], None], Callable[[], None]]] = {}
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # By its type it is one from Python 3.12 on only.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if addr not in self._senders:
            target = self._choose()
            if target is None:
                return
            if len(self._senders) >= _CLIENTS:
                _, end = self._senders.pop(next(iter(self._senders)))
                end()
            self._senders[addr] = self._router.open_datagrams(target, lambda answer: self._answer(answer, addr))
        self._senders[addr][0](data)

    def _answer(self, data: bytes, client: tuple[str, int]) -> None:
        if self._transport is not None:
            with contextlib.suppress(OSError):
                self._transport.sendto(data, client)
