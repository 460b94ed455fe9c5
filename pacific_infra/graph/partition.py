"""An estate in several stacks: which stack makes which document, and which stack waits for which.

A namespace and what lies in it are never apart. What lies in none is the first stack's, which has the estate's name.
Namespaces that wait for each other are in one stack, and small ones share one. A namespace stays in the stack that has
it, unless that is against the rule, or they have grown to more than a stack is to hold.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Literal

from pacific_infra.documents import Document
from pacific_infra.graph.dependency_graph import Dependency, DependencyGraph, graph_of_ids
from pacific_infra.graph.outputs import taken_outputs

LOGIN = frozenset({"supervisor", "endpoint", "kubeconfig"})
"""What other stacks take of a Supervisor that their namespaces are on."""
SHARED_OUTPUTS = DOCUMENTS, DOCUMENT_SECRETS = "documents", "documentSecrets"
"""Outputs of a stack with what other stacks of its estate take, by document and output; all of the second is secret."""
GROWN = 2
"""Times the size of a stack that namespaces which share it may grow to before some of them leave it. What leaves is
moved, which locks both stacks: not at each document more."""
_FIRST = ""
"""The unit of what lies in no namespace."""


@dataclass(frozen=True)
class PartitionRule:
    """How an estate is split."""

    by: Literal["none", "namespace", "application"] | int = "namespace"
    """``none``: all is in the first stack. ``application``: the namespaces of one application are together. A number:
    into about so many stacks besides the first."""
    size: int = 100
    """Resources up to which namespaces come to share a stack; above ``GROWN`` times as many some leave it."""
    pinned: Mapping[str, str] = field(default_factory=dict)
    """Stacks of namespaces that are to be in a certain one, by namespace, without the estate's name in front."""
    moves: bool = True
    """Namespaces may leave a stack that they have outgrown; not where nobody moves what is recorded of them."""


@dataclass(frozen=True)
class Joined:
    """What would be stacks that wait for each other, and is one stack."""

    stack: str
    cycle: tuple[Dependency, ...]
    """Why: a reason for each step of a shortest cycle."""

    @property
    def text(self) -> str:
        """For people."""
        steps = ", ".join(
            f"{step.document.id} needs {step.target} ({step.reason} at {step.place})" for step in self.cycle
        )
        return f"these are in one stack, {self.stack}, because they wait for each other: {steps}"


@dataclass(frozen=True)
class Partition:
    """The stacks of one estate."""

    graph: DependencyGraph
    estate: str
    """Name of the estate's stack, which is its first stack too."""
    stack_of: Mapping[str, str]
    """The stack of each document."""
    joined: tuple[Joined, ...] = ()

    @cached_property
    def members(self) -> Mapping[str, tuple[str, ...]]:
        """Documents of each stack, in the order of the graph; the first stack is always there."""
        members: dict[str, list[str]] = {self.estate: []}
        for node in self.graph.order:
            members.setdefault(self.stack_of[node], []).append(node)
        return {stack: tuple(nodes) for stack, nodes in members.items()}

    @cached_property
    def stacks(self) -> DependencyGraph:
        """The graph of stacks: like one of documents it has waves and longest ways."""
        needs: dict[str, dict[str, None]] = {stack: {} for stack in self.members}
        for needed, needing in _across(self.graph, self.stack_of):
            needs[self.stack_of[needing]][self.stack_of[needed]] = None
        return graph_of_ids(needs)

    @cached_property
    def shared(self) -> Mapping[str, frozenset[str]]:
        """By document, the outputs that documents of other stacks take."""
        shared: dict[str, set[str]] = defaultdict(set)
        for use in taken_outputs(self.graph.estate):
            if self.stack_of[use.source] != self.stack_of[use.document.id]:
                shared[use.source].add(use.output)
        by_id = self.graph.estate.by_id
        for document in self.graph.estate:
            for name in document.supervisors(by_id):
                supervisor = by_id.get(f"SupervisorCluster/{name}")
                if supervisor is not None and self.stack_of[supervisor.id] != self.stack_of[document.id]:
                    shared[supervisor.id] |= LOGIN
        return {node: frozenset(outputs) for node, outputs in shared.items() if not by_id[node].external}

    def slice_of(self, stack: str) -> DependencyGraph:
        """The documents of one stack, and those of other stacks that they need; nothing where it has none.

        What is external is only looked up, by each stack that needs it.
        """
        members = self.members.get(stack, ())
        nodes = dict.fromkeys(members)
        for node in members:
            nodes |= dict.fromkeys(self.graph.predecessors[node])
        # What is understood only by where it lies: a neighbour's namespace and Supervisor.
        for node in [*nodes]:
            if self.stack_of[node] != stack:
                nodes |= dict.fromkeys(self.graph.predecessors[node])
        elsewhere = {
            node: self.stack_of[node]
            for node in nodes
            if self.stack_of[node] != stack and not self.graph.document(node).external
        }
        shared = {node: outputs for node in members if (outputs := self.shared.get(node)) is not None}
        return self.graph.part(nodes, elsewhere, shared)

    def digests(self, surroundings: Iterable[bytes] = ()) -> Mapping[str, str]:
        """A digest for each stack of what its run is made from: its slice, and what decides besides the documents."""
        common = hashlib.sha256()
        for part in surroundings:
            common.update(part)
        texts = {document.id: document.model_dump_json().encode() for document in self.graph.estate}
        digests = {}
        for stack in self.members:
            graph, digest = self.slice_of(stack), common.copy()
            for node in graph.order:
                digest.update(f"{node} {graph.elsewhere.get(node)} {sorted(graph.shared.get(node, ()))} ".encode())
                digest.update(texts[node])
            digests[stack] = digest.hexdigest()
        return digests


