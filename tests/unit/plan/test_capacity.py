"""Capacity: what documents ask for, what does not fit, and what is said about it."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from pacific_infra.documents import load_estate
from pacific_infra.errors import PacificError
from pacific_infra.graph import DependencyGraph, build_graph
from pacific_infra.plan.capacity import (
    Amounts,
    Demand,
    check_capacity,
    check_hosts,
    check_namespaces,
    demands,
    read_site,
)
from pacific_infra.plan.capacity.fit import Finding, namespace_findings
from pacific_infra.plan.capacity.placement import storage_findings
from pacific_infra.plan.capacity.prices import costs, read_prices

DEMO = Path(__file__).parents[3] / "stacks" / "estate" / "documents"
FRAME = """\
apiVersion: pacific.infra/v1alpha1
kind: SupervisorCluster
metadata: {name: s}
spec:
  cluster: cluster-01
  storagePolicy: gold
  managementNetwork: {network: management}
  workloadNetwork: {type: NSXT, nsx: {distributedSwitch: dvs-01}}
---
apiVersion: pacific.infra/v1alpha1
kind: VirtualMachineClass
metadata: {name: small}
spec: {cpuCount: 2, memory: 4Gi, memoryReservation: 50}
---
"""
SITE = """\
clusters:
  - name: cluster-01
    hosts:
      - {name: a, cores: 4, frequency: 2GHz, memory: 16Gi}
      - {name: b, cores: 4, frequency: 2GHz, memory: 16Gi}
datastores:
  - {name: fast, free: 30Gi, storagePolicies: [gold]}
