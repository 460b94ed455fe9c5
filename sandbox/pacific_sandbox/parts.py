"""The parts of a sandbox that are programs of their own."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from pacific_sandbox.layout import Layout
from pacific_sandbox.part import Part


class Parts:
    """All programs that the daemon keeps running; ``changed`` is called when something about them has changed."""

    def __init__(self, layout: Layout, changed: Callable[[], None]) -> None:
        self._layout = layout
        self._changed = changed
        self._parts: dict[str, Part] = {}

    def add(
        self,
        name: str,
        command: Sequence[str],
        ready: Callable[[], Awaitable[bool]],
        environment: Mapping[str, str] | None = None,
    ) -> Part:
        """A new part; it is not started yet."""
        part = Part(name, command, ready, self._layout.log(name), environment=environment, changed=self._changed)
        self._parts[name] = part
        return part

    async def remove(self, names: Sequence[str], grace: float = 5.0) -> None:
        """End parts, all at once, and forget them; SIGKILL after ``grace`` seconds."""
        parts = [part for name in names if (part := self._parts.get(name)) is not None]
        await asyncio.gather(*(part.stop(grace) for part in parts))
        for name in names:
            self._parts.pop(name, None)
        self._changed()

    async def stop_all(self, grace: float) -> None:
        """End whatever still runs; SIGKILL after ``grace`` seconds."""
        await self.remove(list(self._parts), grace)

    def as_json(self) -> list[dict[str, Any]]:
        """What is said of each part in ``status``."""
        return [part.status.as_json() for part in self._parts.values()]
