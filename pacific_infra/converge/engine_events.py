"""The engine's events while it runs: it sends them to a server in this process.

Pulumi's Automation API has such a server too, in methods that are not public, and public ones that make three further
calls of the CLI to read outputs and history back. Messages and flag are those of Pulumi 3.206 and newer.
"""

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc  # type: ignore[import-untyped]  # no stubs are installed
from google.protobuf.empty_pb2 import Empty  # type: ignore[import-untyped]  # as above
from pulumi.automation import EngineEvent
from pulumi.runtime.proto.events_pb2_grpc import EventsServicer, add_EventsServicer_to_server

from pacific_infra.converge.engine_failures import OnEvent
from pacific_infra.steady_time import steady_time

LARGEST_EVENT = 400 * 2**20
"""Bytes; an event has the properties of its resource twice."""
_GRACE = 5.0
"""Seconds that events on their way have after the engine's end."""


@contextmanager
def receiving_events(receive: Callable[[EngineEvent], object]) -> Iterator[str]:
    """In the block ``receive`` gets the events of an engine that is told the address, as ``--event-log``.

    What ``receive`` raises is raised at the end of the block.
    """
    server = grpc.server(ThreadPoolExecutor(1), options=[("grpc.max_receive_message_length", LARGEST_EVENT)])
    events = _Events(receive)
    add_EventsServicer_to_server(events, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"tcp://127.0.0.1:{port}"
    finally:
        server.stop(grace=_GRACE).wait()
    if events.failure is not None:
        raise events.failure


class HeldEvents:
    """Keeps the events of a run that waits, and hands them on as if they had come when it goes on."""

    def __init__(self, receive: OnEvent) -> None:
        self._receive = receive
        self._mutex = threading.Lock()
        self._held: list[EngineEvent] | None = []

    def event(self, event: EngineEvent, now: float) -> None:
        """Take in an event."""
        with self._mutex:
            if self._held is not None:
                self._held.append(event)
                return
        self._receive(event, now)

    def hand_on(self) -> None:
        """From now on nothing is kept."""
        with self._mutex:
            for event in self._held or ():
                self._receive(event, steady_time())
            self._held = None


class _Events(EventsServicer):
    def __init__(self, receive: Callable[[EngineEvent], object]) -> None:
        self.failure: Exception | None = None
        self._receive = receive

    def StreamEvents(self, request_iterator: Iterable[Any], context: Any) -> Empty:  # noqa: N802 - the method's name in gRPC
        """The stream is read to its end in any case: the engine waits for that."""
        for request in request_iterator:
            try:
                self._receive(EngineEvent.from_json(json.loads(request.event)))
            except Exception as error:  # noqa: BLE001 - raised in the thread that waits for the engine
                self.failure = self.failure or error
        return Empty()
