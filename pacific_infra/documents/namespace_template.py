"""NamespaceTemplate: what the namespaces that users make by themselves get.

Follows ``namespaces.NamespaceTemplates.CreateSpecV2`` of vCenter's API.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from pacific_infra.documents.capabilities import VCENTER, DeclaredObject
from pacific_infra.documents.document import Document
from pacific_infra.documents.marks import AtVCenter
from pacific_infra.documents.model import Listed, Metadata, Reference
from pacific_infra.documents.names import InventoryName, Label
from pacific_infra.documents.namespace import NamespaceGovernance, NamespaceStoragePolicy
from pacific_infra.documents.namespace_access import UserOrGroup
from pacific_infra.documents.problems import Problem, repeated


class NamespaceTemplateSpec(NamespaceGovernance):
    """What each namespace from the template gets."""

    supervisor: Label
    """The Supervisor that the namespaces are made on: a reference to the document SupervisorCluster/<supervisor>."""
    storage_policies: Annotated[Listed[NamespaceStoragePolicy], AtVCenter("storageSpecs")] = Field(min_length=1)
    """Storage policies that its volumes and VMs may use, one at least."""
    networks: Listed[InventoryName] = Field(default=(), max_length=1)
    """Workload network of the Supervisor that it uses (VSPHERE only), one at most; default: the primary one."""
    users: Annotated[Listed[UserOrGroup], AtVCenter("permissions")] = ()
    """Who may make namespaces from it; default: administrators only."""

    def problems(self) -> Iterator[Problem]:
        yield from super().problems()
        yield from repeated("users", [user.whose.lower() for user in self.users])
        if not any(
            getattr(part, name) is not None
            for part in (self.limits, self.object_counts, self.defaults)
            for name in type(part).model_fields
        ):
            problem = "a namespace template has no limits, object counts or defaults"
            yield Problem(problem, fix="add limits, such as limits: {cpu: 10GHz, memory: 16Gi}")


class NamespaceTemplate(Document):
    """What the namespaces get that users make by themselves, with kubectl; VMware deprecates them with vCenter 9.1."""

    kind: Literal["NamespaceTemplate"]
    """Always NamespaceTemplate."""
    metadata: Metadata
    """Name and labels; the name becomes the template's. vCenter cannot delete a template: it stays when the document is
    removed. It cannot say whose one is either: one that is the same is taken over, another one is refused."""
    spec: NamespaceTemplateSpec
    """What each namespace from it gets."""

    def own_references(self) -> Iterator[Reference]:
        yield from super().own_references()
        yield from self.spec.inventory_references()

    def objects(self, documents: Mapping[str, Document]) -> Iterator[DeclaredObject]:
        yield DeclaredObject(f"SupervisorCluster/{self.supervisor}", VCENTER, "NamespaceTemplate", "", self.name)
