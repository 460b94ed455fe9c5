"""Joins what the engine would do with the graph of documents."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property

from pacific_infra.documents.kinds import KINDS
from pacific_infra.documents.resource_types import document_id_of
from pacific_infra.graph import Dependency, DependencyGraph
from pacific_infra.graph.holders import holders
from pacific_infra.plan.changes import UNCHANGED, Operation, ResourceChange, Standing, holds_data
from pacific_infra.plan.later import later_effects
from pacific_infra.plan.removal import RemovedPart
from pacific_infra.plan.stacks import PlannedStacks

_RECORDS = ("pacific:index:", "pulumi:")
"""Heads of the types of components and providers, which are nothing but records."""
_KIND_ORDER = {kind: rank for rank, kind in enumerate(KINDS)}


@dataclass(frozen=True, slots=True)
class Counts:
    """How many resources each operation concerns."""

    create: int = 0
    adopt: int = 0
    refused: int = 0
    update: int = 0
    replace: int = 0
    delete: int = 0
    keep: int = 0
    """Deletes that leave the object where it is."""
    same: int = 0

    @property
    def changes(self) -> int:
        """Resources that do not stay as they are."""
        return self.create + self.adopt + self.refused + self.update + self.replace + self.delete + self.keep


@dataclass(frozen=True, slots=True)
class PlannedNode:
    """One document, or what is left of one that was removed, and what would happen to its resources."""

    id: str
    operation: Operation
    resources: tuple[ResourceChange, ...]
    """Its resources in the engine's order."""
    wave: int | None = None
    """The wave in which it happens, from 1; None for a removed document."""
    dependencies: tuple[Dependency, ...] = ()
    """Why it comes after other documents."""
    place: str | None = None
    """``file:line`` of the document; None for a removed one."""
    remark: str | None = None
    """What of its change takes effect later than the run."""
    uses: tuple[str, ...] = ()
    """Ids of the uses of templates that it is a part of, the outermost first."""

    @property
    def kind(self) -> str:
        """The document's kind."""
        return self.id.partition("/")[0]

    @property
    def changes(self) -> bool:
        """Whether something is done; what is external is only read."""
        return self.operation not in UNCHANGED

    @property
    def destroyed_data(self) -> tuple[ResourceChange, ...]:
        """Its resources that hold data and would be deleted or replaced."""
        return tuple(resource for resource in self.data if resource.deletes)

    @property
    def data(self) -> tuple[ResourceChange, ...]:
        """Its resources whose objects are or hold data; of a kind that is not known, all count as holding data."""
        opaque = KINDS[self.kind].opaque
        return tuple(
            resource
            for resource in self.resources
            if holds_data(resource.type) or (opaque and resource.type.startswith("kubernetes:"))
        )


@dataclass(frozen=True)
class Plan:
    """What would happen: documents in the order of waves, removed documents, and resources of neither."""

    nodes: tuple[PlannedNode, ...]
    """Every document of the estate, by wave and id."""
    removed: tuple[PlannedNode, ...]
    """Documents that are no longer in the estate, in the order of deletion: what lies in something goes before it."""
    others: tuple[ResourceChange, ...]
    """Resources that belong to no document, such as the stack and its providers."""
    lost: tuple[str, ...] = ()
    """Supervisors and workload clusters that are recorded and gone, with what lay on them: it is made again."""
    left: tuple[RemovedPart, ...] = ()
    """What is the stack's own in Supervisors and namespaces that are deleted, and in no record: it goes along."""
    stacks: PlannedStacks | None = None
    """The stacks of an estate that is in several; None: it is in one."""

    @cached_property
    def counts(self) -> Counts:
        """Resources by operation; reads and refreshes are not counted."""
        counted: Counter[str] = Counter(resource.counted_as for resource in self._resources())
        return Counts(**{count.name: counted[count.name] for count in fields(Counts)})

    @property
    def operations(self) -> dict[str, str]:
        """What happens to each resource, by URN, in the words of ``counts``."""
        return {resource.urn: resource.counted_as for resource in self._resources()}

    def _resources(self) -> Iterator[ResourceChange]:
        for node in (*self.nodes, *self.removed):
            yield from node.resources
        yield from self.others

    @property
    def going(self) -> frozenset[str]:
        """URNs of the resources whose objects are deleted, also those that are made anew."""
        nodes = (*self.nodes, *self.removed)
        return frozenset(resource.urn for node in nodes for resource in node.resources if resource.deletes)

    @property
    def waves(self) -> Iterator[tuple[int, list[PlannedNode]]]:
        """Number and nodes of each wave, in order."""
        waves: dict[int, list[PlannedNode]] = defaultdict(list)
        for node in self.nodes:
            waves[node.wave or 0].append(node)
        yield from sorted(waves.items())

    @cached_property
    def destroyed_data(self) -> tuple[tuple[PlannedNode, ResourceChange], ...]:
        """Resources that hold data and would be deleted or replaced, removed documents first."""
        return tuple((node, resource) for node in (*self.removed, *self.nodes) for resource in node.destroyed_data)


