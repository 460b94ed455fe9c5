"""Zone: a vSphere Zone, clusters that fail together.

Follows ``consumption_domains.Zones.CreateSpec`` and ``zones.cluster.Associations`` of vCenter's API.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field

from pacific_infra.documents.capabilities import VCENTER, DeclaredObject
from pacific_infra.documents.document import Document
from pacific_infra.documents.model import Listed, Metadata, Spec
from pacific_infra.documents.names import ComputeClusterName
from pacific_infra.documents.problems import Problem, repeated


class ZoneSpec(Spec):
    """The wanted zone."""

    description: str | None = Field(default=None, max_length=1024)
    """What the zone is for. A change replaces the zone."""
    clusters: Listed[ComputeClusterName] | None = None
    """Compute clusters in it, by name or identifier. A list takes others out of the zone; default: they are left as
    they are."""

    def problems(self) -> Iterator[Problem]:
        yield from repeated("clusters", self.clusters or ())


class Zone(Document):
    """A vSphere Zone: clusters that fail together, for Supervisors and namespaces to be spread over."""

    kind: Literal["Zone"]
    """Always Zone."""
    metadata: Metadata
    """Name and labels; the name becomes the zone's."""
    spec: ZoneSpec
    """The wanted zone."""

    def objects(self, documents: Mapping[str, Document]) -> Iterator[DeclaredObject]:
        yield DeclaredObject(VCENTER, VCENTER, "Zone", "", self.name)
