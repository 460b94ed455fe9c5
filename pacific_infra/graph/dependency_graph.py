"""A graph of documents without cycles: an edge leads from what is needed to what needs it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from pacific_infra.documents.source import dotted

if TYPE_CHECKING:
    from pacific_infra.documents import Document, Estate, Reference
    from pacific_infra.documents.model import Reason

Neighbours = Mapping[str, tuple[str, ...]]
"""Ids beside each id, each once."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """One reason why ``document`` comes after the document ``target``."""

    document: "Document"
    reference: "Reference"

    @property
    def target(self) -> str:
        """Id of the document that comes first."""
        return self.reference.target

    @property
    def reason(self) -> "Reason":
        """Why it comes first."""
        return self.reference.reason

    @property
    def field(self) -> str:
        """The field that says so, such as ``spec.dependsOn[0]``, with the application that it names."""
        application = self.reference.application
        return dotted(self.reference.path) + (f" ({application})" if application else "")

    @property
    def place(self) -> str:
        """``file:line`` of that field. Reads that document again: not for every edge of a large graph."""
        return self.document.place(self.reference.path)


@dataclass(frozen=True)
class DependencyGraph:
    """The estate's documents by id and the dependencies between them; ``build_graph`` has checked that it has no cycle.

    Only the ids are kept; the reasons are asked of the documents where somebody wants them.
    """

    estate: "Estate"
    predecessors: Neighbours
    """Ids that each id needs directly."""
    successors: Neighbours
    """Ids that need each id directly."""
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    """In an estate in several stacks: the documents that another stack makes, each with that stack's name."""
    shared: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """In an estate in several stacks: the outputs that other stacks take, by the id of a document of this one."""

    def document(self, node: str) -> "Document":
        """The document with the id ``node``. Raises ``KeyError`` if there is none."""
        return self.estate.by_id[node]

    @property
    def external(self) -> frozenset[str]:
        """The ids of documents that others own."""
        return frozenset(document.id for document in self.estate if document.external)

    @property
    def needs_login(self) -> bool:
        """Whether vCenter is asked for one of the documents, where the stack has no kubeconfig."""
        return any(document.needs_vcenter(kubeconfig=False) for document in self.estate)

    @property
    def applications(self) -> Mapping[str, tuple[str, ...]]:
        """Ids of the parts of each application, by its name."""
        return self.estate.applications

    @property
    def digest(self) -> str:
        """A digest of all that the documents say."""
        return self.estate.digest

    def with_estate(self, estate: "Estate") -> "DependencyGraph":
        """The same graph of other documents with the same ids and needs."""
        return DependencyGraph(estate, self.predecessors, self.successors, self.elsewhere, self.shared)

    @cached_property
    def waves(self) -> tuple[tuple[str, ...], ...]:
        """Ids by wave, sorted by id: each document is in the first wave that comes after all that it needs."""
        missing = {node: len(needed) for node, needed in self.predecessors.items()}
        waves = []
        wave = [node for node, number in missing.items() if not number]
        while wave:
            waves.append(tuple(sorted(wave)))
            following = []
            for node in wave:
                for needing in self.successors[node]:
                    missing[needing] -= 1
                    if not missing[needing]:
                        following.append(needing)
            wave = following
        return tuple(waves)

    @cached_property
    def wave_of(self) -> Mapping[str, int]:
        """The wave of each id, counted from 1."""
        return MappingProxyType({node: number for number, wave in enumerate(self.waves, start=1) for node in wave})

    @cached_property
    def order(self) -> tuple[str, ...]:
        """All ids, wave by wave: each comes after all that it needs."""
        return tuple(node for wave in self.waves for node in wave)

    @property
    def declared(self) -> tuple[str, ...]:
        """The ids of the documents that this stack makes, in order: all but those of ``elsewhere``."""
        return tuple(node for node in self.order if node not in self.elsewhere)

    def part(
        self,
        nodes: Collection[str],
        elsewhere: Mapping[str, str] | None = None,
        shared: Mapping[str, frozenset[str]] | None = None,
    ) -> "DependencyGraph":
        """The graph of these documents alone, in the estate's order; of applications and uses what is left of them."""
        estate = self.estate
        applications, uses = (
            {name: tuple(part for part in parts if part in nodes) for name, parts in groups.items()}
            for groups in (estate.applications, estate.uses)
        )
        documents = tuple(document for document in estate if document.id in nodes)
        # Checked already: the whole has no two of one id.
        part = replace(estate, documents=documents, applications=_not_empty(applications), uses=_not_empty(uses))
        predecessors, successors = (
            {node: tuple(other for other in neighbours[node] if other in nodes) for node in nodes}
            for neighbours in (self.predecessors, self.successors)
        )
        return DependencyGraph(part, predecessors, successors, elsewhere or {}, shared or {})

    def dependencies(self, node: str) -> tuple[Dependency, ...]:
        """Why ``node`` comes after others, each reason once, by target and field."""
        document = self.document(node)
        dependencies = [
            Dependency(document, reference)
            for reference in self.estate.references(document)
            if reference.target in self.predecessors
        ]
        return tuple(sorted(dependencies, key=_by_target)) if len(dependencies) > 1 else tuple(dependencies)

    def reasons(self, needing: str, needed: str) -> tuple[Dependency, ...]:
        """Why ``needing`` comes after ``needed``; none where it does not say so itself."""
        return tuple(dependency for dependency in self.dependencies(needing) if dependency.target == needed)

    def needs(self, node: str) -> tuple[str, ...]:
        """Ids that ``node`` needs directly, sorted."""
        return tuple(sorted(self.predecessors[node]))

    def needed_by(self, node: str) -> tuple[str, ...]:
        """Ids that need ``node`` directly, sorted."""
        return tuple(sorted(self.successors[node]))

    def container(self, node: str) -> str | None:
        """Id of the document that contains ``node``: a workload's namespace, a namespace's Supervisor."""
        for dependency in self.dependencies(node):
            if dependency.reason == "containment":
                return dependency.target
        return None


def graph_of_ids(predecessors: Mapping[str, Collection[str]]) -> DependencyGraph:
    """A graph of what is no document, by the ids that each needs."""
    from pacific_infra.documents import Estate  # noqa: PLC0415 - graphs that are known need no documents

    successors: dict[str, list[str]] = {node: [] for node in predecessors}
    for node, needed in predecessors.items():
        for target in needed:
            successors[target].append(node)
    return DependencyGraph(
        Estate(()),
        {node: tuple(needed) for node, needed in predecessors.items()},
        {node: tuple(needing) for node, needing in successors.items()},
    )


def _not_empty(groups: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    return {name: parts for name, parts in groups.items() if parts}


def _by_target(dependency: Dependency) -> "tuple[str, Reason, str]":
    return dependency.target, dependency.reason, dependency.field
