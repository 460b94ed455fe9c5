"""The stand-in for the operator: its rules, and its controllers with an API server in memory and a real git."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from pacific_infra.documents.structural_schema import schema_problems
from pacific_infra.errors import PacificError
from pacific_infra.gitops.operator import StackSource, operator_objects
from pacific_sandbox.cli.operator import supervisor_folder
from pacific_sandbox.kubernetes_api import Object, Resource
from pacific_sandbox.reconcile.events import EventRecorder
from pacific_sandbox.reconcile.watched_objects import WatchedObjects
from pacific_sandbox.stack_operator import stack_status, workspace
from pacific_sandbox.stack_operator.definitions import GIT_REPOSITORIES, STACKS, definitions
from pacific_sandbox.stack_operator.git_repositories import GitRepositories
from pacific_sandbox.stack_operator.stack_status import Outcome
from pacific_sandbox.stack_operator.stacks import FINALIZER, Stacks
from pacific_sandbox.vm_operator.vm_operator import Runner
from tests.support.controller_fakes import FakeKubernetes
from tests.support.git_repositories import commit_files, git, make_remote
from tests.support.waiting import PATIENCE

PODS = Resource("v1", "pods")
GOLDEN = Path(__file__).parents[2] / "golden/pulumi-kubernetes-operator/stack.schema.json"
NOW = 1_790_000_000.0
RENDERED = operator_objects(
    StackSource(
        project="estate",
        stack="prod",
        folder="stacks/estate",
        configuration={"pacific:server": "vcenter.example.test", "pacific:passwordFile": "/run/secrets/vcenter"},
        repository="https://git.example.test/estate.git",
        branch="main",
        namespace="gitops",
        backend="s3://state",
        image="pacific-workspace:1",
        secret="pacific",
        destroy_on_delete=True,
    )
)


def rendered(kind: str) -> Object:
    (item,) = (json.loads(json.dumps(item)) for item in RENDERED if item["kind"] == kind)
    item["metadata"] |= {"generation": 1, "uid": f"uid-{kind}", "resourceVersion": "1"}
    return dict(item)


def stack_with(last: Mapping[str, Any] | None = None, **metadata: Any) -> Object:
    stack = rendered("Stack")
    stack["metadata"] |= metadata
    stack["status"] = {} if last is None else {"lastUpdate": {**LAST, **last}}
    return stack


LAST = {
    "generation": 1,
    "reconcileRequest": "",
    "name": "estate-prod-1",
    "type": "up",
    "state": "succeeded",
    "lastAttemptedCommit": "main@sha1:a",
    "lastSuccessfulCommit": "main@sha1:a",
    "lastResyncTime": "2026-09-21T14:13:20Z",
    "failures": 0,
}


@pytest.mark.parametrize(
    ("stack", "commit", "seconds"),
    [
        (stack_with(), "main@sha1:a", 0),
        (stack_with({}), "main@sha1:a", 600),
        (stack_with({}), "main@sha1:b", 0),
        (stack_with({}, generation=2), "main@sha1:a", 0),
        (stack_with({}, annotations={stack_status.REQUEST: "again"}), "main@sha1:a", 0),
        (stack_with({"state": "failed", "failures": 1}), "main@sha1:a", 10),
        (stack_with({"state": "failed", "failures": 2}), "main@sha1:a", 30),
        (stack_with({"state": "failed", "failures": 3}), "main@sha1:a", None),
        (stack_with({"state": "failed", "failures": 3}), "main@sha1:b", 0),
        (stack_with({}, deletionTimestamp="2026-09-21T14:00:00Z"), "main@sha1:b", None),
    ],
)
def test_when_a_stack_is_converged_again(stack: Object, commit: str, seconds: float | None) -> None:
    assert stack_status.seconds_until_due(stack, commit, NOW) == seconds


def test_less_than_a_minute_between_two_looks_for_drift_is_a_minute() -> None:
    stack = stack_with({})
    stack["spec"]["resyncFrequencySeconds"] = 5
    assert stack_status.seconds_until_due(stack, "main@sha1:a", NOW) == 60
    stack["spec"]["continueResyncOnCommitMatch"] = False
    assert stack_status.seconds_until_due(stack, "main@sha1:a", NOW) is None


def test_three_failures_of_one_spec_stall_a_stack() -> None:
    stack, reasons = stack_with({}), []
    for _ in range(3):
        current = {"generation": 1, "reconcileRequest": "", "name": "u", "commit": "main@sha1:b"}
        stack["status"]["currentUpdate"] = current
        stack["status"] |= stack_status.finished(stack, Outcome(succeeded=False, message="refused"), NOW)
        reasons.append({item["type"]: item["reason"] for item in stack["status"]["conditions"]})
    retrying = {"Ready": "NotReadyInProgress", "Reconciling": "RetryingAfterFailure"}
    assert reasons == [retrying, retrying, {"Ready": "NotReadyStalled", "Stalled": "UpdateFailed"}]
    last = stack["status"]["lastUpdate"]
    assert (last["failures"], last["message"], last["lastSuccessfulCommit"]) == (3, "refused", "main@sha1:a")


@pytest.mark.parametrize(
    ("last", "problem"),
    [
        (None, "prerequisite has not run to completion"),
        ({"state": "failed"}, "prerequisite failed"),
        ({"lastResyncTime": "2026-09-20T00:00:00Z"}, "prerequisite succeeded but not recently enough"),
        ({}, None),
    ],
)
def test_a_prerequisite_has_to_have_succeeded_lately(last: Mapping[str, Any] | None, problem: str | None) -> None:
    assert stack_status.unmet({"succeededWithinDuration": "24h"}, stack_with(last), NOW) == problem


def test_what_pacific_renders_is_all_that_the_definitions_know() -> None:
    for written, kind in zip(definitions(), ("Stack", "GitRepository"), strict=True):
        schema = written["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        item = {**rendered(kind), "metadata": {}}
        assert [problem.path for problem in schema_problems({key: item[key] for key in ("spec",)}, schema)] == []


def test_each_field_of_the_stand_in_is_one_of_the_real_definition() -> None:
    real = json.loads(GOLDEN.read_text())["properties"]["spec"]
    written = definitions()[0]["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]

    def paths(schema: Object, path: str = "") -> set[str]:
        inner = [*schema.get("properties", {}).items()]
        for name in ("items", "additionalProperties"):
            if isinstance(schema.get(name), dict):
                inner.append((name, schema[name]))
        return {path} | {below for name, part in inner for below in paths(part, f"{path}.{name}")}

    # An open field of the real one may have fields here that it does not name.
    assert {path for path in paths(written) - paths(real) if not path.startswith(".config.")} == set()


def test_the_workspace_is_the_template_with_a_script() -> None:
    stack, source = stack_with(), rendered("GitRepository")
    stack["spec"]["config"] = {"pacific:server": "vcenter"}
    pod = workspace.workspace(stack, source, {"name": "u", "generation": 1, "commit": "main@sha1:abc"})
    (container,) = pod["spec"]["containers"]
    values = {item["name"]: item.get("value", item.get("valueFrom")) for item in container["env"]}
    assert (values["SOURCE_COMMIT"], values["SOURCE_DIR"], values["REFRESH"]) == ("abc", "stacks/estate", "--refresh")
    assert values["PULUMI_CONFIG_PASSPHRASE"] == {"secretKeyRef": {"name": "pacific", "key": "passphrase"}}
    assert values["PULUMI_K8S_ENABLE_PATCH_FORCE"] == "true"
    assert (values["CONFIG_KEY_0"], values["CONFIG_VALUE_0"]) == ("pacific:server", "vcenter")
    assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/run/secrets/vcenter", "/share"}
    assert "pulumi up" in container["command"][2]
    stack["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    pod = workspace.workspace(stack, source, {"name": "u", "generation": 1, "commit": "main@sha1:abc"})
    assert "pulumi destroy" in pod["spec"]["containers"][0]["command"][2]


def test_a_run_that_began_before_the_deletion_is_an_up() -> None:
    stack = stack_with({}, deletionTimestamp="2026-01-01T00:00:00Z", generation=2)
    stack["status"]["currentUpdate"] = {"generation": 1, "name": "u", "commit": "main@sha1:a"}
    status = stack_status.finished(stack, Outcome(succeeded=True), NOW)
    assert status["lastUpdate"]["type"] == "up"
    assert stack_status.seconds_until_due({**stack, "status": status}, "main@sha1:a", NOW) == 0


def test_the_outputs_are_what_the_log_ends_with() -> None:
    pod = {"status": {"phase": "Succeeded"}}
    log = 'Updating (prod)\noutputs of the stack: {\n  "a": "[secret]"\n}\n'
    assert workspace.outcome(pod, log) == Outcome(succeeded=True, outputs={"a": "[secret]"})
    assert workspace.outcome({"status": {"phase": "Running"}}, "") is None
    assert workspace.outcome({"status": {"phase": "Failed"}}, "error: x\n") == Outcome(
        succeeded=False, message="error: x"
    )


class FakeServer(FakeKubernetes):
    """With the log of every pod."""

    log = 'outputs of the stack: {"url": "http://10.0.0.1"}'

    async def raw(self, method: str, path: str, **parameters: str) -> str:
        return self.log


class World:
    """The controllers, and a user who ends the workspaces."""

    def __init__(self) -> None:
        self.api = FakeServer()
        self.lines: list[str] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        api: Any = self.api
        events = EventRecorder(api)
        stacks, repositories = WatchedObjects(api, STACKS), WatchedObjects(api, GIT_REPOSITORIES)
        controller = Stacks(api, stacks=stacks, sources=repositories, events=events, say=self.lines.append)
        runners: list[Runner] = [events, stacks, repositories, GitRepositories(api, repositories), controller]
        tasks = [asyncio.create_task(runner.run()) for runner in runners]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()

    def stack(self) -> Object:
        return self.api.read(STACKS, "estate-prod", "gitops") or {}

    def conditions(self) -> dict[str, str]:
        return {item["type"]: item["reason"] for item in self.stack().get("status", {}).get("conditions", ())}

    async def workspace_ends(self, phase: str) -> None:
        def started() -> Object | None:
            pod = self.api.read(PODS, "estate-prod-workspace-0", "gitops")
            return None if pod is None or "status" in pod else pod

        await eventually(started)
        self.api.put(PODS, {**(started() or {}), "status": {"phase": phase}})


async def eventually(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - what is in memory tells nobody
            await asyncio.sleep(0.02)


def test_a_commit_is_converged_and_a_deleted_stack_is_destroyed(tmp_path: Path) -> None:
    async def scenario() -> None:
        make_remote(tmp_path / "estate.git", {"README.md": "one"})
        world = World()
        repository = rendered("GitRepository")
        repository["spec"] |= {"url": str(tmp_path / "estate.git"), "interval": "1s"}
        async with world.running():
            world.api.put(STACKS, rendered("Stack"))
            await eventually(lambda: world.conditions() == {"Ready": "NotReadyStalled", "Stalled": "SourceUnavailable"})
            assert world.stack()["metadata"]["finalizers"] == [FINALIZER]
            world.api.put(GIT_REPOSITORIES, repository)
            await eventually(lambda: world.conditions().get("Reconciling") == "StackProcessing")
            await world.workspace_ends("Succeeded")
            await eventually(lambda: world.conditions() == {"Ready": "ProcessingCompleted"})
            status = world.stack()["status"]
            assert status["outputs"] == {"url": "http://10.0.0.1"}
            assert "currentUpdate" not in {key for key, value in status.items() if value}

            git(tmp_path, "clone", "--quiet", "estate.git", "work")
            commit = commit_files(tmp_path / "work", {"README.md": "two"})
            git(tmp_path / "work", "push", "--quiet", "origin", "main")
            await eventually(lambda: world.conditions().get("Reconciling") == "StackProcessing")
            world.api.log = "error: refused"
            await world.workspace_ends("Failed")
            await eventually(lambda: world.conditions().get("Reconciling") == "RetryingAfterFailure")
            last = world.stack()["status"]["lastUpdate"]
            assert (last["lastAttemptedCommit"], last["message"]) == (f"main@sha1:{commit}", "error: refused")

            item = world.stack()
            item["metadata"] |= {"deletionTimestamp": "2026-01-01T00:00:00Z", "generation": 2}
            world.api.put(STACKS, item)
            await world.workspace_ends("Succeeded")
            await eventually(lambda: world.api.read(STACKS, "estate-prod", "gitops") is None)
        ups = [line.partition(" of ")[0] for line in world.lines]
        assert ups[-2:] == ["organization/estate/prod: destroy", "organization/estate/prod: destroy succeeded"]

    asyncio.run(scenario())


def test_the_controllers_end_at_any_moment_of_a_look(tmp_path: Path) -> None:
    make_remote(tmp_path / "estate.git", {"README.md": "one"})
    repository = rendered("GitRepository")
    repository["spec"] |= {"url": str(tmp_path / "estate.git")}

    async def scenario(steps: int) -> None:
        world = World()
        async with world.running():
            world.api.put(GIT_REPOSITORIES, repository)
            for _ in range(steps):
                await asyncio.sleep(0)

    for steps in range(20):
        asyncio.run(scenario(steps))


def test_a_repository_that_does_not_answer_is_told(tmp_path: Path) -> None:
    async def scenario() -> None:
        world, repository = World(), rendered("GitRepository")
        repository["spec"] |= {"url": str(tmp_path / "nothing.git")}
        async with world.running():
            world.api.put(GIT_REPOSITORIES, repository)
            await eventually(lambda: (world.api.read(GIT_REPOSITORIES, "estate", "gitops") or {}).get("status"))
        stored = world.api.read(GIT_REPOSITORIES, "estate", "gitops") or {}
        (condition,) = stored["status"]["conditions"]
        assert (condition["status"], condition["reason"]) == ("False", "GitOperationFailed")
        assert "nothing.git" in condition["message"]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("clusters", "cluster", "problem"),
    [
        ((), None, "the sandbox has no Supervisor yet: fix: bring up an estate with a SupervisorCluster"),
        (
            ("a", "b"),
            None,
            "CLUSTER: the sandbox has several Supervisors: allowed: a, b; fix: name one of these",
        ),
        (
            ("a",),
            "c",
            "CLUSTER: the sandbox has no Supervisor on it: got 'c'; allowed: a; fix: name one of these",
        ),
    ],
)
def test_the_cluster_is_one_of_a_supervisor(clusters: tuple[str, ...], cluster: str | None, problem: str) -> None:
    with pytest.raises(PacificError) as caught:
        supervisor_folder({name: Path(name) for name in clusters}, cluster)
    assert str(caught.value) == problem


def test_the_only_supervisor_needs_no_name() -> None:
    assert supervisor_folder({"a": Path("one")}, None) == supervisor_folder({"a": Path("one")}, "a") == Path("one")
