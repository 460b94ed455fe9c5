from typing import Any

from pacific_infra.sandbox.spherelet.pod_runtime import ContainerObservation, PodObservation
from pacific_infra.sandbox.spherelet.pod_status import creating, differs, newly_started, phase, pod_status, terminated


def pod(policy: str = "Always", **more: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": "p", "namespace": "n", "uid": "u"},
        "spec": {"restartPolicy": policy, "containers": [{"name": "c", "image": "web:1"}]},
        **more,
    }


def observed(state: Any = "running", *, ready: bool = True, exit_code: int = 0) -> PodObservation:
    one = ContainerObservation("c", state, started_at=10.0, finished_at=20.0, ready=ready, exit_code=exit_code)
    return PodObservation([], [one], None)


def conditions(status: dict[str, Any]) -> dict[str, str]:
    return {one["type"]: one["status"] + one.get("reason", "") for one in status["conditions"]}


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
    ready = next(one for one in status["conditions"] if one["type"] == "Ready")
    assert ready["message"] == "containers with unready status: [c]"
    assert conditions(status)["ContainersReady"] == "FalseContainersNotReady"


def test_phases() -> None:
    assert phase(pod(), observed("waiting")) == "Pending"
    assert phase(pod("Never"), observed("terminated")) == "Succeeded"
    assert phase(pod("Never"), observed("terminated", exit_code=1)) == "Failed"
    assert phase(pod("OnFailure"), observed("terminated", exit_code=1)) == "Running"
    deleted = pod()
    deleted["metadata"]["deletionTimestamp"] = "now"
    assert phase(deleted, terminated(deleted, 40.0)) == "Succeeded"


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