def partition(
    graph: DependencyGraph, estate: str, rule: PartitionRule, before: Mapping[str, str] | None = None
) -> Partition:
    """Split ``graph``. ``estate``: name of its stack. ``before``: the stack that has each document now, by this rule.

    Takes time in proportion to documents and references.
    """
    units = _units(graph, rule)
    groups, joined = _without_cycles(graph, units, min)
    placed = _placed(graph, groups, estate, rule, before or {})
    stack_of, joined_later = _without_cycles(
        graph, {node: placed[group] for node, group in groups.items()}, lambda stacks: _name_of(stacks, estate)
    )
    cycles = tuple(Joined(stack_of[cycle[0].document.id], cycle) for cycle in (*joined, *joined_later))
    return Partition(graph, estate, stack_of, cycles)


def unit_of(document: Document) -> str:
    """The namespace that a document is, or lies in; empty: none."""
    if document.guest_cluster is not None:
        return document.guest_cluster.split("/")[1]
    return document.governing_namespace or _FIRST


def _units(graph: DependencyGraph, rule: PartitionRule) -> dict[str, str]:
    """For each document the first of the namespaces that it stays with."""
    if rule.by == "none":
        return dict.fromkeys(graph.order, _FIRST)
    unit = {document.id: unit_of(document) for document in graph.estate}
    together: list[list[str]] = [
        [name for name, stack in rule.pinned.items() if stack == pin] for pin in sorted({*rule.pinned.values()})
    ]
    if rule.by == "application":
        together += [[unit[part] for part in parts if unit[part]] for parts in graph.estate.applications.values()]
    first = {name: name for name in unit.values()}
    for names in together:
        same = {first[name] for name in names if name in first}
        first |= {name: min(same) for name, head in first.items() if head in same}
    return {node: first[name] for node, name in unit.items()}


def _without_cycles(
    graph: DependencyGraph, part_of: Mapping[str, str], name: Callable[[Iterable[str]], str]
) -> tuple[dict[str, str], list[tuple[Dependency, ...]]]:
    """The parts with those that wait for each other as a single one, called ``name``; and a cycle of each."""
    needs: dict[str, dict[str, None]] = {part: {} for part in part_of.values()}
    for needed, needing in _across(graph, part_of):
        needs[part_of[needing]][part_of[needed]] = None
    parts = graph_of_ids(needs)
    if len(parts.order) == len(needs):
        return dict(part_of), []
    from pacific_infra.graph.cycles import cycles, groups_in_cycles  # noqa: PLC0415 - networkx, which few need

    called: dict[str, str] = {}
    for group in groups_in_cycles(parts.successors):
        called |= dict.fromkeys(group, name(group))
    reasons = [
        tuple(_reason(graph, part_of, needed, needing) for needed, needing in pairwise(cycle))
        for cycle in cycles(parts.successors)
    ]
    return {node: called.get(part, part) for node, part in part_of.items()}, reasons


