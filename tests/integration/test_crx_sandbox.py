"""A sandbox whose pods run in machines: what kubectl and a browser see of it."""

import json
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from pacific_sandbox.pod_network.computer_ports import PORTS_ANNOTATION
from pacific_sandbox.sandbox import Sandbox
from pacific_sandbox.toolchain import BuiltToolchain
from tests.support.crx_bench import machines
from tests.support.sandbox_clients import NAMESPACES, SupervisorClient, VCenter
from tests.support.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.sandbox


@pytest.fixture
def crx_sandbox(toolchain: BuiltToolchain, tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox with the runtime ``qemu``, in which nothing is enabled."""
    machines(toolchain)
    sandbox = Sandbox(tmp_path / "crx", toolchain, runtime="qemu")
    yield sandbox
    sandbox.reset()


def machines_of(sandbox: Sandbox) -> list[int]:
    """The process numbers of the QEMUs with the sandbox's folder in their command line."""
    result = psutil.process_iter(["name", "cmdline"])
    return [
        item.pid
        for item in result
        if "qemu" in item.info["name"] and any(str(sandbox.directory) in word for word in item.info["cmdline"] or ())
    ]


def deployment(name: str, image: str) -> dict[str, Any]:
    container = {
        "name": "web",
        "image": image,
        "ports": [{"name": "http", "containerPort": 8080}],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}, "periodSeconds": 1},
        "resources": {"limits": {"memory": "64Mi", "cpu": "500m"}},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}},
        },
    }


def service(name: str) -> dict[str, Any]:
    ports = [{"name": "http", "port": 80, "targetPort": "http"}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"type": "LoadBalancer", "selector": {"app": name}, "ports": ports},
    }


def asking_pod(sandbox: Sandbox) -> list[dict[str, Any]]:
    """A pod that asks the API server by the token of its own, as a controller does, and its right to."""
    program = shutil.which("kubectl")
    assert program is not None
    build = [sys.executable, "-m", "pacific_infra.cli", "sandbox", "image", "build", program, "--tag", "test/kubectl:1"]
    subprocess.run([*build, "--directory", str(sandbox.directory)], check=True, timeout=PATIENCE)
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}
    container = {
        "name": "kubectl",
        "image": "test/kubectl:1",
        "command": ["/kubectl", "get", "services", "--output=name"],
        "resources": {"limits": {"memory": "128Mi", "cpu": "1"}},
    }
    return [
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "asking", "namespace": "shop"},
            "roleRef": role,
            "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": "shop"}],
        },
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "asking", "namespace": "shop"},
            "spec": {"restartPolicy": "OnFailure", "containers": [container]},
        },
    ]


def _check_network(kubectl: Callable[..., str], pod: str) -> None:
    """The load balancer's port on this computer, a Service by its name from a pod, and the API server from one."""
    annotations = json.loads(kubectl("get", "service", "web", "-o", "jsonpath={.metadata.annotations}"))
    address = json.loads(annotations[PORTS_ANNOTATION])["80/tcp"]
    with urllib.request.urlopen(f"http://{address}/cgi-bin/uname", timeout=PATIENCE) as answer:
        assert f"pod {pod}\n" in answer.read().decode()
    ask = r"printf 'GET /cgi-bin/uname HTTP/1.0\r\n\r\n' | nc -w 10 web.shop 80"
    assert f"pod {pod}\n" in kubectl("exec", pod, "--", "sh", "-c", ask)
    wait_until("the API server's answer", lambda: "service/web" in kubectl("logs", "asking"))


