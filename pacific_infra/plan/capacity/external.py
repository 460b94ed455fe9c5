"""External documents in capacity: with what was looked up of them, or among what is not known."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pacific_infra.documents import (
    Document,
    Estate,
    ExternalNamespace,
    ExternalSupervisorCluster,
    ExternalVirtualMachineClass,
    Namespace,
    NamespaceSpec,
    VirtualMachineClass,
    VirtualMachineClassSpec,
)


@dataclass(frozen=True)
class LookedUp:
    """What the owners of external documents have set; by name."""

    namespaces: Mapping[str, NamespaceSpec] = field(default_factory=dict)
    virtual_machine_classes: Mapping[str, VirtualMachineClassSpec] = field(default_factory=dict)
    without_cpu_and_memory: bool = False
    """Whether the limits on CPU and memory could not be read: a Supervisor's Kubernetes does not tell them."""


class _LookedUpNamespace(Namespace):
    @property
    def external(self) -> bool:
        return True


def with_looked_up(estate: Estate, looked_up: LookedUp) -> Estate:
    """``estate`` with what was looked up in place of the external documents; a namespace that was not has no limits."""
    return Estate(tuple(_known(document, looked_up) for document in estate), estate.applications)


def _known(document: Document, looked_up: LookedUp) -> Document:
    known: Document = document
    if isinstance(document, ExternalNamespace):
        spec = looked_up.namespaces.get(document.name) or NamespaceSpec(supervisor=document.spec.supervisor)
        known = _LookedUpNamespace.model_construct(kind="Namespace", metadata=document.metadata, spec=spec)
    elif isinstance(document, ExternalVirtualMachineClass) and document.name in looked_up.virtual_machine_classes:
        size = looked_up.virtual_machine_classes[document.name]
        known = VirtualMachineClass.model_construct(kind=document.kind, metadata=document.metadata, spec=size)
    known._source = document.source
    return known


def not_known(estate: Estate, looked_up: LookedUp, *, hosts: bool) -> Iterator[str]:
    """What of the external documents is not counted, such as ``limits of Namespace/shop``. ``hosts``: whether hosts are
    compared.
    """
    for document in estate:
        if isinstance(document, ExternalNamespace) and document.name not in looked_up.namespaces:
            yield f"limits of {document.id}"
        elif isinstance(document, ExternalNamespace) and looked_up.without_cpu_and_memory:
            yield f"CPU and memory limits of {document.id}"
        elif isinstance(document, ExternalVirtualMachineClass):
            if document.name not in looked_up.virtual_machine_classes:
                yield f"size of {document.id}"
        elif isinstance(document, ExternalSupervisorCluster) and hosts:
            yield f"hosts of {document.id}"
