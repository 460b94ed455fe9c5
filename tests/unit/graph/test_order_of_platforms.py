"""What comes before what on a Supervisor: zones before it, its upgrade before the workload clusters on it."""

from pathlib import Path

from pacific_infra.documents import load_estate
from pacific_infra.graph import DependencyGraph, build_graph

ROOT = Path(__file__).parents[3]
HEAD = "apiVersion: pacific.infra/v1alpha1\n"
UPGRADE = HEAD + "kind: SupervisorUpgrade\nmetadata: {name: %s}\nspec: {supervisor: %s, version: v1.32.9}\n---\n"


def supervisor(name: str) -> str:
    return (
        HEAD + f"kind: SupervisorCluster\nmetadata: {{name: {name}}}\nspec:\n  zones: [{name}-zone]\n"
        "  storagePolicy: gold\n  managementNetwork: {network: management}\n"
        "  workloadNetwork: {type: NSXT, nsx: {distributedSwitch: dvs-01}}\n---\n"
        + HEAD
        + f"kind: Zone\nmetadata: {{name: {name}-zone}}\nspec: {{clusters: [{name}-cluster]}}\n---\n"
        + HEAD
        + f"kind: Namespace\nmetadata: {{name: {name}-team}}\n"
        + f"spec: {{supervisor: {name}, storagePolicies: [{{name: gold}}], "
        + "virtualMachineClasses: [best-effort-small]}\n---\n"
        + HEAD
        + f"kind: WorkloadCluster\nmetadata: {{name: apps, namespace: {name}-team}}\n"
        + "spec: {version: v1.32.3+vmware.1, class: best-effort-small, storagePolicy: gold, "
        + "nodePools: [{name: workers}]}\n---\n"
    )


def graph_of(tmp_path: Path, text: str) -> DependencyGraph:
    (tmp_path / "a.yaml").write_text(text)
    return build_graph(load_estate([tmp_path / "a.yaml"]))


def test_a_zone_is_there_before_its_supervisor(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, supervisor("east"))
    assert graph.needs("SupervisorCluster/east") == ("Zone/east-zone",)
    (dependency,) = graph.dependencies("SupervisorCluster/east")
    assert (dependency.reason, dependency.field) == ("reference", "spec.zones[0]")


def test_workload_clusters_wait_for_the_upgrade_of_their_supervisor_alone(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, supervisor("east") + supervisor("west") + UPGRADE % ("summer", "east"))
    assert graph.needs("WorkloadCluster/east-team/apps") == ("Namespace/east-team", "SupervisorUpgrade/summer")
    assert graph.needs("WorkloadCluster/west-team/apps") == ("Namespace/west-team",)
    assert graph.needs("SupervisorUpgrade/summer") == ("SupervisorCluster/east",)
    (reason,) = graph.reasons("WorkloadCluster/east-team/apps", "SupervisorUpgrade/summer")
    assert (reason.reason, reason.place) == ("order", f"{tmp_path}/a.yaml:22")


def test_services_are_upgraded_before_their_supervisor(tmp_path: Path) -> None:
    services = "".join(
        HEAD + f"kind: SupervisorService\nmetadata: {{name: {name}}}\n"
        f"spec: {{service: {name}, version: 1.0.0, supervisors: [{name}]}}\n---\n"
        for name in ("east", "west")
    )
    graph = graph_of(tmp_path, supervisor("east") + supervisor("west") + services + UPGRADE % ("summer", "east"))
    assert graph.needs("SupervisorUpgrade/summer") == ("SupervisorCluster/east", "SupervisorService/east")
