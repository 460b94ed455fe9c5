"""Reads a running Supervisor with all that is on it. Nothing in vCenter is changed."""

import asyncio
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from pacific_infra.documents.explain import Subject, explain
from pacific_infra.documents.lowering import lift, properties_of
from pacific_infra.documents.models import MODELS
from pacific_infra.documents.source import PROGRAM
from pacific_infra.errors import PacificError
from pacific_infra.importing.scan import Importable, Skipped, SupervisorScan
from pacific_infra.provider.models.model import V9_0
from pacific_infra.provider.ownership import ClusterMarks, Owner, owner_of
from pacific_infra.provider.resources.container_image_registry import ContainerImageRegistryResource
from pacific_infra.provider.resources.namespace import NamespaceResource
from pacific_infra.provider.resources.namespace_template import NamespaceTemplateResource
from pacific_infra.provider.resources.resource import Request, Resource, Values
from pacific_infra.provider.resources.supervisor import SupervisorResource
from pacific_infra.provider.resources.virtual_machine_class import VirtualMachineClassResource
from pacific_infra.provider.session import Session
from pacific_infra.vcenter.container_image_registries import list_registries
from pacific_infra.vcenter.inventory import nearest
from pacific_infra.vcenter.namespace_templates import list_templates
from pacific_infra.vcenter.namespaces import list_namespaces, read_namespace
from pacific_infra.vcenter.supervisor_edges import list_edges
from pacific_infra.vcenter.supervisor_services import (
    list_installations,
    list_versions,
    services_path,
    services_path_of_cluster,
)
from pacific_infra.vcenter.supervisors import list_supervisors, read_topology
from pacific_infra.vcenter.version import Version
from pacific_infra.vcenter.virtual_machine_classes import read_virtual_machine_classes

_SIZES = ("xsmall", "small", "medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge")
VMWARE_CLASSES = frozenset(f"{kind}-{size}" for kind in ("best-effort", "guaranteed") for size in _SIZES)
"""The VM classes that every vCenter comes with."""
_AT_ONCE = 16
"""Namespaces that are read at the same time."""
_SUPERVISOR, _NAMESPACE, _CLASS = SupervisorResource(), NamespaceResource(), VirtualMachineClassResource()
_REGISTRY, _TEMPLATE = ContainerImageRegistryResource(), NamespaceTemplateResource()


async def read_estate(session: Session, supervisor: str | None, owner: Owner) -> SupervisorScan:
    """Scan ``supervisor``, named or by identifier (None: the only one), for an import into the stack ``owner``.

    Raises PacificError where it does not exist, is not RUNNING, or belongs to another stack.
    """
    await session.require_supported()
    request = Request(session, "")
    identifier, name = await _find(session, supervisor)
    read = await _SUPERVISOR.read(request, identifier, None)
    if read is None:
        raise PacificError(f"the Supervisor {name} no longer exists")
    values = read[1]
    other = await ClusterMarks(session.client).owner([str(values["clusterId"])])
    if other is not None and other != owner:
        raise PacificError(
            f"the Supervisor {name} belongs to {other.name}",
            fix=f"where that stack gives it up, remove the tag {other.name} of its cluster in vCenter, then import it",
        )
    remarks = await _remarks(session, identifier, values)
    spec = imported_spec("SupervisorCluster", values)
    cluster = Importable("SupervisorCluster", name, identifier, spec, remarks)
    inexpressible = unsupported_properties(cluster, _SUPERVISOR, values, await session.version())

    limit = asyncio.Semaphore(_AT_ONCE)

    async def namespace(name: str) -> Importable | Skipped | None:
        async with limit:
            return await _namespace(request, name, identifier, owner)

    namespaces: list[Importable | Skipped | None] = list(
        await asyncio.gather(*map(namespace, sorted(await list_namespaces(session.client))))
    )
    classes = await _classes(request, owner)
    platform = await platform_objects(request, identifier, name, str(values["clusterId"]))
    results = (*classes, *namespaces, *platform)
    skipped = [result for result in results if isinstance(result, Skipped)]
    importable = [result for result in results if isinstance(result, Importable)]
    return SupervisorScan(
        name,
        (cluster, *importable),
        tuple(skipped),
        tuple(result.name for result in namespaces if isinstance(result, Importable)),
        str(values["endpoint"]),
        tuple(inexpressible),
    )


