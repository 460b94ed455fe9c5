"""The result of scanning a running Supervisor: documents of what can be imported, and what is skipped and why."""

from dataclasses import dataclass
from typing import Any

from pacific_infra.documents.model import API_VERSION


@dataclass(frozen=True)
class Importable:
    """One object that a document can express."""

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
    """One object that is not imported."""

    subject: str
    reason: str
    command: str | None = None
    """The command by which a Pulumi program can import it, if any."""


@dataclass(frozen=True)
class SupervisorScan:
    """A Supervisor with all that is on it."""

    supervisor: str
    """Its name."""
    importable: tuple[Importable, ...]
    skipped: tuple[Skipped, ...]
    namespaces: tuple[str, ...] = ()
    """Names of the vSphere Namespaces among what can be imported."""
    endpoint: str = ""
    """Where its Kubernetes API is."""
    inexpressible: tuple[str, ...] = ()
    """Settings of the Supervisor itself that no document can express. With any of them it cannot be imported."""

    @property
    def identifiers(self) -> dict[str, str]:
        """What Pulumi imports each document's object by."""
        return {importable.node: importable.identifier for importable in self.importable}
