"""``pulumi:providers:pacific``: which vCenter the custom resources are made in, and as whom."""

import json

import pulumi

from pacific_infra.vcenter.settings import VCenterSettings


class Provider(pulumi.ProviderResource):
    """The provider of ``pacific:vcenter:*`` for one vCenter; a password is kept as a secret."""

    def __init__(
        self,
        resource_name: str,
        settings: VCenterSettings,
        opts: pulumi.ResourceOptions | None = None,
        *,
        wait_timeout: int | None = None,
    ) -> None:
        """``wait_timeout``: how long one create, update or delete may wait, in seconds; None: an hour."""
        properties = {
            "server": settings.server,
            "username": settings.username,
            "password": None if settings.password is None else pulumi.Output.secret(settings.password),
            "passwordFile": None if settings.password_file is None else str(settings.password_file),
            "caFile": None if settings.ca_file is None else str(settings.ca_file),
            # The engine takes a provider's inputs that are not strings as JSON text.
            "insecure": json.dumps(settings.insecure),
            "waitTimeout": None if wait_timeout is None else json.dumps(wait_timeout),
        }
        super().__init__("pacific", resource_name, properties, opts)
