"""Objects of a Supervisor that no kind of document covers: services, registries, templates and zones."""

import asyncio

from pacific_infra.importing.scan import Skipped
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

_REASON = "no kind of document exists for it; a Pulumi program can import it"


async def unsupported_objects(session: Session, supervisor: str, name: str, cluster: str) -> list[Skipped]:
    """These objects, each with the command that imports it. ``name``: the Supervisor's."""
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
        (service, str(info["version"])) for service in services for info in await list_versions(client, service)
    ]
    names = sorted(str(registry["name"]) for registry in registries)
    return [
        *(
            _skipped("SupervisorServiceVersion", f"{service}-{version}", f"{service}/{version}")
            for service, version in sorted(versions)
        ),
        *(_skipped("SupervisorService", service, f"{name}/{service}") for service in sorted(services)),
        *(_skipped("ContainerImageRegistry", registry, f"{name}/{registry}") for registry in names),
        *(_skipped("NamespaceTemplate", template, f"{name}/{template}") for template in sorted(templates)),
        *(_skipped("Zone", zone, zone) for zone, _ in sorted(zones)),
    ]


def _skipped(kind: str, name: str, identifier: str) -> Skipped:
    return Skipped(f"{kind} {name}", _REASON, f"pulumi import pacific:vcenter:{kind} {name} {identifier}")
