"""What a Supervisor has beside its namespaces and has no document: services, registries, templates and zones."""

import asyncio

from pacific_infra.importing.found import Left
from pacific_infra.provider.models.model import V9_0
from pacific_infra.provider.session import Session
from pacific_infra.vcenter.container_image_registries import list_registries
from pacific_infra.vcenter.namespace_templates import list_templates
from pacific_infra.vcenter.supervisor_services import (
    list_installations,
    list_versions,
    services_path,
    services_path_of_cluster,
)
from pacific_infra.vcenter.supervisors import read_topology

_REASON = "there is no kind of document for it; a Pulumi program takes it over"


async def beside_namespaces(session: Session, supervisor: str, name: str, cluster: str) -> list[Left]:
    """Each with the command that imports it; ``name`` is the Supervisor's."""
    client, version = session.client, await session.version()
    old = version is not None and version < V9_0
    host = services_path_of_cluster(cluster) if old else services_path(supervisor)
    services, registries, templates, zones = await asyncio.gather(
        list_installations(client, host),
        list_registries(client, supervisor),
        list_templates(client, supervisor),
        read_topology(client, supervisor),
    )
    versions = [
        (service, str(each["version"])) for service in services for each in await list_versions(client, service)
    ]
    names = sorted(str(registry["name"]) for registry in registries)
    return [
        *(_left("SupervisorServiceVersion", f"{one}-{each}", f"{one}/{each}") for one, each in sorted(versions)),
        *(_left("SupervisorService", service, f"{name}/{service}") for service in sorted(services)),
        *(_left("ContainerImageRegistry", each, f"{name}/{each}") for each in names),
        *(_left("NamespaceTemplate", each, f"{name}/{each}") for each in sorted(templates)),
        *(_left("Zone", zone, zone) for zone, _ in sorted(zones)),
    ]


def _left(kind: str, name: str, identifier: str) -> Left:
    return Left(f"{kind} {name}", _REASON, f"pulumi import pacific:vcenter:{kind} {name} {identifier}")
