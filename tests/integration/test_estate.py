"""The whole way: the demo estate from nothing, under faults, changed, shrunk, removed, by ``pacific`` and ``pulumi``.

In between a second project comes and goes beside it, as in the README.
"""

import json
import re
import shutil
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pacific_sandbox.faults.sandbox_faults import SandboxFaults
from pacific_sandbox.processes.identity import identify
from tests.faults.machines import disagreements, machines
from tests.support.estate_project import COMMAND_WITHIN, EstateProject
from tests.support.sandbox_clients import SUPERVISORS, VCenter
from tests.support.waiting import wait_until

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EstateProject]:
    """The project before its first ``up``."""
    folder = tmp_path_factory.mktemp("estate")
    project = EstateProject(folder / "project", folder / "state")
    yield project
    project.sandbox.reset()


@pytest.fixture(scope="module")
def first_up(empty: EstateProject) -> dict[str, object]:
    """What the first ``up`` on an empty sandbox said, under faults: the kubeconfig is not known before it."""
    plan = empty.json("plan")
    assert plan["counts"]["create"] > 30
    assert plan["counts"]["delete"] == plan["counts"]["update"] == plan["counts"]["same"] == 0
    empty.sandbox.up()
    faults = SandboxFaults(empty.sandbox)
    vcenter = {"api": "rest", "path": "/api/vcenter/*"}
    faults.declare(api="rest", effect="fail", value=503, probability=0.05, seed=7)
    faults.declare(api="rest", effect="limit", value=1, probability=0.05, seed=8)
    # The three answers after a login are those to the first creates: of the Supervisor and both VM classes.
    faults.declare(**vcenter, effect="lose", method="POST", count=3)
    faults.declare(**vcenter, effect="fail", value=401, count=2, method="GET")
    faults.declare(**vcenter, effect="hang", count=1, method="GET", probability=0.2, seed=9)
    result: dict[str, object] = empty.json("up", "--yes")
    assert result["changes"] == {"create": plan["counts"]["create"]}
    applied = {fault.id: fault.applied for fault in faults.list()}
    assert (applied["3"], applied["4"], applied["5"]) == (3, 2, 1)
    faults.clear()
    return result


@pytest.fixture
def estate(empty: EstateProject, first_up: dict[str, object]) -> EstateProject:
    """The converged estate."""
    return empty


def test_one_up_converges_everything(estate: EstateProject, first_up: dict[str, object]) -> None:
    assert first_up["result"] == "done"
    status = estate.json("status")
    assert {node["state"] for node in status["nodes"].values()} == {"converged"}
    assert len(status["nodes"]) == 10


def test_kubectl_sees_nodes_pods_and_vms(estate: EstateProject) -> None:
    nodes = estate.kubectl("get", "nodes")["items"]
    assert [node["metadata"]["name"] for node in nodes] == [f"esx-0{number}.sandbox.test" for number in range(1, 5)]
    assert all("-sph-" in node["status"]["nodeInfo"]["kubeletVersion"] for node in nodes)
    pods = estate.kubectl("get", "pods", "--all-namespaces")["items"]
    phases = {pod["metadata"]["name"].rsplit("-", 1)[0]: pod["status"]["phase"] for pod in pods}
    assert phases.pop("prepare") == "Succeeded"
    assert set(phases.values()) == {"Running"}
    machines = estate.kubectl("get", "virtualmachines", "--all-namespaces")["items"]
    assert {machine["metadata"]["name"]: machine["status"]["powerState"] for machine in machines} == {
        "accounts": "PoweredOn",
        "catalogue": "PoweredOn",
    }
    assert all(machine["status"]["network"]["primaryIP4"] for machine in machines)


def test_capacity_of_the_live_vcenter(estate: EstateProject) -> None:
    capacity = estate.json("capacity", "--live")
    assert capacity["fits"]
    assert capacity["clusters"][0]["usable"] == {"cpu_mhz": 192_000, "memory_mib": 786_432}  # 3 of 4 hosts
    assert capacity["live"]["shop"]["cpu_mhz"] > 0