async def _find(session: Session, selector: str | None) -> tuple[str, str]:
    supervisors = await list_supervisors(session.client)
    names = {identifier: str(info["name"]) for identifier, info in supervisors.items()}
    fitting = [identifier for identifier, name in names.items() if selector is None or selector in (identifier, name)]
    if len(fitting) != 1:
        raise PacificError(
            "no such Supervisor in vCenter" if selector and not fitting else f"{len(fitting)} Supervisors in vCenter",
            value=selector,
            allowed=nearest(selector or "", names.values()) or "none",
            fix="name one with --from-supervisor" if fitting else None,
        )
    status = supervisors[fitting[0]].get("config_status")
    if status != "RUNNING":
        raise PacificError(
            f"the Supervisor {names[fitting[0]]} is {status}",
            allowed="RUNNING",
            fix="wait until it is, or fix it in vCenter",
        )
    return fitting[0], names[fitting[0]]


async def _namespace(request: Request, name: str, supervisor: str, owner: Owner) -> Importable | Skipped | None:
    """None where it is on another Supervisor, or no longer exists."""
    session = request.session
    info = await read_namespace(session.client, name)
    if info is None or str(info.get("supervisor")) != supervisor:
        return None
    subject, command = f"Namespace {name}", _command("Namespace", name, name)
    others = _others(str(info.get("description") or ""), owner)
    if others is not None:
        return Skipped(subject, others)
    if info.get("config_status") != "RUNNING":
        return Skipped(subject, f"it is {info.get('config_status')}; import again when it is RUNNING")
    if info.get("self_service_namespace"):
        return Skipped(subject, "a user created it by self-service, and may delete it", command)
    read = await _NAMESPACE.read(request, name, None)
    if read is None:
        return None
    values = read[1]
    importable = Importable("Namespace", name, name, imported_spec("Namespace", values), _foreign(values))
    missing = unsupported_properties(importable, _NAMESPACE, values, await session.version())
    return Skipped(subject, f"no document says its {', '.join(missing)}", command) if missing else importable


async def _classes(request: Request, owner: Owner) -> list[Importable | Skipped]:
    """VM classes, without those that every vCenter has, since no stack should delete them."""
    results: list[Importable | Skipped] = []
    known = await read_virtual_machine_classes(request.session.client)
    for name in sorted({str(known_class["id"]) for known_class in known} - VMWARE_CLASSES):
        read = await _CLASS.read(request, name, None)
        info = next(known_class for known_class in known if known_class["id"] == name)
        if read is None:
            continue
        others = _others(str(info.get("description") or ""), owner)
        importable = Importable("VirtualMachineClass", name, name, imported_spec("VirtualMachineClass", read[1]))
        missing = [] if others else unsupported_properties(importable, _CLASS, read[1], await request.session.version())
        subject = f"VirtualMachineClass {name}"
        if others is not None:
            results.append(Skipped(subject, others))
        elif missing:
            command = _command("VirtualMachineClass", name, name)
            results.append(Skipped(subject, f"no document says its {', '.join(missing)}", command))
        else:
            results.append(importable)
    return results


def _others(description: str, owner: Owner) -> str | None:
    """Why it is skipped, if another stack has created it."""
    marked_by = owner_of(description)
    return None if marked_by in (None, owner) else f"the stack {marked_by.name if marked_by else ''} has created it"


async def _remarks(session: Session, supervisor: str, values: Values) -> tuple[str, ...]:
    remarks = ["vCenter does not show the addresses of its networks, so addresses in this document are not compared."]
    if (values.get("workloads") or {}).get("network", {}).get("networkType") == "VSPHERE":
        version = await session.version()
        old = version is not None and version < V9_0
        edges = [] if old else await list_edges(session.client, supervisor)
        names = ", ".join(f"{edge['edge']} of {edge['provider']}" for edge in edges)
        subject = f"the load balancer that it has ({names})" if names else "the load balancer that it has"
        remarks.append(f"UNMANAGED: {subject} stays as it is. vCenter shows neither its password nor all its settings.")
    return tuple(remarks)


def _foreign(values: Mapping[str, Any]) -> tuple[str, ...]:
    inherited = [
        f"{entry['subjectType'].lower()} {entry['subject']}@{entry['domain']} ({entry['role']})"
        for entry in values.get("inheritedAccess") or []
    ]
    remarks = [
        "networkPolicy and podSecurity leave what is inside as it is; say deny-by-default and restricted when ready."
    ]
    if inherited:
        remarks.insert(0, f"vCenter's own entries of its access list are left alone: {', '.join(inherited)}.")
    return tuple(remarks)


