"""What makes each kind healthy, and the reason that is given where it is not."""

from typing import Any

import pytest

from pacific_infra.converge.health import RULES, Health, health_of, worst_health


def condition(kind: str, status: str, reason: str = "", message: str = "") -> dict[str, Any]:
    return {"type": kind, "status": status, "reason": reason, "message": message}


def deployment(expected: int, ready: int, *conditions: dict[str, Any], **status: Any) -> dict[str, Any]:
    counts = {"replicas": expected, "updatedReplicas": expected, "readyReplicas": ready, **status}
    return {"spec": {"replicas": expected}, "status": {**counts, "conditions": list(conditions)}}


def virtual_machine(power: str | None, address: str | None, *conditions: dict[str, Any]) -> dict[str, Any]:
    status = {"powerState": power, "network": {"primaryIP4": address}, "conditions": list(conditions)}
    return {"spec": {"powerState": "PoweredOn", "className": "large"}, "status": status}


def external_secret(synced: str, status: str = "True", message: str = "secret synced") -> dict[str, Any]:
    ready = condition("Ready", status, "SecretSynced" if status == "True" else "SecretSyncedError", message)
    fetched = {"syncedResourceVersion": synced, "refreshTime": "2026-11-28T20:00:00Z"}
    return {"metadata": {"generation": 2}, "status": {**fetched, "conditions": [ready]}}


QUOTA = 'pods "web-1" is forbidden: exceeded quota: shop'
CLASS = condition("VirtualMachineClassConfigurationSynced", "False", "ClassNameChanged")


