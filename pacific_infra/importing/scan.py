"""What a look at a running Supervisor gives: documents of what can be taken over, and what is left and why."""

from dataclasses import dataclass
from typing import Any

from pacific_infra.documents.model import API_VERSION


@dataclass(frozen=True)
class Importable:
    """One object that a document can say."""

    kind: str
    name: str
    identifier: str
    """What Pulumi imports it by."""
    spec: dict[str, Any]
    remarks: tuple[str, ...] = ()
    """What a reader of its document should know."""

    @property
    def node(self) -> str:
        """The document's id, ``Kind/name``."""
        return f"{self.kind}/{self.name}"

    @property
    def document(self) -> dict[str, Any]:
        """The document, as YAML has it."""
        return {"apiVersion": API_VERSION, "kind": self.kind, "metadata": {"name": self.name}, "spec": self.spec}


@dataclass(frozen=True)
class Skipped:
    """One object that stays as it is, in vCenter only."""

    subject: str
    reason: str
    command: str | None = None
    """How a Pulumi program takes it over, where one can."""


@dataclass(frozen=True)
class SupervisorScan:
    """A Supervisor with all that is on it."""

    supervisor: str
    """Its name."""
    importable: tuple[Importable, ...]
    skipped: tuple[Skipped, ...]
    endpoint: str = ""
    """Where its Kubernetes API is."""
    inexpressible: tuple[str, ...] = ()
    """Settings of the Supervisor itself that no document can say; with any of them it cannot be taken over."""

    @property
    def identifiers(self) -> dict[str, str]:
        """What Pulumi imports each document's object by."""
        return {importable.node: importable.identifier for importable in self.importable}