def test_a_deployment_answers_from_its_own_kernel(crx_sandbox: Sandbox) -> None:
    command = [sys.executable, "-m", "pacific_infra.cli", "sandbox", "image", "demo"]
    subprocess.run([*command, "--directory", str(crx_sandbox.directory)], check=True, timeout=PATIENCE)
    vcenter = VCenter(crx_sandbox.up())
    try:
        supervisor = vcenter.enable("supervisor-01", "cluster-01")
        vcenter.call("POST", f"{NAMESPACES}/v2", {"supervisor": supervisor, "namespace": "shop"})
        status = lambda: vcenter.call("GET", f"{NAMESPACES}/v2/shop")["config_status"] == "RUNNING"  # noqa: E731
        wait_until("shop", status)
        endpoint = str(vcenter.wait_running(supervisor)["APIEndpoint"])
    finally:
        vcenter.close()
    ca_file = crx_sandbox.settings().ca_file
    assert ca_file is not None
    client = SupervisorClient(endpoint, ca_file, crx_sandbox.directory / "users.json")
    token = client.token()

    def pods(name: str) -> list[dict[str, Any]]:
        listed = client.kubectl(token, "get", "pods", "-n", "shop", "-l", f"app={name}", "-o", "json")
        items: list[dict[str, Any]] = json.loads(listed.stdout)["items"]
        return items

    def ready(name: str) -> dict[str, Any] | None:
        reachable = [item for item in pods(name) if PORTS_ANNOTATION in item["metadata"].get("annotations", {})]
        conditions = {
            condition["type"]: condition["status"] for pod in reachable for condition in pod["status"]["conditions"]
        }
        return reachable[0] if conditions.get("Ready") == "True" else None

    documents = [deployment("web", "sandbox/web:1"), deployment("missing", "nobody/has:1"), service("web")]
    for document in (*documents, *asking_pod(crx_sandbox)):
        applied = client.kubectl(token, "apply", "-f", "-", document=document)
        assert applied.returncode == 0, applied.stderr
    web = wait_until("web", lambda: ready("web"))
    address = json.loads(web["metadata"]["annotations"][PORTS_ANNOTATION])["8080/tcp"]
    with urllib.request.urlopen(f"http://{address}/cgi-bin/uname", timeout=PATIENCE) as answer:
        message = answer.read().decode()
    name = web["metadata"]["name"]
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert f"pod {name}\n" in message
    assert "cloud-amd64" in message
    assert boot not in message

    _check_network(lambda *words: client.kubectl(token, "-n", "shop", *words).stdout, name)

    # The same kernel for who comes by the kubelet's way.
    output = client.kubectl(token, "exec", "-n", "shop", name, "--", "cat", "/proc/sys/kernel/random/boot_id")
    assert output.stdout.strip() in message, output.stderr
    assert output.stdout.strip()
    with client.forwarded(token, "shop", "deployment/web", 8080) as forwarded:
        for _ in range(2):
            with urllib.request.urlopen(f"http://{forwarded}/cgi-bin/uname", timeout=PATIENCE) as answer:
                assert output.stdout.strip() in answer.read().decode()
    logged = client.kubectl(token, "exec", "-n", "shop", name, "--", "sh", "-c", "echo logged > /proc/1/fd/1")
    assert logged.returncode == 0
    wait_until("the log", lambda: client.kubectl(token, "logs", "-n", "shop", name).stdout == "logged\n")

    state = wait_until("the refusal", lambda: pods("missing")[0]["status"].get("containerStatuses"))[0]
    refused = wait_until("the reason", lambda: pods("missing")[0]["status"]["containerStatuses"][0]["state"])
    assert state["ready"] is False
    assert refused["waiting"]["reason"] in {"ErrImagePull", "ImagePullBackOff"}
    assert "pacific sandbox image build DIR --tag nobody/has:1" in refused["waiting"]["message"]

    # No machine outlives the controllers that have started it.
    before = machines_of(crx_sandbox)
    assert before
    controllers = next(process for process in crx_sandbox.status().processes if process.name.endswith("controllers"))
    assert controllers.pid is not None
    psutil.Process(controllers.pid).kill()
    wait_until("the end of the machine", lambda: not psutil.pid_exists(before[0]))
    crx_sandbox.down()
    assert machines_of(crx_sandbox) == []
