"""``pacific:vcenter:ContentLibrary``: a local or subscribed content library.

Follows ``content.LocalLibrary`` and ``content.SubscribedLibrary`` of the vSphere Automation API 8.0 to 9.1.
"""

from typing import Annotated, Literal

from pacific_infra.provider.models.model import ADOPT, Meta, Model, described


class SubscriptionInfo(Model):
    """The published library that a subscribed one follows."""

    subscription_url: str = described("Address of the published library's lib.json.", min_length=1)
    automatic_sync_enabled: bool = described("Whether vCenter looks for new images by itself.")
    on_demand: bool = described("Whether the files of an image are fetched when a VM needs them.")
    ssl_thumbprint: str | None = described("SHA-1 thumbprint of the server's certificate.", default=None)
    username: Annotated[str | None, Meta(wire="user_name")] = described("User of that library.", default=None)
    password: Annotated[str | None, Meta(secret=True, write_only=True)] = described("Its password.", default=None)


class ContentLibraryInputs(Model):
    """A content library, whose images VMs are made of."""

    name: str = described("Name, unique among libraries; absent: the resource's own name.", min_length=1)
    datastore: Annotated[str, Meta(replace=True, reference="datastore", local=True)] = described(
        "Datastore that its images lie on, by name or by identifier.", min_length=1
    )
    description: str | None = described("Free text, shown in vCenter.", default=None)
    subscription_info: SubscriptionInfo | None = described(
        "The library that it follows; absent: it is a local one.", default=None
    )
    adopt: Annotated[bool | None, Meta(local=True, at_creation=True)] = described(ADOPT, default=None)
    deletion_policy: Annotated[Literal["Delete", "Retain"], Meta(local=True)] = described(
        "Whether a deletion of the resource deletes the library and its images.", default="Retain"
    )


class ContentLibraryOutputs(Model):
    """What vCenter adds to a library."""

    library: str = described("Identifier of the library.")
