from typing import Any

from pacific_infra.sandbox.spherelet.simulated_runtime import SimulatedTimes, created_at, observation

TIMES = SimulatedTimes(boot=1.0, init_container=2.0, container=5.0)


def pod(policy: str = "Always", init: list[dict[str, Any]] | None = None, **container: Any) -> dict[str, Any]:
    spec = {"restartPolicy": policy, "containers": [{"name": "c", **container}], "initContainers": init or []}
    return {"metadata": {"uid": "u"}, "spec": spec}


def states(described: dict[str, Any], at: float) -> list[str]:
    observed = observation(described, 100.0, 100.0 + at, TIMES)
    return [one.state for one in (*observed.init_containers, *observed.containers)]


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


def test_init_containers_run_one_after_the_other_and_a_sidecar_stays() -> None:
    described = pod(init=[{"name": "a"}, {"name": "b", "restartPolicy": "Always"}, {"name": "d"}])
    assert states(described, 1.0) == ["running", "waiting", "waiting", "waiting"]
    assert states(described, 3.0) == ["terminated", "running", "running", "waiting"]
    assert states(described, 5.0) == ["terminated", "running", "terminated", "running"]
    assert observation(described, 100.0, 101.0, TIMES).containers[0].reason == "PodInitializing"


def test_ready_after_the_probes_initial_delay() -> None:
    described = pod(readinessProbe={"initialDelaySeconds": 10})
    early = observation(described, 100.0, 110.0, TIMES)
    assert (early.containers[0].state, early.containers[0].ready, early.next_change) == ("running", False, 1.0)
    assert observation(described, 100.0, 111.0, TIMES).containers[0].ready


def test_a_pod_of_another_process_keeps_its_times() -> None:
    described = pod()
    assert created_at(described, TIMES) is None
    described["status"] = {"containerStatuses": [{"state": {"running": {"startedAt": "1970-01-01T00:01:41Z"}}}]}
    assert created_at(described, TIMES) == 100.0
