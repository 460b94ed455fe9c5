"""CrxWorkload: which objects its arguments make, and what they look like to Kubernetes."""

from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pacific_components import CrxWorkload, CrxWorkloadArgs
from pacific_components.crx_objects import secret_digest

from pacific_infra.errors import PacificErrors
from tests.support.recording import Recording, is_secret, record

CONTAINER: Any = {"name": "web", "image": "sandbox/web:1"}
CLAIM: Any = {"name": "data", "claim": {"size": "1Gi", "storage_policy": "Gold Storage"}}


def workload(**args: Any) -> tuple[Recording, Any]:
    args = {"namespace": "shop", "kind": "Deployment", "containers": [CONTAINER], **args}

    def program() -> pulumi.Output[Any]:
        crx_workload = CrxWorkload("shop/web", **args)
        return pulumi.Output.all(
            name=crx_workload.name, host=crx_workload.host, address=crx_workload.address, url=crx_workload.url
        )

    return record(program)


def children(recording: Recording) -> list[str]:
    return sorted(f"{resource.type.rpartition(':')[2]} {resource.name}" for resource in recording if resource.parent)


@pytest.mark.parametrize(
    ("kind", "additional", "expected"),
    [
        ("Deployment", {}, ["Deployment shop/web-deployment"]),
        ("StatefulSet", {}, ["Service shop/web-headless", "StatefulSet shop/web-stateful-set"]),
        ("Job", {}, ["Job shop/web-job"]),
        ("CronJob", {"schedule": "0 3 * * *"}, ["CronJob shop/web-cron-job"]),
    ],
)
def test_kind_decides_the_children(kind: str, additional: dict[str, Any], expected: list[str]) -> None:
    recording, outputs = workload(kind=kind, **additional)
    assert children(recording) == expected
    assert outputs == {"name": "web", "host": "", "address": "", "url": ""}


def test_a_cron_job_is_suspended_where_that_is_said() -> None:
    for fields, expected in (
        ({}, {}),
        ({"suspend": True}, {"suspend": True}),
        ({"suspend": False}, {"suspend": False}),
    ):
        recording, _ = workload(kind="CronJob", schedule="0 3 * * *", **fields)
        spec = recording.only("kubernetes:batch/v1:CronJob::shop/web-cron-job").inputs["spec"]
        assert {name: value for name, value in spec.items() if name == "suspend"} == expected


def test_only_a_cron_job_is_suspended() -> None:
    with pytest.raises(PacificErrors, match="a Job has no suspend"):
        workload(kind="Job", suspend=True)


@pytest.mark.parametrize(
    ("kind", "token"), [("Deployment", "shop/web-deployment"), ("StatefulSet", "shop/web-stateful-set")]
)
def test_the_number_of_pods_is_left_to_the_autoscaler_and_never_unset(kind: str, token: str) -> None:
    recording, _ = workload(kind=kind, autoscaler={"min_replicas": 4, "max_replicas": 9})
    result = recording.only(f"kubernetes:apps/v1:{kind}::{token}")
    assert result.inputs["spec"]["replicas"] == 4
    assert "spec.replicas" in result.request.ignoreChanges
    recording, _ = workload(kind=kind, replicas=6)
    result = recording.only(f"kubernetes:apps/v1:{kind}::{token}")
    assert result.inputs["spec"]["replicas"] == 6
    assert "spec.replicas" not in result.request.ignoreChanges


