"""``pacific:vcenter:ContainerImageRegistry``: a registry that a Supervisor may draw container images from.

Follows ``namespace_management.supervisors.ContainerImageRegistries`` of the vSphere Automation API 8.0 U3 to 9.1.
"""

from typing import Annotated

from pacific_infra.provider.models.model import Meta, Model, described
from pacific_infra.provider.models.supervisor import ImageRegistry


class ContainerImageRegistryInputs(Model):
    """A registry of container images with its login, known to one Supervisor."""

    supervisor: Annotated[str, Meta(replace=True, reference="Supervisor", local=True)] = described(
        "Supervisor that it belongs to, by name or by identifier.", min_length=1
    )
    name: str = described("Name, unique on the Supervisor; absent: the resource's own name.", min_length=1)
    image_registry: ImageRegistry = described("Address and login.")
    default_registry: bool = described(
        "Whether the Supervisor's own components and services draw from it.", default=False
    )


class ContainerImageRegistryOutputs(Model):
    """What vCenter adds to a registry."""

    registry: str = described("Identifier of the registry.")
