"""The pages of a world, served on this computer for a browser."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from pacific_infra.view.collector import Collector
from pacific_infra.view.guard import Guard
from pacific_infra.view.server import application
from tests.support.view_world import World


class Shown:
    """A world whose page is served."""

    def __init__(self, world: World, collector: Collector, guard: Guard, loop: asyncio.AbstractEventLoop) -> None:
        self.world = world
        self.guard = guard
        self._collector = collector
        self._loop = loop

    def address(self, path: str) -> str:
        """The address of a page."""
        return f"http://127.0.0.1:{self.guard.port}{path}"

    def change(self) -> None:
        """Tell the pages that the world has changed."""
        asyncio.run_coroutine_threadsafe(self._collector.show(self.world.view()), self._loop).result(30)


@contextmanager
def served(folder: Path, world: World | None = None) -> Iterator[Shown]:
    """A world, the demo estate where none is named, on a port that is free."""
    world = World() if world is None else world
    collector = world.collector(folder)
    loop = asyncio.new_event_loop()
    configuration = uvicorn.Config("", log_level="error", timeout_graceful_shutdown=1, lifespan="off")
    listening = uvicorn.Config("", port=0, log_level="error").bind_socket()
    # A browser that comes before the server waits for it.
    listening.listen()
    guard = Guard(listening.getsockname()[1])
    configuration.app = application(collector, guard)
    server = uvicorn.Server(configuration)
    thread = threading.Thread(target=lambda: loop.run_until_complete(server.serve([listening])))
    thread.start()
    try:
        yield Shown(world, collector, guard, loop)
    finally:
        server.should_exit = True
        thread.join(30)
        listening.close()
        loop.close()
