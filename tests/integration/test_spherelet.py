"""Pods, Jobs and hosts of a Supervisor by real kubectl, with the simulated runtime. About a minute and a half."""

import json
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from pyVmomi import vim

from pacific_sandbox.sandbox import Sandbox
from tests.support.sandbox_clients import SupervisorClient, VCenter
from tests.support.soap import objects_of, soap_session
from tests.support.waiting import wait_until

pytestmark = pytest.mark.sandbox

NAMESPACE = "spherelet"


@dataclass(frozen=True)
class Cluster:
    """An administrator's kubectl in one namespace."""

    client: SupervisorClient
    token: str

    def run(self, *words: str, document: Any = None) -> subprocess.CompletedProcess[str]:
        return self.client.kubectl(self.token, "--namespace", NAMESPACE, *words, document=document)

    def text(self, *words: str, document: Any = None) -> str:
        done = self.run(*words, document=document)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def get(self, *words: str) -> Any:
        return json.loads(self.text("get", *words, "--output", "json"))

    def create(self, *documents: Any) -> None:
        self.text("create", "--filename", "-", document={"apiVersion": "v1", "kind": "List", "items": documents})

    def container(self, name: str) -> Mapping[str, Any]:
        statuses = self.get("pod", name).get("status", {}).get("containerStatuses", [{}])
        status: Mapping[str, Any] = statuses[0]
        return status

    def events(self, name: str) -> list[str]:
        items = self.get("events", "--field-selector", f"involvedObject.name={name}")["items"]
        # Events of one second sort by their names; the scheduler names its own in another way.
        local = [item for item in items if item["reason"] != "Scheduled"]
        return [item["reason"] for item in sorted(local, key=lambda item: item["metadata"]["name"])]


@pytest.fixture(scope="module")
def token() -> dict[str, str]:
    return {}


@pytest.fixture
def cluster(supervisor_client: SupervisorClient, token: dict[str, str]) -> Cluster:
    if not token:
        token["administrator"] = supervisor_client.token()
        supervisor_client.kubectl(token["administrator"], "create", "namespace", NAMESPACE)
    return Cluster(supervisor_client, token["administrator"])


def pod(name: str, *command: str, spec: Mapping[str, Any] | None = None, **container: Any) -> dict[str, Any]:
    item = {"name": "c", "image": "busybox", **({"command": list(command)} if command else {}), **container}
    metadata = {"name": name, "labels": {"app": name}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [item], **(spec or {})}}


def job(name: str, *command: str) -> dict[str, Any]:
    template = pod(name, *command, spec={"restartPolicy": "Never"})
    del template["apiVersion"], template["kind"]
    spec = {"backoffLimit": 1, "template": template}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": spec}


def test_jobs_end_and_what_crashes_is_restarted(cluster: Cluster) -> None:
    cluster.create(
        job("good", "sh", "-c", "echo working; sleep 1; echo done"),
        job("bad", "sh", "-c", "echo no luck >&2; exit 3"),
        pod("crash", "sh", "-c", "echo hello; sleep 1; echo bye; exit 1"),
        pod("unhealthy", livenessProbe={"exec": {"command": ["false"]}, "periodSeconds": 1, "failureThreshold": 1}),
        pod("unready", readinessProbe={"exec": {"command": ["false"]}}),
        pod(
            "initialized",
            spec={"initContainers": [{"name": "i", "image": "busybox", "command": ["sh", "-c", "echo first"]}]},
        ),
    )
    cluster.text("wait", "--for=condition=Complete", "job/good", "--timeout=300s")
    assert cluster.text("logs", "job/good") == "working\ndone\n"
    # Its machine is kept, powered off, as the finished pod is.
    assert cluster.get("pods", "--selector", "app=good")["items"][0]["status"]["phase"] == "Succeeded"

    def waiting(name: str) -> Mapping[str, Any] | None:
        result = cluster.container(name)
        return result if result.get("state", {}).get("waiting", {}).get("reason") == "CrashLoopBackOff" else None

    crashed = wait_until("the back-off of crash", lambda: waiting("crash"))
    assert crashed["restartCount"] == 1
    assert crashed["lastState"]["terminated"]["exitCode"] == 1
    assert cluster.events("crash") == [
        "Image",
        "SuccessfulRealizeNSXResource",
        "Pulling",
        "Pulled",
        "SuccessfulMountVolume",
        "Created",
        "Started",
        "BackOff",
    ]
    assert cluster.text("logs", "crash", "--previous") == "hello\nbye\n"

    unhealthy = wait_until("the back-off of unhealthy", lambda: waiting("unhealthy"))
    assert unhealthy["lastState"]["terminated"]["exitCode"] == 137
    assert {"Unhealthy", "Killing"} <= set(cluster.events("unhealthy"))
    unready = cluster.container("unready")
    assert ("running" in unready["state"], unready["ready"]) == (True, False)
    assert "Unhealthy" in cluster.events("unready")
    assert cluster.text("logs", "initialized", "--container", "i") == "first\n"

    cluster.text("wait", "--for=condition=Failed", "job/bad", "--timeout=300s")
    assert cluster.get("job", "bad")["status"]["conditions"][-1]["reason"] == "BackoffLimitExceeded"
    assert len(cluster.get("pods", "--selector", "app=bad")["items"]) == 2