def test_pyvmomi_sees_vms_pod_vms_pools_and_folders(estate: EstateProject) -> None:
    inventory = estate.inventory()
    assert {"accounts", "catalogue"} <= set(inventory["vms"])
    assert sum(name.startswith("web-") for name in inventory["vms"]) == 3
    assert {"data", "shop"} <= set(inventory["pools"])
    assert {"data", "shop"} <= set(inventory["folders"])


def test_each_object_has_its_machine_once(estate: EstateProject) -> None:
    pods = estate.kubectl("get", "pods", "--all-namespaces")["items"]
    virtual_machines = estate.kubectl("get", "virtualmachines", "--all-namespaces")["items"]
    assert disagreements(machines(estate.sandbox.settings()), pods, virtual_machines) == []


def test_a_second_up_changes_nothing(estate: EstateProject) -> None:
    result = estate.json("up", "--yes")
    assert set(result["changes"]) == {"same"}
    estate.pacific("plan", "--detailed-exitcode")


def test_a_plan_without_the_engine_says_what_the_engine_says(estate: EstateProject) -> None:
    quick, compared = estate.json("plan"), estate.json("plan", "--engine")
    for plan in (quick, compared):
        plan.pop("asked", None)
        for node in plan["nodes"]:
            # The engine has them in the order in which they come to it.
            node["resources"].sort(key=lambda resource: resource["urn"])
    assert quick == compared


def test_pulumi_itself_sees_the_same_without_a_warning(estate: EstateProject) -> None:
    printed = estate.pulumi("up", "--yes", "--stack", "dev")
    assert len(re.findall(r"Resources:\n +\d+ unchanged", printed)) == 2, "of the preview and of the update"
    assert "warning" not in printed.lower()


def objects_of(estate: EstateProject) -> dict[str, str]:
    """The UID of each object in the namespaces of the Supervisor, by kind and name."""
    kinds = "deployments,statefulsets,services,configmaps,persistentvolumeclaims,virtualmachines"
    listed = estate.kubectl("get", kinds, "-A")["items"]
    return {
        f"{item['kind']} {item['metadata']['namespace']}/{item['metadata']['name']}": item["metadata"]["uid"]
        for item in listed
    }


def test_a_second_project_is_interrupted_taken_up_again_and_goes_beside_the_demo(
    estate: EstateProject, tmp_path: Path
) -> None:
    before = objects_of(estate)
    other = tmp_path / "second"
    second = ("-C", str(other))
    estate.pacific("init", str(other))
    process = estate.start("up", "--yes", *second)
    with closing(VCenter(estate.sandbox.settings())) as vcenter:

        def names() -> set[str]:
            return {item["info"]["name"] for item in vcenter.call("GET", f"{SUPERVISORS}/summaries")["items"]}

        wait_until("its Supervisor", lambda: "second-supervisor" in names())
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=COMMAND_WITHIN)
    assert process.returncode == 130, stderr
    assert "Traceback" not in stderr
    assert estate.json("up", "--yes", *second)["result"] == "done"
    assert {node["state"] for node in estate.json("status", *second)["nodes"].values()} == {"converged"}
    assert set(estate.json("up", "--yes", *second)["changes"]) == {"same"}
    assert "17 deleted" in estate.pacific("down", "--yes", *second)
    # It runs on, for the demo has something in it.
    assert estate.sandbox.status().phase == "ready"
    assert objects_of(estate) == before
    assert estate.json("plan")["counts"]["same"] == 40


