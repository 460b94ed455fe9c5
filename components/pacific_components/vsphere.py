"""Resources of pulumi-vsphere that documents become, without its SDK: types and properties are its own.

Kinds that vCenter has only at its SOAP interfaces, Single Sign-On and storage policies, are made by this provider.
"""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import pulumi

from pacific_components.values import without_none
from pacific_infra.vcenter.settings import VCenterSettings

VERSION = version("pulumi-vsphere")
"""Version of the plug-in."""


class VSphereObject(pulumi.CustomResource):
    """One resource of pulumi-vsphere."""

    def __init__(self, kind: str, name: str, properties: Mapping[str, Any], opts: pulumi.ResourceOptions) -> None:
        """``kind``: such as SsoUser. ``properties`` as the package spells them."""
        token = f"vsphere:index/{kind[0].lower()}{kind[1:]}:{kind}"
        super().__init__(token, name, without_none(properties), pulumi.ResourceOptions.merge(opts, _PLUGIN))


class VSphereProvider(pulumi.ProviderResource):
    """``pulumi:providers:vsphere`` for the vCenter of an estate."""

    def __init__(self, name: str, settings: VCenterSettings) -> None:
        """Raises PacificError where the password's file cannot be read."""
        properties = {
            "vsphereServer": settings.server,
            "user": settings.username,
            "password": pulumi.Output.secret(settings.read_password()),
            "allowUnverifiedSsl": "true" if settings.insecure else "false",
        }
        super().__init__("vsphere", name, properties, _PLUGIN)


_PLUGIN = pulumi.ResourceOptions(version=VERSION)
