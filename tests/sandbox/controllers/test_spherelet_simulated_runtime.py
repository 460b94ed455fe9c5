import asyncio
import math
from dataclasses import replace
from typing import Any

import pytest

from pacific_sandbox.spherelet.pod_runtime import LogRequest, RuntimeCannot
from pacific_sandbox.spherelet.simulated.pod_timeline import created_at, observation, stopped_after
from pacific_sandbox.spherelet.simulated_runtime import SimulatedRuntime, SimulatedTimes

TIMES = SimulatedTimes(boot=1.0, init_container=2.0, container=5.0)


def pod(policy: str = "Always", init: list[dict[str, Any]] | None = None, **container: Any) -> dict[str, Any]:
    spec = {
        "restartPolicy": policy,
        "containers": [{"name": "c", "image": "web:1", **container}],
        "initContainers": [{"image": "i:1", **item} for item in init or []],
    }
    return {"metadata": {"name": "p", "namespace": "n", "uid": "u"}, "spec": spec}


def shell(text: str) -> list[str]:
    return ["sh", "-c", text]


def states(described: dict[str, Any], at: float) -> list[str]:
    observed = observation(described, 100.0, 100.0 + at, TIMES)
    return [item.state for item in (*observed.init_containers, *observed.containers)]


def at(described: dict[str, Any], seconds: float) -> tuple[str, str, int, bool]:
    container = observation(described, 100.0, 100.0 + seconds, TIMES).containers[0]
    return container.state, container.reason, container.restart_count, container.ready


def test_a_container_runs_after_the_boot_and_goes_on() -> None:
    assert states(pod(), 0.9) == ["waiting"]
    assert states(pod(), 1.0) == ["running"]
    assert states(pod(), 1000) == ["running"]
    assert observation(pod(), 100.0, 100.25, TIMES).next_change == 0.75
    assert observation(pod(), 100.0, 200.0, TIMES).next_change is None


def test_a_container_of_a_job_ends_well() -> None:
    assert states(pod("Never"), 5.9) == ["running"]
    ended = observation(pod("OnFailure"), 100.0, 106.0, TIMES).containers[0]
    assert (ended.state, ended.exit_code, ended.started_at, ended.finished_at) == ("terminated", 0, 101.0, 106.0)


def test_a_command_decides_when_and_how_a_container_ends() -> None:
    described = pod("Never", command=["sh", "-c"], args=["sleep 3; exit 2"])
    assert states(described, 3.9) == ["running"]
    assert at(described, 4.0) == ("terminated", "Error", 0, False)
    assert observation(described, 100.0, 500.0, TIMES).next_change is None


def test_a_crashing_container_is_restarted_ever_more_rarely() -> None:
    described = pod(command=shell("sleep 1; exit 1"))
    assert at(described, 1.5) == ("running", "", 0, True)
    assert at(described, 2.5) == ("terminated", "Error", 0, False)
    # The first restart comes at once.
    assert at(described, 3.5) == ("running", "", 1, True)
    assert at(described, 4.5) == ("terminated", "Error", 1, False)
    waiting = observation(described, 100.0, 105.5, TIMES)
    container = waiting.containers[0]
    assert (container.state, container.reason, container.restart_count) == ("waiting", "CrashLoopBackOff", 1)
    assert container.message == "back-off 10s restarting failed container=c pod=p_n(u)"
    assert container.previous is not None
    assert (container.previous.exit_code, container.previous.started_at, container.previous.finished_at) == (
        1,
        103.0,
        104.0,
    )
    assert [(notice.reason, notice.message) for notice in waiting.notices] == [
        ("BackOff", "Back-off restarting failed container c in pod p_n(u)")
    ]
    assert waiting.next_change == 8.5
    assert at(described, 14.0)[::2] == ("running", 2)
    # 15 + 20 s, 36 + 40 s, 77 + 80 s, 158 + 160 s, 319 + 300 s, 620 + 300 s
    assert [at(described, seconds)[2] for seconds in (34.9, 35, 76, 157, 318, 619, 920)] == [2, 3, 4, 5, 6, 7, 8]
    assert "back-off 5m0s" in observation(described, 100.0, 500.0, TIMES).containers[0].message


def test_a_restart_policy_is_kept() -> None:
    ending = shell("sleep 1")
    assert at(pod("Always", command=ending), 4.0)[2] == 1
    assert at(pod("OnFailure", command=ending), 500.0) == ("terminated", "Completed", 0, False)
    assert at(pod("OnFailure", command=["false"]), 2.0)[2] == 1
    assert at(pod("Never", command=["false"]), 500.0) == ("terminated", "Error", 0, False)