def test_a_project_that_names_the_demos_supervisor_is_refused(estate: EstateProject, tmp_path: Path) -> None:
    before = objects_of(estate)
    other = tmp_path / "third"
    estate.pacific("init", str(other))
    shutil.rmtree(other / "documents" / "web")
    supervisor = other / "documents" / "supervisor.yaml"
    text = supervisor.read_text().replace("name: third-supervisor", "name: supervisor-01")
    supervisor.write_text(text.replace("cluster: cluster-02", "cluster: cluster-01"))
    message = (
        f"{supervisor}:5: SupervisorCluster/supervisor-01: the Supervisor supervisor-01 belongs to estate/dev: fix:"
    )
    planned = estate.pacific("plan", "-C", str(other), expect=1)
    assert "! SupervisorCluster/supervisor-01" in planned
    assert "refused: the Supervisor supervisor-01 belongs to estate/dev" in planned
    assert message in planned
    assert message in estate.pacific("up", "-C", str(other), "--yes", expect=1)
    assert objects_of(estate) == before


def test_a_namespace_with_somebody_elses_object_stays(estate: EstateProject) -> None:
    before = objects_of(estate)
    estate.kubectl("create", "configmap", "by-hand", "--namespace=shop", "--from-literal=a=b")
    message = (
        "the namespace shop is not deleted, because it contains objects that this stack does not own: got 'ConfigMap "
        "by-hand without a known owner'"
    )
    assert message in estate.pacific("down", "--preview-only", expect=1)
    assert message in estate.pacific("down", "--yes", expect=1)
    estate.kubectl("delete", "configmap", "by-hand", "--namespace=shop", output="name")
    assert objects_of(estate) == before


def test_drift_is_seen_and_put_right(estate: EstateProject) -> None:
    estate.kubectl("scale", "deployment", "web", "--namespace", "shop", "--replicas", "1")
    estate.kubectl("delete", "poddisruptionbudget", "web", "--namespace", "shop", output="name")
    managed = {"pacific.infra/stack": "estate/dev", "pacific.infra/node": "CrxWorkload/shop/old"}
    unrecorded = estate.folder / "unrecorded.json"
    label = {"app.kubernetes.io/managed-by": "pacific-infra"}
    items = [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": "shop", "labels": label, "annotations": annotations},
        }
        for name, annotations in (("left-over", managed), ("foreign", {}))
    ]
    unrecorded.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    estate.kubectl("apply", "-f", str(unrecorded))
    drift = estate.json("drift", "--detailed-exitcode", expect=2)
    assert drift["extra"] == [{"type": "v1 ConfigMap", "name": "shop/left-over", "node": "CrxWorkload/shop/old"}]
    estate.kubectl("delete", "-f", str(unrecorded), output="name")
    assert [node["id"] for node in drift["nodes"]] == ["CrxWorkload/shop/web"]
    actual = {resource["type"].rpartition(":")[2]: resource for resource in drift["nodes"][0]["resources"]}
    assert actual["PodDisruptionBudget"]["kind"] == "missing"
    (change,) = actual["Deployment"]["changes"]
    assert (change["path"], change["old"], change["new"]) == ("spec.replicas", 3, 1)
    result = estate.json("up", "--yes", "--refresh")
    assert {name: count for name, count in result["changes"].items() if name != "same"} == {"create": 1, "update": 1}
    assert estate.json("drift", "--detailed-exitcode")["drifted"] == 0


