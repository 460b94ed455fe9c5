"""ContainerImageRegistry: a registry with its login that a Supervisor draws container images from.

Follows ``supervisors.ContainerImageRegistries.CreateSpec`` of vCenter's namespace-management API (8.0 U3).
"""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

from pacific_infra.documents.capabilities import VCENTER, DeclaredObject
from pacific_infra.documents.document import Document
from pacific_infra.documents.marks import AtVCenter, VCenterMarks
from pacific_infra.documents.model import Metadata, Spec
from pacific_infra.documents.names import Label
from pacific_infra.documents.supervisor_cluster import ImageRegistry


class ContainerImageRegistrySpec(ImageRegistry, Spec):
    """The wanted registry."""

    at_vcenter: ClassVar[VCenterMarks] = {
        **{name: AtVCenter(f"imageRegistry.{name}") for name in ("hostname", "port", "username", "password")},
        "certificateAuthority": AtVCenter("imageRegistry.certificateChain"),
    }

    supervisor: Label
    """The Supervisor that knows it: a reference to the document SupervisorCluster/<supervisor>."""
    default_registry: bool = False
    """Whether the Supervisor's own components and services draw from it."""


class ContainerImageRegistry(Document):
    """A registry of container images with its login, known to one Supervisor (vCenter 8.0 U3)."""

    kind: Literal["ContainerImageRegistry"]
    """Always ContainerImageRegistry."""
    metadata: Metadata
    """Name and labels; the name becomes the registry's. vCenter cannot say whose a registry is: one of the same name
    and address is taken over."""
    spec: ContainerImageRegistrySpec
    """The wanted registry."""

    def objects(self, documents: Mapping[str, Document]) -> Iterator[DeclaredObject]:
        yield DeclaredObject(f"SupervisorCluster/{self.supervisor}", VCENTER, "ContainerImageRegistry", "", self.name)
