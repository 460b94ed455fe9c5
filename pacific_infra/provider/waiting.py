"""Waits for a state in vCenter: with a deadline, a back-off, and the last thing vCenter said."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from pacific_infra.errors import PacificError
from pacific_infra.vcenter.errors import Unavailable, Unreachable


@dataclass(frozen=True)
class Progress:
    """How far an object is. ``waits_for`` says what is missing; ``failed`` that vCenter reports an error by now."""

    done: bool
    waits_for: str = ""
    failed: bool = False
    messages: Sequence[str] = field(default_factory=tuple)

    @property
    def text(self) -> str:
        """What is missing, with vCenter's own messages."""
        return "; ".join([self.waits_for, *self.messages])


class Interrupted(PacificError):
    """The engine has asked to stop: what was begun in vCenter goes on there."""


class NotReached(PacificError):
    """The state was not reached: out of time, or vCenter's error has lasted."""


@dataclass(frozen=True)
class Patience:
    """How long to wait. Times in seconds."""

    timeout: float
    error_grace: float
    """An error is taken for passing for so long, since vCenter goes on trying."""
    cancelled: asyncio.Event
    first_pause: float = 0.2
    longest_pause: float = 5.0


async def wait_until(
    what: str,
    read: Callable[[], Awaitable[Progress]],
    patience: Patience,
    report: Callable[[str], Awaitable[None]],
) -> None:
    """Ask ``read`` until it is done. ``what`` names the wait, ``report`` is told each new thing that is waited for.

    A vCenter that does not answer counts as an error that may pass. Raises NotReached with vCenter's messages, or
    Interrupted.
    """
    clock = asyncio.get_running_loop().time
    start = clock()
    pause = patience.first_pause
    failing_since: float | None = None
    said = ""
    while True:
        try:
            progress = await read()
        except (Unavailable, Unreachable) as error:
            progress = Progress(done=False, waits_for=error.problem, failed=True)
        if progress.done:
            if said:
                await report(f"{what}: done")
            return
        now = clock()
        failing_since = (failing_since or now) if progress.failed else None
        if progress.text != said:
            said = progress.text
            grace = f"; fails if vCenter says so for {patience.error_grace:.0f} s" if progress.failed else ""
            await report(f"waiting for {what}: {said}{grace}")
        if failing_since is not None and now - failing_since >= patience.error_grace:
            raise NotReached(
                f"vCenter reports an error for {what}: {progress.text}",
                fix="mend what vCenter names, then run the same command again",
            )
        left = patience.timeout - (now - start)
        if left <= 0:
            raise NotReached(
                f"{what} was not reached in {patience.timeout:.0f} s: {progress.text}",
                fix="run the same command again to go on waiting, or raise waitTimeout",
            )
        await _pause(min(pause, left), what, patience.cancelled)
        pause = min(pause * 1.5, patience.longest_pause)


async def _pause(seconds: float, what: str, cancelled: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(cancelled.wait(), seconds)
    except TimeoutError:
        return
    raise Interrupted(f"interrupted while waiting for {what}", fix="run the same command again: it goes on from here")
