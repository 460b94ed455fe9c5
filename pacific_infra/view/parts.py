"""What the view model is made of: documents and record, each taken apart once and not at every change. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from pacific_infra.converge.claims import Recorded
from pacific_infra.converge.live_objects import KubernetesObject, kubernetes_objects
from pacific_infra.converge.nodes import NodeFinder
from pacific_infra.converge.recorded_nodes import RecordedNode, recorded_nodes
from pacific_infra.converge.unsettled import UnsettledStep
from pacific_infra.graph import DependencyGraph
from pacific_infra.plan.capacity import check_capacity
from pacific_infra.plan.durations import History
from pacific_infra.view.model import Amount, Need
from pacific_infra.view.objects import Key


@dataclass(frozen=True)
class DeclaredNode:
    """One document, as it does not change while the files stay."""

    kind: str
    namespace: str
    name: str
    wave: int
    external: bool
    application: str
    place: str
    needs: Sequence[Need]
    needed_by: Sequence[str]
    seconds: float | None
    desired: BaseModel


@dataclass(frozen=True)
class Declared:
    """The documents."""

    graph: DependencyGraph
    nodes: Mapping[str, DeclaredNode]
    planned: Mapping[str, Sequence[Amount]]
    """By namespace: limits, and what all documents use at most."""


def declared_of(graph: DependencyGraph, durations: History) -> Declared:
    """Takes time in proportion to the number of documents."""
    applications = {node: name for name, parts in graph.estate.applications.items() for node in parts}
    nodes = {}
    for node in graph.order:
        document = graph.document(node)
        estimate = durations.estimate(node, "create")
        nodes[node] = DeclaredNode(
            document.kind,
            document.governing_namespace or "",
            document.name,
            graph.wave_of[node],
            document.external,
            applications.get(node, ""),
            document.place(),
            [Need(edge.target, edge.reason, edge.field) for edge in graph.dependencies(node)],
            graph.needed_by(node),
            estimate.p50 if estimate.samples else None,
            document.spec,
        )
    planned = {
        use.namespace.name: [Amount(part.resource, part.unit, part.limit, None, part.most) for part in use.uses]
        for use in check_capacity(graph).uses
    }
    return Declared(graph, nodes, planned)


@dataclass(frozen=True)
class RecordedObject:
    """A recorded object of a Kubernetes API."""

    urn: str
    key: Key
    provider: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]


@dataclass(frozen=True)
class RecordedState:
    """The stack's record."""

    resources: Sequence[Recorded]
    nodes: Mapping[str, RecordedNode]
    """Every declared node in dependency order, then those that are recorded alone."""
    objects: Mapping[str, RecordedObject]
    """By URN."""
    by_key: Mapping[tuple[str, Key], str]
    """The node of a provider's object."""
    providers: Mapping[str, Recorded]
    """The recorded providers that have objects, by URN."""
    in_vcenter: Mapping[str, Recorded]
    """The resources of vCenter, by URN."""

    def kinds(self, provider: str) -> set[tuple[str, str]]:
        """Group and kind of what is recorded there."""
        return {(item.key.group, item.key.kind) for item in self.objects.values() if item.provider == provider}


def recorded_of(
    graph: DependencyGraph, resources: Sequence[Recorded], unsettled: Iterable[UnsettledStep]
) -> RecordedState:
    """Takes time in proportion to the number of resources."""
    by_urn = {resource["urn"]: resource for resource in resources}
    finder = NodeFinder()
    objects, by_key = {}, {}
    for provider, listed in kubernetes_objects(resources).items():
        for item in listed:
            resource = by_urn[item.urn]
            key = key_of(item)
            objects[item.urn] = RecordedObject(
                item.urn, key, provider, resource.get("inputs") or {}, resource.get("outputs") or {}
            )
            by_key[provider, key] = finder.node(item.urn, resource.get("parent")) or ""
    used = {item.provider for item in objects.values()}
    return RecordedState(
        resources,
        recorded_nodes(graph, resources, unsettled),
        objects,
        by_key,
        {urn: by_urn[urn] for urn in used if urn in by_urn},
        {
            resource["urn"]: resource
            for resource in resources
            if resource["type"].startswith("pacific:vcenter:") and resource.get("id") and not resource.get("delete")
        },
    )


def key_of(item: KubernetesObject) -> Key:
    """The key of a recorded object."""
    return Key(item.api_version.rpartition("/")[0], item.kind, item.namespace, item.name)
