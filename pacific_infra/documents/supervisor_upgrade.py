"""SupervisorUpgrade: the version that a Supervisor is to have.

Follows ``software.Supervisors.Upgrades`` (9.1) and ``software.Clusters`` (before) of vCenter's API.
"""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

from pydantic import Field

from pacific_infra.documents.capabilities import NAME, VCENTER, DeclaredObject
from pacific_infra.documents.document import Document
from pacific_infra.documents.kinds import KINDS
from pacific_infra.documents.model import Metadata, Reference, Spec
from pacific_infra.documents.names import Label


class SupervisorUpgradeSpec(Spec):
    """The wanted version."""

    named_at_vcenter: ClassVar[bool] = False

    supervisor: Label
    """The Supervisor to upgrade: a reference to the document SupervisorCluster/<supervisor>."""
    version: str = Field(min_length=1)
    """Version that it is to have, as vCenter lists it, such as v1.30.10+vmware.1-fips. It never goes back."""
    ignore_precheck_warnings: bool | None = None
    """Whether it is upgraded in spite of what the checks before it warn of; default: no."""


class SupervisorUpgrade(Document):
    """The version of a Supervisor: upgraded after its services and before its workload clusters."""

    kind: Literal["SupervisorUpgrade"]
    """Always SupervisorUpgrade."""
    metadata: Metadata
    """Name and labels; the name is only the document's own."""
    spec: SupervisorUpgradeSpec
    """The wanted version. Without the document the Supervisor keeps the version that it has."""

    def implied_references(self, documents: Mapping[str, Document]) -> Iterator[tuple[str, Reference]]:
        """Services of the Supervisor are upgraded before it, workload clusters on it afterwards."""
        path = ("spec", "supervisor")
        for node, document in documents.items():
            turn = KINDS[document.kind].upgraded
            if turn is None or self.spec.supervisor not in document.supervisors(documents):
                continue
            if turn == "before":
                yield self.id, Reference(node, "order", path)
            else:
                yield node, Reference(self.id, "order", NAME)

    def objects(self, documents: Mapping[str, Document]) -> Iterator[DeclaredObject]:
        supervisor = self.spec.supervisor
        yield DeclaredObject(VCENTER, VCENTER, "SupervisorUpgrade", "", self.name)
        yield DeclaredObject(VCENTER, VCENTER, "version of Supervisor", "", supervisor, ("spec", "supervisor"), VCENTER)
