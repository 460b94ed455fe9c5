from typing import Any

import pytest

from pacific_sandbox.spherelet.pod_needs import Need, needs, refused, unmet


def pod(volumes: list[dict[str, Any]] | None = None, **container: Any) -> dict[str, Any]:
    return {"spec": {"volumes": volumes or [], "containers": [{"name": "c", **container}]}}


def test_needs_of_volumes_and_environment() -> None:
    described = pod(
        [
            {"name": "v", "configMap": {"name": "cm", "items": [{"key": "k", "path": "p"}]}},
            {"name": "s", "secret": {"secretName": "se"}},
            {"name": "o", "secret": {"secretName": "other", "optional": True}},
            {"name": "d", "persistentVolumeClaim": {"claimName": "pvc"}},
            {
                "name": "p",
                "projected": {"sources": [{"configMap": {"name": "kube-root-ca.crt"}}, {"secret": {"name": "q"}}]},
            },
            {"name": "e", "emptyDir": {}},
        ],
        env=[{"name": "A", "valueFrom": {"secretKeyRef": {"name": "se2", "key": "a"}}}, {"name": "B", "value": "1"}],
        envFrom=[{"configMapRef": {"name": "cm2"}}],
    )
    assert set(needs(described)) == {
        Need("configmap", "cm", ("k",), "v"),
        Need("secret", "se", (), "s"),
        Need("persistentvolumeclaim", "pvc", (), "d"),
        Need("configmap", "kube-root-ca.crt", (), "p"),
        Need("secret", "q", (), "p"),
        Need("secret", "se2", ("a",)),
        Need("configmap", "cm2"),
    }


@pytest.mark.parametrize(
    ("need", "result", "reason", "message"),
    [
        (
            Need("configmap", "cm", volume="v"),
            None,
            "FailedMount",
            'MountVolume.SetUp failed for volume "v" : configmap "cm" not found',
        ),
        (
            Need("secret", "s", ("k",), "v"),
            {"data": {"other": ""}},
            "FailedMount",
            'MountVolume.SetUp failed for volume "v" : references non-existent secret key: k',
        ),
        (Need("secret", "s", ("k",)), {"data": {}}, "Failed", "Error: couldn't find key k in Secret shop/s"),
        (
            Need("persistentvolumeclaim", "pvc", volume="v"),
            {"status": {"phase": "Pending"}},
            "FailedMount",
            'Unable to attach or mount volume "v": PersistentVolumeClaim is not bound: "shop/pvc"',
        ),
    ],
)
def test_unmet(need: Need, result: dict[str, Any] | None, reason: str, message: str) -> None:
    problem = unmet(need, "shop", result)
    assert problem is not None
    assert (problem.reason, problem.message) == (reason, message)


def test_met() -> None:
    assert unmet(Need("secret", "s", ("k",)), "shop", {"data": {"k": "dg=="}}) is None
    assert unmet(Need("configmap", "c", ("k",)), "shop", {"binaryData": {"k": "dg=="}}) is None
    assert unmet(Need("persistentvolumeclaim", "p", volume="v"), "shop", {"status": {"phase": "Bound"}}) is None


@pytest.mark.parametrize(
    ("path", "read_only", "allowed"),
    [("/etc", True, False), ("/var/log/pods", True, True), ("/var/log/pods", False, False)],
)
def test_host_path(path: str, read_only: bool, allowed: bool) -> None:
    described = pod(
        [{"name": "h", "hostPath": {"path": path}}],
        volumeMounts=[{"name": "h", "mountPath": "/h", "readOnly": read_only}],
    )
    assert (refused(described) is None) == allowed
