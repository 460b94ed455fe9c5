"""A graph of documents without cycles: an edge leads from what is needed to what needs it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import networkx

from pacific_infra.documents import Document, Estate, Reference
from pacific_infra.documents.explain import dotted
from pacific_infra.documents.model import Reason


@dataclass(frozen=True, slots=True)
class Dependency:
    """One reason why ``document`` comes after the document ``target``."""

    document: Document
    reference: Reference

    @property
    def target(self) -> str:
        """Id of the document that comes first."""
        return self.reference.target

    @property
    def reason(self) -> Reason:
        """Why it comes first."""
        return self.reference.reason

    @property
    def field(self) -> str:
        """The field that says so, such as ``spec.dependsOn[0]``."""
        return dotted(self.reference.path)

    @property
    def place(self) -> str:
        """``file:line`` of that field. Reads that document again: not for every edge of a large graph."""
        return self.document.place(self.reference.path)


@dataclass(frozen=True)
class DependencyGraph:
    """The estate's documents by id and the dependencies between them; ``build_graph`` has checked that it has no cycle.

    ``network`` has a node for each id, with the attribute ``document``, and an edge for each ``Dependency``, with the
    attribute ``dependency``. Do not change it.
    """

    estate: Estate
    network: "networkx.MultiDiGraph[str]"

    def document(self, node: str) -> Document:
        """The document with the id ``node``. Raises ``KeyError`` if there is none."""
        return self.estate.by_id[node]

    @cached_property
    def waves(self) -> tuple[tuple[str, ...], ...]:
        """Ids by wave, sorted by id: each document is in the first wave that comes after all that it needs."""
        return tuple(tuple(sorted(wave)) for wave in networkx.topological_generations(self.network))

    @cached_property
    def wave_of(self) -> Mapping[str, int]:
        """The wave of each id, counted from 1."""
        return MappingProxyType({node: number for number, wave in enumerate(self.waves, start=1) for node in wave})

    @cached_property
    def order(self) -> tuple[str, ...]:
        """All ids, wave by wave: each comes after all that it needs."""
        return tuple(node for wave in self.waves for node in wave)

    def dependencies(self, node: str) -> tuple[Dependency, ...]:
        """Why ``node`` comes after others, each reason once, by target and field."""
        edges: Iterable[tuple[str, str, Dependency]] = self.network.in_edges(node, data="dependency")
        return tuple(sorted((edge[2] for edge in edges), key=lambda found: (found.target, found.reason, found.field)))

    def reasons(self, needing: str, needed: str) -> tuple[Dependency, ...]:
        """Why ``needing`` comes after ``needed``; none where it does not say so itself."""
        return tuple(dependency for dependency in self.dependencies(needing) if dependency.target == needed)

    def needs(self, node: str) -> tuple[str, ...]:
        """Ids that ``node`` needs directly, sorted."""
        return tuple(sorted(self.network.predecessors(node)))

    def needed_by(self, node: str) -> tuple[str, ...]:
        """Ids that need ``node`` directly, sorted."""
        return tuple(sorted(self.network.successors(node)))

    def ancestors(self, node: str) -> frozenset[str]:
        """Ids that must be there before ``node``."""
        return frozenset(networkx.ancestors(self.network, node))

    def descendants(self, node: str) -> frozenset[str]:
        """Ids that cannot be there without ``node``."""
        return frozenset(networkx.descendants(self.network, node))

    def container(self, node: str) -> str | None:
        """Id of the document that ``node`` lies in: a workload's namespace, a namespace's Supervisor."""
        for dependency in self.dependencies(node):
            if dependency.reason == "containment":
                return dependency.target
        return None
