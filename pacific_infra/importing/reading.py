"""Reads a running Supervisor with all that is on it. Nothing in vCenter is changed."""

import asyncio
from collections.abc import Mapping
from typing import Any

from pacific_infra.errors import PacificError
from pacific_infra.importing.beside import beside_namespaces
from pacific_infra.importing.expression import inexpressible
from pacific_infra.importing.found import Found, Left, Taken
from pacific_infra.importing.specs import imported_spec
from pacific_infra.provider.models.model import V9_0
from pacific_infra.provider.ownership import ClusterMarks, Owner, owner_of
from pacific_infra.provider.resources.namespace import NamespaceResource
from pacific_infra.provider.resources.resource import Request, Values
from pacific_infra.provider.resources.supervisor import SupervisorResource
from pacific_infra.provider.resources.virtual_machine_class import VirtualMachineClassResource
from pacific_infra.provider.session import Session
from pacific_infra.vcenter.inventory import nearest
from pacific_infra.vcenter.namespaces import list_namespaces, read_namespace
from pacific_infra.vcenter.supervisor_edges import list_edges
from pacific_infra.vcenter.supervisors import list_supervisors
from pacific_infra.vcenter.virtual_machine_classes import read_virtual_machine_classes

_SIZES = ("xsmall", "small", "medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge")
VMWARE_CLASSES = frozenset(f"{kind}-{size}" for kind in ("best-effort", "guaranteed") for size in _SIZES)
"""The VM classes that every vCenter comes with."""
_AT_ONCE = 16
"""Namespaces that are read at the same time."""
_SUPERVISOR, _NAMESPACE, _CLASS = SupervisorResource(), NamespaceResource(), VirtualMachineClassResource()


async def read_estate(session: Session, supervisor: str | None, owner: Owner) -> Found:
    """What is on ``supervisor``, by name or identifier (None: the only one), for the stack ``owner`` to take over.

    Raises PacificError where there is no such Supervisor, it is not RUNNING, or it is another stack's.
    """
    await session.require_supported()
    request = Request(session, "")
    identifier, name = await _find(session, supervisor)
    read = await _SUPERVISOR.read(request, identifier, None)
    if read is None:
        raise PacificError(f"the Supervisor {name} has gone meanwhile")
    values = read[1]
    other = await ClusterMarks(session.client).owner([str(values["clusterId"])])
    if other is not None and other != owner:
        raise PacificError(
            f"the Supervisor {name} belongs to {other.name}",
            fix=f"where that stack gives it up, remove the tag {other.name} of its cluster in vCenter, then import it",
        )
    remarks = await _remarks(session, identifier, values)
    cluster = Taken("SupervisorCluster", name, identifier, imported_spec("SupervisorCluster", values), remarks)
    settings = inexpressible(cluster, _SUPERVISOR, values, await session.version())

    limit = asyncio.Semaphore(_AT_ONCE)

    async def namespace(one: str) -> Taken | Left | None:
        async with limit:
            return await _namespace(request, one, identifier, owner)

    found: list[Taken | Left | None] = list(
        await asyncio.gather(*map(namespace, sorted(await list_namespaces(session.client))))
    )
    classes = await _classes(request, owner)
    left = [each for each in (*classes, *found) if isinstance(each, Left)]
    left += await beside_namespaces(session, identifier, name, str(values["clusterId"]))
    taken = [each for each in (*classes, *found) if isinstance(each, Taken)]
    return Found(name, (cluster, *taken), tuple(left), str(values["endpoint"]), tuple(settings))


async def _find(session: Session, wanted: str | None) -> tuple[str, str]:
    supervisors = await list_supervisors(session.client)
    names = {identifier: str(info["name"]) for identifier, info in supervisors.items()}
    fitting = [each for each, name in names.items() if wanted is None or wanted in (each, name)]
    if len(fitting) != 1:
        raise PacificError(
            "no such Supervisor in vCenter" if wanted and not fitting else f"{len(fitting)} Supervisors in vCenter",
            value=wanted,
            allowed=nearest(wanted or "", names.values()) or "none",
            fix="name one with --from-supervisor" if fitting else None,
        )
    status = supervisors[fitting[0]].get("config_status")
    if status != "RUNNING":
        raise PacificError(
            f"the Supervisor {names[fitting[0]]} is {status}", allowed="RUNNING", fix="wait until it is, or mend it"
        )
    return fitting[0], names[fitting[0]]


async def _namespace(request: Request, name: str, supervisor: str, owner: Owner) -> Taken | Left | None:
    """None: it is on another Supervisor, or is gone."""
    session = request.session
    info = await read_namespace(session.client, name)
    if info is None or str(info.get("supervisor")) != supervisor:
        return None
    what, command = f"Namespace {name}", _command("Namespace", name, name)
    others = _others(str(info.get("description") or ""), owner)
    if others is not None:
        return Left(what, others)
    if info.get("config_status") != "RUNNING":
        return Left(what, f"it is {info.get('config_status')}; import again when it is RUNNING")
    if info.get("self_service_namespace"):
        return Left(what, "one of its users made it by self-service, and may delete it", command)
    read = await _NAMESPACE.read(request, name, None)
    if read is None:
        return None
    values = read[1]
    taken = Taken("Namespace", name, name, imported_spec("Namespace", values), _foreign(values))
    missing = inexpressible(taken, _NAMESPACE, values, await session.version())
    return Left(what, f"no document says its {', '.join(missing)}", command) if missing else taken


async def _classes(request: Request, owner: Owner) -> list[Taken | Left]:
    """VM classes, save those that every vCenter has: those are nobody's to delete."""
    found: list[Taken | Left] = []
    known = await read_virtual_machine_classes(request.session.client)
    for name in sorted({str(each["id"]) for each in known} - VMWARE_CLASSES):
        read = await _CLASS.read(request, name, None)
        info = next(each for each in known if each["id"] == name)
        if read is None:
            continue
        others = _others(str(info.get("description") or ""), owner)
        taken = Taken("VirtualMachineClass", name, name, imported_spec("VirtualMachineClass", read[1]))
        missing = [] if others else inexpressible(taken, _CLASS, read[1], await request.session.version())
        what = f"VirtualMachineClass {name}"
        if others is not None:
            found.append(Left(what, others))
        elif missing:
            command = _command("VirtualMachineClass", name, name)
            found.append(Left(what, f"no document says its {', '.join(missing)}", command))
        else:
            found.append(taken)
    return found


def _others(description: str, owner: Owner) -> str | None:
    """Why it is not for us, where another stack has made it."""
    there = owner_of(description)
    return None if there in (None, owner) else f"the stack {there.name if there else ''} has made it"


async def _remarks(session: Session, supervisor: str, values: Values) -> tuple[str, ...]:
    remarks = ["Addresses of its networks are not shown by vCenter: what is said of them here is not compared."]
    if (values.get("workloads") or {}).get("network", {}).get("networkType") == "VSPHERE":
        version = await session.version()
        old = version is not None and version < V9_0
        edges = [] if old else await list_edges(session.client, supervisor)
        names = ", ".join(f"{each['edge']} of {each['provider']}" for each in edges)
        what = f"the load balancer that it has ({names})" if names else "the load balancer that it has"
        remarks.append(f"UNMANAGED: {what} stays as it is. vCenter shows no password of it, and not all its settings.")
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