@pytest.mark.parametrize(
    ("kind", "live", "health"),
    [
        ("Deployment", deployment(3, 3), "healthy: 3/3 replicas ready"),
        ("Deployment", deployment(3, 2), "progressing: 2/3 replicas ready"),
        ("Deployment", deployment(0, 0), "healthy: 0/0 replicas ready"),
        ("Deployment", deployment(3, 3, replicas=4), "progressing: 3/3 replicas ready"),
        ("Deployment", deployment(3, 3, updatedReplicas=1), "progressing: 3/3 replicas ready, 1 of the last change"),
        (
            "Deployment",
            {"metadata": {"generation": 2}, **deployment(3, 3, observedGeneration=1)},
            "progressing: 3/3 replicas ready, 3 of the last change",
        ),
        (
            "Deployment",
            deployment(2, 1, condition("ReplicaFailure", "True", "FailedCreate", QUOTA)),
            f"degraded: 1/2 replicas ready, {QUOTA}",
        ),
        (
            "Deployment",
            deployment(2, 1, condition("Progressing", "False", "ProgressDeadlineExceeded", "it has timed out")),
            "degraded: 1/2 replicas ready, it has timed out",
        ),
        ("ExternalSecret", external_secret("2-abc"), "healthy: fetched 2026-11-28T20:00:00Z"),
        ("ExternalSecret", external_secret("1-abc"), "progressing: its last change is not fetched yet"),
        ("ExternalSecret", {"metadata": {"generation": 1}}, "progressing: its last change is not fetched yet"),
        (
            "ExternalSecret",
            external_secret("2-abc", "False", "could not get secret data from provider"),
            "degraded: Ready=False (SecretSyncedError): could not get secret data from provider",
        ),
        ("Deployment", {"spec": {}}, "progressing: 0/1 replicas ready, 0 of the last change"),
        (
            "StatefulSet",
            {"spec": {"replicas": 2}, "status": {"readyReplicas": 2, "updateRevision": "a", "currentRevision": "a"}},
            "healthy: 2/2 replicas ready",
        ),
        (
            "StatefulSet",
            {"spec": {"replicas": 2}, "status": {"readyReplicas": 2, "updateRevision": "b", "currentRevision": "a"}},
            "progressing: 2/2 replicas ready, 0 of the last change",
        ),
        ("StatefulSet", {"spec": {"replicas": 2}}, "progressing: 0/2 replicas ready"),
        ("DaemonSet", {"status": {"desiredNumberScheduled": 3, "numberReady": 2}}, "progressing: 2/3 pods ready"),
        ("Job", {"status": {"conditions": [condition("Complete", "True")]}}, "healthy: complete"),
        (
            "Job",
            {"status": {"conditions": [condition("Failed", "True", "BackoffLimitExceeded")]}},
            "degraded: failed: BackoffLimitExceeded",
        ),
        ("Job", {"status": {"active": 1, "failed": 2}}, "progressing: 1 active, 2 failed"),
        ("Job", {"spec": {"suspend": True}}, "suspended: suspend: true"),
        ("CronJob", {"spec": {}}, "healthy: has not run yet"),
        ("CronJob", {"spec": {"suspend": True}}, "suspended: suspend: true"),
        (
            "PersistentVolumeClaim",
            {"status": {"phase": "Bound", "capacity": {"storage": "10Gi"}}},
            "healthy: volume of 10Gi",
        ),
        ("PersistentVolumeClaim", {"status": {"phase": "Pending"}}, "progressing: volume Pending"),
        ("PersistentVolumeClaim", {"status": {"phase": "Lost"}}, "degraded: volume Lost"),
        ("Service", {"spec": {"type": "ClusterIP"}}, "healthy"),
        ("Service", {"spec": {"type": "LoadBalancer"}}, "progressing: has no address yet"),
        (
            "VirtualMachineService",
            {"spec": {"type": "LoadBalancer"}, "status": {"loadBalancer": {"ingress": [{"ip": "10.0.0.7"}]}}},
            "healthy: 10.0.0.7",
        ),
        ("VirtualMachine", virtual_machine("PoweredOn", "10.0.0.8"), "healthy: PoweredOn, 10.0.0.8"),
        ("VirtualMachine", virtual_machine("PoweredOn", None), "progressing: PoweredOn, has no address yet"),
        ("VirtualMachine", virtual_machine("PoweredOff", None), "progressing: PoweredOff, PoweredOn is asked for"),
        ("VirtualMachine", virtual_machine(None, None), "progressing: not powered yet, PoweredOn is asked for"),
        (
            "VirtualMachine",
            virtual_machine("PoweredOn", "10.0.0.8", CLASS),
            "progressing: PoweredOn, 10.0.0.8, class large takes effect at its next power cycle",
        ),
        (
            "VirtualMachine",
            virtual_machine(None, None, condition("VirtualMachineCreated", "False", "NoDiskSpace", "datastore-01")),
            "degraded: not powered yet, VirtualMachineCreated=False (NoDiskSpace): datastore-01",
        ),
        (
            "Cluster",
            {
                "status": {
                    "phase": "Provisioned",
                    "v1beta2": {
                        "controlPlane": {"availableReplicas": 1, "desiredReplicas": 1},
                        "workers": {"availableReplicas": 2, "desiredReplicas": 3},
                        "conditions": [condition("Available", "False", "NotAvailable", "a worker")],
                    },
                }
            },
            "progressing: Provisioned, control plane 1/1, workers 2/3, Available=False (NotAvailable): a worker",
        ),
        ("Cluster", {"status": {"phase": "Failed"}}, "degraded: Failed"),
        ("Cluster", {}, "progressing: Pending"),
        (
            "Knative Service",
            {"status": {"url": "http://f.shop", "conditions": [condition("Ready", "True")]}},
            "healthy: http://f.shop",
        ),
        (
            "Knative Service",
            {"status": {"conditions": [condition("Ready", "False", "RevisionFailed", "no image")]}},
            "degraded: Ready=False (RevisionFailed): no image",
        ),
        ("Knative Service", {}, "progressing: its last revision is not ready yet"),
        ("CustomResourceDefinition", {"status": {"conditions": [condition("Established", "True")]}}, "healthy"),
        ("CustomResourceDefinition", {}, "progressing: not Established yet"),
        ("Pod", {"status": {"phase": "Running"}}, "progressing: Running, not ready"),
        ("Namespace", {"status": {"phase": "Active"}}, "healthy"),
        (
            "Supervisor",
            {"config_status": "RUNNING", "kubernetes_status": "READY"},
            "healthy: RUNNING, Kubernetes READY",
        ),
        (
            "Supervisor",
            {"config_status": "CONFIGURING", "kubernetes_status": "WARNING"},
            "progressing: CONFIGURING, Kubernetes WARNING",
        ),
        (
            "Supervisor",
            {"config_status": "ERROR", "kubernetes_status": "READY", "messages": ["no host"]},
            "degraded: ERROR, Kubernetes READY; no host",
        ),
        ("vSphere Namespace", {"config_status": "RUNNING"}, "healthy: RUNNING"),
        ("vSphere Namespace", {"config_status": "REMOVING"}, "progressing: REMOVING"),
        ("VM class", {"config_status": "ERROR", "messages": ["gone"]}, "degraded: ERROR; gone"),
    ],
)
def test_each_kind_by_its_own_rule(kind: str, live: dict[str, Any], health: str) -> None:
    assert str(health_of(kind, live)) == health