def test_everything_around_the_pods() -> None:
    recording, outputs = workload(
        service={"type": "LoadBalancer", "ports": [{"port": 80, "target_port": "http"}]},
        allow_ingress=True,
        containers=[{**CONTAINER, "ports": [{"name": "http", "container_port": 8080}]}],
        volumes=[
            {"name": "certificates", "secret": "tls"},
            {"name": "scratch", "empty_dir": {"size": "1Gi"}},
            {"name": "data", "claim": {**CLAIM["claim"], "access_mode": "ReadWriteMany"}},
            {"name": "settings", "files": {"web.toml": "a = 1"}},
        ],
        disruption_budget={"min_available": "50%"},
        termination_grace_period_seconds=5,
        autoscaler={"max_replicas": 4, "memory_utilization": 70},
        service_account=True,
    )
    assert children(recording) == [
        "ConfigMap shop/web-settings",
        "Deployment shop/web-deployment",
        "HorizontalPodAutoscaler shop/web-autoscaler",
        "NetworkPolicy shop/web-network-policy",
        "PersistentVolumeClaim shop/web-data",
        "PodDisruptionBudget shop/web-disruption-budget",
        "Service shop/web-service",
        "ServiceAccount shop/web-service-account",
    ]
    spec = recording.only("kubernetes:apps/v1:Deployment::shop/web-deployment").inputs["spec"]
    assert spec["template"]["spec"]["volumes"] == [
        {"name": "settings", "configMap": {"name": "web-settings"}},
        {"name": "data", "persistentVolumeClaim": {"claimName": "web-data"}},
        {"name": "scratch", "emptyDir": {"sizeLimit": "1Gi"}},
        {"name": "certificates", "secret": {"secretName": "tls"}},
    ]
    assert spec["template"]["spec"]["serviceAccountName"] == "web"
    assert spec["template"]["spec"]["terminationGracePeriodSeconds"] == 5
    claim = recording.only("kubernetes:core/v1:PersistentVolumeClaim::shop/web-data").inputs["spec"]
    assert claim["storageClassName"] == "gold-storage"
    metrics = recording.only("kubernetes:autoscaling/v2:HorizontalPodAutoscaler::shop/web-autoscaler").inputs["spec"]
    assert [metric["resource"]["target"]["averageUtilization"] for metric in metrics["metrics"]] == [80, 70]
    assert outputs == {"name": "web", "host": "web.shop.svc", "address": "10.0.1.9", "url": "http://10.0.1.9:80"}


def test_pods_are_restricted_unless_told_otherwise() -> None:
    relaxed = {**CONTAINER, "name": "root", "security_context": {"run_as_non_root": False, "run_as_user": 0}}
    recording, _ = workload(containers=[CONTAINER, relaxed])
    pod = recording.only("kubernetes:apps/v1:Deployment::shop/web-deployment").inputs["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    restricted = {
        "runAsNonRoot": True,
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": False,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["containers"][0]["securityContext"] == restricted
    assert pod["containers"][1]["securityContext"] == {**restricted, "runAsNonRoot": False, "runAsUser": 0}


def test_only_a_load_balancer_is_waited_for() -> None:
    for kind, awaited in (("LoadBalancer", True), ("ClusterIP", False)):
        recording, _ = workload(service={"type": kind, "ports": [{"port": 80}]})
        annotations = recording.only("kubernetes:core/v1:Service::shop/web-service").inputs["metadata"]["annotations"]
        assert ("pulumi.com/skipAwait" not in annotations) is awaited


def test_secret_environment_is_secret_and_the_rest_of_the_template_is_not() -> None:
    container = {**CONTAINER, "environment": {"MODE": "fast"}, "secret_environment": {"TOKEN": "t0p"}}
    recording, _ = workload(containers=[container])
    secret = recording.only("kubernetes:core/v1:Secret::shop/web-environment")
    deployment = recording.only("kubernetes:apps/v1:Deployment::shop/web-deployment")
    assert is_secret(secret.request.object, "stringData", "web.TOKEN")
    assert not is_secret(deployment.request.object, "spec", "template", "spec")
    assert "t0p" not in str(deployment.request.object)
    environment = deployment.inputs["spec"]["template"]["spec"]["containers"][0]["env"]
    assert environment == [
        {"name": "MODE", "value": "fast"},
        {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "web-environment", "key": "web.TOKEN"}}},
    ]


def test_a_changed_file_makes_new_pods() -> None:
    def fingerprint(content: str) -> str:
        recording, _ = workload(volumes=[{"name": "settings", "files": {"a": content}}])
        template = recording.only("kubernetes:apps/v1:Deployment::shop/web-deployment").inputs["spec"]["template"]
        return str(template["metadata"]["annotations"]["pacific.infra/config-digest"])

    assert fingerprint("1") == fingerprint("1") != fingerprint("2")


