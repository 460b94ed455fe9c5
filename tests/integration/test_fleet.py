"""An estate in several stacks in the sandbox: brought up, changed, moved, with processes killed, and removed."""

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil
import pytest

from pacific_sandbox.sandbox import Sandbox
from tests.support.dask_cluster import DaskCluster, dask_cluster
from tests.support.estate_project import EstateProject

SUPERVISOR = """apiVersion: pacific.infra/v1alpha1
kind: SupervisorCluster
metadata: {name: fleet-supervisor}
spec:
  cluster: cluster-02
  size: TINY
  controlPlaneCount: 1
  storagePolicy: gold
  managementNetwork: {network: management, addressing: {mode: DHCP}}
  workloadNetwork: {type: VSPHERE, network: workload-01, addressing: {mode: DHCP}}
  loadBalancer: {provider: VSPHERE_FOUNDATION}
  contentLibraries: [linux-images]
  vspherePods: true
  deletionPolicy: Delete
"""
NAMESPACE = """apiVersion: pacific.infra/v1alpha1
kind: Namespace
metadata: {{name: {name}}}
spec:
  supervisor: fleet-supervisor
  storagePolicies: [{{name: gold}}]
  deletionPolicy: Delete
---
apiVersion: pacific.infra/v1alpha1
kind: CrxWorkload
metadata: {{name: web, namespace: {name}}}
spec:
  kind: Deployment
  replicas: 1
  containers:
    - name: web
      image: sandbox/web:1
      environment: {{{variables}}}
  service: {{type: ClusterIP, ports: [{{port: 80}}]}}
"""
RULE = "partition: namespace\nsize: 1\n"
KILLED_BETWEEN = """
import os
from pacific_infra.cli import fleet_moves
from pacific_infra.cli.main import main
write = fleet_moves.write_checkpoint
def write_and_die(*arguments, **options):
    write(*arguments, **options)
    os._exit(9)
fleet_moves.write_checkpoint = write_and_die
main(["up", "--yes"])
"""


@pytest.fixture(scope="module")
def fleet(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EstateProject]:
    """Three namespaces, of which one takes a value from another."""
    folder = tmp_path_factory.mktemp("fleet")
    documents = folder / "documents"
    documents.mkdir()
    (documents / "supervisor.yaml").write_text(SUPERVISOR)
    wiring = "DATA: {from: CrxWorkload/fleet-data/web, output: host}"
    for name, variables in (("fleet-data", ""), ("fleet-shop", wiring), ("fleet-site", "")):
        (documents / f"{name}.yaml").write_text(NAMESPACE.format(name=name, variables=variables))
    project = EstateProject.on(sandbox, documents, folder)
    (project.folder / "pacific.yaml").write_text(RULE)
    yield project
    project.pacific("down", "--yes", "--keep-sandbox")


@pytest.fixture(scope="module")
def converged(fleet: EstateProject) -> Mapping[str, str]:
    """The UID of each object, once the estate is up."""
    converged = fleet.json("up", "--yes", "--workers", "2")
    assert {name: stack["result"] for name, stack in converged["stacks"].items()} == dict.fromkeys(
        ("dev", "dev-fleet-data", "dev-fleet-shop", "dev-fleet-site"), "done"
    )
    return objects_of(fleet)


def objects_of(fleet: EstateProject) -> dict[str, str]:
    listed = fleet.kubectl("get", "namespaces,deployments,services", "-A", supervisor="fleet-supervisor")["items"]
    objects = ((item["metadata"], item["kind"]) for item in listed)
    return {f"{kind} {data.get('namespace')}/{data['name']}": data["uid"] for data, kind in objects}


def scale(fleet: EstateProject, name: str, replicas: int) -> None:
    file = fleet.documents / f"{name}.yaml"
    lines = file.read_text().splitlines()
    file.write_text("\n".join(f"  replicas: {replicas}" if "replicas:" in line else line for line in lines))


def replicas_of(fleet: EstateProject, name: str) -> int:
    deployment = fleet.kubectl("get", "deployment", "web", "-n", name, supervisor="fleet-supervisor")
    return int(deployment["spec"]["replicas"])


def messages_of(fleet: EstateProject, *arguments: str) -> str:
    process = fleet.start(*arguments)
    output, messages = process.communicate(timeout=280)
    assert process.returncode == 0, output + messages
    return messages


def test_a_stack_takes_what_another_one_has(fleet: EstateProject, converged: Mapping[str, str]) -> None:
    deployment = fleet.kubectl("get", "deployment", "web", "-n", "fleet-shop", supervisor="fleet-supervisor")
    variables = deployment["spec"]["template"]["spec"]["containers"][0]["env"]
    assert {"name": "DATA", "value": "web.fleet-data.svc"} in variables
    assert deployment["metadata"]["annotations"]["pacific.infra/stack"] == "estate/dev"
    assert all(node["state"] == "converged" for node in fleet.json("status")["nodes"].values())


