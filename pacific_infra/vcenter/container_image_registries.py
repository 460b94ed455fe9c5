"""Container image registries of a Supervisor: ``.../supervisors/{supervisor}/container-image-registries`` (8.0 U3)."""

from typing import Any
from urllib.parse import quote

from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.reading import lower_names


def _path(supervisor: str, registry: str | None = None) -> str:
    path = f"/vcenter/namespace-management/supervisors/{quote(supervisor, safe='')}/container-image-registries"
    return path if registry is None else f"{path}/{quote(registry, safe='')}"


async def create_registry(client: VCenterClient, supervisor: str, specification: dict[str, Any]) -> str:
    """Add a registry; ``ContainerImageRegistries.CreateSpec``. Its identifier. Raises AlreadyExists."""
    return str(lower_names(await client.post(_path(supervisor), specification))["id"])


async def list_registries(client: VCenterClient, supervisor: str) -> list[dict[str, Any]]:
    """``ContainerImageRegistries.Info`` of each, with lower-case names."""
    return [dict(item) for item in lower_names(await client.get(_path(supervisor))) or []]


async def read_registry(client: VCenterClient, supervisor: str, registry: str) -> dict[str, Any] | None:
    """``ContainerImageRegistries.Info`` with lower-case names; None where there is none."""
    return await client.find(_path(supervisor, registry))


async def update_registry(client: VCenterClient, supervisor: str, registry: str, specification: dict[str, Any]) -> None:
    """Change what ``specification`` (``ContainerImageRegistries.UpdateSpec``) names, nothing else."""
    await client.patch(_path(supervisor, registry), specification)


async def delete_registry(client: VCenterClient, supervisor: str, registry: str) -> None:
    """Remove a registry; what is gone already is fine."""
    await client.remove(_path(supervisor, registry))
