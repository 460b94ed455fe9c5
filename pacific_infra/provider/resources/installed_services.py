"""Where a Supervisor's installed services are, and which Supervisors have one."""

from pacific_infra.provider.models.model import V9_0
from pacific_infra.provider.session import Session
from pacific_infra.vcenter.supervisor_services import read_installation, services_path, services_path_of_cluster
from pacific_infra.vcenter.supervisors import list_supervisors, read_topology


async def services_host(session: Session, supervisor: str) -> str:
    """Where the services of ``supervisor`` are: its own since 9.0, its cluster's before."""
    version = await session.version()
    if version is None or version >= V9_0:
        return services_path(supervisor)
    return services_path_of_cluster((await read_topology(session.client, supervisor))[0][1][0])


async def supervisors_with(session: Session, service: str, version: str) -> list[str]:
    """Names of the Supervisors that have this version of a service, or are changing from or to it."""
    names = []
    for supervisor, info in (await list_supervisors(session.client)).items():
        installation = await read_installation(session.client, await services_host(session, supervisor), service)
        if installation is not None and version in (
            installation.get("current_version"),
            installation.get("desired_version"),
        ):
            names.append(str(info["name"]))
    return sorted(names)
