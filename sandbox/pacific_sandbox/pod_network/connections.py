"""The connections that pass the router, each under the addresses of both sides. Pure but for the time it is given."""

from dataclasses import dataclass
from typing import Final

from pacific_sandbox.pod_network.frames import FIN, RST, TCP, Packet, Tuple

_IDLE: Final = {TCP: 3600.0}
_IDLE_OTHERS: Final = 60.0
_CLOSING: Final = 30.0
"""Seconds that a connection is remembered after its last packet: open, not TCP, and closed by one side."""


@dataclass(slots=True)
class Connection:
    """A connection as the one who opened it sees it, and as the other one does."""

    opened: Tuple
    translated: Tuple
    seen: float
    """When its last packet came, by the router's clock."""
    checked: int
    """The state of the policies by which it was last allowed."""
    closing: bool = False


class Connections:
    """Finds a packet's connection, in either direction."""

    def __init__(self) -> None:
        self._of: dict[Tuple, tuple[Connection, Tuple]] = {}

    def __len__(self) -> int:
        return len(self._of) // 2

    def open(self, opened: Tuple, translated: Tuple, *, now: float, checked: int) -> Connection:
        """Remember a connection: packets of ``opened`` go on as ``translated``, answers come back the same way."""
        connection = Connection(opened, translated, now, checked)
        self._of[opened] = (connection, translated)
        self._of[reverse(translated)] = (connection, reverse(opened))
        return connection

    def find(self, packet: Packet, now: float) -> tuple[Connection, Tuple] | None:
        """The packet's connection, and what the packet's addresses are to be."""
        known = self._of.get(packet.connection)
        if known is not None:
            connection = known[0]
            connection.seen = now
            if packet.flags & (FIN | RST):
                connection.closing = True
        return known

    def forget(self, connection: Connection) -> None:
        """Its next packet belongs to no known connection."""
        self._of.pop(connection.opened, None)
        self._of.pop(reverse(connection.translated), None)

    def forget_address(self, address: bytes) -> None:
        """The machine with this address is gone."""
        for connection in {id(connection): connection for connection, _ in self._of.values()}.values():
            ends = (connection.opened[1], connection.opened[3], connection.translated[1], connection.translated[3])
            if address in ends:
                self.forget(connection)

    def expire(self, now: float) -> None:
        """Forget those whose time is over."""
        for connection in {id(connection): connection for connection, _ in self._of.values()}.values():
            idle = _CLOSING if connection.closing else _IDLE.get(connection.opened[0], _IDLE_OTHERS)
            if now - connection.seen > idle:
                self.forget(connection)


def reverse(connection: Tuple) -> Tuple:
    """The same connection in the other direction."""
    protocol, source, source_port, destination, destination_port = connection
    return protocol, destination, destination_port, source, source_port
