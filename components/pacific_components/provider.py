"""``pulumi:providers:pacific``: which vCenter the custom resources are made in, and as whom."""

import json
from typing import Any, Unpack, overload

import pulumi

from pacific_components.arguments import ProviderArgs
from pacific_components.validation import checked_arguments


class Provider(pulumi.ProviderResource):
    """The provider of ``pacific:vcenter:*`` for one vCenter, for programs that work on several or configure none."""

    @overload
    def __init__(
        self, resource_name: str, /, args: ProviderArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None: ...
    @overload
    def __init__(
        self, resource_name: str, /, *, opts: pulumi.ResourceOptions | None = None, **args: Unpack[ProviderArgs]
    ) -> None: ...
    def __init__(
        self, resource_name: str, /, args: Any = None, opts: pulumi.ResourceOptions | None = None, **keywords: Any
    ) -> None:
        plumbing = checked_arguments("Provider", resource_name, args, keywords).plumbing
        properties = {
            "server": plumbing.server,
            "username": plumbing.username,
            "password": None if plumbing.password is None else pulumi.Output.secret(plumbing.password),
            "passwordFile": plumbing.password_file,
            "caFile": plumbing.ca_file,
            "insecure": _as_json(plumbing.insecure),
            "waitTimeout": _as_json(plumbing.wait_timeout),
            "errorGrace": _as_json(plumbing.error_grace),
        }
        super().__init__("pacific", resource_name, properties, opts)


def _as_json(value: pulumi.Input[bool] | pulumi.Input[int] | None) -> pulumi.Input[str] | None:
    """The engine takes a provider's inputs that are not strings as JSON text."""
    if value is None:
        return None
    return json.dumps(value) if isinstance(value, bool | int) else pulumi.Output.json_dumps(value)
