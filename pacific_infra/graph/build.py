"""From an estate to its graph, with every unknown reference, broken rule and cycle at once."""

from collections import defaultdict
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import pairwise

from pacific_infra.documents import Document, Estate, Reference
from pacific_infra.errors import PacificError, PacificErrors
from pacific_infra.graph.collisions import collision_errors
from pacific_infra.graph.custom_resources import custom_resource_errors, readiness_errors
from pacific_infra.graph.dependency_graph import Dependency, DependencyGraph
from pacific_infra.graph.object_names import name_errors
from pacific_infra.graph.outputs import output_errors
from pacific_infra.graph.rules import broken_rules
from pacific_infra.graph.stack_outputs import refused_outputs

MOST_SUGGESTIONS = 100
"""Unknown references for which the nearest names are looked up; each look-up goes through all names of one kind."""


def build_graph(estate: Estate) -> DependencyGraph:
    """The graph of ``estate``. Raises ``PacificErrors`` for unknown references, broken rules and cycles.

    Takes time in proportion to the number of documents and references.
    """
    by_id = estate.by_id
    needed_by: dict[str, list[str]] = {node: [] for node in by_id}
    predecessors: dict[str, tuple[str, ...]] = {}
    unknown: list[tuple[Document, Reference]] = []
    for node, document in by_id.items():
        needs: dict[str, None] = {}
        for reference in estate.references(document):
            needed = by_id.get(reference.target)
            if needed is not None:
                # The document's own text of its id: a hundred thousand edges to it share one.
                needs[needed.id] = None
            elif reference.required:
                unknown.append((document, reference))
        predecessors[node] = tuple(needs)
        for needed_id in needs:
            needed_by[needed_id].append(node)
    graph = DependencyGraph(estate, predecessors, {node: tuple(needing) for node, needing in needed_by.items()})
    errors = list(_unknown_references(estate, unknown))
    errors += broken_rules(estate)
    errors += output_errors(estate)
    errors += refused_outputs(estate)
    errors += custom_resource_errors(estate)
    errors += readiness_errors(graph)
    declared = list(estate.objects())
    errors += collision_errors(declared)
    errors += name_errors(declared)
    errors += _cycles(graph)
    if errors:
        raise PacificErrors(errors)
    return graph


def _unknown_references(estate: Estate, unknown: list[tuple[Document, Reference]]) -> Iterator[PacificError]:
    by_kind: dict[str, list[str]] = defaultdict(list)
    if unknown:
        for document in estate:
            by_kind[document.kind].append(document.id.partition("/")[2])
        by_kind["Application"] = list(estate.applications)
        for use in estate.uses:
            by_kind[use.partition("/")[0]].append(use.partition("/")[2])
    for count, (document, reference) in enumerate(unknown):
        kind, _, name = reference.target.partition("/")
        names = get_close_matches(name, by_kind[kind], cutoff=0.7) if count < MOST_SUGGESTIONS else []
        near = [f"{kind}/{candidate}" for candidate in names]
        fix = (
            f"write one of them, or add the document {reference.target}"
            if near
            else f"add the document {reference.target}"
        )
        place = document.place(reference.path)
        problem = f"{document.id} names a document that does not exist"
        yield PacificError(problem, place=place, value=reference.target, allowed=near or None, fix=fix)


def _cycles(graph: DependencyGraph) -> Iterator[PacificError]:
    """One error for each group of documents that wait for each other, with a shortest cycle through its first id."""
    if len(graph.order) == len(graph.estate):
        return
    from pacific_infra.graph.cycles import cycles  # noqa: PLC0415 - networkx, which a plan without cycles does not need

    for cycle in cycles(graph.successors):
        steps = [_dependency(graph, needed, needing) for needed, needing in pairwise(cycle)][::-1]
        text = ", ".join(f"{step.document.id} needs {step.target} ({step.reason} at {step.place})" for step in steps)
        yield PacificError(
            "these documents wait for each other",
            place=steps[0].place,
            value=" -> ".join(reversed(cycle)),
            fix=f"remove one of: {text}",
        )


def _dependency(graph: DependencyGraph, needed: str, needing: str) -> Dependency:
    return min(graph.reasons(needing, needed), key=lambda dependency: dependency.field)
