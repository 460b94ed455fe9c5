"""The login at a vCenter as components and the provider take it."""

from typing import Any

import pulumi

from pacific_infra.vcenter.settings import VCenterSettings


def login_args(settings: VCenterSettings) -> Any:
    """Server, user and password; the password itself is a secret."""
    args: dict[str, Any] = {"server": settings.server, "username": settings.username, "insecure": settings.insecure}
    if settings.password_file is not None:
        args["password_file"] = str(settings.password_file)
    elif settings.password is not None:
        args["password"] = pulumi.Output.secret(settings.password)
    if settings.ca_file is not None:
        args["ca_file"] = str(settings.ca_file)
    return args
