"""Supervisor Services: vCenter's catalogue of them, and what is installed on a Supervisor."""

import contextlib
from base64 import b64decode, b64encode
from typing import Any
from urllib.parse import quote

from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.errors import NotFound
from pacific_infra.vcenter.reading import lower_names

_MANAGEMENT = "/vcenter/namespace-management"
_CATALOGUE = f"{_MANAGEMENT}/supervisor-services"


def encode(text: str) -> str:
    """Base64, as the API takes YAML."""
    return b64encode(text.encode()).decode()


def decode(content: str) -> str:
    """The text again."""
    return b64decode(content).decode(errors="replace")


async def check_content(client: VCenterClient, content: str) -> dict[str, Any]:
    """``SupervisorServices.CheckResult`` of a service's YAML; nothing is changed."""
    # Unlike elsewhere the structure is not the body itself, but a field of it: so the bindings send it.
    body = {"spec": {"content": encode(content)}}
    answer = await client.post(_CATALOGUE, body, {"action": "checkContent"}, repeatable=True)
    return dict(lower_names(answer))


async def register_service(client: VCenterClient, specification: dict[str, Any]) -> None:
    """Add a service with its first version; ``SupervisorServices.CreateSpec``. Raises AlreadyExists."""
    await client.post(_CATALOGUE, specification)


async def register_version(client: VCenterClient, service: str, specification: dict[str, Any]) -> None:
    """Add a version; ``supervisor_services.Versions.CreateSpec``. Raises AlreadyExists."""
    await client.post(f"{_CATALOGUE}/{quote(service, safe='')}/versions", specification)


async def read_service(client: VCenterClient, service: str) -> dict[str, Any] | None:
    """``SupervisorServices.Info`` with lower-case names; None where there is no such service."""
    return await client.find(f"{_CATALOGUE}/{quote(service, safe='')}")


async def list_services(client: VCenterClient) -> list[dict[str, Any]]:
    """``SupervisorServices.Summary`` of each service of the catalogue."""
    return [dict(item) for item in lower_names(await client.get(_CATALOGUE)) or []]


async def list_versions(client: VCenterClient, service: str) -> list[dict[str, Any]]:
    """``Versions.Summary`` of each version of a service; empty where there is no such service."""
    try:
        answer = await client.get(f"{_CATALOGUE}/{quote(service, safe='')}/versions")
    except NotFound:
        return []
    return [dict(item) for item in lower_names(answer) or []]


async def read_version_of_service(client: VCenterClient, service: str, version: str) -> dict[str, Any] | None:
    """``Versions.Info`` with lower-case names; None where there is no such version."""
    return await client.find(_version(service, version))


async def activate_version(client: VCenterClient, service: str, version: str, *, active: bool) -> None:
    """Let a version be installed, or not."""
    action = "activate" if active else "deactivate"
    await client.request("PATCH", _version(service, version), params={"action": action})


async def delete_version(client: VCenterClient, service: str, version: str) -> None:
    """Take a deactivated version out of the catalogue, and with the last one the service; what is gone is fine."""
    with contextlib.suppress(NotFound):
        await client.delete(_version(service, version))
    if not await list_versions(client, service):
        path = f"{_CATALOGUE}/{quote(service, safe='')}"
        with contextlib.suppress(NotFound):
            await client.request("PATCH", path, params={"action": "deactivate"})
            await client.delete(path)


async def install_service(client: VCenterClient, host: str, specification: dict[str, Any]) -> None:
    """Install a service; ``supervisors.SupervisorServices.CreateSpec``. ``host`` as ``services_path`` makes it."""
    await client.post(host, specification)


async def read_installation(client: VCenterClient, host: str, service: str) -> dict[str, Any] | None:
    """``supervisors.SupervisorServices.Info`` with lower-case names; None where it is not installed."""
    return await client.find(f"{host}/{quote(service, safe='')}")


async def update_installation(client: VCenterClient, host: str, service: str, specification: dict[str, Any]) -> None:
    """Another version or configuration; ``supervisors.SupervisorServices.SetSpec``."""
    await client.request("PUT", f"{host}/{quote(service, safe='')}", body=specification)


async def uninstall_service(client: VCenterClient, host: str, service: str) -> bool:
    """Ask for its removal; False where it is not installed. What it has made may be orphaned."""
    return await client.remove(f"{host}/{quote(service, safe='')}")


def services_path(supervisor: str) -> str:
    """Where a Supervisor's installations are (9.0 or newer)."""
    return f"{_MANAGEMENT}/supervisors/{quote(supervisor, safe='')}/supervisor-services"


def services_path_of_cluster(cluster: str) -> str:
    """Where they are before 9.0."""
    return f"{_MANAGEMENT}/clusters/{quote(cluster, safe='')}/supervisor-services"


def _version(service: str, version: str) -> str:
    return f"{_CATALOGUE}/{quote(service, safe='')}/versions/{quote(version, safe='')}"


async def list_installations(client: VCenterClient, host: str) -> list[str]:
    """The services that are installed there, by identifier; ``host`` as ``services_path`` makes it."""
    try:
        answer = lower_names(await client.get(host)) or []
    except NotFound:
        return []
    items = answer["supervisor_services"] if isinstance(answer, dict) else answer
    return [str(item["supervisor_service"]) for item in items]