def only(plan: Plan, nodes: Collection[str]) -> Plan:
    """What the plan says of these documents."""
    return Plan(tuple(node for node in plan.nodes if node.id in nodes), (), (), plan.lost, stacks=plan.stacks)


def build_plan(
    graph: DependencyGraph, changes: Sequence[ResourceChange], standing: Mapping[str, Standing] | None = None
) -> Plan:
    """Sort ``changes`` by the document that each belongs to, through its parents.

    ``standing``: by URN, the existing objects of resources that are new to the engine or that it changes.

    A document whose own resource is created or deleted is created or deleted; else it is replaced if one of its
    resources is, updated if any of them changes, and otherwise stays the same. One of what is external is read.
    """
    standing_objects = standing or {}
    changes = [_standing(change, standing_objects.get(change.urn)) for change in changes]
    owners = _owners(changes)
    by_owner: dict[str, list[ResourceChange]] = defaultdict(list)
    others: list[ResourceChange] = []
    for change in changes:
        owner = owners[change.urn]
        if owner is None:
            others.append(change)
        else:
            by_owner[owner].append(change)
    later = later_effects(graph, by_owner)
    nodes = tuple(_planned_node(graph, node, by_owner.pop(node, []), later.get(node)) for node in graph.order)
    removed = []
    for node, resources in by_owner.items():
        if any(change.operation == "delete" for change in resources):
            removed.append(PlannedNode(node, _operation(node, resources), tuple(resources)))
        else:
            others += resources
    leaving = {node.id for node in (*nodes, *removed) if any(resource.takes_along for resource in node.resources)}
    if leaving:
        nodes, removed = tuple(_going(graph, nodes, leaving)), list(_going(graph, removed, leaving))
    operations = {node.operation for node in nodes}
    if "adopt" in operations and "create" not in operations:
        others = list(_recorded_again(others))
    return Plan(nodes, tuple(_in_order_of_deletion(removed)), tuple(others))


def _standing(change: ResourceChange, standing: Standing | None) -> ResourceChange:
    return change if standing is None else replace(change, operation=standing.operation, remark=standing.remark)


def _going(graph: DependencyGraph, nodes: Iterable[PlannedNode], leaving: Collection[str]) -> Iterator[PlannedNode]:
    """Each node; what lies in one of ``leaving`` goes with it."""
    for node in nodes:
        holder = next((holder for holder in holders(graph, node.id) if holder in leaving), None)
        yield replace(node, resources=tuple(replace(resource, goes_with=holder) for resource in node.resources))


def _planned_node(
    graph: DependencyGraph, node: str, resources: list[ResourceChange], remark: str | None
) -> PlannedNode:
    document = graph.document(node)
    operation = "read" if document.external else _operation(node, resources)
    return PlannedNode(
        node,
        operation,
        _recorded_again(resources) if operation == "adopt" else tuple(resources),
        graph.wave_of[node],
        graph.dependencies(node),
        document.place(),
        remark,
        graph.estate.uses_of.get(node, ()),
    )


def _owners(changes: Iterable[ResourceChange]) -> dict[str, str | None]:
    """The document's id of each URN, or None. A parent that is not among the changes has none."""
    by_urn = {change.urn: change for change in changes}
    owners: dict[str, str | None] = {}
    for urn in by_urn:
        way: list[str] = []
        ancestor: str | None = urn
        owner = None
        while ancestor is not None and ancestor in by_urn and ancestor not in way:
            if ancestor in owners:
                owner = owners[ancestor] or owner
                break
            way.append(ancestor)
            # A component in another one belongs to the outer one's document.
            owner = document_id_of(by_urn[ancestor].type, by_urn[ancestor].name) or owner
            ancestor = by_urn[ancestor].parent
        owners.update(dict.fromkeys(way, owner))
    return owners


def _recorded_again(resources: Iterable[ResourceChange]) -> tuple[ResourceChange, ...]:
    """``resources`` next to which no object is created: what has no object of its own is only recorded again."""
    return tuple(
        replace(resource, operation="adopt") if resource.operation == "create" else resource for resource in resources
    )


def _operation(node: str, resources: Iterable[ResourceChange]) -> Operation:
    operations: set[Operation] = set()
    listed = list(resources)
    # A patch writes to an object that somebody else has made.
    objects = {
        resource.operation
        for resource in listed
        if not resource.type.startswith(_RECORDS) and not resource.type.endswith("Patch")
    }
    if "refused" in objects:
        return "refused"
    if "adopt" in objects and "create" not in objects:
        return "adopt"
    for resource in listed:
        operations.add(resource.operation)
        if document_id_of(resource.type, resource.name) == node and resource.operation in ("create", "delete"):
            return resource.operation
    if "replace" in operations:
        return "replace"
    return "update" if operations & {"create", "adopt", "update", "delete"} else "same"


def _in_order_of_deletion(nodes: Iterable[PlannedNode]) -> list[PlannedNode]:
    """What lies in a namespace goes first, then namespaces, VM classes and Supervisors; the engine's order within."""
    return sorted(nodes, key=lambda node: -_KIND_ORDER[node.kind])
