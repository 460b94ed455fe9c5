"""The faults of one sandbox: declared, listed, cleared; processes killed and paused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pacific_infra.errors import PacificError
from pacific_sandbox.faults import process_faults
from pacific_sandbox.faults.api_fault import ApiFault
from pacific_sandbox.faults.declared_faults import FaultsFile
from pacific_sandbox.faults.fault_gate import read_applied
from pacific_sandbox.faults.site import read_site
from pacific_sandbox.layout import Layout
from pacific_sandbox.sandbox import Sandbox


@dataclass(frozen=True)
class FaultReport:
    """A declared fault as ``list`` shows it."""

    id: str
    text: str
    applied: int | None = None
    """How often; None where it is a state and not something that happens to requests."""
    declared: Mapping[str, Any] | None = None
    """The whole declaration of a fault of an API."""


class SandboxFaults:
    """Every method but ``list`` and ``clear`` raises PacificError where the sandbox is not up."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._layout = Layout(sandbox.directory)
        self._file = FaultsFile(self._layout.faults)

    def list(self) -> Sequence[FaultReport]:
        """All that are in force, and those of APIs whose count is used up. Raises PacificError for a broken file."""
        declared, applied = self._file.read(), read_applied(self._layout.applied_faults)
        return [
            *(FaultReport(fault.id, fault.text(), applied.get(fault.id, 0), fault.as_json()) for fault in declared.api),
            *(FaultReport(f"datastore/{name}", f"datastore {name} is full") for name in declared.full_datastores),
            *(FaultReport(f"host/{name}", f"host {name} is lost") for name in declared.lost_hosts),
        ]

    def clear(self, identifier: str | None = None) -> Sequence[str]:
        """End one, or all; those that were ended. Raises PacificError where there is no such fault."""
        if not self._layout.mark.exists():
            raise PacificError("there is no sandbox", value=str(self._layout.root), fix="run `pacific sandbox up`")
        with self._file.changing(whole=identifier is not None) as change:
            before = change.declared.identifiers()
            change.declared = change.declared.cleared() if identifier is None else change.declared.without(identifier)
        return [identifier for identifier in before if identifier not in change.declared.identifiers()]

    def declare(self, **values: Any) -> ApiFault:
        """Have requests of an API fail; ``values`` are ApiFault's, without its identifier. Raises PacificError."""
        self._sandbox.settings()
        with self._file.changing() as change:
            fault = ApiFault(id=str(change.declared.last + 1), **values)
            change.declared = change.declared.with_api(fault)
        return fault

    def fill(self, datastore: str) -> str:
        """Leave no room on a datastore; the fault's identifier. Raises PacificError with the datastores there are."""
        datastores = read_site(self._sandbox.settings()).datastores
        if datastore not in datastores:
            raise PacificError("no such datastore", value=datastore, allowed=sorted(datastores))
        with self._file.changing() as change:
            change.declared = change.declared.with_full(datastore, datastores[datastore])
        return f"datastore/{datastore}"

    def lose_host(self, host: str) -> str:
        """Have vCenter reach a host no more; the fault's identifier. Raises PacificError with the hosts there are."""
        hosts = read_site(self._sandbox.settings()).hosts
        if host not in hosts:
            raise PacificError("no such host", value=host, allowed=hosts)
        with self._file.changing() as change:
            change.declared = change.declared.with_lost(host)
        return f"host/{host}"

    def kill(self, process: str) -> int:
        """SIGKILL; see process_faults.kill."""
        return process_faults.kill(self._layout, process)

    def pause(self, process: str, seconds: float) -> int:
        """SIGSTOP for a while; see process_faults.pause."""
        return process_faults.pause(self._layout, process, seconds)
