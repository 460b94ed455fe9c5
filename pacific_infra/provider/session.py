"""What the resources share in one run: the vCenter client, its inventory and version, the log, and the timeouts."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass

from pacific_infra.errors import PacificError
from pacific_infra.provider.configuration import Configuration
from pacific_infra.provider.engine import EngineLog
from pacific_infra.provider.waiting import Patience
from pacific_infra.settings import ANNOUNCED
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.inventory import Inventory
from pacific_infra.vcenter.supervisor_objects import (
    BatchedObjects,
    ObjectsIn,
    ReadObjects,
    labelled_objects,
    objects_at,
)
from pacific_infra.vcenter.version import Version, read_version

OLDEST = Version(8, 0)
"""The supervisors API and v2 of namespaces came with 8.0.0.1."""


def announced_elsewhere(text: str) -> set[tuple[str, str]]:
    """Kind, as the inventory calls it, and name of what ``text`` lists: see pacific_infra.settings.ANNOUNCED."""
    if not text:
        return set()
    from pacific_infra.provider.models.registry import KINDS  # noqa: PLC0415 - few sessions are told, and models take long

    known = {kind.name: kind.known_as for kind in KINDS if kind.known_as is not None}
    listed = (entry.partition("/") for entry in text.split())
    return {(known[kind], name) for kind, _, name in listed if kind in known}


@dataclass(frozen=True)
class Precheck:
    """What a check that a Supervisor has made says of a change; without text: nothing."""

    refused: bool = False
    warned: bool = False
    text: str = ""


class Session:
    """One configured provider. Nothing is sent to vCenter before a resource needs it."""

    def __init__(
        self,
        configuration: Configuration,
        log: EngineLog,
        make_client: Callable[[Configuration], VCenterClient] | None = None,
        first_pause: float = 0.2,
        *,
        objects_in: ObjectsIn = labelled_objects,
        read_objects: ReadObjects = objects_at,
    ) -> None:
        """``first_pause``: seconds between the first two reads of an object that is waited for."""
        self.configuration = configuration
        self.objects_in = BatchedObjects(objects_in)
        self.read_objects = read_objects
        self.log = log
        self.client = make_client(configuration) if make_client else VCenterClient(configuration.settings())
        self.inventory = Inventory(self.client)
        self.first_pause = first_pause
        self.cancelled = asyncio.Event()
        self._version: Version | None = None
        self._version_asked = False
        self._version_lock = asyncio.Lock()
        self.announced = announced_elsewhere(os.environ.get(ANNOUNCED, ""))
        """Kind and name of what the resources checked in this run, and other stacks, are going to create."""
        self.prechecks: dict[tuple[str, ...], Precheck] = {}
        """What checks have said in this run, by the Supervisor and what was checked."""

    @classmethod
    def reading(cls, client: VCenterClient) -> "Session":
        """A session without an engine, for commands that read by ``client`` as the provider does."""
        configuration = Configuration(server=client.settings.server, username=client.settings.username)
        return cls(configuration, EngineLog(None), lambda _: client)

    async def version(self) -> Version | None:
        """vCenter's version, read once; None where vCenter does not report it."""
        async with self._version_lock:
            if not self._version_asked:
                self._version = await read_version(self.client)
                self._version_asked = True
            return self._version

    async def require_supported(self) -> Version | None:
        """The version. Raises PacificError where vCenter is too old to have the APIs that the provider needs."""
        version = await self.version()
        if version is not None and version < OLDEST:
            raise PacificError(
                f"vCenter {self.configuration.server} is too old", value=str(version), allowed=f"{OLDEST} or newer"
            )
        return version

    def patience(self, timeout: float, longest_pause: float = 5.0) -> Patience:
        """How long to wait. ``timeout``: the resource's custom timeout in seconds, 0 for the provider's."""
        return Patience(
            timeout=timeout or float(self.configuration.wait_timeout),
            error_grace=float(self.configuration.error_grace),
            cancelled=self.cancelled,
            first_pause=self.first_pause,
            longest_pause=longest_pause,
        )