"""


@pytest.fixture
def graph_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], DependencyGraph]:
    monkeypatch.chdir(tmp_path)
    Path("site.yaml").write_text(SITE)

    def build(text: str) -> DependencyGraph:
        Path("a.yaml").write_text(FRAME + text)
        return build_graph(load_estate(["a.yaml"]))

    return build


def namespace(spec: str) -> str:
    return (
        "apiVersion: pacific.infra/v1alpha1\nkind: Namespace\nmetadata: {name: shop}\n"
        f"spec: {{supervisor: s, storagePolicies: [{{name: gold}}], virtualMachineClasses: [small], {spec}}}\n---\n"
    )


def workload(name: str, spec: str, resources: str = "requests: {cpu: 500m, memory: 1Gi}") -> str:
    return (
        f"apiVersion: pacific.infra/v1alpha1\nkind: CrxWorkload\nmetadata: {{name: {name}, namespace: shop}}\n"
        f"spec:\n  {spec}\n  containers:\n  - {{name: main, image: main:1, resources: {{{resources}}}}}\n---\n"
    )


def request(graph: DependencyGraph) -> dict[str, Demand]:
    return {demand.document.id: demand for demand in demands(graph.estate, 2000)}


def findings(graph: DependencyGraph) -> list[Finding]:
    uses = check_namespaces(list(request(graph).values()), graph.estate)
    return [finding for use in uses for finding in namespace_findings(use)]


def test_a_pod_is_its_containers_and_the_machine_around_them(graph_of: Callable[[str], DependencyGraph]) -> None:
    graph = graph_of(
        namespace("defaults: {memoryLimit: 2Gi}")
        + workload("web", "kind: Deployment\n  replicas: 3", "requests: {cpu: 250m}, limits: {cpu: 500m}")
        + workload("worker", "kind: Deployment\n  autoscaler: {maxReplicas: 7}", "limits: {cpu: 1, memory: 1Gi}")
        + workload("silent", "kind: Job", "")
    )
    web = request(graph)["CrxWorkload/shop/web"]
    assert (web.count, web.guaranteed, web.most) == (3, Amounts(500, 64), Amounts(1000, 2048 + 64))
    assert web.quality == "Burstable"
    worker = request(graph)["CrxWorkload/shop/worker"]
    assert (worker.count, worker.guaranteed, worker.quality) == (7, Amounts(2000, 1024 + 64), "Guaranteed")
    assert worker.objects == {"pods": 7, "deployments": 1, "replicaSets": 1}
    assert request(graph)["CrxWorkload/shop/silent"].guaranteed == Amounts(0, 64)


def test_containers_without_a_limit_are_said_and_count_what_they_ask_for(
    graph_of: Callable[[str], DependencyGraph],
) -> None:
    spec = "kind: Deployment\n  replicas: 3\n  initContainers: [{name: first, image: a:1}]"
    result = check_capacity(graph_of(namespace("limits: {cpu: 9GHz}") + workload("web", spec)))
    assert result.demands[0].most == Amounts(1000, 1024 + 64)
    assert result.uncounted == {"cpu": 6, "memory": 6}
    assert [use.uncounted for use in result.uses[0].uses[:3]] == [6, 6, 0]
    assert result.verdict == (
        "it fits; containers counted by their requests alone: 6 without a cpu limit, 6 without a memory limit"
    )
    limited = "defaults: {cpuLimit: 1GHz, memoryLimit: 2Gi}"
    assert check_capacity(graph_of(namespace(limited) + workload("web", spec))).verdict == "it fits"
    half = graph_of(namespace("defaults: {memoryLimit: 2Gi}") + workload("web", spec))
    assert check_capacity(half).uncounted == {"cpu": 6}


def test_sidecars_and_containers_of_the_template_count(graph_of: Callable[[str], DependencyGraph]) -> None:
    spec = (
        "kind: Deployment\n  initContainers:\n"
        "  - {name: proxy, image: a:1, restartPolicy: Always, resources: {requests: {cpu: 250m, memory: 1Gi}}}\n"
        "  - {name: first, image: a:1, resources: {requests: {cpu: 100m, memory: 4Gi}}}\n"
        "  podTemplate:\n    spec:\n      containers:\n"
        "      - {name: log, image: log:1, resources: {requests: {cpu: 1, memory: 1Gi}}}\n"
        "      - {name: main, resources: {requests: {memory: 2Gi}}}\n"
    )
    demand = request(graph_of(namespace("") + workload("web", spec)))["CrxWorkload/shop/web"]
    # CPU: proxy, main and log; memory: proxy and first, which are more than proxy, main (2Gi) and log.
    assert demand.guaranteed == Amounts(500 + 1000 + 2000, 5 * 1024 + 64)
    assert demand.unlimited == {"cpu": 4, "memory": 4}


def test_a_controllers_pods_count_like_any_others() -> None:
    queues = load_estate([Path(__file__).parents[2] / "golden" / "queue-estate"])
    (demand,) = (item for item in demands(queues, 2000) if item.document.id == "Controller/queues/queue-controller")
    assert demand.guaranteed == Amounts(100, 64 + 64)
    assert demand.most == Amounts(200, 128 + 64)
    assert demand.objects == {"pods": 1, "deployments": 1, "replicaSets": 1}


def test_a_vm_is_its_class(graph_of: Callable[[str], DependencyGraph]) -> None:
    machine = (
        "apiVersion: pacific.infra/v1alpha1\nkind: VirtualMachine\nmetadata: {name: vm, namespace: shop}\n"
        "spec: {class: small, image: debian-12, storagePolicy: gold, volumes: [{name: data, size: 20Gi}]}\n---\n"
    )
    result = request(graph_of(namespace("description: d") + machine))["VirtualMachine/shop/vm"]
    assert (result.guaranteed, result.most) == (Amounts(0, 2048), Amounts(4000, 4096))
    assert result.storage == {"gold": 20 * 1024}
    assert result.quality == "Burstable"


def test_the_demo_fits_its_namespaces() -> None:
    assert findings(build_graph(load_estate([DEMO]))) == []


def test_too_much_for_a_namespace_names_the_greatest_and_what_would_fit(
    graph_of: Callable[[str], DependencyGraph],
) -> None:
    graph = graph_of(
        namespace("limits: {memory: 4Gi}, objectCounts: {pods: 4}")
        + workload("web", "kind: Deployment\n  replicas: 3")
        + workload("api", "kind: Deployment\n  replicas: 2")
    )
    memory, pods = findings(graph)
    assert (memory.severity, memory.node, memory.place) == ("error", "CrxWorkload/shop/web", "a.yaml:23")
    assert memory.text == (
        "Namespace/shop asks for 5440 MiB of memory, its limit is 4096 MiB: 1344 MiB too much; most of it, 3264 MiB, "
        "is CrxWorkload/shop/web"
    )
    assert memory.fix == "raise the limit at a.yaml:18 to 5440 MiB, or ask for 1344 MiB less"
    assert pods.text == (
        "Namespace/shop asks for 5 pods, its limit is 4: 1 too much; most of it, 3, is CrxWorkload/shop/web"
    )


def test_what_only_fits_while_not_all_is_used_is_a_warning(graph_of: Callable[[str], DependencyGraph]) -> None:
    graph = graph_of(
        namespace("limits: {cpu: 3GHz}")
        + workload("web", "kind: Deployment\n  replicas: 2", "requests: {cpu: 500m}, limits: {cpu: 1}")
    )
    (finding,) = findings(graph)
    assert finding.severity == "warning"
    assert finding.text.startswith("Namespace/shop may use 4000 MHz of cpu, its limit is 3000 MHz: 1000 MHz too much")


def test_hosts_carry_the_rest_when_one_is_lost(graph_of: Callable[[str], DependencyGraph]) -> None:
    graph = graph_of(namespace("description: d") + workload("web", "kind: Deployment\n  replicas: 15"))
    site = read_site(Path("site.yaml"))
    (placement,) = check_hosts(graph, list(request(graph).values()), site)
    assert placement.usable == Amounts(8000, 16 * 1024)
    assert [finding.text for finding in placement.findings] == [
        "7 of the 15 machines of CrxWorkload/shop/web find no host of cluster-01 when 1 of its hosts are lost"
    ]


def test_a_machine_that_no_host_can_hold(graph_of: Callable[[str], DependencyGraph]) -> None:
    graph = graph_of(namespace("description: d") + workload("big", "kind: Deployment", "requests: {memory: 32Gi}"))
    (placement,) = check_hosts(graph, list(request(graph).values()), read_site(Path("site.yaml")))
    assert [finding.text for finding in placement.findings] == [
        "no host of cluster-01 is great enough for one machine of CrxWorkload/shop/big: it needs 0 MHz and 32832 MiB"
    ]


def test_volumes_that_no_datastore_has_room_for(graph_of: Callable[[str], DependencyGraph]) -> None:
    claim = "volumes: [{name: data, claim: {size: 20Gi, storagePolicy: gold}}]"
    graph = graph_of(namespace("description: d") + workload("db", f"kind: StatefulSet\n  replicas: 2\n  {claim}"))
    (finding,) = storage_findings(list(request(graph).values()), read_site(Path("site.yaml")))
    assert finding.text == (
        "volumes with the storage policy gold need 40960 MiB, fast has 30720 MiB free: 10240 MiB too much"
    )


def test_a_site_file_that_is_none(tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    file.write_text("clusters: [{name: a, hosts: [{name: h, cores: 0, memory: 1Gi}]}]")
    with pytest.raises(PacificError) as caught:
        read_site(file)
    assert str(caught.value) == f"{file}:1: clusters[0].hosts[0].cores is out of range: got 0; allowed: 1 or more"


def test_what_a_namespace_costs(graph_of: Callable[[str], DependencyGraph], tmp_path: Path) -> None:
    claim = "volumes: [{name: data, claim: {size: 10Gi, storagePolicy: gold}}]"
    resources = "requests: {cpu: 500m, memory: 960Mi}, limits: {cpu: 1}"
    graph = graph_of(namespace("description: d") + workload("db", f"kind: StatefulSet\n  {claim}", resources))
    uses = check_namespaces(list(request(graph).values()), graph.estate)
    file = tmp_path / "prices.yaml"
    file.write_text("{currency: EUR, cpu: 10, memory: 2.5, storage: {gold: 0.125}}")
    assert costs(uses, read_prices(file)).by_namespace == {"shop": Decimal("13.75")}  # 1 GHz, 1 GiB, 10 GiB
    file.write_text("{currency: EUR, basis: most, cpu: 10, storage: {default: 1}}")
    assert costs(uses, read_prices(file)).by_namespace == {"shop": Decimal("30.00")}
    file.write_text("{currency: EUR, cpu: -1}")
    with pytest.raises(PacificError) as caught:
        read_prices(file)
    assert str(caught.value) == f"{file}:1: cpu: a price is a number: got -1; allowed: 0 or more"
