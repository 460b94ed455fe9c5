"""What joins a machine to the router: a pair of sockets, a frame for each datagram."""

import asyncio
import socket
from collections import deque
from collections.abc import Callable
from typing import Final

LARGEST_FRAME: Final = 65536
_AT_ONCE: Final = 64
"""Frames that are taken of one machine before the others, and the rest of the process, have their turn."""
_BUFFER: Final = 2**21
_WAITING: Final = 2048
"""Frames that wait for a machine that does not read as fast as others send."""


class Cable:
    """The router's end, and until the machine has started its end too."""

    def __init__(self, address: bytes, pod: tuple[str, str] | None, receive: Callable[["Cable", bytes], None]) -> None:
        """``pod``: namespace and name of the pod that the machine is for; None: of none."""
        self.address, self.pod = address, pod
        self._receive = receive
        self._waiting: deque[bytes] = deque()
        self._host_end, self.machine_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        for end in (self._host_end, self.machine_end):
            end.setblocking(False)
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._host_end.fileno(), self._readable)

    def send(self, frame: bytes) -> None:
        """Send a frame to the machine; when too many wait, it is lost, as a switch does it."""
        if self._waiting:
            if len(self._waiting) < _WAITING:
                self._waiting.append(frame)
        elif not self._sent(frame):
            self._waiting.append(frame)
            self._loop.add_writer(self._host_end.fileno(), self._writable)

    def close(self) -> None:
        """Take it out."""
        if self._host_end.fileno() >= 0:
            self._loop.remove_reader(self._host_end.fileno())
            self._loop.remove_writer(self._host_end.fileno())
        self._waiting.clear()
        self._host_end.close()
        self.machine_end.close()

    def _sent(self, frame: bytes) -> bool:
        """Whether it need not be sent again."""
        try:
            self._host_end.send(frame)
        except BlockingIOError:
            return False
        except OSError:  # The machine is gone, which others notice.
            return True
        return True

    def _writable(self) -> None:
        for _ in range(_AT_ONCE):
            if not self._waiting:
                self._loop.remove_writer(self._host_end.fileno())
                return
            if not self._sent(self._waiting[0]):
                return
            self._waiting.popleft()

    def _readable(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                frame = self._host_end.recv(LARGEST_FRAME)
            except OSError:  # Nothing more for now, or the machine is gone.
                return
            self._receive(self, frame)
            if self._host_end.fileno() < 0:
                return
