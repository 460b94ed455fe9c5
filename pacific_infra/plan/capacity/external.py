"""External documents in capacity: with what was looked up of them, or among what is not known."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

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
    known: dict[str, Document] = {}
    for namespace in estate.of(ExternalNamespace):
        spec = looked_up.namespaces.get(namespace.name) or NamespaceSpec(supervisor=namespace.spec.supervisor)
        known[namespace.id] = _LookedUpNamespace.model_construct(
            kind=namespace.kind, metadata=namespace.metadata, spec=spec
        )
    for machine_class in estate.of(ExternalVirtualMachineClass):
        size = looked_up.virtual_machine_classes.get(machine_class.name)
        if size is not None:
            known[machine_class.id] = VirtualMachineClass.model_construct(
                kind=machine_class.kind, metadata=machine_class.metadata, spec=size
            )
    for node, document in known.items():
        document._source = estate.by_id[node].source
    return replace(estate, documents=tuple(known.get(document.id, document) for document in estate))


def not_known(estate: Estate, looked_up: LookedUp, *, hosts: bool) -> Iterator[str]:
    """What of the external documents is not counted, such as ``limits of Namespace/shop``. ``hosts``: whether hosts are
    compared.
    """
    for namespace in estate.of(ExternalNamespace):
        if namespace.name not in looked_up.namespaces:
            yield f"limits of {namespace.id}"
        elif looked_up.without_cpu_and_memory:
            yield f"CPU and memory limits of {namespace.id}"
    for machine_class in estate.of(ExternalVirtualMachineClass):
        if machine_class.name not in looked_up.virtual_machine_classes:
            yield f"size of {machine_class.id}"
    for supervisor in estate.of(ExternalSupervisorCluster) if hosts else ():
        yield f"hosts of {supervisor.id}"
