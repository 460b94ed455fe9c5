"""``pacific:vcenter:ContentLibrary``.

Generated from the models by ``python -m pacific_components.package.schema``; do not edit.
"""

from typing import Any, Unpack, overload

import pulumi

from pacific_components.vcenter import outputs
from pacific_components.vcenter.arguments import ContentLibraryArgs
from pacific_components.vcenter.properties import VCenterResource


class ContentLibrary(VCenterResource):
    """A content library, whose images VMs are made of."""

    library: pulumi.Output[str] = pulumi.property("library")
    """Identifier of the library."""
    name: pulumi.Output[str] = pulumi.property("name")
    """Name, unique among libraries; absent: the resource's own name."""
    datastore: pulumi.Output[str] = pulumi.property("datastore")
    """Datastore that its images lie on, by name or by identifier."""
    description: pulumi.Output[str | None] = pulumi.property("description")
    """Free text, shown in vCenter."""
    subscription_info: pulumi.Output[outputs.SubscriptionInfo | None] = pulumi.property("subscriptionInfo")
    """The library that it follows; absent: it is a local one."""
    adopt: pulumi.Output[bool | None] = pulumi.property("adopt")
    """Whether an object that is in vCenter already and carries no stack's mark is adopted when the resource is created.
    An object that another stack has marked is never adopted.
    """
    deletion_policy: pulumi.Output[str] = pulumi.property("deletionPolicy")
    """Whether a deletion of the resource deletes the library and its images. One of Delete, Retain."""

    @overload
    def __init__(
        self,
        resource_name: str,
        /,
        args: ContentLibraryArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        /,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **args: Unpack[ContentLibraryArgs],
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        /,
        args: Any = None,
        opts: pulumi.ResourceOptions | None = None,
        **keywords: Any,
    ) -> None:
        super().__init__("pacific:vcenter:ContentLibrary", resource_name, args, keywords, opts)
