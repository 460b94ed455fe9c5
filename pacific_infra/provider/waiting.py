"""Waits for a state in vCenter, with a deadline, a back-off, and vCenter's last message."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from pacific_infra.errors import PacificError
from pacific_infra.vcenter.errors import Unavailable, Unreachable


@dataclass(frozen=True)
class Progress:
    """How far an object is. ``waits_for`` says what is missing; ``failed``: vCenter reports an error at present."""

    done: bool
    waits_for: str = ""
    failed: bool = False
    messages: Sequence[str] = field(default_factory=tuple)

    @property
    def text(self) -> str:
        """What is missing, with vCenter's own messages."""
        return "; ".join([self.waits_for, *self.messages])


class Interrupted(PacificError):
    """The engine has asked to stop. What was started in vCenter continues there."""


class NotReached(PacificError):
    """The state was not reached: the time ran out, or vCenter kept reporting an error."""


@dataclass(frozen=True)
class Patience:
    """How long to wait. Times in seconds."""

    timeout: float
    error_grace: float
    """How long an error counts as transient, since vCenter keeps retrying."""
    cancelled: asyncio.Event
    first_pause: float = 0.2
    longest_pause: float = 5.0


async def wait_until(
    subject: str,
    read: Callable[[], Awaitable[Progress]],
    patience: Patience,
    report: Callable[[str], Awaitable[None]],
) -> None:
    """Call ``read`` until it is done. ``subject`` names the wait; ``report`` gets each new thing that is waited for.

    A vCenter that does not answer counts as a transient error. Raises NotReached with vCenter's messages, or
    Interrupted.
    """
    clock = asyncio.get_running_loop().time
    start = clock()
    pause = patience.first_pause
    failing_since: float | None = None
    reported = ""
    while True:
        try:
            progress = await read()
        except (Unavailable, Unreachable) as error:
            progress = Progress(done=False, waits_for=error.problem, failed=True)
        if progress.done:
            if reported:
                await report(f"{subject}: done")
            return
        now = clock()
        failing_since = (failing_since or now) if progress.failed else None
        if progress.text != reported:
            reported = progress.text
            grace = f"; fails if this lasts {patience.error_grace:.0f} s" if progress.failed else ""
            await report(f"waiting for {subject}: {reported}{grace}")
        if failing_since is not None and now - failing_since >= patience.error_grace:
            raise NotReached(
                f"vCenter reports an error for {subject}: {progress.text}",
                fix="fix what vCenter names, then run the same command again",
            )
        left = patience.timeout - (now - start)
        if left <= 0:
            raise NotReached(
                f"{subject} was not reached in {patience.timeout:.0f} s: {progress.text}",
                fix="run the same command again to go on waiting, or raise waitTimeout",
            )
        await _pause(min(pause, left), subject, patience.cancelled)
        pause = min(pause * 1.5, patience.longest_pause)


async def _pause(seconds: float, subject: str, cancelled: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(seconds):
            await cancelled.wait()
    except TimeoutError:
        return
    raise Interrupted(
        f"interrupted while waiting for {subject}", fix="run the same command again; it continues from here"
    )
