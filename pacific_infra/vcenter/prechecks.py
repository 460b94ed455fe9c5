"""Checks before a service is installed or a Supervisor is upgraded (8.0 U3): begun, and their last results."""

from typing import Any
from urllib.parse import quote

from pacific_infra.vcenter.client import VCenterClient

_MANAGEMENT = "/vcenter/namespace-management"


async def run_service_precheck(client: VCenterClient, supervisor: str, service: str, version: str) -> None:
    """Begin the check of a version in the catalogue; ``supervisors.SupervisorServices.PrecheckSpec``.

    Raises NotFound, NotAllowed, and InvalidArgument where the Supervisor has no such checks.
    """
    path = f"{_services(supervisor)}/{_quote(service)}"
    await client.post(path, {"target_version": version}, {"action": "precheck"}, repeatable=True)


async def read_service_precheck(
    client: VCenterClient, supervisor: str, service: str, version: str
) -> dict[str, Any] | None:
    """``SupervisorServices.PrecheckResult`` with lower-case names; None: no valid result."""
    path = f"{_services(supervisor)}/{_quote(service)}/versions/{_quote(version)}/precheck"
    return await client.find(path)


async def run_upgrade_precheck(client: VCenterClient, supervisor: str, version: str) -> None:
    """Begin the check of an upgrade; ``software.supervisors.Prechecks.PrecheckSpec``. Raises as the other does."""
    await client.post(_upgrades(supervisor), {"target_version": version}, {"action": "run"}, repeatable=True)


async def read_upgrade_precheck(client: VCenterClient, supervisor: str, version: str) -> dict[str, Any] | None:
    """``Prechecks.PrecheckResult`` of one version with lower-case names; None: it has not run."""
    answer = await client.find(_upgrades(supervisor))
    if answer is None:
        return None
    results = answer.get("precheck_results") or []
    return next((dict(result) for result in results if result.get("target_version") == version), None)


def _services(supervisor: str) -> str:
    return f"{_MANAGEMENT}/supervisors/{_quote(supervisor)}/supervisor-services"


def _upgrades(supervisor: str) -> str:
    return f"{_MANAGEMENT}/software/supervisors/{_quote(supervisor)}/prechecks"


def _quote(part: str) -> str:
    return quote(part, safe="")
