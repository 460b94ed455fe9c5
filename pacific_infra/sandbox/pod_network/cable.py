"""What joins a machine to the router: a pair of sockets, a frame for each datagram."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Final

LARGEST_FRAME: Final = 65536
_AT_ONCE: Final = 64
"""Frames that are taken of one machine before the others, and the rest of the process, have their turn."""
_BUFFER: Final = 2**21


class Cable:
    """The router's end, and until the machine has started its end too."""

    def __init__(self, address: bytes, pod: tuple[str, str], receive: Callable[["Cable", bytes], None]) -> None:
        """``pod``: namespace and name of whom the machine is for."""
        self.address, self.pod = address, pod
        self._receive = receive
        self._ours, self.machine_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        for end in (self._ours, self.machine_end):
            end.setblocking(False)
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
        asyncio.get_running_loop().add_reader(self._ours.fileno(), self._readable)

    def send(self, frame: bytes) -> None:
        """Send a frame to the machine. One that does not read loses it, as a switch does it."""
        with contextlib.suppress(OSError):
            self._ours.send(frame)

    def close(self) -> None:
        """Take it out."""
        if self._ours.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._ours.fileno())
        self._ours.close()
        self.machine_end.close()

    def _readable(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                frame = self._ours.recv(LARGEST_FRAME)
            except OSError:  # Nothing more for now, or the machine is gone, which others notice.
                return
            self._receive(self, frame)
            if self._ours.fileno() < 0:
                return
