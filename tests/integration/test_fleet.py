"""An estate in several stacks in the sandbox: brought up, changed, moved, with processes killed, and removed."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import psutil
import pytest

from pacific_infra.record.backends import backend_folder
from pacific_infra.record.bucket import BucketFile
from pacific_sandbox.sandbox import Sandbox
from tests.support.dask_cluster import DaskCluster, dask_cluster
from tests.support.estate_project import COMMAND_WITHIN, EstateProject
from tests.support.forge_server import REPOSITORY, Request, serve_forge
from tests.support.git_repositories import commit_files, git, make_remote
from tests.support.reviewed_estate import CONTEXT, as_job, commit_project
from tests.support.s3 import LOGIN, s3_server
from tests.support.split_estate import RULE, SUPERVISOR, checkpoints, host_of, objects_of, split_project
from tests.support.waiting import wait_until

APPLICATION = """apiVersion: pacific.infra/v1alpha1
kind: Application
metadata: {name: front}
spec: {parts: [CrxWorkload/fleet-shop/web]}
"""
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
    namespaces = {"fleet-data": "", "fleet-shop": host_of("fleet-data"), "fleet-site": ""}
    project = split_project(sandbox, folder, namespaces)
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


def scale(fleet: EstateProject, name: str, replicas: int) -> None:
    file = fleet.documents / f"{name}.yaml"
    lines = file.read_text().splitlines()
    file.write_text("\n".join(f"  replicas: {replicas}" if "replicas:" in line else line for line in lines))


def replicas_of(fleet: EstateProject, name: str) -> int:
    deployment = fleet.kubectl("get", "deployment", "web", "-n", name, supervisor=SUPERVISOR)
    return int(deployment["spec"]["replicas"])


def messages_of(fleet: EstateProject, *arguments: str) -> str:
    process = fleet.start(*arguments)
    output, messages = process.communicate(timeout=COMMAND_WITHIN)
    assert process.returncode == 0, output + messages
    return messages


def test_a_stack_takes_what_another_one_has(fleet: EstateProject, converged: Mapping[str, str]) -> None:
    deployment = fleet.kubectl("get", "deployment", "web", "-n", "fleet-shop", supervisor=SUPERVISOR)
    variables = deployment["spec"]["template"]["spec"]["containers"][0]["env"]
    assert {"name": "DATA", "value": "web.fleet-data.svc"} in variables
    assert deployment["metadata"]["annotations"]["pacific.infra/stack"] == "estate/dev"
    assert all(node["state"] == "converged" for node in fleet.json("status")["nodes"].values())


def test_of_a_pull_request_the_stack_whose_documents_change_is_planned_and_applied(
    fleet: EstateProject, converged: Mapping[str, str], tmp_path: Path
) -> None:
    assert "4 stacks in 3 waves; 4 are as their last run left them\n" in messages_of(fleet, "plan")
    commit_project(fleet, str(make_remote(tmp_path / "remote.git", {"README.md": "text"})))
    scale(fleet, "fleet-site", 2)
    head = commit_files(fleet.folder, {})
    git(fleet.folder, "push", "--quiet", "origin", "HEAD:change")
    with serve_forge("gitea") as server:
        job = partial(as_job, fleet, api=server.url, repository=REPOSITORY, token="of-the-test")
        server.requests[1] = Request(1, head)
        job(1, head)
        assert fleet.json("ci", "plan")["stacks"] == {"estate/dev": "planned"}
        (comment,) = server.comments[1].values()
        assert "- 4 stacks in 3 waves; 3 are as their last run left them\n- 1 to look at: dev-fleet-site\n" in comment
        git(fleet.folder, "push", "--quiet", "origin", f"{head}:main")
        server.requests[1].state, server.requests[1].merge_commit = "merged", head
        job(None, head)
        assert fleet.json("ci", "apply")["stacks"] == {"estate/dev": "applied"}
        assert server.statuses[head][CONTEXT.format("apply")] == ("success", "applied")
    assert replicas_of(fleet, "fleet-site") == 2
    assert "4 are as their last run left them" in messages_of(fleet, "plan")


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
    output, messages = process.communicate(timeout=COMMAND_WITHIN)
    assert process.returncode == 0, output + messages
    assert "dev-fleet-data: its worker was killed by signal 9; it is begun again" in messages
    assert replicas_of(fleet, "fleet-data") == 2
    assert objects_of(fleet) == converged


def running_engine_of(process: subprocess.Popen[str]) -> psutil.Process:
    """The worker of ``pacific``, once its engine runs."""

    def running() -> Iterator[psutil.Process]:
        for worker in psutil.Process(process.pid).children():
            with contextlib.suppress(psutil.NoSuchProcess):
                if any("pulumi" in child.name() for child in worker.children()):
                    yield worker

    worker: psutil.Process = wait_until("a worker whose engine runs", lambda: next(running(), None))
    return worker


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
    engine = engine_below(cluster.nanny, process)
    next(parent for parent in engine.parents() if parent.ppid() == cluster.nanny.pid).kill()
    output, messages = process.communicate(timeout=COMMAND_WITHIN)
    assert process.returncode == 0, output + messages
    assert "is dead; it is begun again" in messages
    assert replicas_of(fleet, "fleet-data") == 1
    assert objects_of(fleet) == converged


def engine_below(ancestor: psutil.Process, command: subprocess.Popen[str]) -> psutil.Process:
    """The engine of the command, once it runs."""
    while command.poll() is None:
        for process in ancestor.children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if process.name() == "pulumi":
                    return process
        time.sleep(0.1)
    raise AssertionError("no engine has begun: " + "".join(command.communicate()))


def test_a_namespace_moves_and_nothing_is_made_again_even_where_the_move_is_killed(
    fleet: EstateProject, converged: Mapping[str, str]
) -> None:
    (fleet.folder / "pacific.yaml").write_text(f"{RULE}stacks: {{store: [fleet-data]}}\n")
    move = "to move from the stack dev-fleet-data to dev-store: 2 documents, nothing of them is deleted"
    messages = messages_of(fleet, "plan")
    assert move in messages
    assert "dev-fleet-data: begins" not in messages, "the move removes this stack"
    command = [sys.executable, "-c", KILLED_BETWEEN]
    killed = subprocess.run(command, cwd=fleet.folder, env=fleet.environment, timeout=COMMAND_WITHIN, check=False)
    assert killed.returncode == 9
    assert "moved 2 documents from the stack dev-fleet-data to dev-store" in messages_of(fleet, "up", "--yes")
    assert objects_of(fleet) == converged
    assert "4 are as their last run left them" in messages_of(fleet, "plan")
    assert checkpoints(fleet).keys() == {"dev", "dev-store", "dev-fleet-shop", "dev-fleet-site"}


def test_a_namespace_whose_documents_go_is_removed_with_its_stack(
    fleet: EstateProject, converged: Mapping[str, str]
) -> None:
    (fleet.documents / "fleet-site.yaml").unlink()
    fleet.pacific("up", "--yes")
    assert {name for name in converged if "fleet-site" in name}.isdisjoint(objects_of(fleet))
    assert "dev-fleet-site" not in checkpoints(fleet)
    assert fleet.json("drift")["drifted"] == 0


@pytest.fixture
def on_s3(
    sandbox: Sandbox, converged: Mapping[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[EstateProject]:
    """Two namespaces on the fleet's Supervisor, in an estate with its state in S3."""
    for name, value in LOGIN.items():
        monkeypatch.setenv(name, value)
    with s3_server("states") as url:
        namespaces = {"bucket-data": "", "bucket-shop": host_of("bucket-data")}
        project = split_project(sandbox, tmp_path, namespaces, supervisor=SUPERVISOR)
        project.environment["PULUMI_BACKEND_URL"] = url.replace("s3://states?", "s3://states/of/estate?")
        yield project
        project.start("down", "--yes", "--keep-sandbox").communicate(timeout=280)


