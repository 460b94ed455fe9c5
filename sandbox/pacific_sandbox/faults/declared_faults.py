"""``faults.json`` in the sandbox's folder: what has been declared. The servers read it again whenever it changes."""

import fcntl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from pacific_infra.errors import PacificError
from pacific_sandbox.faults.api_fault import ApiFault
from pacific_sandbox.files import read_json, write_json


@dataclass(frozen=True)
class DeclaredFaults:
    """Everything that is in force."""

    last: int = 0
    """The last number that was given to a fault of an API: none is given twice."""
    api: Sequence[ApiFault] = ()
    full_datastores: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Each with the clusters that use it."""
    lost_hosts: Sequence[str] = ()

    @classmethod
    def from_json(cls, value: Any) -> Self:
        """Read it back; None is nothing declared. Raises PacificError."""
        if value is None:
            return cls()
        try:
            return cls(
                int(value["last"]),
                tuple(ApiFault.from_json(fault) for fault in value["api"]),
                {str(name): tuple(map(str, clusters)) for name, clusters in value["fullDatastores"].items()},
                tuple(map(str, value["lostHosts"])),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise PacificError("not a list of faults", value=str(error), fix="pacific sandbox fault clear") from None

    def as_json(self) -> dict[str, Any]:
        """What vcenter-simulator reads too (tools/vcenter-simulator/faults.go)."""
        return {
            "last": self.last,
            "api": [fault.as_json() for fault in self.api],
            "fullDatastores": {name: list(clusters) for name, clusters in self.full_datastores.items()},
            "lostHosts": list(self.lost_hosts),
        }

    def with_api(self, fault: ApiFault) -> Self:
        """With ``fault``, which has the number ``last + 1`` as its identifier."""
        return replace(self, last=self.last + 1, api=(*self.api, fault))

    def with_full(self, datastore: str, clusters: Sequence[str]) -> Self:
        """With a full datastore."""
        return replace(self, full_datastores={**self.full_datastores, datastore: tuple(clusters)})

    def with_lost(self, host: str) -> Self:
        """With a lost host."""
        return self if host in self.lost_hosts else replace(self, lost_hosts=(*self.lost_hosts, host))

    def full_datastore_of(self, cluster: str) -> str | None:
        """A full datastore of a cluster; None where all have room."""
        return next((name for name, clusters in self.full_datastores.items() if cluster in clusters), None)

    def identifiers(self) -> list[str]:
        """By which each can be cleared."""
        return [
            *(fault.id for fault in self.api),
            *(f"datastore/{name}" for name in self.full_datastores),
            *(f"host/{name}" for name in self.lost_hosts),
        ]

    def without(self, identifier: str) -> Self:
        """Without one. Raises PacificError with those that there are."""
        if identifier not in self.identifiers():
            allowed = self.identifiers() or "none: nothing is declared"
            raise PacificError("no such fault", value=identifier, allowed=allowed)
        return replace(
            self,
            api=tuple(fault for fault in self.api if fault.id != identifier),
            full_datastores={
                name: clusters for name, clusters in self.full_datastores.items() if identifier != f"datastore/{name}"
            },
            lost_hosts=tuple(name for name in self.lost_hosts if identifier != f"host/{name}"),
        )

    def cleared(self) -> Self:
        """Without all; numbers go on."""
        return replace(self, api=(), full_datastores={}, lost_hosts=())


class FaultsFile:
    """The file, read and changed as a whole."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def stamp(self) -> tuple[int, int] | None:
        """Differs after each change; None where there is no file."""
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns

    def read(self) -> DeclaredFaults:
        """What is declared. Raises PacificError where the file is not whole."""
        if self.stamp() is None:
            return DeclaredFaults()
        value = read_json(self.path)
        return DeclaredFaults.from_json({} if value is None else value)

    @contextmanager
    def changing(self, *, whole: bool = True) -> Iterator["Change"]:
        """Read, have it changed, write: one at a time. Not ``whole``: a file that cannot be read counts as empty."""
        with self.path.with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                declared = self.read()
            except PacificError:
                if whole:
                    raise
                declared = DeclaredFaults()
            change = Change(declared)
            yield change
            write_json(self.path, change.declared.as_json())


@dataclass
class Change:
    """What is declared, to be replaced."""

    declared: DeclaredFaults
