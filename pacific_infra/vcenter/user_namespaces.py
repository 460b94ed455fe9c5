"""The vSphere Namespaces that a user may enter, and their Supervisors."""

from dataclasses import dataclass

from pacific_infra.errors import PacificError
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.errors import NotFound, Unauthorized
from pacific_infra.vcenter.inventory import nearest
from pacific_infra.vcenter.reading import lower_names
from pacific_infra.vcenter.supervisors import list_supervisors


@dataclass(frozen=True)
class SupervisorOfUser:
    """A Supervisor as one of its users sees it."""

    name: str
    endpoint: str
    """``host`` or ``host:port``."""
    namespaces: tuple[str, ...]
    """The namespaces that the user may enter."""


async def find_supervisor(client: VCenterClient, supervisor: str) -> SupervisorOfUser:
    """The Supervisor with this name, identifier or address. Raises as ``find_endpoint``."""
    endpoint = await find_endpoint(client, supervisor)
    names = sorted(name for name, host in await _namespaces(client) if host == endpoint)
    return SupervisorOfUser(supervisor, endpoint, tuple(names))


async def find_endpoint(client: VCenterClient, supervisor: str) -> str:
    """``host`` or ``host:port`` of the Supervisor with this name, identifier or address. Raises PacificError.

    A user who may not list Supervisors gets the Supervisor of their namespaces.
    """
    try:
        known = await list_supervisors(client)
    except Unauthorized:
        return _only_host(supervisor, await _hosts(client))
    match = next((info for key, info in known.items() if supervisor in (key, info["name"])), None)
    if match is None:
        if supervisor in await _hosts(client):
            return supervisor
        names = [str(info["name"]) for info in known.values()]
        raise PacificError(
            "no such Supervisor in vCenter", value=supervisor, allowed=nearest(supervisor, names) or "none"
        )
    if endpoint := str(match.get("apiendpoint") or ""):
        return endpoint
    raise PacificError(
        f"the Supervisor {supervisor} has no address yet",
        fix="wait until it is RUNNING, then run the same command again",
    )


def _only_host(supervisor: str, hosts: list[str]) -> str:
    """The address of ``supervisor``, for who cannot look it up and has namespaces on ``hosts``."""
    if supervisor in hosts:
        return supervisor
    if len(hosts) == 1:
        return hosts[0]
    raise PacificError(
        "you may not look up Supervisors by name, and you have no namespace that tells its address"
        if not hosts
        else "you may not look up Supervisors by name, and your namespaces are on several Supervisors",
        value=supervisor,
        allowed=hosts or None,
        fix="name the Supervisor's address",
    )


async def namespaces_of_user(client: VCenterClient) -> list[str]:
    """The namespaces that the user has a role in."""
    return [name for name, _ in await _namespaces(client)]


async def _hosts(client: VCenterClient) -> list[str]:
    """The addresses of the Supervisors that have a namespace of the user."""
    return sorted({host for _, host in await _namespaces(client) if host})


async def _namespaces(client: VCenterClient) -> list[tuple[str, str]]:
    """Each namespace of the user with its Supervisor's address."""
    try:
        answer = await client.get("/vcenter/namespaces-user/namespaces")
    except (NotFound, Unauthorized):
        return []
    return [(str(info["namespace"]), str(info.get("master_host") or "")) for info in lower_names(answer) or []]