@pytest.mark.s3
def test_an_estate_with_its_state_in_s3_is_changed_by_one_run_at_a_time_and_survives_a_kill(
    on_s3: EstateProject,
) -> None:
    url = on_s3.environment["PULUMI_BACKEND_URL"]
    assert "can be read and written, also by the engine" in on_s3.pacific("backend", "init", url)
    converged = on_s3.json("up", "--yes", "--workers", "2")
    assert {stack["result"] for stack in converged["stacks"].values()} == {"done"}
    assert {node["state"] for node in on_s3.json("status")["nodes"].values()} == {"converged"}
    assert "3 are as their last run left them" in messages_of(on_s3, "plan")
    before = {name: uid for name, uid in objects_of(on_s3).items() if "bucket-" in name}

    (on_s3.folder / "pacific.yaml").write_text(f"{RULE}stacks: {{store: [bucket-data]}}\n")
    runs = [on_s3.start("up", "--yes") for _ in range(2)]
    ends = sorted((run.returncode, output) for run in runs if (output := run.communicate(timeout=280)[1]) is not None)
    assert ends[0][0] == 0, ends
    assert ends[1][0] == 0 or "is locked by another run: process" in ends[1][1]

    scale(on_s3, "bucket-data", 2)
    process = on_s3.start("up", "--yes")
    running_engine_of(process)
    process.kill()
    process.communicate(timeout=280)
    on_s3.pacific("up", "--yes")
    assert replicas_of(on_s3, "bucket-data") == 2
    assert {name: uid for name, uid in objects_of(on_s3).items() if "bucket-" in name} == before
    assert "3 are as their last run left them" in messages_of(on_s3, "plan")
    assert {run["result"] for run in on_s3.json("history")["runs"]} == {"done", "cut off"}

    on_s3.pacific("down", "--yes", "--keep-sandbox")
    assert not any("bucket-" in name for name in objects_of(on_s3))
    states = backend_folder(url)
    assert isinstance(states, BucketFile)
    assert [file.name for file in states.glob(".pulumi/stacks/estate/*.json")] == ["dev.json"]
    assert not any(states.glob(".pulumi/locks/*/*/*/*"))


def test_an_application_is_removed_and_made_alone(fleet: EstateProject, converged: Mapping[str, str]) -> None:
    before = objects_of(fleet)
    (fleet.documents / "application.yaml").write_text(APPLICATION)
    fleet.pacific("down", "--yes", "--application", "front")
    removed = {name for name in before if name.endswith(" fleet-shop/web")}
    assert before.keys() - objects_of(fleet).keys() == removed
    fleet.pacific("up", "--yes", "--application", "front")
    after = objects_of(fleet)
    assert {name: uid for name, uid in after.items() if name not in removed} == {
        name: uid for name, uid in before.items() if name not in removed
    }
    assert after.keys() == before.keys()


def test_all_comes_back_into_one_stack(fleet: EstateProject, converged: Mapping[str, str]) -> None:
    before = objects_of(fleet)
    (fleet.folder / "pacific.yaml").write_text("partition: none\n")
    fleet.pacific("up", "--yes")
    assert objects_of(fleet) == before
    assert checkpoints(fleet).keys() == {"dev"}
    assert fleet.json("plan", "--engine", "--detailed-exitcode")["counts"]["same"] > 10
