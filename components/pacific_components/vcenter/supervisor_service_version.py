"""``pacific:vcenter:SupervisorServiceVersion``.

Generated from the models by ``python -m pacific_components.package.schema``; do not edit.
"""

from typing import Any, Unpack, overload

import pulumi

from pacific_components.vcenter.arguments import SupervisorServiceVersionArgs
from pacific_components.vcenter.properties import VCenterResource


class SupervisorServiceVersion(VCenterResource):
    """A version of a Supervisor Service in vCenter's catalogue, from where Supervisors install it."""

    supervisor_service: pulumi.Output[str] = pulumi.property("supervisorService")
    """Identifier of the service, for a SupervisorService to install."""
    version: pulumi.Output[str] = pulumi.property("version")
    """Version of the service, for a SupervisorService to install."""
    display_name: pulumi.Output[str] = pulumi.property("displayName")
    """Name of the version for people."""
    state: pulumi.Output[str] = pulumi.property("state")
    """State: ACTIVATED or DEACTIVATED."""
    content: pulumi.Output[str] = pulumi.property("content")
    """The service's YAML as its maker publishes it: a Carvel Package with its PackageMetadata, or a vSphere
    application.
    """
    content_type: pulumi.Output[str] = pulumi.property("contentType")
    """Format of the content. One of CARVEL_APPS_YAML, VSPHERE_APPS_YAML."""
    trusted_provider: pulumi.Output[bool | None] = pulumi.property("trustedProvider")
    """True takes a VSPHERE_APPS_YAML without a valid signature; absent: false."""
    accept_eula: pulumi.Output[bool | None] = pulumi.property("acceptEula")
    """True accepts the licence agreement of a VSPHERE_APPS_YAML; absent: false."""
    activated: pulumi.Output[bool] = pulumi.property("activated")
    """Whether Supervisors may install this version."""
    deletion_policy: pulumi.Output[str | None] = pulumi.property("deletionPolicy")
    """Retain leaves the version in the catalogue while a Supervisor has it installed; absent: Delete, which vCenter
    refuses then. One of Delete, Retain.
    """

    @overload
    def __init__(
        self,
        resource_name: str,
        /,
        args: SupervisorServiceVersionArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        /,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **args: Unpack[SupervisorServiceVersionArgs],
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        /,
        args: Any = None,
        opts: pulumi.ResourceOptions | None = None,
        **keywords: Any,
    ) -> None:
        super().__init__("pacific:vcenter:SupervisorServiceVersion", resource_name, args, keywords, opts)