def test_a_digest_of_a_secret_is_its_workloads_own_and_slow_to_guess() -> None:
    def fingerprint(token: str) -> str:
        recording, _ = workload(containers=[{**CONTAINER, "secret_environment": {"TOKEN": token}}])
        template = recording.only("kubernetes:apps/v1:Deployment::shop/web-deployment").inputs["spec"]["template"]
        return str(template["metadata"]["annotations"]["pacific.infra/config-digest"])

    assert fingerprint("t0p") != fingerprint("another")
    assert fingerprint("t0p") == secret_digest('{"files": {}, "environment": {"web.TOKEN": "t0p"}}', "web")
    assert secret_digest("t0p", "web") != secret_digest("t0p", "api")


@pytest.mark.parametrize(("policy", "kept"), [(None, True), ("Retain", True), ("Delete", False)])
def test_volumes_are_kept_by_default(policy: str | None, kept: bool) -> None:
    args = {} if policy is None else {"deletion_policy": policy}
    recording, _ = workload(volumes=[CLAIM], **args)
    claim = recording.only("kubernetes:core/v1:PersistentVolumeClaim::shop/web-data")
    assert claim.request.retainOnDelete is kept
    recording, _ = workload(kind="StatefulSet", volumes=[CLAIM], **args)
    spec = recording.only("kubernetes:apps/v1:StatefulSet::shop/web-stateful-set").inputs["spec"]
    assert spec["persistentVolumeClaimRetentionPolicy"]["whenDeleted"] == ("Retain" if kept else "Delete")


@pytest.mark.parametrize(
    ("replicas", "numbers"),
    [({"replicas": 2}, [0, 1]), ({}, [0]), ({"autoscaler": {"min_replicas": 1, "max_replicas": 3}}, [0, 1, 2])],
)
def test_each_replica_of_a_stateful_set_has_its_claims(replicas: dict[str, Any], numbers: list[int]) -> None:
    recording, _ = workload(kind="StatefulSet", volumes=[CLAIM], deletion_policy="Delete", **replicas)
    claimed = [item for item in recording if item.type == "kubernetes:core/v1:PersistentVolumeClaim"]
    result = sorted(claimed, key=lambda item: item.name)
    assert [item.name for item in result] == [f"shop/web-data-{number}" for number in numbers]
    assert [item.inputs["metadata"]["name"] for item in result] == [f"data-web-{number}" for number in numbers]
    for item in result:
        assert item.request.retainOnDelete, (
            "fewer replicas take no data along; the retention policy decides on the rest"
        )
        assert item.inputs["metadata"]["labels"] == {"app.kubernetes.io/name": "web"}
        assert item.inputs["metadata"]["annotations"]["pulumi.com/patchForce"] == "true"
        assert item.inputs["spec"]["resources"] == {"requests": {"storage": "1Gi"}}
    pods = recording.only("kubernetes:apps/v1:StatefulSet::shop/web-stateful-set")
    assert {f"{item.type}::{item.name}" for item in result} <= set(pods.dependencies)


def test_a_changed_claim_never_replaces_a_stateful_set() -> None:
    recording, _ = workload(kind="StatefulSet")
    pods = recording.only("kubernetes:apps/v1:StatefulSet::shop/web-stateful-set")
    assert list(pods.request.ignoreChanges) == ["spec.volumeClaimTemplates"]


@pytest.mark.parametrize(
    ("path", "replicas"),
    [
        ("replicas", lambda output: {"replicas": output}),
        ("autoscaler.maxReplicas", lambda output: {"autoscaler": {"max_replicas": output}}),
    ],
)
def test_the_number_of_claims_is_plain(path: str, replicas: Callable[[Any], dict[str, Any]]) -> None:
    with pytest.raises(PacificErrors) as raised:
        record(
            lambda: CrxWorkload(
                "shop/web",
                namespace="shop",
                kind="StatefulSet",
                containers=[CONTAINER],
                volumes=[CLAIM],
                **replicas(pulumi.Output.from_input(2)),
            )
        )
    assert str(raised.value) == (
        f"CrxWorkload shop/web: {path} cannot be an output in a StatefulSet with claims: "
        "each pod's claims are resources: fix: write the value itself"
    )


