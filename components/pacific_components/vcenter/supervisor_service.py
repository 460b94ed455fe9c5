"""``pacific:vcenter:SupervisorService``.

Generated from the models by ``python -m pacific_components.package.schema``; do not edit.
"""

from typing import Any, Unpack, overload

import pulumi

from pacific_components.vcenter import outputs
from pacific_components.vcenter.arguments import SupervisorServiceArgs
from pacific_components.vcenter.properties import VCenterResource


class SupervisorService(VCenterResource):
    """A Supervisor Service that is installed on a Supervisor; another version upgrades it."""

    config_status: pulumi.Output[str] = pulumi.property("configStatus")
    """State: CONFIGURING, REMOVING, CONFIGURED or ERROR."""
    current_version: pulumi.Output[str] = pulumi.property("currentVersion")
    """Version that runs now."""
    service_namespace: pulumi.Output[str] = pulumi.property("serviceNamespace")
    """Namespace of the Supervisor that it runs in."""
    supervisor: pulumi.Output[str] = pulumi.property("supervisor")
    """Supervisor that it is installed on, by name or by identifier."""
    supervisor_service: pulumi.Output[str] = pulumi.property("supervisorService")
    """Identifier of the service in vCenter's catalogue."""
    version: pulumi.Output[str] = pulumi.property("version")
    """Version in the catalogue; another one upgrades."""
    yaml_service_config: pulumi.Output[str | None] = pulumi.property("yamlServiceConfig")
    """Configuration of the service, YAML text as its maker documents it; a secret, since it may hold passwords."""
    ready_objects: pulumi.Output[list[outputs.ReadyObject] | None] = pulumi.property("readyObjects")
    """Objects on the Supervisor that are waited for once vCenter says CONFIGURED; absent: none."""
    deletion_policy: pulumi.Output[str | None] = pulumi.property("deletionPolicy")
    """Retain leaves the service installed when the resource is deleted; absent: Delete. One of Delete, Retain."""

    @overload
    def __init__(
        self,
        resource_name: str,
        /,
        args: SupervisorServiceArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None: ...
    @overload
    def __init__(
        self,
        resource_name: str,
        /,
        *,
        opts: pulumi.ResourceOptions | None = None,
        **args: Unpack[SupervisorServiceArgs],
    ) -> None: ...
    def __init__(
        self,
        resource_name: str,
        /,
        args: Any = None,
        opts: pulumi.ResourceOptions | None = None,
        **keywords: Any,
    ) -> None:
        super().__init__("pacific:vcenter:SupervisorService", resource_name, args, keywords, opts)