def test_logs_exec_and_an_orderly_end(cluster: Cluster) -> None:
    hook = {"preStop": {"exec": {"command": ["sleep", "2"]}}}
    cluster.create(
        pod("tick", "sh", "-c", "while true; do echo tick; sleep 1; done"),
        pod("server", lifecycle=hook, env=[{"name": "WHO", "value": "world"}]),
        pod("deaf", "sh", "-c", "trap '' TERM; sleep 3600", spec={"terminationGracePeriodSeconds": 3}),
    )
    cluster.text("wait", "--for=condition=Ready", "pod/tick", "pod/server", "pod/deaf", "--timeout=300s")

    deleted = cluster.run("delete", "pod", "server", "deaf", "--wait=false")
    assert deleted.returncode == 0

    followed = cluster.run("logs", "tick", "--follow", "--tail=1", "--limit-bytes=15")
    assert followed.stdout == "tick\n" * 3
    assert cluster.text("logs", "tick", "--tail=1", "--timestamps").endswith("Z tick\n")
    previous = cluster.run("logs", "tick", "--previous")
    assert 'previous terminated container "c" in pod "tick" not found' in previous.stderr

    wait_until("server's end", lambda: "NotFound" in cluster.run("get", "pod", "server").stderr)
    wait_until("deaf's end", lambda: "NotFound" in cluster.run("get", "pod", "deaf").stderr)

    assert cluster.text("exec", "tick", "--", "sh", "-c", "echo hello; echo there") == "hello\nthere\n"
    ended = cluster.run("exec", "tick", "--", "sh", "-c", "exit 4")
    assert (ended.returncode, ended.stderr.strip()) == (4, "command terminated with exit code 4")
    cannot = cluster.run("exec", "tick", "--", "psql")
    assert cannot.returncode == 1
    assert cannot.stderr.startswith("error: the simulated runtime runs no processes and cannot run 'psql'")
    assert len(cannot.stderr.splitlines()) == 1


def test_what_a_supervisor_refuses_and_what_it_ignores(cluster: Cluster) -> None:
    def volume(path: str) -> dict[str, Any]:
        return {"volumes": [{"name": "v", "hostPath": {"path": path}}]}

    def mount(read_only: bool) -> list[dict[str, Any]]:
        return [{"name": "v", "mountPath": "/v", "readOnly": read_only}]

    local = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": "local"},
        "spec": {
            "capacity": {"storage": "1Gi"},
            "accessModes": ["ReadWriteOnce"],
            "local": {"path": "/v"},
            "nodeAffinity": {
                "required": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "Exists"}]}]}
            },
        },
    }
    for document, message in (
        (pod("refused", spec=volume("/etc")), "hostPath volumes are not supported in vSphere Pods: volume v (/etc)"),
        (pod("refused", spec=volume("/var/log/pods"), volumeMounts=mount(False)), "mounted read-only"),
        (pod("refused", securityContext={"privileged": True}), "privileged containers are not supported"),
        (local, "local and hostPath volumes are not supported on a Supervisor"),
    ):
        refused = cluster.run("create", "--filename", "-", document=document)
        assert refused.returncode == 1
        assert message in refused.stderr
        assert "is forbidden" in refused.stderr

    logs = pod("logs", spec=volume("/var/log/pods"), volumeMounts=mount(True))
    network = pod(
        "network",
        spec={"hostNetwork": True, "hostPID": True},
        ports=[{"containerPort": 80, "hostPort": 80}],
    )
    used = [cluster.run("create", "--filename", "-", document=item) for item in (logs, network)]
    assert [item.returncode for item in used] == [0, 0]
    assert "spec.hostNetwork is ignored in vSphere Pods" in used[1].stderr
    assert "spec.hostPID is ignored in vSphere Pods" in used[1].stderr
    cluster.text("wait", "--for=condition=Ready", "pod/logs", "pod/network", "--timeout=300s")
    status = cluster.get("pod", "network")["status"]
    assert status["podIP"] != status["hostIP"]
    node_port = cluster.run("create", "service", "nodeport", "web", "--tcp=80")
    assert node_port.returncode == 0
    assert "NodePort are not served on a Supervisor: use type LoadBalancer" in node_port.stderr


