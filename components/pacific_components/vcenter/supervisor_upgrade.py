"""``pacific:vcenter:SupervisorUpgrade``.

Generated from the models by ``python -m pacific_components.package.schema``; do not edit.
"""

from typing import Any, Unpack, overload

import pulumi

from pacific_components.vcenter.arguments import SupervisorUpgradeArgs
from pacific_components.vcenter.properties import VCenterResource


class SupervisorUpgrade(VCenterResource):
    """The version of a Supervisor: it is upgraded to it and never goes back. Deleting the resource changes nothing."""

    current_version: pulumi.Output[str] = pulumi.property("currentVersion")
    """Version that runs now."""
    available_versions: pulumi.Output[list[str]] = pulumi.property("availableVersions")
    """Versions that it can be upgraded to."""
    state: pulumi.Output[str] = pulumi.property("state")
    """State: READY, INPROGRESS (PENDING before 9.1) or ERROR."""
    supervisor: pulumi.Output[str] = pulumi.property("supervisor")
    """Supervisor to upgrade, by name or by identifier."""
    version: pulumi.Output[str] = pulumi.property("version")
    """Version that it is to have, as vCenter lists it."""
    ignore_precheck_warnings: pulumi.Output[bool | None] = pulumi.property("ignorePrecheckWarnings")
    """True upgrades in spite of what the checks before it warn of; absent: false."""

    @overload
    def __init__(
        self,
        resource_name: str,
        /,
        args: SupervisorUpgradeArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        /,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **args: Unpack[SupervisorUpgradeArgs],
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        /,
        args: Any = None,
        opts: pulumi.ResourceOptions | None = None,
        **keywords: Any,
    ) -> None:
        super().__init__("pacific:vcenter:SupervisorUpgrade", resource_name, args, keywords, opts)