def _command(kind: str, name: str, identifier: str) -> str:
    return f"pulumi import pacific:vcenter:{kind} {name} {identifier}"


def unsupported_properties(
    importable: Importable, resource: Resource, values: Mapping[str, Any], version: Version | None
) -> list[str]:
    """Properties of ``values``, the object as ``resource`` has read it, that ``importable``'s document cannot express.

    Empty: an import with this document shows no difference. For an invalid document, its errors instead.
    """
    try:
        document = MODELS[importable.kind].model_validate(importable.document, by_alias=True, by_name=False)
    except ValidationError as error:
        return [str(problem) for problem in explain(error.errors(include_url=False), Subject(importable.kind), PROGRAM)]
    desired = resource.inputs_of(properties_of(document))
    return sorted({change.path for change in resource.differences(desired, values, version)})


def imported_spec(kind: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """The document's ``spec`` for ``properties``, the properties of a resource of ``kind`` as read.

    An import changes nothing: the object stays when its document is removed, and a namespace gets neither a
    NetworkPolicy nor Pod Security labels.
    """
    spec = lift(kind, properties)
    if kind == "SupervisorCluster":
        return {**spec, **_load_balancer(spec), "deletionPolicy": "Retain"}
    if kind == "Namespace":
        if spec.get("nsxVpc", {}).get("vpc"):
            # The networks of an existing VPC belong to the VPC.
            spec["nsxVpc"].pop("privateNetworks", None)
        return {**spec, "networkPolicy": "allow-all", "podSecurity": "unmanaged", "deletionPolicy": "Retain"}
    return spec


def _load_balancer(spec: Mapping[str, Any]) -> dict[str, Any]:
    """UNMANAGED, because vCenter shows neither its password nor all its settings; empty where NSX brings one."""
    brought = spec.get("workloadNetwork", {}).get("type") != "VSPHERE"
    return {} if brought else {"loadBalancer": {"provider": "UNMANAGED"}}


_SEVERAL = "one document is several resources of it; a Pulumi program can import each"
_DELETED_WITH_IT = "its document would delete it with the stack; a Pulumi program can import it"
_NOT_SHOWN = "vCenter does not show its password: write its document by hand, and it is taken over by name and address"


async def platform_objects(request: Request, supervisor: str, name: str, cluster: str) -> list[Importable | Skipped]:
    """What belongs to the Supervisor besides namespaces. ``name``: the Supervisor's."""
    client, version = request.session.client, await request.session.version()
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
    return [
        *(
            _skipped("SupervisorServiceVersion", f"{service}-{version}", f"{service}/{version}", _SEVERAL)
            for service, version in sorted(versions)
        ),
        *(_skipped("SupervisorService", service, f"{name}/{service}", _SEVERAL) for service in sorted(services)),
        *[
            await _on_supervisor(request, _REGISTRY, str(registry["name"]), f"{supervisor}/{registry['id']}")
            for registry in sorted(registries, key=lambda registry: str(registry["name"]))
        ],
        *[
            await _on_supervisor(request, _TEMPLATE, template, f"{supervisor}/{template}")
            for template in sorted(templates)
        ],
        *(_skipped("Zone", zone, zone, _DELETED_WITH_IT) for zone, _ in sorted(zones)),
    ]


async def _on_supervisor(request: Request, resource: Resource, name: str, identifier: str) -> Importable | Skipped:
    """An object of a Supervisor that one document of the resource's name says."""
    kind = resource.kind.name
    read = await resource.read(request, identifier, None)
    if read is None:
        return Skipped(f"{kind} {name}", "it is gone")
    importable = Importable(kind, name, identifier, imported_spec(kind, read[1]))
    command = f"{read[1]['supervisor']}/{name}"
    if importable.spec.get("username"):
        return _skipped(kind, name, command, _NOT_SHOWN)
    missing = unsupported_properties(importable, resource, read[1], await request.session.version())
    return _skipped(kind, name, command, f"no document says its {', '.join(missing)}") if missing else importable


def _skipped(kind: str, name: str, identifier: str, reason: str) -> Skipped:
    return Skipped(f"{kind} {name}", reason, _command(kind, name, identifier))
