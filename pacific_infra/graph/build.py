"""From an estate to its graph, with every unknown reference, broken rule and cycle at once."""

from collections import defaultdict, deque
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import pairwise

import networkx

from pacific_infra.documents import Document, Estate, Reference
from pacific_infra.errors import PacificError, PacificErrors
from pacific_infra.graph.custom_resources import custom_resource_errors
from pacific_infra.graph.dependency_graph import Dependency, DependencyGraph
from pacific_infra.graph.rules import broken_rules
from pacific_infra.graph.service_names import service_name_errors

MOST_SUGGESTIONS = 100
"""Unknown references for which the nearest names are looked up; each look-up goes through all names of one kind."""


def build_graph(estate: Estate) -> DependencyGraph:
    """The graph of ``estate``. Raises ``PacificErrors`` for unknown references, broken rules and cycles.

    Takes time in proportion to the number of documents and references.
    """
    network: networkx.MultiDiGraph[str] = networkx.MultiDiGraph()
    unknown: list[tuple[Document, Reference]] = []
    for document in estate:
        network.add_node(document.id, document=document)
    for document in estate:
        for reference in document.references():
            if reference.target in estate.by_id:
                network.add_edge(reference.target, document.id, dependency=Dependency(document, reference))
            elif reference.required:
                unknown.append((document, reference))
    errors = list(_unknown_references(estate, unknown))
    errors += broken_rules(estate)
    errors += custom_resource_errors(estate)
    errors += service_name_errors(estate)
    errors += _cycles(network)
    if errors:
        raise PacificErrors(errors)
    return DependencyGraph(estate, network)


def _unknown_references(estate: Estate, unknown: list[tuple[Document, Reference]]) -> Iterator[PacificError]:
    by_kind: dict[str, list[str]] = defaultdict(list)
    if unknown:
        for document in estate:
            by_kind[document.kind].append(document.id.partition("/")[2])
    for count, (document, reference) in enumerate(unknown):
        kind, _, name = reference.target.partition("/")
        names = get_close_matches(name, by_kind[kind], cutoff=0.7) if count < MOST_SUGGESTIONS else []
        near = [f"{kind}/{found}" for found in names]
        fix = (
            f"write one of them, or add the document {reference.target}"
            if near
            else f"add the document {reference.target}"
        )
        place = document.place(reference.path)
        what = f"{document.id} names a document that is not there"
        yield PacificError(what, place=place, value=reference.target, allowed=near or None, fix=fix)


def _cycles(network: "networkx.MultiDiGraph[str]") -> Iterator[PacificError]:
    """One error for each group of documents that wait for each other, with a shortest circle through its first id."""
    groups = networkx.strongly_connected_components(network)
    circles = [group for group in groups if len(group) > 1 or network.has_edge(*(tuple(group) * 2))]
    for group in sorted(circles, key=min):
        circle = _circle(network, group)
        steps = [_dependency(network, needed, needing) for needed, needing in pairwise(circle)][::-1]
        text = ", ".join(f"{step.document.id} needs {step.target} ({step.reason} at {step.place})" for step in steps)
        yield PacificError(
            "these documents wait for each other",
            place=steps[0].place,
            value=" -> ".join(reversed(circle)),
            fix=f"remove one of: {text}",
        )


def _dependency(network: "networkx.MultiDiGraph[str]", needed: str, needing: str) -> Dependency:
    dependencies: list[Dependency] = [edge["dependency"] for edge in network[needed][needing].values()]
    return min(dependencies, key=lambda dependency: dependency.field)


def _circle(network: "networkx.MultiDiGraph[str]", group: set[str]) -> list[str]:
    """A shortest way from the group's first id along the edges back to it; first and last are the same."""
    start = min(group)
    before: dict[str, str] = {}
    queue = deque([start])
    while queue:
        here = queue.popleft()
        for there in sorted(network.successors(here)):
            if there == start:
                way = [start, here]
                while way[-1] != start:
                    way.append(before[way[-1]])
                return way[::-1] if here != start else [start, start]
            if there in group and there not in before:
                before[there] = here
                queue.append(there)
    raise AssertionError("a strongly connected group has a circle through each of its nodes")
