"""Changes that take effect later than the run that makes them: a VM takes up a class at its next power cycle."""

from collections.abc import Iterator, Mapping, Sequence

from pacific_infra.documents import Document
from pacific_infra.documents.fixed_values import SAME_CLASS
from pacific_infra.graph import DependencyGraph
from pacific_infra.plan.changes import ResourceChange

CLASS = "pacific:vcenter:VirtualMachineClass"
MACHINE = "kubernetes:vmoperator.vmware.com/v1alpha5:VirtualMachine"
OF_THE_CATALOGUE = ("description", "adopt")
"""Properties of a VM class that VMs do not take."""

Changes = Mapping[str, Sequence[ResourceChange]]
"""What would happen to the resources of each document, by its id."""


def later_effects(graph: DependencyGraph, changes: Changes) -> Mapping[str, str]:
    """What of a document's change takes effect later, by the document's id."""
    changed = {node: fields for node in changes if (fields := _fields_of_class(changes[node]))}
    return {
        document.id: remark
        for document in graph.estate
        for remark in _of_machine(document, changes.get(document.id, ()), changed)
    }


def _fields_of_class(resources: Sequence[ResourceChange]) -> list[str]:
    """The properties of a VM class that change and that VMs take."""
    updated = [resource for resource in resources if resource.type == CLASS and resource.operation == "update"]
    paths = {change.path for resource in updated for change in resource.changes}
    return sorted(paths.difference(OF_THE_CATALOGUE))


def _of_machine(
    document: Document, resources: Sequence[ResourceChange], changed: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    kept = [resource for resource in resources if resource.operation in ("same", "update")]
    for machine in (resource for resource in kept if resource.type == MACHINE):
        for name in (machine_class.name for machine_class in document.classes()):
            fields = changed.get(f"VirtualMachineClass/{name}")
            if any(change.path == "spec.className" for change in machine.changes):
                yield f"class {name} takes effect at its next power cycle"
            elif fields and SAME_CLASS in document.metadata.annotations:
                yield f"{', '.join(fields)} of class {name}: takes effect at its next power cycle"
            elif fields:
                yield f"{', '.join(fields)} of class {name}: not taken up without annotation {SAME_CLASS}"