def test_an_edited_document_changes_what_the_plan_said_and_no_more(estate: EstateProject) -> None:
    saved = estate.folder / "plan.json"
    web = estate.documents / "shop" / "web.yaml"
    web.write_text(web.read_text().replace("replicas: 3", "replicas: 4"))
    orders = estate.documents / "data" / "orders.yaml"
    orders.write_text(orders.read_text().replace("size: 10Gi", "size: 11Gi"))
    pods = _orders(estate, "pods")
    plan = estate.json("plan", "--save", str(saved), "--detailed-exitcode", expect=2)
    changed = [node["id"] for node in plan["nodes"] if node["operation"] != "same"]
    assert changed == ["CrxWorkload/data/orders", "CrxWorkload/shop/web"]
    assert plan["counts"]["update"] == 3, "two replicas' claims, and not their StatefulSet"
    web.write_text(web.read_text().replace("replicas: 4", "replicas: 5"))
    refused = estate.pacific("up", "--yes", "--plan", str(saved), expect=1)
    assert "kubernetes:apps/v1:Deployment shop/web-deployment: update, with other properties than then" in refused
    web.write_text(web.read_text().replace("replicas: 5", "replicas: 4"))
    result = estate.json("up", "--yes", "--plan", str(saved))
    assert {name: count for name, count in result["changes"].items() if name != "same"} == {"update": 3}
    assert len(estate.kubectl("get", "pods", "--namespace", "shop", "-l", "app.kubernetes.io/name=web")["items"]) == 4

    def sizes() -> list[str]:
        return [claim["status"]["capacity"]["storage"] for claim in _orders(estate, "persistentvolumeclaims")]

    wait_until("the volumes to grow", lambda: sizes() == ["11Gi", "11Gi"])
    assert [pod["metadata"]["uid"] for pod in _orders(estate, "pods")] == [pod["metadata"]["uid"] for pod in pods]


def _orders(estate: EstateProject, resource: str) -> list[Any]:
    items: list[Any] = estate.kubectl("get", resource, "-n", "data", "-l", "app.kubernetes.io/name=orders")["items"]
    return items


def test_a_removed_document_takes_its_resources_along(estate: EstateProject) -> None:
    (estate.documents / "shop" / "web.yaml").unlink()
    (estate.documents / "shop" / "web.toml").unlink()
    plan = estate.json("plan")
    assert [node["id"] for node in plan["removed"]] == ["CrxWorkload/shop/web"]
    result = estate.json("up", "--yes")
    assert {name for name in result["changes"] if name != "same"} == {"delete"}
    assert result["changes"]["delete"] == plan["counts"]["delete"]
    left = estate.kubectl("get", "deployments,services,configmaps", "--namespace", "shop")["items"]
    assert not [item for item in left if item["metadata"]["name"].startswith("web")]


def test_bad_input_changes_nothing(estate: EstateProject) -> None:
    namespace = estate.documents / "shop" / "namespace.yaml"
    good = namespace.read_text()
    lines = good.splitlines()
    line = next(number for number, text in enumerate(lines, 1) if "description:" in text)
    namespace.write_text(good.replace("description:", "descripton:", 1))
    output = estate.pacific("up", "--yes", expect=1)
    namespace.write_text(good)
    assert f"{namespace}:{line}: unknown field" in output.replace("stacks/estate/documents", str(estate.documents))
    assert "description" in output
    orders = estate.documents / "data" / "orders.yaml"
    good = orders.read_text()
    orders.write_text(good.replace("size: 11Gi", "size: 10Gi"))
    output = estate.pacific("up", "--yes", expect=1)
    orders.write_text(good)
    assert "CrxWorkload/data/orders: a volume can grow, not shrink: got '10Gi'; allowed: 11Gi or more" in output
    assert set(estate.json("up", "--yes")["changes"]) == {"same"}


def test_pulumi_destroy_leaves_no_objects_in_vcenter(estate: EstateProject) -> None:
    printed = estate.pulumi("destroy", "--yes", "--stack", "dev")
    assert "warning" not in printed.lower()
    inventory = estate.inventory()
    assert inventory["vms"] == []
    assert not {"data", "shop"} & {*inventory["pools"], *inventory["folders"]}


def test_down_leaves_no_processes(estate: EstateProject) -> None:
    processes = [identify(part.pid) for part in estate.sandbox.status().processes if part.pid]
    assert processes
    estate.pacific("down", "--yes")
    assert estate.sandbox.status().phase == "down"
    assert [process for process in processes if process is not None and process.find() is not None] == []
