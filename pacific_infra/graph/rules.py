"""Rules that one document alone cannot show to be kept."""

from collections.abc import Iterator

from pacific_infra.documents import Document, Estate, Manifests, Namespace, SupervisorCluster
from pacific_infra.documents.manifests import path_of
from pacific_infra.documents.source import Path
from pacific_infra.documents.storage_class import has_class_of
from pacific_infra.errors import PacificError
from pacific_infra.graph.machine_groups import broken_memberships


def broken_rules(estate: Estate) -> Iterator[PacificError]:
    """One error for each place where documents of ``estate`` do not fit together."""
    for namespace in estate.of(Namespace):
        yield from _owners(namespace, estate)
    for document in estate:
        container = estate.get(f"Namespace/{document.namespace}", Namespace)
        if container is not None:
            yield from _allowed_by(container, document)
    yield from broken_memberships(estate)
    for manifests in estate.of(Manifests):
        yield from _foreign_namespaces(manifests, estate)


def _owners(namespace: Namespace, estate: Estate) -> Iterator[PacificError]:
    """vCenter makes OWNER only users and groups of its own SSO domain."""
    supervisor = estate.get(f"SupervisorCluster/{namespace.spec.supervisor}", SupervisorCluster)
    if supervisor is None:
        return
    sso_domain = supervisor.spec.sso_domain
    for index, access in enumerate(namespace.spec.access):
        if access.role == "OWNER" and access.domain.lower() != sso_domain.lower():
            place = namespace.place(("spec", "access", index, "domain"))
            problem = "only users and groups of the SSO domain can be OWNER"
            yield PacificError(problem, place=place, value=access.domain, allowed=sso_domain, fix="set role: EDIT")


def _allowed_by(namespace: Namespace, document: Document) -> Iterator[PacificError]:
    allowed = {
        "storagePolicies": [policy.name for policy in namespace.spec.storage_policies],
        "virtualMachineClasses": list(namespace.spec.virtual_machine_classes),
    }
    for path, name, field in needs_of_namespace(document):
        is_allowed = name in allowed[field] or (field == "storagePolicies" and has_class_of(name, allowed[field]))
        if not is_allowed:
            yield _not_allowed(namespace, document.place(path), name, allowed[field], field)


def needs_of_namespace(document: Document) -> Iterator[tuple[Path, str, str]]:
    """Path and name of each storage policy and VM class that it names, and the namespace's field that must have it."""
    for path, policy in document.storage_policies():
        yield path, policy, "storagePolicies"
    for machine in document.classes():
        yield machine.path, machine.name, "virtualMachineClasses"


def _not_allowed(namespace: Namespace, place: str, name: str, allowed: list[str], field: str) -> PacificError:
    return PacificError(
        f"{namespace.id} does not have this in its {field}",
        place=place,
        value=name,
        allowed=allowed or "none",
        fix=f"add it to spec.{field} at {namespace.place(('spec', field))}",
    )


def _foreign_namespaces(document: Manifests, estate: Estate) -> Iterator[PacificError]:
    """A vSphere Namespace is not in a workload cluster, unless manifests make one of its name there."""
    if document.guest_cluster is None:
        return
    neighbours = [other for other in estate.of(Manifests) if other.guest_cluster == document.guest_cluster]
    identities = [manifest.identity for other in neighbours for manifest in other.spec.listed]
    in_cluster = {identity.name for identity in identities if identity[:2] == ("", "Namespace")}
    for manifest in document.spec.listed:
        _, kind, namespace, name = manifest.identity
        if namespace not in in_cluster and f"Namespace/{namespace}" in estate.by_id:
            problem = f"{kind}/{name} is in a vSphere Namespace, which does not exist inside the workload cluster"
            fix = f"remove the namespace, or add a manifest of kind Namespace called {namespace}"
            yield PacificError(problem, place=document.place(path_of(manifest)), value=namespace, fix=fix)
