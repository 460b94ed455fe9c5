"""Rules that one document alone cannot show to be kept."""

from collections.abc import Iterator

from pacific_infra.documents import (
    CrxWorkload,
    Estate,
    Manifests,
    Namespace,
    SupervisorCluster,
    VirtualMachine,
    WorkloadCluster,
)
from pacific_infra.documents.source import Path
from pacific_infra.errors import PacificError


def broken_rules(estate: Estate) -> Iterator[PacificError]:
    """One error for each place where documents of ``estate`` do not fit together."""
    for document in estate:
        if isinstance(document, Namespace):
            yield from _owners(document, estate)
        elif isinstance(document, Manifests):
            yield from _foreign_namespaces(document, estate)
        elif isinstance(document, CrxWorkload | VirtualMachine | WorkloadCluster):
            namespace = estate.by_id.get(f"Namespace/{document.namespace}")
            if isinstance(namespace, Namespace):
                yield from _allowed_by(namespace, document)


def _owners(namespace: Namespace, estate: Estate) -> Iterator[PacificError]:
    """vCenter makes OWNER only users and groups of its own SSO domain."""
    supervisor = estate.by_id.get(f"SupervisorCluster/{namespace.spec.supervisor}")
    if not isinstance(supervisor, SupervisorCluster):
        return
    own = supervisor.spec.sso_domain
    for index, access in enumerate(namespace.spec.access):
        if access.role == "OWNER" and access.domain.lower() != own.lower():
            place = namespace.place(("spec", "access", index, "domain"))
            what = "only users and groups of the SSO domain can be OWNER"
            yield PacificError(what, place=place, value=access.domain, allowed=own, fix="set role: EDIT")


def _allowed_by(
    namespace: Namespace, document: CrxWorkload | VirtualMachine | WorkloadCluster
) -> Iterator[PacificError]:
    allowed = {
        "storagePolicies": [policy.name for policy in namespace.spec.storage_policies],
        "virtualMachineClasses": list(namespace.spec.virtual_machine_classes),
    }
    for path, name, field in needs_of_namespace(document):
        if name not in allowed[field]:
            yield _not_allowed(namespace, document.place(path), name, allowed[field], field)


def needs_of_namespace(document: CrxWorkload | VirtualMachine | WorkloadCluster) -> Iterator[tuple[Path, str, str]]:
    """Path and name of each storage policy and VM class that it names, and the namespace's field that must have it."""
    for path, policy in _storage_policies(document):
        yield path, policy, "storagePolicies"
    if isinstance(document, VirtualMachine):
        yield ("spec", "class"), document.spec.class_name, "virtualMachineClasses"
    elif isinstance(document, WorkloadCluster):
        for path, name, _ in document.classes():
            yield path, name, "virtualMachineClasses"


def _storage_policies(document: CrxWorkload | VirtualMachine | WorkloadCluster) -> Iterator[tuple[Path, str]]:
    if isinstance(document, WorkloadCluster):
        yield ("spec", "storagePolicy"), document.spec.storage_policy
        if document.spec.default_storage_policy is not None:
            yield ("spec", "defaultStoragePolicy"), document.spec.default_storage_policy
    elif isinstance(document, VirtualMachine):
        yield ("spec", "storagePolicy"), document.spec.storage_policy
        for index, disk in enumerate(document.spec.volumes):
            if disk.storage_policy is not None:
                yield ("spec", "volumes", index, "storagePolicy"), disk.storage_policy
    else:
        for index, volume in enumerate(document.spec.volumes):
            if volume.claim is not None:
                yield ("spec", "volumes", index, "claim", "storagePolicy"), volume.claim.storage_policy


def _not_allowed(namespace: Namespace, place: str, name: str, allowed: list[str], field: str) -> PacificError:
    return PacificError(
        f"{namespace.id} does not have this in its {field}",
        place=place,
        value=name,
        allowed=allowed or "none",
        fix=f"add it to spec.{field} at {namespace.place(('spec', field))}",
    )


def _foreign_namespaces(document: Manifests, estate: Estate) -> Iterator[PacificError]:
    """A vSphere Namespace is none of a cluster, unless manifests make one of its name there."""
    beside = [
        one
        for one in estate
        if isinstance(one, Manifests)
        and (one.namespace, one.spec.cluster) == (document.namespace, document.spec.cluster)
    ]
    listed = [manifest.identity for one in beside for manifest in one.spec.listed]
    made = {identity.name for identity in listed if identity.kind == "Namespace"}
    for _, kind, namespace, name in (manifest.identity for manifest in document.spec.listed):
        if namespace not in made and f"Namespace/{namespace}" in estate.by_id:
            what = f"{kind}/{name} lies in a vSphere Namespace of the estate, which is none of the cluster's"
            fix = f"remove the namespace, or add a manifest of kind Namespace called {namespace}"
            yield PacificError(what, place=document.place(("spec", "manifests")), value=namespace, fix=fix)