def test_files_of_which_some_are_secret_are_a_secret() -> None:
    recording, _ = workload(volumes=[{"name": "keys", "files": {"a": "1"}, "secret_files": {"b": "t0p"}}])
    secret = recording.only("kubernetes:core/v1:Secret::shop/web-keys-files")
    assert is_secret(secret.request.object, "stringData")
    pod = recording.only("kubernetes:apps/v1:Deployment::shop/web-deployment").inputs["spec"]["template"]["spec"]
    assert pod["volumes"] == [{"name": "keys", "secret": {"secretName": "web-keys-files"}}]


def test_outputs_stand_wherever_nothing_is_decided_by_them() -> None:
    def program() -> Any:
        later = pulumi.Output.from_input
        container: Any = {
            **CONTAINER,
            "image": later("web:2"),
            "args": later(["--fast"]),
            "ports": [{"name": "http", "container_port": later(8080)}],
            "readiness_probe": {"http_get": {"port": later("8080")}, "period_seconds": later(5)},
            "environment": {"KEY": {"secret": later("tls"), "key": "a"}},
        }
        service: Any = {"ports": [{"port": later(80), "target_port": later(8080)}]}
        crx_workload = CrxWorkload(
            "shop/web", namespace=later("shop"), kind="Deployment", containers=[container], service=service
        )
        return crx_workload.url

    recording, url = record(program)
    pod = recording.only("kubernetes:apps/v1:Deployment::shop/web-deployment").inputs["spec"]["template"]["spec"]
    assert pod["containers"][0]["readinessProbe"]["httpGet"]["port"] == 8080
    assert pod["containers"][0]["args"] == ["--fast"]
    ports = recording.only("kubernetes:core/v1:Service::shop/web-service").inputs["spec"]["ports"]
    assert ports == [{"name": "port-80", "port": 80, "targetPort": 8080, "protocol": "TCP"}]
    assert url == "http://10.0.1.9:80"


def test_a_job_never_runs_without_an_end() -> None:
    recording, _ = workload(kind="Job")
    spec = recording.only("kubernetes:batch/v1:Job::shop/web-job").inputs["spec"]
    assert spec["activeDeadlineSeconds"] == 600
    assert spec["template"]["spec"]["restartPolicy"] == "Never"


def test_timeouts_given_win_over_the_defaults() -> None:
    recording, _ = workload(timeouts={"create": "1m"})
    timeouts = recording.only("kubernetes:apps/v1:Deployment::shop/web-deployment").request.customTimeouts
    assert (timeouts.create, timeouts.update, timeouts.delete) == ("1m", "10m", "5m")


def test_ingress_is_open_to_all_for_a_load_balancer_only() -> None:
    for kind, rule in (
        ("LoadBalancer", {"ports": [{"port": "http", "protocol": "TCP"}]}),
        ("ClusterIP", {"ports": [{"port": "http", "protocol": "TCP"}], "from": [{"podSelector": {}}]}),
    ):
        service = {"type": kind, "ports": [{"port": 80, "target_port": "http"}]}
        container = {**CONTAINER, "ports": [{"name": "http", "container_port": 8080}]}
        recording, _ = workload(containers=[container], service=service, allow_ingress=True)
        policy = recording.only("kubernetes:networking.k8s.io/v1:NetworkPolicy::shop/web-network-policy")
        assert policy.inputs["spec"]["ingress"] == [rule]


def test_the_callers_aliases_reach_the_component() -> None:
    args: CrxWorkloadArgs = {"namespace": "shop", "kind": "Deployment", "containers": [CONTAINER]}
    opts = pulumi.ResourceOptions(aliases=[pulumi.Alias(name="old")])
    recording, _ = record(lambda: CrxWorkload("shop/web", args, opts).name)
    aliases = recording.only("pacific:index:CrxWorkload::shop/web").request.aliases
    assert [alias.spec.name for alias in aliases] == ["old"]
