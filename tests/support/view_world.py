"""A small estate as the view sees it: documents, what is recorded of them, and live objects, without any server."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pacific_infra.converge.claims import Recorded
from pacific_infra.documents import Estate, load_estate
from pacific_infra.documents.resource_types import resource_of
from pacific_infra.graph import DependencyGraph, build_graph
from pacific_infra.plan.durations import History
from pacific_infra.record.history import HistoryFiles, Run
from pacific_infra.view.collector import Collector, Inputs
from pacific_infra.view.compose import Composition, Differences, Server, compose
from pacific_infra.view.model import View
from pacific_infra.view.objects import ServerObjects, event_of, seen
from pacific_infra.view.parts import declared_of, recorded_of
from pacific_infra.view.vcenter_drift import Compared
from pacific_infra.view.vcenter_look import Role, VCenterLook
from pacific_infra.view.watches import Source

DEMO = Path(__file__).parents[2] / "stacks" / "estate" / "documents"
PROVIDER = "urn:pulumi:dev::estate::pulumi:providers:kubernetes::supervisor-01-kubernetes"
SUPERVISOR_ID = "domain-c1"
NOW = 1_800_000_000.0
DEPLOYMENT: Mapping[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop", "generation": 1},
    "spec": {"replicas": 3},
    "status": {"replicas": 3, "readyReplicas": 3, "updatedReplicas": 3, "observedGeneration": 1},
}

_OBJECTS: Mapping[str, Mapping[str, Any]] = {
    "CrxWorkload": DEPLOYMENT,
    "Controller": DEPLOYMENT,
    "Function": {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    },
    "VirtualMachine": {
        "apiVersion": "vmoperator.vmware.com/v1alpha3",
        "kind": "VirtualMachine",
        "status": {"powerState": "PoweredOn", "conditions": [{"type": "Ready", "status": "True"}]},
    },
    "WorkloadCluster": {
        "apiVersion": "cluster.x-k8s.io/v1beta2",
        "kind": "Cluster",
        "status": {"phase": "Provisioned", "conditions": [{"type": "Available", "status": "True"}]},
    },
}


def pod(name: str, *, waiting: str = "", message: str = "") -> dict[str, Any]:
    """A pod of the web shop, ready unless a container waits."""
    state = {"waiting": {"reason": waiting, "message": message}} if waiting else {"running": {}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "shop",
            "labels": {"app.kubernetes.io/name": "web"},
            "ownerReferences": [{"kind": "ReplicaSet", "name": "web-1"}],
        },
        "status": {
            "phase": "Pending" if waiting else "Running",
            "conditions": [{"type": "Ready", "status": "False" if waiting else "True"}],
            "containerStatuses": [{"name": "web", "state": state}],
        },
    }


def event(name: str, message: str, kind: str = "Warning", time: str = "2026-11-28T10:00:00Z") -> dict[str, Any]:
    """An event about an object of the shop."""
    return {
        "metadata": {"uid": f"{name} {message}", "namespace": "shop"},
        "involvedObject": {"kind": "Pod", "name": name, "namespace": "shop"},
        "type": kind,
        "reason": "Failed",
        "message": message,
        "lastTimestamp": time,
    }


class World:
    """Everything as it was converged; tests change what they are about, and look."""

    def __init__(self, documents: Path = DEMO) -> None:
        self.graph: DependencyGraph = build_graph(load_estate([documents]) if documents else Estate(()))
        self.resources: list[Recorded] = list(recorded_resources(self.graph))
        self.objects = ServerObjects()
        self.objects.followed |= {("apps", "Deployment"), ("", "Pod")}
        self.supervisor = next((item.name for item in self.graph.estate if item.kind == "SupervisorCluster"), "")
        self.source = Source(self.supervisor, known=True)
        self.vcenter_source = Source("vCenter vcenter.test", known=True)
        self.put(DEPLOYMENT)
        self.put(pod("web-1-a"))
        self.look: VCenterLook | None = look(self.supervisor)
        self.converge: Mapping[str, Any] | None = None
        self.runs: Sequence[Run] = ()
        self.compared: dict[str, Compared] = {}
        self.remarks: list[str] = []

    def put(self, content: Mapping[str, Any]) -> None:
        """An object that is there."""
        item = seen(content)
        self.objects.objects[item.key] = item

    def happen(self, content: Mapping[str, Any]) -> None:
        """An event."""
        self.objects.add_events([event_of(content)])

    def view(self) -> View:
        """What the pages show."""
        return compose(
            Composition(
                "estate/dev",
                declared_of(self.graph, History()),
                recorded_of(self.graph, self.resources, ()),
                {PROVIDER: Server(self.supervisor, self.source, self.objects)},
                self.look,
                [self.vcenter_source, self.source],
                Differences(),
                self.compared,
                self.remarks,
                self.converge,
                self.runs,
            ),
            NOW,
        )

    def collector(self, folder: Path) -> Collector:
        """A collector that holds this view and collects nothing."""
        collector = Collector(
            Inputs(
                "estate/dev",
                self.graph,
                lambda: self.graph,
                lambda: (),
                lambda: (self.resources, ()),
                tuple,
                dict,
                None,
                HistoryFiles(folder),
                folder / "durations.json",
            )
        )
        collector.view, collector.version = self.view(), 1
        return collector


def recorded_resources(graph: DependencyGraph) -> list[Recorded]:
    """A component for each document, the Deployment of the web shop, and what vCenter has."""
    resources: list[Recorded] = [{"urn": PROVIDER, "type": "pulumi:providers:kubernetes", "id": "p"}]
    for node in graph.order:
        token, name = resource_of(node)
        urn = f"urn:pulumi:dev::estate::{token}::{name}"
        resources.append({"urn": urn, "type": token, "outputs": {"id": "x"}})
        in_vcenter = {
            "Namespace": ("Namespace", name),
            "SupervisorCluster": ("Supervisor", SUPERVISOR_ID),
            "VirtualMachineClass": ("VirtualMachineClass", name),
        }
        kind = graph.document(node).kind
        if kind in in_vcenter:
            type_name, identifier = in_vcenter[kind]
            child = f"urn:pulumi:dev::estate::{token}$pacific:vcenter:{type_name}::{name}"
            resources.append({"urn": child, "type": f"pacific:vcenter:{type_name}", "id": identifier, "parent": urn})
        if node == "CrxWorkload/shop/web":
            resources.append(
                {
                    "urn": f"urn:pulumi:dev::estate::{token}$kubernetes:apps/v1:Deployment::{name}",
                    "type": "kubernetes:apps/v1:Deployment",
                    "id": "shop/web",
                    "parent": urn,
                    "provider": f"{PROVIDER}::p",
                    "inputs": {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"replicas": 3}},
                    "outputs": DEPLOYMENT,
                }
            )
    return resources


def recorded_workloads(graph: DependencyGraph) -> Iterator[tuple[Recorded, Mapping[str, Any]]]:
    """What is recorded of each further workload and VM, and the object itself, as it is there."""
    for node in graph.order:
        document = graph.document(node)
        content = _OBJECTS.get(document.kind)
        if content is None or node == "CrxWorkload/shop/web":
            continue
        content = {**content, "metadata": {"name": document.name, "namespace": document.governing_namespace}}
        token, name = resource_of(node)
        kind = f"kubernetes:{content['apiVersion']}:{content['kind']}"
        resource: Recorded = {
            "urn": f"urn:pulumi:dev::estate::{token}${kind}::{name}",
            "type": kind,
            "id": f"{document.governing_namespace}/{document.name}",
            "parent": f"urn:pulumi:dev::estate::{token}::{name}",
            "provider": f"{PROVIDER}::p",
            "inputs": {},
            "outputs": content,
        }
        yield resource, content


def look(name: str) -> VCenterLook:
    """What vCenter says of the demo, or of another estate with this Supervisor."""
    supervisor = {
        "name": name,
        "config_status": "RUNNING",
        "kubernetes_status": "READY",
        "apiendpoint": "10.0.0.1",
        "stats": {"cpu_used": 15500, "cpu_capacity": 256000, "memory_used": 2048, "memory_capacity": 4096},
        "messages": [],
    }
    namespace = {
        "config_status": "RUNNING",
        "supervisor": SUPERVISOR_ID,
        "description": "The web shop",
        "stats": {"cpu_used": 5500, "memory_used": 4480, "storage_used": 30720},
        "vm_service_spec": {"vm_classes": ["shop-small"], "content_libraries": ["library-1"]},
    }
    roles = [
        Role("blue-developers@vsphere.local", "GROUP", "EDIT", inherited=False),
        Role("Administrators@vsphere.local", "GROUP", "OWNER", inherited=True),
    ]
    return VCenterLook(
        supervisors={SUPERVISOR_ID: supervisor},
        conditions={SUPERVISOR_ID: []},
        namespaces={"shop": namespace, "data": {**namespace, "description": ""}},
        roles={"shop": roles},
        libraries={"library-1": "linux-images"},
    )
