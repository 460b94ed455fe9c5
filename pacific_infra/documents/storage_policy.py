"""StoragePolicy: where volumes and VMs may lie, by tags of datastores.

``vsphere:index/vmStoragePolicy:VmStoragePolicy`` of pulumi-vsphere 4.18.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field

from pacific_infra.documents.capabilities import VCENTER, DeclaredObject
from pacific_infra.documents.document import Document
from pacific_infra.documents.model import Listed, Metadata, Model, Spec
from pacific_infra.documents.names import InventoryName


class TagRule(Model):
    """Tags that decide about a datastore."""

    tag_category: InventoryName
    """Name of the tags' category, which vCenter has."""
    tags: Listed[InventoryName] = Field(min_length=1)
    """Names of the tags; one of them is enough."""
    include_datastores_with_tags: bool = True
    """True: a datastore has to have one. False: it must have none."""


class StoragePolicySpec(Spec):
    """The wanted policy."""

    description: str | None = None
    """What the policy is for."""
    tag_rules: Listed[TagRule] = Field(min_length=1)
    """Rules that datastores have to meet, all of them."""


class StoragePolicy(Document):
    """A storage policy by tags of datastores, for Supervisors and namespaces."""

    kind: Literal["StoragePolicy"]
    """Always StoragePolicy."""
    metadata: Metadata
    """Name and labels; the name is the policy's. vCenter cannot say whose a policy is: one that is there already is
    refused."""
    spec: StoragePolicySpec
    """The wanted policy."""

    def objects(self, documents: Mapping[str, Document]) -> Iterator[DeclaredObject]:
        yield DeclaredObject(VCENTER, VCENTER, "VmStoragePolicy", "", self.name)
