"""What is external and what an estate asks of it: which login it takes, and what is lacking there."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from pacific_infra.documents import (
    Document,
    Estate,
    ExternalDocument,
    ExternalNamespace,
    ExternalSupervisorCluster,
    ExternalVirtualMachineClass,
)
from pacific_infra.documents.kinds import KINDS
from pacific_infra.documents.storage_class import has_class_of
from pacific_infra.errors import PacificError
from pacific_infra.graph.rules import needs_of_namespace

_MOST_NAMES = 5


@dataclass(frozen=True)
class NamespaceFacts:
    """A vSphere Namespace that is there."""

    going: bool = False
    """Whether it is being deleted."""
    storage_classes: frozenset[str] | None = None
    """Names of the StorageClasses that it may use; None: not known."""
    virtual_machine_classes: frozenset[str] | None = None
    """VM classes that it may use; None: not known."""


@dataclass(frozen=True)
class Facts:
    """What was found by looking."""

    supervisors: Mapping[str, str | None] = field(default_factory=dict)
    """Why each existing Supervisor cannot be used yet; None: it can."""
    namespaces: Mapping[str, NamespaceFacts] = field(default_factory=dict)
    """Those that are there and that the user may use."""
    virtual_machine_classes: frozenset[str] | None = None
    """Those of vCenter; None: not known."""


def needing_vcenter(estate: Estate, *, kubeconfig: bool) -> Iterator[Document]:
    """Documents for which vCenter is asked. ``kubeconfig``: whether the stack names one for its Supervisors."""
    return (document for document in estate if document.needs_vcenter(kubeconfig=kubeconfig))


def login_errors(estate: Estate, *, kubeconfig: bool) -> Iterator[PacificError]:
    """One error for each document of a stack without a login at vCenter that takes one."""
    for document in needing_vcenter(estate, kubeconfig=kubeconfig):
        yield PacificError(
            f"{document.id} takes a login at vCenter, and the stack has none",
            place=document.place(),
            fix="write external: true in its spec where somebody else makes it, "
            "or set pacific:server, pacific:username and pacific:passwordFile",
        )


def not_in_outputs(document: ExternalDocument, stack: str, names: Collection[str]) -> PacificError:
    """That another stack does not name the document's object, or has no outputs yet."""
    short = stack.removeprefix("organization/")
    return PacificError(
        f"the stack {short} has no {document.noun} {document.name} in its outputs",
        place=document.place(("spec", "external", "stack")),
        value=document.name,
        allowed=sorted(names) or "none",
        fix=f"bring up {short} first, or correct the name",
    )


def not_named(estate: Estate, outputs: Mapping[str, Mapping[str, Any]]) -> Iterator[PacificError]:
    """One error for each document that another stack should name and does not. ``outputs`` by stack."""
    for document in estate.of(ExternalDocument):
        if document.stack is not None:
            names = outputs[document.stack].get(KINDS[document.kind].stack_output) or ()
            if document.name not in names:
                yield not_in_outputs(document, document.stack, list(names))


def lacking(estate: Estate, facts: Facts) -> Iterator[PacificError]:
    """One error for each external document that is not there or cannot be used, and for each use of one that it does
    not allow.
    """
    for supervisor in estate.of(ExternalSupervisorCluster):
        yield from _supervisor(supervisor, facts)
    for namespace in estate.of(ExternalNamespace):
        yield from _namespace(namespace, facts)
    classes = facts.virtual_machine_classes
    for machine_class in estate.of(ExternalVirtualMachineClass):
        if classes is not None and machine_class.name not in classes:
            yield _not_there(machine_class, "in vCenter", classes)
    for document in estate:
        holder = estate.get(f"Namespace/{document.namespace}", ExternalNamespace)
        if holder is not None and holder.name in facts.namespaces:
            yield from _needs(document, holder, facts.namespaces[holder.name])


def _supervisor(document: ExternalSupervisorCluster, facts: Facts) -> Iterator[PacificError]:
    if document.name not in facts.supervisors:
        yield _not_there(document, "in vCenter", facts.supervisors)
    elif (reason := facts.supervisors[document.name]) is not None:
        yield PacificError(
            f"the Supervisor {document.name} cannot be used yet: {reason}",
            place=document.place(("metadata", "name")),
            fix="wait until it is RUNNING and READY, then run the same command again",
        )


def _namespace(document: ExternalNamespace, facts: Facts) -> Iterator[PacificError]:
    if facts.supervisors.get(document.spec.supervisor, "not there") is not None:
        return  # said of the Supervisor
    namespace = facts.namespaces.get(document.name)
    if namespace is None:
        yield _not_there(document, f"on the Supervisor {document.spec.supervisor}", None)
    elif namespace.going:
        yield PacificError(
            f"the Namespace {document.name} is being deleted",
            place=document.place(("metadata", "name")),
            fix="wait until it is gone and its owner has made it again",
        )


def _needs(document: Document, namespace: ExternalNamespace, facts: NamespaceFacts) -> Iterator[PacificError]:
    for path, name, list_name in needs_of_namespace(document):
        known = facts.storage_classes if list_name == "storagePolicies" else facts.virtual_machine_classes
        if known is None:
            continue
        if not (has_class_of(name, known) if list_name == "storagePolicies" else name in known):
            yield PacificError(
                f"{namespace.id}, which is external, does not have this in its {list_name}",
                place=document.place(path),
                value=name,
                allowed=sorted(known) or "none",
                fix=f"take one of these, or ask the owner of {namespace.id} to add it",
            )


def _not_there(document: ExternalDocument, where: str, names: Collection[str] | None) -> PacificError:
    """``names``: of those that are there; None: not known, nor whether the user may see it."""
    source = document.spec.external
    first = f"bring up {source.stack} first" if source else "bring up the stack that makes it first"
    return PacificError(
        f"the {document.noun} {document.name} is not {where} yet" + (", or not for you" if names is None else ""),
        place=document.place(("metadata", "name")),
        value=document.name,
        allowed=None if names is None else _near(document.name, names),
        fix=f"{first}, or correct the name",
    )


def _near(name: str, names: Collection[str]) -> list[str] | str:
    """The names to show as allowed; of many, those that are near."""
    near = get_close_matches(name, names, n=_MOST_NAMES) if len(names) > _MOST_NAMES else names
    return sorted(near) or ("none" if not names else f"one of {len(names)}")