def test_a_long_run_ends_the_back_off() -> None:
    described = pod(command=["sleep", "601"])
    assert [at(described, 602.0 * number + 1.5)[2] for number in range(6)] == list(range(6))


def test_init_containers_run_one_after_the_other_and_a_sidecar_stays() -> None:
    described = pod(init=[{"name": "a"}, {"name": "b", "restartPolicy": "Always"}, {"name": "d"}])
    assert states(described, 1.0) == ["running", "waiting", "waiting", "waiting"]
    assert states(described, 3.0) == ["terminated", "running", "running", "waiting"]
    assert states(described, 5.0) == ["terminated", "running", "terminated", "running"]
    assert observation(described, 100.0, 101.0, TIMES).containers[0].reason == "PodInitializing"


def test_a_failing_init_container_holds_the_others_back() -> None:
    failing = [{"name": "i", "command": ["false"]}]
    assert states(pod("Never", failing), 500.0) == ["terminated", "waiting"]
    observed = observation(pod(init=failing), 100.0, 104.0, TIMES)
    assert (observed.init_containers[0].reason, observed.containers[0].reason) == (
        "CrashLoopBackOff",
        "PodInitializing",
    )


def test_sidecars_end_with_the_last_container_of_a_job() -> None:
    described = pod("Never", [{"name": "s", "restartPolicy": "Always"}], command=["sleep", "2"])
    assert states(described, 2.9) == ["running", "running"]
    assert states(described, 3.05) == ["running", "terminated"]
    assert states(described, 3.2) == ["terminated", "terminated"]


def test_a_sidecar_that_has_not_started_holds_the_others_back() -> None:
    slow = {"name": "s", "restartPolicy": "Always", "startupProbe": {"initialDelaySeconds": 4}}
    assert states(pod(init=[slow]), 4.9) == ["running", "waiting"]
    assert states(pod(init=[slow]), 5.0) == ["running", "running"]


def test_ready_after_startup_and_as_many_successes_as_are_wanted() -> None:
    described = pod(readinessProbe={"initialDelaySeconds": 10})
    early = observation(described, 100.0, 110.0, TIMES)
    assert (early.containers[0].state, early.containers[0].ready, early.next_change) == ("running", False, 1.0)
    assert observation(described, 100.0, 111.0, TIMES).containers[0].ready
    described = pod(
        startupProbe={"initialDelaySeconds": 5, "httpGet": {"port": 80}},
        readinessProbe={"periodSeconds": 3, "successThreshold": 3},
    )
    assert [observation(described, 100.0, 100.0 + now, TIMES).containers[0].started for now in (5, 6)] == [False, True]
    assert [at(described, now)[3] for now in (11.9, 12.0)] == [False, True]


def test_a_failing_readiness_probe_is_said_and_never_ready() -> None:
    described = pod(readinessProbe={"exec": {"command": shell("echo no disk; exit 1")}, "initialDelaySeconds": 2})
    assert observation(described, 100.0, 102.0, TIMES).notices == []
    observed = observation(described, 100.0, 103.0, TIMES)
    assert (observed.containers[0].state, observed.containers[0].ready) == ("running", False)
    assert [(notice.reason, notice.message) for notice in observed.notices] == [
        ("Unhealthy", "Readiness probe failed: no disk")
    ]


@pytest.mark.parametrize("kind", ["liveness", "startup"])
def test_a_probe_that_fails_too_often_restarts_the_container(kind: str) -> None:
    probe: Any = {"exec": {"command": ["sleep", "9"]}, "periodSeconds": 2, "failureThreshold": 2, "timeoutSeconds": 1}
    described = pod(**{f"{kind}Probe": probe})
    assert states(described, 2.9) == ["running"]
    killed = observation(described, 100.0, 103.5, TIMES)
    container = killed.containers[0]
    assert (container.state, container.reason, container.exit_code) == ("terminated", "Error", 137)
    assert [notice.message for notice in killed.notices] == [
        f'{kind.capitalize()} probe failed: command timed out: "sleep 9" timed out after 1s',
        f"Container c failed {kind} probe, will be restarted",
    ]
    assert at(described, 4.0)[2] == 1


