"""ContentLibrary: images of VMs in vCenter, its own ones or those of another library.

Follows ``content.LocalLibrary`` and ``content.SubscribedLibrary`` of the vSphere Automation API.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from pacific_infra.documents.capabilities import VCENTER, DeclaredObject
from pacific_infra.documents.document import Document
from pacific_infra.documents.marks import AtVCenter
from pacific_infra.documents.model import AdoptableSpec, CheckedModel, DeletionPolicy, Metadata
from pacific_infra.documents.names import InventoryName
from pacific_infra.documents.problems import Problem
from pacific_infra.documents.stack_secret import StackSecret


class LibrarySubscription(CheckedModel):
    """The published library that a subscribed one follows."""

    url: Annotated[str, Field(pattern=r"^https?://\S+$"), AtVCenter("subscriptionUrl")]
    """Address of the published library's lib.json."""
    automatic_sync: Annotated[bool, AtVCenter("automaticSyncEnabled")] = True
    """Whether vCenter looks for new images by itself."""
    on_demand: bool = True
    """Whether the files of an image are fetched when a VM needs them; false: at once."""
    ssl_thumbprint: str | None = None
    """SHA-1 thumbprint of the server's certificate, for one that vCenter does not trust."""
    username: str | None = None
    """User of the published library; needs `password`."""
    password: StackSecret | None = None
    """Its password."""

    def problems(self) -> Iterator[Problem]:
        if (self.username is None) != (self.password is None):
            missing = "password" if self.password is None else "username"
            yield Problem("a login has both username and password", (missing,), fix=f"add {missing}")


class ContentLibrarySpec(AdoptableSpec):
    """The wanted library."""

    datastore: InventoryName
    """Datastore that its images lie on, by name or identifier. Another one makes the library anew."""
    description: str | None = None
    """What it is for."""
    subscription: Annotated[LibrarySubscription | None, AtVCenter("subscriptionInfo")] = None
    """Makes it a subscribed library, which has the images of a published one; default: a local one. Adding or removing
    it makes the library anew."""
    deletion_policy: DeletionPolicy = "Retain"
    """What happens when the document is removed: Retain leaves the library, Delete deletes it with its images."""


class ContentLibrary(Document):
    """A content library, whose images VMs are made of."""

    kind: Literal["ContentLibrary"]
    """Always ContentLibrary."""
    metadata: Metadata
    """Name and labels; the name becomes the library's."""
    spec: ContentLibrarySpec
    """The wanted library."""

    @property
    def holds_data(self) -> bool:
        """True: its images."""
        return True

    def objects(self, documents: Mapping[str, Document]) -> Iterator[DeclaredObject]:
        yield DeclaredObject(VCENTER, VCENTER, "ContentLibrary", "", self.name)
