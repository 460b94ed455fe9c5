"""Rules that one document alone cannot show to be kept."""

from collections.abc import Iterator

from pacific_infra.documents import (
    CrxWorkload,
    Document,
    Estate,
    Function,
    Namespace,
    SupervisorCluster,
    VirtualMachine,
    WorkloadCluster,
)
from pacific_infra.documents.container import Container
from pacific_infra.documents.environment import OutputReference, SecretKeyReference
from pacific_infra.documents.kinds import OUTPUTS_OF_A_SERVICE, target_of
from pacific_infra.documents.source import Path
from pacific_infra.errors import PacificError


def broken_rules(estate: Estate) -> Iterator[PacificError]:
    """One error for each place where documents of ``estate`` do not fit together."""
    for document in estate:
        if isinstance(document, Namespace):
            yield from _owners(document, estate)
        elif isinstance(document, Function):
            path: Path = ("spec", "container")
            yield from _container_outputs(document, path, document.spec.container, estate)
        elif isinstance(document, CrxWorkload | VirtualMachine | WorkloadCluster):
            namespace = estate.by_id.get(f"Namespace/{document.namespace}")
            if isinstance(namespace, Namespace):
                yield from _allowed_by(namespace, document)
            if isinstance(document, CrxWorkload):
                yield from _outputs(document, estate)


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
    policies = [policy.name for policy in namespace.spec.storage_policies]
    for path, policy in _storage_policies(document):
        if policy not in policies:
            yield _not_allowed(namespace, document.place(path), policy, policies, "storagePolicies")
    named: dict[Path, str] = (
        {("spec", "class"): document.spec.class_name} if isinstance(document, VirtualMachine) else {}
    )
    if isinstance(document, WorkloadCluster):
        named = {path: name for path, name, _ in document.classes()}
    classes = list(namespace.spec.virtual_machine_classes)
    for path, name in named.items():
        if name not in classes:
            yield _not_allowed(namespace, document.place(path), name, classes, "virtualMachineClasses")


def _storage_policies(document: CrxWorkload | VirtualMachine | WorkloadCluster) -> Iterator[tuple[Path, str]]:
    if isinstance(document, WorkloadCluster):
        yield ("spec", "storagePolicy"), document.spec.storage_policy
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


def _outputs(document: CrxWorkload, estate: Estate) -> Iterator[PacificError]:
    for field, containers in (
        ("containers", document.spec.containers),
        ("initContainers", document.spec.init_containers),
    ):
        for index, container in enumerate(containers):
            yield from _container_outputs(document, ("spec", field, index), container, estate)


def _container_outputs(document: Document, path: Path, container: Container, estate: Estate) -> Iterator[PacificError]:
    for variable, value in container.environment.items():
        if isinstance(value, SecretKeyReference) and value.source is not None:
            source = target_of(value.source, document.namespace)
            if source.split("/")[1:-1] != [document.namespace]:
                place = document.place((*path, "environment", variable, "from"))
                what = "a pod takes Secrets of its own namespace only"
                yield PacificError(what, place=place, value=source, allowed=f"a document of {document.namespace}")
        elif isinstance(value, OutputReference):
            target = estate.by_id.get(target_of(value.source, document.namespace))
            yield from _output(document, (*path, "environment", variable, "output"), target, value.output)


def _output(document: Document, path: Path, target: Document | None, output: str) -> Iterator[PacificError]:
    if not isinstance(target, CrxWorkload | VirtualMachine) or target.spec.service is not None:
        return
    if output in OUTPUTS_OF_A_SERVICE.get(target.kind, ()):
        what = f"{target.id} has no service, and so not this output"
        fix = f"add spec.service to it at {target.place(('spec',))}"
        yield PacificError(what, place=document.place(path), value=output, fix=fix)