@pytest.mark.parametrize(
    ("awaited", "status", "health"),
    [
        (None, {}, "healthy"),
        (None, {"conditions": [condition("Ready", "True")]}, "healthy"),
        (None, {"conditions": [condition("Ready", "Unknown", "Starting")]}, "progressing: Ready=Unknown (Starting)"),
        (None, {"conditions": [condition("Ready", "False", "NoDisk")]}, "degraded: Ready=False (NoDisk)"),
        (None, {"conditions": [condition("Degraded", "True", "OneDown")]}, "degraded: Degraded=True (OneDown)"),
        ('["condition=Bound"]', {"conditions": [condition("Bound", "True")]}, "healthy"),
        ('["condition=Bound"]', {}, "progressing: waits for condition Bound"),
        ("condition=Bound=False", {"conditions": [condition("Bound", "False")]}, "healthy"),
        ('["jsonpath={.status.phase}=Live"]', {"phase": "Live"}, "healthy"),
        ('["jsonpath={.status.phase}=Live"]', {"phase": "New"}, "progressing: waits for status.phase=Live"),
        ("jsonpath={.status.url}", {}, "progressing: waits for status.url"),
        ('["jsonpath={.status.parts[?(@.a)]}=1"]', {}, "healthy"),
    ],
)
def test_a_kind_of_others_by_what_its_document_waits_for_else_by_its_conditions(
    awaited: str | None, status: dict[str, Any], health: str
) -> None:
    annotations = {} if awaited is None else {"pulumi.com/waitFor": awaited}
    live = {"metadata": {"annotations": annotations}, "status": status}
    assert str(health_of("Topic", live)) == health


@pytest.mark.parametrize("kind", [*RULES, "Topic"])
def test_every_kind_bears_an_object_without_anything_and_knows_one_that_goes_or_is_gone(kind: str) -> None:
    assert health_of(kind, {}).state in ("healthy", "progressing")
    assert str(health_of(kind, None)) == f"missing: {kind} does not exist"
    going = {"metadata": {"deletionTimestamp": "2026-11-28T00:00:00Z"}}
    assert str(health_of(kind, going)) == f"progressing: {kind} is being deleted"


def test_the_worst_of_several_decides_with_the_reasons_of_its_like() -> None:
    parts = [Health("healthy", "10.0.0.7"), Health("progressing", "a"), Health("progressing", "b")]
    assert worst_health(parts) == Health("progressing", "a; b")
    assert worst_health([*parts, Health("missing", "gone")]) == Health("missing", "gone")
    assert worst_health([parts[0], parts[0]]) == Health("healthy", "10.0.0.7")
    assert worst_health([]) == Health("healthy")
