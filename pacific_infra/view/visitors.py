"""Who has logged in: sessions at vCenter with the user's own name and password, and what vCenter shows to each."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace

from pacific_infra.errors import PacificError
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.errors import NotFound, Unauthenticated, Unauthorized
from pacific_infra.vcenter.namespaces import list_namespaces
from pacific_infra.vcenter.settings import VCenterSettings
from pacific_infra.vcenter.supervisors import list_supervisors
from pacific_infra.vcenter.user_namespaces import namespaces_of_user
from pacific_infra.view.sight import Sight

ASKED_AGAIN = 60.0
"""Seconds after which vCenter is asked anew what a user may see."""
IDLE = 1800.0
"""Seconds without a request after which a user is logged out."""
LONGEST = 36000.0
"""Seconds after which a user is logged out whatever they do: the life of a Supervisor's token."""
MOST_OF_A_USER = 20
"""Sessions of a user; a further one ends the oldest."""
AT_A_TIME = 4
"""Logins that are tried at a time."""
PATIENCE = 10.0
"""Seconds until a vCenter that does not answer is taken for silent."""


@dataclass
class Visitor:
    """A user who has logged in. Times are seconds of the clock."""

    user: str
    client: VCenterClient = field(repr=False)
    sight: Sight
    began: float
    used: float
    seen_at: float
    lock: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)


class Visitors:
    """Everybody who is logged in, each by a random id that only a cookie of theirs has."""

    def __init__(
        self,
        settings: VCenterSettings,
        make_client: Callable[[VCenterSettings], VCenterClient] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``settings``: whose server is asked; the login in it is not used."""
        self._settings = settings
        self._make_client = make_client or _client
        self._clock = clock
        self._visitors: dict[str, Visitor] = {}
        self._gate = asyncio.Semaphore(AT_A_TIME)

    async def log_in(self, username: str, password: str) -> str:
        """The id of a new session. Raises a VCenterError: ``Unauthenticated`` where vCenter refuses the password."""
        client = self._make_client(
            replace(self._settings, username=username, password=password, password_file=None),
        )
        try:
            async with self._gate:
                sight = await sight_of(client)
        except BaseException:
            await client.close()
            raise
        now, identifier = self._clock(), secrets.token_urlsafe(32)
        self._visitors[identifier] = Visitor(username, client, sight, now, now, now)
        of_user = [name for name, visitor in self._visitors.items() if visitor.user == username]
        for name in of_user[:-MOST_OF_A_USER]:
            await self.log_out(name)
        return identifier

    async def visitor(self, identifier: str, *, waits: bool = False) -> Visitor | None:
        """The user of a session, with what they may see now; None: it has ended.

        ``waits``: nobody has asked for anything, an open page waits for news. A session that vCenter has ended is
        renewed; where that is refused, the user is logged out. While vCenter does not answer, the last answer counts.
        """
        visitor, now = self._visitors.get(identifier), self._clock()
        if visitor is None:
            return None
        if now - visitor.began > LONGEST or now - visitor.used > IDLE:
            await self.log_out(identifier)
            return None
        if not waits:
            visitor.used = now
        async with visitor.lock:
            if now - visitor.seen_at > ASKED_AGAIN:
                try:
                    visitor.sight = await sight_of(visitor.client)
                except Unauthenticated:
                    await self.log_out(identifier)
                    return None
                except PacificError:
                    pass
                visitor.seen_at = self._clock()
        return visitor if identifier in self._visitors else None

    async def log_out(self, identifier: str) -> None:
        """End a session, here and at vCenter."""
        visitor = self._visitors.pop(identifier, None)
        if visitor is not None:
            await visitor.client.close()

    async def close(self) -> None:
        """End all sessions."""
        await asyncio.gather(*(self.log_out(identifier) for identifier in list(self._visitors)))


async def sight_of(client: VCenterClient) -> Sight:
    """What vCenter shows to the client's user. Raises a VCenterError where it does not answer."""
    namespaces = {*await namespaces_of_user(client), *await _permitted(list_namespaces(client))}
    # Some lists are refused without a privilege, and some are empty then.
    return Sight(frozenset(namespaces), infrastructure=bool(await _permitted(list_supervisors(client))))


async def _permitted(names: Awaitable[Iterable[str]]) -> list[str]:
    try:
        return list(await names)
    except (NotFound, Unauthorized):
        return []


def _client(settings: VCenterSettings) -> VCenterClient:
    return VCenterClient(settings, patience=PATIENCE, request_timeout=PATIENCE)