def test_an_end_takes_its_hook_and_at_most_the_grace_period() -> None:
    assert stopped_after(pod(), 30.0, TIMES) == pytest.approx(0.1)
    slow = {"preStop": {"exec": {"command": ["sleep", "5"]}}}
    assert stopped_after(pod(lifecycle=slow), 30.0, TIMES) == pytest.approx(5.1)
    assert stopped_after(pod(lifecycle={"preStop": {"sleep": {"seconds": 60}}}), 30.0, TIMES) == 30.0
    assert stopped_after(pod(command=shell("trap '' TERM; sleep 3600")), 30.0, TIMES) == 30.0


def test_a_pod_of_another_process_keeps_its_times() -> None:
    described = pod()
    assert created_at(described) is None
    ready = {"type": "PodReadyToStartContainers", "status": "True", "lastTransitionTime": "1970-01-01T00:01:41Z"}
    described["status"] = {"conditions": [ready]}
    assert created_at(described) == 101.0
    described["status"] = {"phase": "Failed", "startTime": "1970-01-01T00:01:40Z"}
    assert created_at(described) == 100.0


class Clock:
    def __init__(self, step: float = 0.0) -> None:
        self.now, self.step = 100.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


async def log(runtime: SimulatedRuntime, described: dict[str, Any], request: LogRequest) -> str:
    return b"".join([part async for part in runtime.logs(described, request)]).decode()


def test_logs() -> None:
    async def scenario() -> None:
        clock = Clock()
        runtime = SimulatedRuntime(TIMES, clock)
        described = pod(command=shell("echo one; sleep 1; echo two; exit 1"))
        request = LogRequest("c")
        with pytest.raises(RuntimeCannot, match="has not started container c"):
            await log(runtime, described, request)
        await runtime.observe(described, "")
        clock.now = 101.5
        assert await log(runtime, described, request) == "one\n"
        clock.now = 103.5
        assert await log(runtime, described, request) == "one\n"
        assert await log(runtime, described, replace(request, previous=True)) == "one\ntwo\n"
        assert await log(runtime, described, replace(request, previous=True, tail_lines=1)) == "two\n"
        assert await log(runtime, described, replace(request, previous=True, since=101.5)) == "two\n"
        assert await log(runtime, described, replace(request, previous=True, limit_bytes=5)) == "one\nt"
        stamped = await log(runtime, described, replace(request, timestamps=True))
        assert stamped == "1970-01-01T00:01:43.000000000Z one\n"
        clock.now = 106.0  # It waits to be started again: the last run is also the one before the next.
        assert await log(runtime, described, request) == "one\ntwo\n"
        assert await log(runtime, described, replace(request, previous=True)) == "one\ntwo\n"

    asyncio.run(scenario())


def test_who_follows_a_log_gets_what_comes_until_the_end() -> None:
    async def scenario() -> None:
        clock = Clock(step=0.6)
        runtime = SimulatedRuntime(TIMES, clock)
        described = pod("Never", command=shell("echo one; sleep 1; echo two"))
        await runtime.observe(described, "")
        clock.now = 101.0
        parts = [part async for part in runtime.logs(described, LogRequest("c", follow=True))]
        assert parts == [b"one\n", b"two\n"]

    asyncio.run(scenario())


def test_a_container_without_an_understood_command_says_when_it_starts() -> None:
    async def scenario() -> None:
        clock = Clock()
        runtime = SimulatedRuntime(TIMES, clock)
        await runtime.observe(pod(), "")
        clock.now = 200.0
        message = await log(runtime, pod(), LogRequest("c"))
        assert message == "simulated runtime: container c (web:1) started; nothing runs in it\n"

    asyncio.run(scenario())


class FakeTerminal:
    tty = False

    def __init__(self) -> None:
        self.written: list[tuple[bytes, bool]] = []

    async def read(self) -> bytes:
        return b""

    async def write(self, data: bytes, *, error: bool = False) -> None:
        self.written.append((data, error))

    async def resized(self) -> tuple[int, int]:
        await asyncio.sleep(math.inf)
        return 0, 0


def test_exec_understands_what_containers_understand() -> None:
    async def scenario() -> None:
        terminal = FakeTerminal()
        described = pod(env=[{"name": "WHO", "value": "world"}])
        runtime = SimulatedRuntime(TIMES)
        assert await runtime.execute(described, "c", shell("echo hello $WHO; exit 3"), terminal) == 3
        assert terminal.written == [(b"hello world\n", False)]
        with pytest.raises(RuntimeCannot, match=r"runs no processes and cannot run 'psql' in container c; it under"):
            await runtime.execute(described, "c", ["psql"], terminal)

    asyncio.run(scenario())
