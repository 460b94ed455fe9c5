"""Replacements that would take along what is to be kept: refused, unless the documents give it up."""

from collections.abc import Iterator

from pacific_infra.documents import Document
from pacific_infra.documents.source import Path
from pacific_infra.errors import PacificError, PacificErrors
from pacific_infra.graph import DependencyGraph
from pacific_infra.plan.changes import HOLDERS, ResourceChange
from pacific_infra.plan.plan import Plan, PlannedNode

POLICY: Path = ("spec", "deletionPolicy")
SHOWN = 10
"""Documents in one message; of more the number is said."""


def check_replacements(plan: Plan, graph: DependencyGraph) -> None:
    """Raises PacificErrors for replacements that take along what is to be kept."""
    errors = list(replacement_errors(plan, graph))
    if errors:
        raise PacificErrors(errors)


def replacement_errors(plan: Plan, graph: DependencyGraph) -> Iterator[PacificError]:
    """One error for each Supervisor, namespace or cluster that is replaced although it or what it holds is to be kept.

    A replacement deletes it with all data in it. Who wants that says deletionPolicy: Delete in each document concerned.
    """
    for node in plan.nodes:
        for resource in node.resources:
            if resource.type in HOLDERS and resource.operation == "replace" and resource.goes_with is None:
                yield from _refused(graph.document(node.id), resource, plan, graph)


def _refused(
    document: Document, resource: ResourceChange, plan: Plan, graph: DependencyGraph
) -> Iterator[PacificError]:
    keeping = [] if resource.deletes else [document]
    keeping += [graph.document(node.id) for node in plan.nodes if _kept_in_vain(node, document, graph)]
    if not keeping:
        return
    fields = ", ".join(change.path for change in resource.changes if change.replaces)
    shown = [f"{kept.id} ({kept.place(POLICY)})" for kept in keeping[:SHOWN]]
    more = [f"and {len(keeping) - SHOWN} more"] if len(keeping) > SHOWN else []
    yield PacificError(
        f"{document.id} would be deleted with all its data and made again, since {fields or 'it'} cannot change, and "
        f"these are to be kept (deletionPolicy: Retain): {', '.join([*shown, *more])}",
        place=document.place(_field(resource)),
        fix="undo the change, or set deletionPolicy: Delete in each of them to give their data up",
    )


def _kept_in_vain(node: PlannedNode, holder: Document, graph: DependencyGraph) -> bool:
    """Whether there is data of ``node`` that goes with ``holder`` although its document says that it is kept."""
    stored = [resource for resource in node.data if resource.operation not in ("create", "read")]
    goes = any(resource.goes_with == holder.id for resource in stored)
    return goes and graph.document(node.id).deletion_policy == "Retain"


def _field(resource: ResourceChange) -> Path:
    """The field of the document of the same name, where it has one; else the nearest part around it."""
    path = next((change.path for change in resource.changes if change.replaces), "")
    return ("spec", *path.replace("[", ".").split(".")[:1]) if path else ()
