"""A namespace, cluster or Supervisor that is replaced takes all along: said, and refused where it is to be kept."""

from pathlib import Path
from typing import Any

from pacific_infra.documents import load_estate
from pacific_infra.graph import DependencyGraph, build_graph
from pacific_infra.plan import Operation, PropertyChange, ResourceChange, build_plan, resource_of
from pacific_infra.plan.replacement import check_replacements
from tests.support.refusals import refusals

EVERY_OBJECT = Path(__file__).parents[2] / "golden" / "every-object"
CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"
CLUSTER = "kubernetes:cluster.x-k8s.io/v1beta1:Cluster"
MACHINE = "kubernetes:vmoperator.vmware.com/v1alpha5:VirtualMachine"
KEPT = (
    "CrxWorkload/closed/web",
    "CrxWorkload/closed/database",
    "VirtualMachine/closed/machine",
    "CustomResource/closed/hall",
    "WorkloadCluster/closed/cluster",
)


def graph_of(folder: Path, *given_up: str) -> DependencyGraph:
    """The example; of the documents ``given_up`` the policy is Delete."""
    for file in EVERY_OBJECT.iterdir():
        (folder / file.name).write_text(file.read_text())
    documents = (folder / "every-object.yaml").read_text().split("---\n")
    for index, text in enumerate(documents):
        for node in given_up:
            kind, *namespace, name = node.split("/")
            place = f", namespace: {namespace[0]}" if namespace else ""
            if f"kind: {kind}\nmetadata: {{name: {name}{place}}}" in text:
                spec = "spec: {" if "spec: {" in text else "spec:\n"
                more = "spec: {deletionPolicy: Delete, " if "spec: {" in text else "spec:\n  deletionPolicy: Delete\n"
                documents[index] = text.replace(spec, more, 1)
    (folder / "every-object.yaml").write_text("---\n".join(documents))
    return build_graph(load_estate([folder]))


def change(
    node: str, kind: str, name: str, operation: Operation = "replace", *, retained: bool = False, field: str = ""
) -> ResourceChange:
    token, parent = resource_of(node)
    urn = f"urn:pulumi:dev::p::{token}"
    why = (PropertyChange(field, "add", None, "x", replaces=True),) if field else ()
    return ResourceChange(f"{urn}${kind}::{name}", kind, name, operation, f"{urn}::{parent}", why, retained)


def component(node: str) -> ResourceChange:
    token, name = resource_of(node)
    return ResourceChange(f"urn:pulumi:dev::p::{token}::{name}", token, name, "same")


def changes(graph: DependencyGraph) -> list[ResourceChange]:
    """The namespace closed gets a creator."""

    def kept(node: str) -> bool:
        spec: Any = graph.document(node).spec
        return bool(spec.deletion_policy == "Retain")

    web, database, machine, hall, cluster = KEPT
    local = [
        change("Namespace/closed", "pacific:vcenter:Namespace", "closed-namespace", field="creator",
               retained=kept("Namespace/closed")),
        change(web, CLAIM, "closed/web-data", retained=kept(web)),
        change(web, "kubernetes:apps/v1:Deployment", "closed/web-deployment"),
        change(database, CLAIM, "closed/database-data-0", retained=True),
        change(machine, MACHINE, "closed/machine-machine", retained=kept(machine)),
        change(hall, "kubernetes:example.com/v1:Lamp", "closed/hall-resource", retained=kept(hall)),
        change(cluster, CLUSTER, "closed/cluster-cluster", retained=kept(cluster)),
        change("Manifests/closed/inside", "kubernetes:core/v1:ConfigMap", "closed/inside-configmap-settings"),
        change("CrxWorkload/closed/prepare", CLAIM, "closed/prepare-new", "create", retained=True),
    ]  # fmt: skip
    return [*(component(node) for node in graph.order), *local]


def refusal(graph: DependencyGraph, folder: Path) -> list[str]:
    return refusals(lambda: check_replacements(build_plan(graph, changes(graph)), graph), folder)


def test_the_plan_names_all_data_that_goes_with_a_namespace(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, "Namespace/closed")
    destroyed = build_plan(graph, changes(graph)).destroyed_data
    assert sorted((node.id, resource.name) for node, resource in destroyed) == [
        ("CrxWorkload/closed/database", "closed/database-data-0"),
        ("CrxWorkload/closed/web", "closed/web-data"),
        ("CustomResource/closed/hall", "closed/hall-resource"),
        ("Namespace/closed", "closed-namespace"),
        ("VirtualMachine/closed/machine", "closed/machine-machine"),
        ("WorkloadCluster/closed/cluster", "closed/cluster-cluster"),
    ]


def test_a_namespace_with_data_that_is_to_be_kept_is_not_replaced(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, "Namespace/closed", "VirtualMachine/closed/machine", "CustomResource/closed/hall")
    assert refusal(graph, tmp_path) == [
        "every-object.yaml:20: Namespace/closed would be deleted with all its data and made again, since creator "
        "cannot change, and these are to be kept (deletionPolicy: Retain): CrxWorkload/closed/database "
        "(every-object.yaml:62), WorkloadCluster/closed/cluster (every-object.yaml:148), CrxWorkload/closed/web "
        "(every-object.yaml:35): fix: undo the change, or set deletionPolicy: Delete in each of them to give their "
        "data up"
    ]


def test_a_namespace_that_is_to_be_kept_is_not_replaced(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, *KEPT)
    assert refusal(graph, tmp_path) == [
        "every-object.yaml:20: Namespace/closed would be deleted with all its data and made again, since creator "
        "cannot change, and these are to be kept (deletionPolicy: Retain): Namespace/closed (every-object.yaml:20): "
        "fix: undo the change, or set deletionPolicy: Delete in each of them to give their data up"
    ]


def test_all_that_is_to_be_kept_is_named_at_once(tmp_path: Path) -> None:
    graph = graph_of(tmp_path)
    (message,) = refusal(graph, tmp_path)
    assert [node for node in ("Namespace/closed", *KEPT) if f"{node} (every-object.yaml:" not in message] == []


def test_who_gives_all_of_it_up_gets_a_replacement(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, "Namespace/closed", *KEPT)
    check_replacements(build_plan(graph, changes(graph)), graph)
