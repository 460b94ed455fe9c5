"""Free ports on 127.0.0.1; after a restart the same ones again, if they are still free."""

import random
import socket
from pathlib import Path

from pacific_infra.errors import PacificError
from pacific_sandbox.files import read_json, write_json

# Below the range that Linux and macOS take outgoing connections from (32768 and 49152 up), so that a port stays free
# while the sandbox is down.
_RANGE = range(20000, 32000)


class Ports:
    """The ports of one sandbox by name, remembered in ``path``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        stored = read_json(path)
        self._ports: dict[str, int] = stored if isinstance(stored, dict) else {}

    def choose(self, name: str) -> int:
        """The remembered port of ``name`` if it can be listened at, else another that can, now remembered."""
        port = self._ports.get(name)
        if port is not None and port_is_free(port):
            return port
        used = set(self._ports.values())
        for candidate in random.sample(_RANGE, 200):
            if candidate not in used and port_is_free(candidate):
                self._ports[name] = candidate
                write_json(self._path, self._ports)
                return candidate
        raise PacificError(
            f"no free port on 127.0.0.1 for {name}",
            allowed=f"{_RANGE.start} to {_RANGE.stop - 1}",
            fix="end some of the programs that listen there",
        )

    def forget(self, prefix: str) -> None:
        """Forget the ports whose names begin with ``prefix``."""
        self._ports = {name: port for name, port in self._ports.items() if not name.startswith(prefix)}
        write_json(self._path, self._ports)


def free_port() -> int:
    """A port of 127.0.0.1 on which nothing listens now. Raises PacificError."""
    for candidate in random.sample(_RANGE, 200):
        if port_is_free(candidate):
            return candidate
    raise PacificError("no free port on 127.0.0.1", fix="end some of the programs that listen there")


def port_is_free(port: int) -> bool:
    """Whether a server could listen at 127.0.0.1:``port`` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: connections in TIME_WAIT do not make a port taken, a listener does.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def listening_socket(port: int) -> socket.socket:
    """A socket that listens at 127.0.0.1:``port``; OSError where it is taken."""
    # With the protocol's name asyncio sends each write at once. Without it the second write of an answer waits 40 ms,
    # until the client has acknowledged the first.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(1024)
    except OSError:
        listener.close()
        raise
    return listener
