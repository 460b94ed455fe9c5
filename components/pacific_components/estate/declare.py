"""From the graph of documents to Pulumi resources: one for each document, in topological order, longest way first."""

from functools import singledispatch
from typing import Any

import pulumi

from pacific_components.estate.declaration import Declaration, output_of
from pacific_components.estate.kinds import declare
from pacific_components.external import SupervisorElsewhere
from pacific_infra import documents
from pacific_infra.declaration import EstateOptions
from pacific_infra.documents.kinds import KINDS
from pacific_infra.graph import DependencyGraph
from pacific_infra.graph.critical_path import longest_first
from pacific_infra.graph.partition import DOCUMENT_SECRETS, DOCUMENTS, LOGIN
from pacific_infra.vcenter.settings import VCenterSettings

_STACK_OUTPUTS = {
    "kubeconfigs": ("endpoint", "kubeconfig"),
    "endpoints": ("endpoint", "endpoint"),
    "addresses": ("address", "address"),
    "urls": ("url", "url"),
}
"""For each output of the stack: what a document has whose resource is in it, and the attribute of the resource."""


def declare_estate(
    graph: DependencyGraph, settings: VCenterSettings | None, options: EstateOptions | None = None
) -> dict[str, pulumi.Output[Any]]:
    """Declare every document of ``graph``; returns the stack's outputs.

    ``settings``: None where the stack has no login at vCenter. ``kubeconfigs`` (secret) and ``endpoints`` by Supervisor
    and by NAMESPACE/NAME of workload clusters, ``addresses`` of workloads and VMs and ``urls`` of workloads and
    functions by node id without its kind, ``namespaces`` with their Supervisor, ``virtualMachineClasses``. Raises
    PacificErrors for documents that need a login where there is none.
    """
    options = options or EstateOptions()
    estate = Declaration(graph, settings, options)
    # The engine begins what can begin in the order in which it hears of it.
    for node in longest_first(graph, {node: options.duration(node) for node in graph.order}):
        if node in graph.elsewhere:
            _stand_in(graph.document(node), estate)
        else:
            estate.resources[node] = declare(graph.document(node), estate)
    return {**_outputs(estate), **_shared_outputs(estate)}


@singledispatch
def _stand_in(document: documents.Document, estate: Declaration) -> None:
    """Make what documents of this stack need of ``document`` besides its outputs; of most kinds that is nothing."""


@_stand_in.register
def _supervisor(document: documents.SupervisorCluster, estate: Declaration) -> None:
    stack = estate.graph.elsewhere[document.id]
    estate.supervisors[document.name] = SupervisorElsewhere(
        document.name,
        document.id,
        {name: estate.stacks.output_of_document(document, document.id, name, stack) for name in LOGIN},
        estate.options.kubernetes_plugin_version,
    )


def _shared_outputs(estate: Declaration) -> dict[str, pulumi.Output[Any]]:
    """What other stacks of the estate take; nothing where they take nothing."""
    values: dict[str, dict[str, dict[str, pulumi.Output[Any]]]] = {}
    for node, outputs in sorted(estate.graph.shared.items()):
        for output in sorted(outputs):
            name = DOCUMENT_SECRETS if estate.is_secret(node, output) else DOCUMENTS
            values.setdefault(name, {}).setdefault(node, {})[output] = estate.output(node, output)
    return {
        name: pulumi.Output.secret(value) if name == DOCUMENT_SECRETS else pulumi.Output.from_input(value)
        for name, value in values.items()
    }


def _outputs(estate: Declaration) -> dict[str, pulumi.Output[Any]]:
    """The outputs of the stack."""
    outputs: dict[str, dict[str, Any]] = {name: {} for name in (*_STACK_OUTPUTS, "namespaces", "virtualMachineClasses")}
    for node, resource in estate.resources.items():
        name = node.partition("/")[2]
        document = estate.graph.document(node)
        for stack_output, (output, attribute) in _STACK_OUTPUTS.items():
            if output in document.outputs:
                outputs[stack_output][name] = output_of(resource, attribute)
        if document.summary is not None:
            outputs[KINDS[document.kind].stack_output][name] = document.summary
    kubeconfigs = pulumi.Output.secret(outputs.pop("kubeconfigs"))
    return {"kubeconfigs": kubeconfigs, **{name: pulumi.Output.from_input(value) for name, value in outputs.items()}}