def test_only_the_stack_whose_documents_changed_is_looked_at(
    fleet: EstateProject, converged: Mapping[str, str]
) -> None:
    assert "4 stacks in 3 waves; 4 are as their last run left them\n" in messages_of(fleet, "plan")
    scale(fleet, "fleet-site", 2)
    planned = fleet.json("plan", "--detailed-exitcode", expect=2)
    assert planned["counts"]["update"] == 1
    assert "1 to look at: dev-fleet-site\n" in messages_of(fleet, "up", "--yes")
    assert replicas_of(fleet, "fleet-site") == 2


def test_the_whole_estate_goes_back_and_is_shown_as_one(fleet: EstateProject, converged: Mapping[str, str]) -> None:
    fleet.pacific("rollback", "1", "--yes")
    assert replicas_of(fleet, "fleet-site") == 1
    scale(fleet, "fleet-site", 1)
    assert "4 are as their last run left them" in messages_of(fleet, "plan")
    view = fleet.json("view", "--once")
    assert {node["id"]: node["state"] for node in view["nodes"]} == {
        "SupervisorCluster/fleet-supervisor": "healthy",
        **{f"Namespace/fleet-{name}": "healthy" for name in ("data", "shop", "site")},
        **{f"CrxWorkload/fleet-{name}/web": "healthy" for name in ("data", "shop", "site")},
    }
    assert [source["awaySince"] for source in view["sources"]] == [None, None]
    assert [run["rollbackTo"] for run in view["history"]] == [1, None, None]


def test_a_killed_worker_is_begun_again_and_makes_nothing_twice(
    fleet: EstateProject, converged: Mapping[str, str]
) -> None:
    scale(fleet, "fleet-data", 2)
    process = fleet.start("up", "--yes")
    worker = running_engine_of(process)
    worker.kill()
    output, messages = process.communicate(timeout=280)
    assert process.returncode == 0, output + messages
    assert "dev-fleet-data: its worker was killed by signal 9; it is begun again" in messages
    assert replicas_of(fleet, "fleet-data") == 2
    assert objects_of(fleet) == converged


def running_engine_of(process: subprocess.Popen[str]) -> psutil.Process:
    """The worker of ``pacific``, once its engine runs."""
    for _ in range(600):
        for worker in psutil.Process(process.pid).children():
            if any("pulumi" in child.name() for child in worker.children()):
                return worker
        time.sleep(0.1)
    raise AssertionError("no worker has begun")


@pytest.fixture
def cluster(fleet: EstateProject, tmp_path: Path) -> Iterator[DaskCluster]:
    """Workers with the fleet's state."""
    with dask_cluster(tmp_path, fleet.environment) as started:
        yield started


def test_workers_of_a_cluster_converge_the_stacks_and_a_killed_one_is_replaced(
    fleet: EstateProject, converged: Mapping[str, str], cluster: DaskCluster
) -> None:
    scale(fleet, "fleet-data", 1)
    process = fleet.start("up", "--yes", "--on", cluster.place)
    engine = engine_below(cluster.nanny)
    next(parent for parent in engine.parents() if parent.ppid() == cluster.nanny.pid).kill()
    output, messages = process.communicate(timeout=280)
    assert process.returncode == 0, output + messages
    assert "is dead; it is begun again" in messages
    assert replicas_of(fleet, "fleet-data") == 1
    assert objects_of(fleet) == converged


def engine_below(ancestor: psutil.Process) -> psutil.Process:
    """The engine, once it runs."""
    for _ in range(1200):
        for process in ancestor.children(recursive=True):
            if process.name() == "pulumi":
                return process
        time.sleep(0.1)
    raise AssertionError("no engine has begun")


def test_a_namespace_moves_and_nothing_is_made_again_even_where_the_move_is_killed(
    fleet: EstateProject, converged: Mapping[str, str]
) -> None:
    (fleet.folder / "pacific.yaml").write_text(f"{RULE}stacks: {{store: [fleet-data]}}\n")
    move = "to move from the stack dev-fleet-data to dev-store: 2 documents, nothing of them is deleted"
    assert move in messages_of(fleet, "plan")
    command = [sys.executable, "-c", KILLED_BETWEEN]
    killed = subprocess.run(command, cwd=fleet.folder, env=fleet.environment, timeout=280, check=False)
    assert killed.returncode == 9
    assert "moved 2 documents from the stack dev-fleet-data to dev-store" in messages_of(fleet, "up", "--yes")
    assert objects_of(fleet) == converged
    assert "4 are as their last run left them" in messages_of(fleet, "plan")
    assert {file.stem for file in checkpoints(fleet)} == {"dev", "dev-store", "dev-fleet-shop", "dev-fleet-site"}


def checkpoints(fleet: EstateProject) -> list[Path]:
    return list((fleet.state / "pacific-infra" / "pulumi" / ".pulumi" / "stacks" / "estate").glob("*.json"))


def test_a_namespace_whose_documents_go_is_removed_with_its_stack(
    fleet: EstateProject, converged: Mapping[str, str]
) -> None:
    (fleet.documents / "fleet-site.yaml").unlink()
    fleet.pacific("up", "--yes")
    assert {name for name in converged if "fleet-site" in name}.isdisjoint(objects_of(fleet))
    assert "dev-fleet-site" not in {file.stem for file in checkpoints(fleet)}
    assert fleet.json("drift")["drifted"] == 0