def _across(graph: DependencyGraph, part_of: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Needed and needing document of each edge between two parts. What is external makes nobody wait."""
    for needing, needed_ids in graph.predecessors.items():
        for needed in needed_ids:
            if part_of[needed] != part_of[needing] and not graph.document(needed).external:
                yield needed, needing


def _reason(graph: DependencyGraph, part_of: Mapping[str, str], needed: str, needing: str) -> Dependency:
    """Why the part ``needing`` comes after the part ``needed``, by the first documents that say so."""
    return next(
        dependency
        for node in graph.predecessors
        if part_of[node] == needing
        for dependency in graph.dependencies(node)
        if part_of[dependency.target] == needed
    )


def _placed(
    graph: DependencyGraph, group_of: Mapping[str, str], estate: str, rule: PartitionRule, before: Mapping[str, str]
) -> dict[str, str]:
    """The stack of each group of namespaces: the one that it is pinned to, or has, or a new or a small one."""
    needs: dict[str, dict[str, None]] = {group: {} for group in group_of.values()}
    held: dict[str, Counter[str]] = {group: Counter() for group in needs}
    pins: dict[str, str] = {}
    sizes = Counter(group_of[document.id] for document, _ in graph.estate.objects())
    sizes.update(group_of.values())
    for needed, needing in _across(graph, group_of):
        needs[group_of[needing]][group_of[needed]] = None
    for node, group in group_of.items():
        if (pin := rule.pinned.get(unit_of(graph.document(node)))) is not None:
            pins[group] = min(pins.get(group, pin), pin)
        if (stack := before.get(node)) is not None and stack != estate:
            held[group][stack] += 1
    groups = graph_of_ids(needs)
    # A document that lies in no namespace is the first stack's, and takes along who waits with it.
    first = {group for node, group in group_of.items() if _FIRST in (group, unit_of(graph.document(node)))}
    placed = dict.fromkeys(first, estate)
    placed |= {group: f"{estate}-{pin}" for group, pin in pins.items() if group not in placed}
    whole = sum(sizes[group] for group in groups.order if placed.get(group) != estate)
    size = rule.size if isinstance(rule.by, str) else -(-whole // rule.by)
    most = GROWN * size if rule.moves else whole
    placed |= _staying({group: on for group, on in held.items() if on and group not in placed}, sizes, size, most)
    packing = _Packing(estate, size, {*placed.values()}, mixed=not isinstance(rule.by, str))
    pinned = {f"{estate}-{pin}" for pin in pins.values()}
    rest = [group for group in groups.order if group not in placed]
    for group, stack in placed.items():
        if stack != estate and stack not in pinned:
            packing.note(stack, groups.wave_of[group], sizes[group])
    for group in rest:
        placed[group] = packing.place(group, groups.wave_of[group], sizes[group])
    return placed


def _staying(held: Mapping[str, Counter[str]], sizes: Mapping[str, int], size: int, most: int) -> dict[str, str]:
    """The stacks of groups that stay where most of their documents are; ``held``: documents of each group by stack.

    Where a stack has more than ``most`` resources, what it is named after stays, and what has room with it.
    """
    members: dict[str, list[str]] = defaultdict(list)
    for group, stacks in held.items():
        members[min(stacks, key=lambda stack: (-stacks[stack], stack))].append(group)
    staying: dict[str, str] = {}
    for stack, groups in members.items():
        whole = sum(sizes[group] for group in groups)
        limit, used = size if whole > most else whole, 0
        for group in sorted(groups, key=lambda group: (not stack.endswith(f"-{group}"), group)):
            if used == 0 or used + sizes[group] <= limit:
                staying[group] = stack
                used += sizes[group]
    return staying


class _Packing:
    """Puts groups into stacks with room. Those of a stack are of one wave, so that no two stacks wait for each other;
    or, ``mixed``, they come in the order of waves.
    """

    def __init__(self, estate: str, size: int, names: set[str], *, mixed: bool) -> None:
        self._estate, self._size, self._names, self._mixed = estate, size, names, mixed
        self._sizes: Counter[str] = Counter()
        self._ranks: dict[str, set[int]] = defaultdict(set)
        self._open: dict[int, list[str]] = defaultdict(list)
        """The stacks of one wave each, by wave: the last one may have room."""

    def _rank(self, wave: int) -> int:
        return 0 if self._mixed else wave

    def note(self, stack: str, wave: int, size: int) -> None:
        """A group is in that stack."""
        self._sizes[stack] += size
        rank = self._rank(wave)
        self._ranks[stack].add(rank)
        if self._ranks[stack] == {rank} and stack not in self._open[rank]:
            self._open[rank].append(stack)

    def place(self, group: str, wave: int, size: int) -> str:
        """The stack for a group that is in none."""
        for stack in self._open[self._rank(wave)][-1:]:
            if self._sizes[stack] + size <= self._size:
                self._sizes[stack] += size
                return stack
        stack = self._new_name(group)
        self.note(stack, wave, size)
        return stack

    def _new_name(self, group: str) -> str:
        name, number = f"{self._estate}-{group}", 2
        while name in self._names:
            name, number = f"{self._estate}-{group}-{number}", number + 1
        self._names.add(name)
        return name


def _name_of(stacks: Iterable[str], estate: str) -> str:
    """The name of what was these stacks: the first stack's where it is among them."""
    names = sorted(stacks)
    return estate if estate in names else names[0]
