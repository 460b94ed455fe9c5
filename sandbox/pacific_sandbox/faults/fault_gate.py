"""The daemon's side of the declared faults of APIs: every request passes here."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Mapping
from pathlib import Path

from pacific_infra.errors import PacificError
from pacific_sandbox.faults.api_fault import ApiFault, ApiRequest
from pacific_sandbox.faults.decision import Decision, Use, decide
from pacific_sandbox.faults.declared_faults import DeclaredFaults, FaultsFile
from pacific_sandbox.files import read_json, write_json

_log = logging.getLogger(__name__)


class FaultGate:
    """Decides about requests by what the file declares now, and keeps how often each fault was applied in ``applied``.

    One thread only: that of the daemon's event loop.
    """

    def __init__(self, file: FaultsFile, applied: Path) -> None:
        self._file = file
        self._applied = applied
        self._counts = read_applied(applied)
        self._stamp: tuple[int, int] | None = None
        self._declared = DeclaredFaults()
        self._uses: dict[str, Use] = {}
        self._scheduled = False

    def declared(self) -> DeclaredFaults:
        """What is in force now; what was last whole, where the file is not."""
        stamp = self._file.stamp()
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._declared = self._file.read()
            except PacificError as error:
                _log.warning("%s: %s; what was declared before stays", self._file.path, error)
            current = {fault.id for fault in self._declared.api}
            self._uses = {name: use for name, use in self._uses.items() if name in current}
        return self._declared

    def wants(self, api: str) -> bool:
        """Whether requests of an API are to be looked at at all."""
        return any(fault.api == api for fault in self.declared().api)

    def meet(self, request: ApiRequest) -> Decision:
        """What happens to a request."""
        decision = decide(request, self.declared().api, self._use)
        if decision.applied:
            _log.info("%s %s %s: fault %s", request.api, request.method, request.path, ", ".join(decision.applied))
            self._note()
        return decision

    def _use(self, fault: ApiFault) -> Use:
        if fault.id not in self._uses:
            self._uses[fault.id] = Use(random.Random(fault.seed), self._counts.get(fault.id, 0))  # noqa: S311
        return self._uses[fault.id]

    def _note(self) -> None:
        """Write soon: several in one go."""
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_later(0.05, self._write)

    def _write(self) -> None:
        self._scheduled = False
        self._counts = {name: use.applied for name, use in self._uses.items()}
        # The folder may have been deleted while the sandbox runs.
        with contextlib.suppress(OSError):
            write_json(self._applied, self._counts)


def read_applied(path: Path) -> Mapping[str, int]:
    """How often each fault has been applied, by identifier."""
    stored = read_json(path)
    return stored if isinstance(stored, dict) else {}
