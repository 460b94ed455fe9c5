"""Serves on a free port of 127.0.0.1 and prints it, as plugins do."""

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc  # type: ignore[import-untyped]
from pulumi.runtime.proto.language_pb2_grpc import add_LanguageRuntimeServicer_to_server

from pacific_sandbox.language_host.child import Children
from pacific_sandbox.language_host.server import LanguageHost, SdkHost

LARGEST_MESSAGE = 400 * 1024 * 1024
"""Bytes, as everywhere in Pulumi."""
ORPHAN_CHECK = 1.0
"""Seconds between two looks at whether the engine is still there."""


def main() -> None:
    """Serve until the engine ends us or is gone."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    engine = os.getppid()
    children = Children()
    server = grpc.server(
        ThreadPoolExecutor(16, thread_name_prefix="call"),
        options=[("grpc.max_receive_message_length", LARGEST_MESSAGE), ("grpc.max_send_message_length", -1)],
    )
    add_LanguageRuntimeServicer_to_server(_host(sys.argv[1:], children), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)  # noqa: T201
    while not stopped.wait(ORPHAN_CHECK) and os.getppid() == engine:
        pass
    children.close()
    server.stop(grace=0).wait(5)
    # Not through the interpreter's shutdown: it would wait for calls that the engine no longer awaits.
    os._exit(0)


def _host(arguments: list[str], children: Children) -> SdkHost:
    if arguments[:1] == ["sdk"]:
        return SdkHost(_engine_address(arguments[2:]), children, arguments[1])
    return LanguageHost(_engine_address(arguments), children)


def _engine_address(arguments: list[str]) -> str:
    """The last argument; the flags before it (logging, tracing) are for hosts that trace."""
    return arguments[-1] if arguments and not arguments[-1].startswith("-") else ""