@pytest.fixture
def host_task(vcenter: VCenter) -> Callable[[str, str], None]:
    """Runs a task of a host, given both names, in vCenter."""

    def run(host: str, task: str) -> None:
        with soap_session(vcenter.settings) as session:
            result = next(item for item in objects_of(session, vim.HostSystem) if item.name == host)
            arguments = {"timeout": 0} if "Maintenance" in task else {}
            started = getattr(result, task)(**arguments)
            wait_until(task, lambda: started.info.state in ("success", "error"))

    return run


def test_hosts_in_maintenance_and_lost_hosts(
    cluster: Cluster, sandbox: Sandbox, host_task: Callable[[str, str], None]
) -> None:
    metadata = {"name": "web", "labels": {"app": "web"}}
    template = {"metadata": metadata, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
    selector = {"matchLabels": {"app": "web"}}
    deployment = {"replicas": 4, "selector": selector, "template": template}
    budget = {"selector": selector, "maxUnavailable": 0}
    cluster.create(
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": deployment},
        {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": "web"}, "spec": budget},
    )
    cluster.text("rollout", "status", "deployment/web", "--timeout=300s")

    def on(host: str) -> list[str]:
        items = cluster.get("pods", "--selector", "app=web")["items"]
        return [item["metadata"]["name"] for item in items if item["spec"].get("nodeName") == host]

    def node(host: str) -> tuple[bool, str]:
        """Whether it is cordoned, and the reason of its Ready condition."""
        result = cluster.get("node", host)
        ready = next(condition for condition in result["status"]["conditions"] if condition["type"] == "Ready")
        return result["spec"].get("unschedulable", False), ready["reason"]

    def available() -> int:
        return int(cluster.get("deployment", "web")["status"].get("availableReplicas", 0))

    host = cluster.get("pods", "--selector", "app=web")["items"][0]["spec"]["nodeName"]
    try:
        # Nothing may go: the host stays as it is, but takes no new pods.
        host_task(host, "EnterMaintenanceMode_Task")
        wait_until("the cordon", lambda: node(host) == (True, "HostEnteringMaintenance"))
        time.sleep(2)
        assert on(host)
        assert available() == 4
        budget = {"spec": {"maxUnavailable": 1}}
        cluster.text("patch", "poddisruptionbudget", "web", "--type=merge", "--patch", json.dumps(budget))

        def moved() -> bool:
            assert available() >= 3
            return not on(host) and node(host)[1] == "HostInMaintenance"

        wait_until("the pods' move", moved)
        host_task(host, "ExitMaintenanceMode_Task")
        wait_until("the host's return", lambda: node(host) == (False, "KubeletReady"))
        cluster.text("rollout", "status", "deployment/web", "--timeout=300s")

        host = cluster.get("pods", "--selector", "app=web")["items"][0]["spec"]["nodeName"]
        host_task(host, "DisconnectHost_Task")
        wait_until("the loss", lambda: node(host)[1] == "NodeStatusUnknown")
        lost = on(host)
        wait_until("the pods elsewhere", lambda: len(_running(cluster, but=host)) == 4)
        assert on(host) == lost  # Nobody knows whether they still run.
    finally:
        for task in ("ReconnectHost_Task", "ExitMaintenanceMode_Task"):
            host_task(host, task)
    wait_until("the host's return", lambda: node(host)[1] == "KubeletReady")
    wait_until("the lost pods' end", lambda: not on(host) or set(on(host)).isdisjoint(lost))
    cluster.text("delete", "namespace", NAMESPACE, "--wait=false")


def _running(cluster: Cluster, but: str) -> list[str]:
    items = cluster.get("pods", "--selector", "app=web")["items"]
    elsewhere = [item for item in items if item["spec"].get("nodeName") not in (None, but)]
    return [item["metadata"]["name"] for item in elsewhere if item["status"]["phase"] == "Running"]
