from typing import Any

from pacific_sandbox.spherelet.pod_runtime import ContainerObservation, PodObservation, Termination
from pacific_sandbox.spherelet.pod_status import creating, differs, newly_started, phase, pod_status, terminated


def pod(policy: str = "Always", **more: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "p", "namespace": "n", "uid": "u"},
        "spec": {"restartPolicy": policy, "containers": [{"name": "c", "image": "web:1"}]},
        **more,
    }


def observed(state: Any = "running", *, ready: bool = True, exit_code: int = 0) -> PodObservation:
    container_observation = ContainerObservation(
        "c", state, started_at=10.0, finished_at=20.0, ready=ready, exit_code=exit_code
    )
    return PodObservation([], [container_observation], None)


def conditions(status: dict[str, Any]) -> dict[str, str]:
    return {condition["type"]: condition["status"] + condition.get("reason", "") for condition in status["conditions"]}


def written(described: dict[str, Any], observation: PodObservation, now: float = 30.0) -> dict[str, Any]:
    return pod_status(described, observation, address="10.0.0.2", host_address="192.168.10.11", now=now)


def test_running_and_ready() -> None:
    status = written(pod(), observed())
    assert status["phase"] == "Running"
    assert status["podIPs"] == [{"ip": "10.0.0.2"}]
    assert status["hostIP"] == "192.168.10.11"
    assert conditions(status) == {
        "PodReadyToStartContainers": "True",
        "Initialized": "True",
        "Ready": "True",
        "ContainersReady": "True",
    }
    container = status["containerStatuses"][0]
    assert container["state"] == {"running": {"startedAt": "1970-01-01T00:00:10Z"}}
    assert container["imageID"].startswith("web-")
    assert len(container["containerID"]) == 36  # A bare UUID, as a Supervisor has it.


def test_not_ready_names_the_containers() -> None:
    status = written(pod(), observed(ready=False))
    ready = next(condition for condition in status["conditions"] if condition["type"] == "Ready")
    assert ready["message"] == "containers with unready status: [c]"
    assert conditions(status)["ContainersReady"] == "FalseContainersNotReady"


def test_phases() -> None:
    assert phase(pod(), observed("waiting")) == "Pending"
    assert phase(pod("Never"), observed("terminated")) == "Succeeded"
    assert phase(pod("Never"), observed("terminated", exit_code=1)) == "Failed"
    assert phase(pod("OnFailure"), observed("terminated", exit_code=1)) == "Running"
    failed_init = PodObservation(observed("terminated", exit_code=1).containers, observed("waiting").containers, None)
    assert phase(pod("Never"), failed_init) == "Failed"
    assert phase(pod("OnFailure"), failed_init) == "Pending"
    # One that waits to be started again counts as running.
    again = ContainerObservation("c", "waiting", previous=Termination(1, "Error", 10.0, 20.0))
    assert phase(pod(), PodObservation([], [again], None)) == "Running"


def deleted(ends: str, observation: PodObservation) -> dict[str, Any]:
    described = pod(status=written(pod(), observation))
    described["metadata"] |= {"deletionTimestamp": ends, "deletionGracePeriodSeconds": 30}
    return described


def test_who_ends_in_time_has_succeeded_and_who_does_not_is_killed() -> None:
    described = deleted("1970-01-01T00:01:00Z", observed())
    in_time = terminated(described, 40.0)
    assert (phase(described, in_time), in_time.containers[0].exit_code) == ("Succeeded", 0)
    late = terminated(described, 60.0)
    assert (phase(described, late), late.containers[0].exit_code) == ("Failed", 137)
    # What had ended, or never began, stays so.
    described = deleted("1970-01-01T00:01:00Z", observed("terminated", exit_code=3))
    assert (container := terminated(described, 60.0).containers[0]).exit_code == 3
    assert container.finished_at == 20.0
    described = deleted("1970-01-01T00:01:00Z", creating(pod()))
    assert terminated(described, 60.0).containers[0].state == "waiting"


def test_a_restart_keeps_the_end_of_the_run_before() -> None:
    described = pod()
    described["status"] = written(described, observed("terminated", exit_code=1))
    ended = described["status"]["containerStatuses"][0]
    end = Termination(1, "Error", 10.4, 20.4)
    waiting = ContainerObservation("c", "waiting", reason="CrashLoopBackOff", previous=end)
    described["status"] = written(described, PodObservation([], [waiting], None))
    status = described["status"]["containerStatuses"][0]
    assert status["lastState"] == ended["state"]
    assert status["state"] == {"waiting": {"reason": "CrashLoopBackOff"}}
    assert newly_started(described, PodObservation([], [waiting], None)) == []
    running = PodObservation(
        [], [ContainerObservation("c", "running", started_at=31.0, restart_count=1, previous=end)], None
    )
    assert newly_started(described, running) == ["c"]
    described["status"] = written(described, running)
    status = described["status"]["containerStatuses"][0]
    assert (status["restartCount"], status["lastState"]) == (1, ended["state"])
    assert status["containerID"] != ended["containerID"]
    assert status["state"] == {"running": {"startedAt": "1970-01-01T00:00:31Z"}}
    assert newly_started(described, running) == []


def test_started_waits_for_the_startup_probe() -> None:
    container_observation = ContainerObservation("c", "running", started_at=10.0, started=False)
    assert written(pod(), PodObservation([], [container_observation], None))["containerStatuses"][0]["started"] is False


def test_a_running_init_container_holds_initialized_back_and_a_started_sidecar_does_not() -> None:
    described = pod()
    for policy, expected in ((None, "FalseContainersNotInitialized"), ("Always", "True")):
        described["spec"]["initContainers"] = [{"name": "i", "image": "i", "restartPolicy": policy}]
        running = ContainerObservation("i", "running", started_at=10.0)
        status = written(described, PodObservation([running], creating(described).containers, None))
        assert conditions(status)["Initialized"] == expected


def test_completed_says_so_in_all_conditions() -> None:
    status = written(pod("Never"), observed("terminated", ready=False))
    assert conditions(status)["Ready"] == "FalsePodCompleted"
    assert conditions(status)["Initialized"] == "TruePodCompleted"


def test_a_missing_init_container_holds_initialized_back() -> None:
    described = pod()
    described["spec"]["initContainers"] = [{"name": "i", "image": "i"}]
    status = pod_status(described, creating(described), address=None, host_address=None, now=30.0)
    assert conditions(status)["Initialized"] == "FalseContainersNotInitialized"
    assert status["initContainerStatuses"][0]["state"] == {"waiting": {"reason": "PodInitializing"}}
    assert "podIP" not in status


def test_writing_the_same_again_changes_nothing() -> None:
    described = pod()
    described["status"] = written(described, observed())
    # As the API server gives it back.
    for condition in described["status"]["conditions"]:
        condition["lastProbeTime"] = None
    again = written(described, observed(), now=99.0)
    assert not differs(described, again)
    assert differs(described, written(described, observed(ready=False), now=99.0))


def test_a_readiness_gate_holds_ready_back() -> None:
    described = pod()
    described["spec"]["readinessGates"] = [{"conditionType": "x/y"}]
    assert conditions(written(described, observed()))["Ready"] == "FalseReadinessGatesNotReady"
    described["status"] = {"conditions": [{"type": "x/y", "status": "True"}]}
    assert conditions(written(described, observed()))["Ready"] == "True"


def test_started_is_told_once() -> None:
    described = pod()
    assert newly_started(described, observed()) == ["c"]
    described["status"] = written(described, observed())
    assert newly_started(described, observed()) == []
