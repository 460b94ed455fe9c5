"""``pulumi:providers:pacific``: which vCenter the custom resources are made in, and as whom."""

import json
from typing import NotRequired, TypedDict

import pulumi

from pacific_components.checking import checked


class ProviderArgs(TypedDict):
    """Arguments of Provider."""

    server: pulumi.Input[str]
    """vCenter: ``host`` or ``host:port``."""
    username: pulumi.Input[str]
    """User principal name, for example administrator@vsphere.local."""
    password: NotRequired[pulumi.Input[str]]
    """The password, a secret from here on; one of it and ``password_file``."""
    password_file: NotRequired[pulumi.Input[str]]
    """File whose first line is the password; read when it is needed."""
    ca_file: NotRequired[pulumi.Input[str]]
    """PEM bundle that signs vCenter's certificate; default: the system's."""
    insecure: NotRequired[pulumi.Input[bool]]
    """True turns TLS verification off."""
    wait_timeout: NotRequired[pulumi.Input[int]]
    """How long one create, update or delete may wait, in seconds; default: an hour."""
    error_grace: NotRequired[pulumi.Input[int]]
    """How long the state ERROR is taken for passing, in seconds; default 300."""


class Provider(pulumi.ProviderResource):
    """The provider of ``pacific:vcenter:*`` for one vCenter, for programs that work on several or configure none."""

    def __init__(self, resource_name: str, args: ProviderArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        args = checked(ProviderArgs, args, f"Provider {resource_name}")
        properties = {
            "server": args["server"],
            "username": args["username"],
            "password": pulumi.Output.secret(args["password"]) if "password" in args else None,
            "passwordFile": args.get("password_file"),
            "caFile": args.get("ca_file"),
            "insecure": _as_json(args.get("insecure", False)),
            "waitTimeout": _as_json(args.get("wait_timeout")),
            "errorGrace": _as_json(args.get("error_grace")),
        }
        super().__init__("pacific", resource_name, properties, opts)


def _as_json(value: pulumi.Input[bool] | pulumi.Input[int] | None) -> pulumi.Input[str] | None:
    """The engine takes a provider's inputs that are not strings as JSON text."""
    if value is None:
        return None
    return json.dumps(value) if isinstance(value, bool | int) else pulumi.Output.json_dumps(value)
