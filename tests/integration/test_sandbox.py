"""The sandbox as its user meets it: real processes, real kubectl. Marked ``sandbox``: about two minutes."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from pacific_infra.errors import PacificError
from pacific_sandbox.ports import listening_socket
from pacific_sandbox.sandbox import ProcessReport, Sandbox, SandboxStatus
from pacific_sandbox.toolchain import BuiltToolchain
from tests.support.sandbox_clients import NAMESPACES, SupervisorClient, VCenter
from tests.support.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.sandbox

COMPONENTS = ["etcd", "kube-apiserver", "front", "kube-controller-manager", "kube-scheduler", "controllers"]


def processes_of(sandbox: Sandbox) -> list[psutil.Process]:
    """Every process with the sandbox's folder in its command line."""
    result = []
    for process in psutil.process_iter(["cmdline", "status"]):
        inner = any(str(sandbox.directory) in word for word in process.info["cmdline"] or ())
        if inner and process.info["status"] != psutil.STATUS_ZOMBIE:
            result.append(process)
    return result


def daemon_pid(sandbox: Sandbox) -> int:
    pid = sandbox.status().processes[0].pid
    assert pid is not None
    return pid


@pytest.fixture(scope="module")
def other(toolchain: BuiltToolchain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A second sandbox, which nobody uses."""
    second = Sandbox(tmp_path_factory.mktemp("other") / "other", toolchain)
    yield second
    second.reset()


def test_an_empty_sandbox_is_small(other: Sandbox) -> None:
    message: list[str] = []
    VCenter(other.up(message.append)).close()
    assert message
    assert other.status().memory < 400


def test_two_sandboxes_side_by_side(sandbox: Sandbox, other: Sandbox) -> None:
    assert other.up().server != sandbox.up().server
    assert other.settings().read_password() != sandbox.settings().read_password()


def test_a_port_that_was_taken_meanwhile_is_replaced(other: Sandbox) -> None:
    server = other.up().server
    other.down()
    with listening_socket(int(server.partition(":")[2])):
        assert other.up().server != server


def test_reset_leaves_nothing_and_the_other_sandbox_runs_on(sandbox: Sandbox, other: Sandbox) -> None:
    other.up()
    other.reset()
    assert processes_of(other) == []
    assert not other.directory.exists()
    assert sandbox.status().phase == "ready"


def test_up_again_changes_nothing(sandbox: Sandbox) -> None:
    before = daemon_pid(sandbox)
    assert sandbox.up() == sandbox.settings()
    assert daemon_pid(sandbox) == before


def test_a_supervisor_is_ready_and_the_whole_is_small(
    sandbox: Sandbox, new_supervisor: tuple[str, SandboxStatus], supervisor_client: SupervisorClient
) -> None:
    token = supervisor_client.token()
    nodes = wait_until(
        "four nodes",
        lambda: len(json.loads(supervisor_client.kubectl(token, "get", "nodes", "-o", "json").stdout)["items"]) == 4,
    )
    assert nodes
    running = {part.name: part.state for part in sandbox.status().processes}
    assert {f"cluster-01-{name}": "running" for name in COMPONENTS}.items() <= running.items()
    _, status = new_supervisor
    assert [part for part in status.processes if part.name.startswith("cluster-01-") and part.restarts] == []
    assert status.memory < 1200


def test_a_wrong_password_is_refused(supervisor_client: SupervisorClient) -> None:
    answer = supervisor_client.login("administrator@vsphere.local", "wrong")
    assert answer.status_code == 401
    refused = supervisor_client.kubectl("no-token", "get", "nodes")
    assert refused.returncode != 0
    assert "Unauthorized" in refused.stderr


def test_a_token_ends(toolchain: BuiltToolchain, sandbox: Sandbox, supervisor_client: SupervisorClient) -> None:
    Sandbox(sandbox.directory, toolchain, token_lifetime=2).up()
    try:

        def used_in_time() -> str | None:
            new = supervisor_client.token()
            return None if supervisor_client.kubectl(new, "get", "nodes").returncode else new

        token = wait_until("a token that a slow computer uses before its end", used_in_time)
        ended = wait_until(
            "the token's end",
            lambda: (answer := supervisor_client.kubectl(token, "get", "nodes")).returncode and answer,
        )
        assert "Unauthorized" in ended.stderr
    finally:
        sandbox.up()
    assert supervisor_client.kubectl(supervisor_client.token(), "get", "nodes").returncode == 0


def test_a_namespace_over_rest_is_one_in_kubernetes(
    vcenter: VCenter, supervisor: str, supervisor_client: SupervisorClient
) -> None:
    access = {"subject_type": "GROUP", "subject": "blue-developers", "domain": "vsphere.local", "role": "EDIT"}
    spec = {
        "supervisor": supervisor,
        "namespace": "shop",
        "resource_spec": {"cpu_limit": 40000, "memory_limit": 65536, "pod_count": 60},
        "access_list": [access],
    }
    vcenter.call("POST", f"{NAMESPACES}/v2", spec)
    wait_until("shop", lambda: vcenter.call("GET", f"{NAMESPACES}/v2/shop")["config_status"] == "RUNNING")

    alice = supervisor_client.token("alice@vsphere.local")
    quota = json.loads(supervisor_client.kubectl(alice, "get", "quota", "shop", "-n", "shop", "-o", "json").stdout)
    assert quota["spec"]["hard"] == {"count/pods": "60"}
    create = supervisor_client.kubectl(alice, "auth", "can-i", "create", "virtualmachines", "-n", "shop")
    assert create.stdout.strip() == "yes"
    bob = supervisor_client.token("bob@vsphere.local")
    assert supervisor_client.kubectl(bob, "get", "pods", "-n", "shop").returncode != 0

    # A RoleBinding keeps its role: another one takes its place.
    vcenter.call("PATCH", f"{NAMESPACES}/shop", {"access_list": [{**access, "role": "VIEW"}]}, expect=204)
    viewing = ("auth", "can-i", "create", "virtualmachines", "-n", "shop")
    wait_until("the role VIEW", lambda: supervisor_client.kubectl(alice, *viewing).stdout.strip() == "no")
    wait_until("shop again", lambda: vcenter.call("GET", f"{NAMESPACES}/v2/shop")["config_status"] == "RUNNING")

    vcenter.call("DELETE", f"{NAMESPACES}/shop", expect=204)
    token = supervisor_client.token()
    wait_until(
        "the end of shop",
        lambda: "NotFound" in supervisor_client.kubectl(token, "get", "namespace", "shop").stderr,
    )


def test_a_part_that_crashes_comes_back_and_is_said(sandbox: Sandbox, supervisor: str) -> None:
    name = "cluster-01-kube-scheduler"

    def scheduler() -> ProcessReport:
        return next(part for part in sandbox.status().processes if part.name == name)

    before = scheduler()
    assert before.pid is not None
    os.kill(before.pid, signal.SIGKILL)
    after = wait_until(
        "the scheduler",
        lambda: (now := scheduler()).state == "running" and now.restarts == before.restarts + 1 and now,
    )
    assert after.pid != before.pid
    assert after.last_exit == "signal 9"


def test_a_killed_daemon_leaves_nothing_and_up_goes_on(
    sandbox: Sandbox, supervisor: str, supervisor_client: SupervisorClient
) -> None:
    token = supervisor_client.token()
    supervisor_client.kubectl(token, "create", "configmap", "kept", "-n", "default")
    assert len(processes_of(sandbox)) > len(COMPONENTS)

    os.kill(daemon_pid(sandbox), signal.SIGKILL)
    wait_until("no process", lambda: not processes_of(sandbox))
    assert sandbox.status().phase == "down"
    with pytest.raises(PacificError, match="run `pacific sandbox up`"):
        sandbox.settings()

    client = VCenter(sandbox.up())
    # Neither its address nor a token changes: kubeconfigs stay valid.
    assert client.wait_running(supervisor)["APIEndpoint"] == supervisor_client.endpoint
    client.close()
    kept = wait_until(
        "the config map",
        lambda: not supervisor_client.kubectl(token, "get", "configmap", "kept", "-n", "default").returncode,
    )
    assert kept


def test_down_keeps_everything(sandbox: Sandbox, supervisor: str, supervisor_client: SupervisorClient) -> None:
    token = supervisor_client.token()
    supervisor_client.kubectl(token, "create", "configmap", "down", "-n", "default")
    assert sandbox.down() is True
    assert processes_of(sandbox) == []
    assert sandbox.down() is False

    client = VCenter(sandbox.up())
    client.wait_running(supervisor)
    client.close()
    assert supervisor_client.kubectl(token, "get", "configmap", "down", "-n", "default").returncode == 0


def test_the_command_line(sandbox: Sandbox, tmp_path: Path) -> None:
    def run(*words: str, directory: Path = sandbox.directory) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).with_name("pacific")), "sandbox", *words, "--directory", str(directory)]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)

    up = run("up", "--json")
    assert (up.returncode, json.loads(up.stdout)["server"]) == (0, sandbox.settings().server)
    status = run("status", "--json")
    assert (status.returncode, json.loads(status.stdout)["phase"]) == (0, "ready")
    assert run("logs", "daemon").returncode == 0
    wrong = run("logs", "no-such-part")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "allowed: " in wrong.stderr
    assert run("status", directory=tmp_path / "none").returncode == 3
    assert sandbox.settings().read_password() not in up.stdout + status.stdout
