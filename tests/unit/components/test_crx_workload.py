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


def workload(**args: Any) -> tuple[Recording, Any]:
    given: Any = {"namespace": "shop", "containers": [CONTAINER], **args}

    def program() -> pulumi.Output[Any]:
        made = CrxWorkload("shop/web", given)
        return pulumi.Output.all(name=made.name, host=made.host, address=made.address, url=made.url)

    return record(program)


def children(recording: Recording) -> list[str]:
    return sorted(f"{resource.type.rpartition(':')[2]} {resource.name}" for resource in recording if resource.parent)


@pytest.mark.parametrize(
    ("kind", "extra", "expected"),
    [
        ("Deployment", {}, ["Deployment shop/web-deployment"]),
        ("StatefulSet", {}, ["Service shop/web-headless", "StatefulSet shop/web-stateful-set"]),
        ("Job", {}, ["Job shop/web-job"]),
        ("CronJob", {"schedule": "0 3 * * *"}, ["CronJob shop/web-cron-job"]),
    ],
)
def test_kind_decides_the_children(kind: str, extra: dict[str, Any], expected: list[str]) -> None:
    recording, outputs = workload(kind=kind, **extra)
    assert children(recording) == expected
    assert outputs == {"name": "web", "host": "", "address": "", "url": ""}


@pytest.mark.parametrize(
    ("kind", "token"), [("Deployment", "shop/web-deployment"), ("StatefulSet", "shop/web-stateful-set")]
)
def test_the_number_of_pods_is_left_to_the_autoscaler_and_never_unset(kind: str, token: str) -> None:
    recording, _ = workload(kind=kind, autoscaler={"min_replicas": 4, "max_replicas": 9})
    made = recording.one(f"kubernetes:apps/v1:{kind}::{token}")
    assert made.inputs["spec"]["replicas"] == 4
    assert "spec.replicas" in made.request.ignoreChanges
    recording, _ = workload(kind=kind, replicas=6)
    made = recording.one(f"kubernetes:apps/v1:{kind}::{token}")
    assert made.inputs["spec"]["replicas"] == 6
    assert "spec.replicas" not in made.request.ignoreChanges


def test_everything_around_the_pods() -> None:
    recording, outputs = workload(
        service={"type": "LoadBalancer", "ports": [{"port": 80, "target_port": "http"}]},
        allow_ingress=True,
        config_volumes=[{"name": "settings", "files": {"web.toml": "a = 1"}}],
        claim_volumes=[{"name": "data", "size": "1Gi", "storage_class": "gold"}],
        empty_volumes=[{"name": "scratch", "size_limit": "1Gi"}],
        reference_volumes=[{"name": "certificates", "secret": "tls"}],
        disruption_budget={"min_available": "50%"},
        autoscaler={"min_replicas": 1, "max_replicas": 4, "cpu_utilization": 80},
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
    spec = recording.one("kubernetes:apps/v1:Deployment::shop/web-deployment").inputs["spec"]
    assert spec["template"]["spec"]["volumes"] == [
        {"name": "settings", "configMap": {"name": "web-settings"}},
        {"name": "data", "persistentVolumeClaim": {"claimName": "web-data"}},
        {"name": "scratch", "emptyDir": {"sizeLimit": "1Gi"}},
        {"name": "certificates", "secret": {"secretName": "tls"}},
    ]
    assert spec["template"]["spec"]["serviceAccountName"] == "web"
    assert outputs == {"name": "web", "host": "web.shop.svc", "address": "10.0.1.9", "url": "http://10.0.1.9:80"}


def test_pods_are_restricted_unless_told_otherwise() -> None:
    relaxed = {**CONTAINER, "name": "root", "security_context": {"run_as_non_root": False, "run_as_user": 0}}
    recording, _ = workload(containers=[CONTAINER, relaxed])
    pod = recording.one("kubernetes:apps/v1:Deployment::shop/web-deployment").inputs["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    restricted = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    assert pod["containers"][0]["securityContext"] == restricted
    assert pod["containers"][1]["securityContext"] == {**restricted, "runAsNonRoot": False, "runAsUser": 0}


def test_only_a_load_balancer_is_waited_for() -> None:
    for kind, awaited in (("LoadBalancer", True), ("ClusterIP", False)):
        recording, _ = workload(service={"type": kind, "ports": [{"port": 80}]})
        annotations = recording.one("kubernetes:core/v1:Service::shop/web-service").inputs["metadata"]["annotations"]
        assert ("pulumi.com/skipAwait" not in annotations) is awaited


def test_secret_environment_is_secret_and_the_rest_of_the_template_is_not() -> None:
    container = {**CONTAINER, "environment": {"MODE": "fast"}, "secret_environment": {"TOKEN": "t0p"}}
    recording, _ = workload(containers=[container])
    secret = recording.one("kubernetes:core/v1:Secret::shop/web-environment")
    deployment = recording.one("kubernetes:apps/v1:Deployment::shop/web-deployment")
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
        recording, _ = workload(config_volumes=[{"name": "settings", "files": {"a": content}}])
        template = recording.one("kubernetes:apps/v1:Deployment::shop/web-deployment").inputs["spec"]["template"]
        return str(template["metadata"]["annotations"]["pacific.infra/config-digest"])

    assert fingerprint("1") == fingerprint("1") != fingerprint("2")


def test_a_digest_of_a_secret_is_its_workloads_own_and_slow_to_guess() -> None:
    def fingerprint(token: str) -> str:
        recording, _ = workload(containers=[{**CONTAINER, "secret_environment": {"TOKEN": token}}])
        template = recording.one("kubernetes:apps/v1:Deployment::shop/web-deployment").inputs["spec"]["template"]
        return str(template["metadata"]["annotations"]["pacific.infra/config-digest"])

    assert fingerprint("t0p") != fingerprint("another")
    assert fingerprint("t0p") == secret_digest('{"files": {}, "environment": {"web.TOKEN": "t0p"}}', "web")
    assert secret_digest("t0p", "web") != secret_digest("t0p", "api")


@pytest.mark.parametrize(("policy", "kept"), [(None, True), ("Retain", True), ("Delete", False)])
def test_volumes_are_kept_by_default(policy: str | None, kept: bool) -> None:
    args = {} if policy is None else {"deletion_policy": policy}
    claims = [{"name": "data", "size": "1Gi", "storage_class": "gold"}]
    recording, _ = workload(claim_volumes=claims, **args)
    claim = recording.one("kubernetes:core/v1:PersistentVolumeClaim::shop/web-data")
    assert claim.request.retainOnDelete is kept
    recording, _ = workload(kind="StatefulSet", claim_volumes=claims, **args)
    spec = recording.one("kubernetes:apps/v1:StatefulSet::shop/web-stateful-set").inputs["spec"]
    assert spec["persistentVolumeClaimRetentionPolicy"]["whenDeleted"] == ("Retain" if kept else "Delete")


@pytest.mark.parametrize(
    ("replicas", "numbers"),
    [({"replicas": 2}, [0, 1]), ({}, [0]), ({"autoscaler": {"min_replicas": 1, "max_replicas": 3}}, [0, 1, 2])],
)
def test_each_replica_of_a_stateful_set_has_its_claims(replicas: dict[str, Any], numbers: list[int]) -> None:
    claims = [{"name": "data", "size": "2Gi", "storage_class": "gold"}]
    recording, _ = workload(kind="StatefulSet", claim_volumes=claims, deletion_policy="Delete", **replicas)
    claimed = [one for one in recording if one.type == "kubernetes:core/v1:PersistentVolumeClaim"]
    made = sorted(claimed, key=lambda one: one.name)
    assert [one.name for one in made] == [f"shop/web-data-{number}" for number in numbers]
    assert [one.inputs["metadata"]["name"] for one in made] == [f"data-web-{number}" for number in numbers]
    for one in made:
        assert one.request.retainOnDelete, "fewer replicas take no data along; the retention policy decides on the rest"
        assert one.inputs["metadata"]["labels"] == {"app.kubernetes.io/name": "web"}
        assert one.inputs["metadata"]["annotations"]["pulumi.com/patchForce"] == "true"
        assert one.inputs["spec"]["resources"] == {"requests": {"storage": "2Gi"}}
    pods = recording.one("kubernetes:apps/v1:StatefulSet::shop/web-stateful-set")
    assert {f"{one.type}::{one.name}" for one in made} <= set(pods.dependencies)


def test_a_changed_claim_never_replaces_a_stateful_set() -> None:
    recording, _ = workload(kind="StatefulSet")
    pods = recording.one("kubernetes:apps/v1:StatefulSet::shop/web-stateful-set")
    assert list(pods.request.ignoreChanges) == ["spec.volumeClaimTemplates"]


@pytest.mark.parametrize(
    ("path", "replicas"),
    [
        ("replicas", lambda output: {"replicas": output}),
        ("autoscaler.max_replicas", lambda output: {"autoscaler": {"min_replicas": 1, "max_replicas": output}}),
    ],
)
def test_the_number_of_claims_is_plain(path: str, replicas: Callable[[Any], dict[str, Any]]) -> None:
    claims = [{"name": "data", "size": "2Gi", "storage_class": "gold"}]

    def given() -> dict[str, Any]:
        return {"namespace": "shop", "containers": [CONTAINER], "kind": "StatefulSet", "claim_volumes": claims}

    def program() -> pulumi.Output[Any]:
        args: Any = {**given(), **replicas(pulumi.Output.from_input(2))}
        with pytest.raises(PacificErrors) as caught:
            CrxWorkload("shop/web", args)
        return pulumi.Output.from_input(str(caught.value))

    _, said = record(program)
    assert said == (
        f"CrxWorkload shop/web: {path}: cannot be an output in a StatefulSet with claim_volumes: "
        "fix: write the value itself: each replica's claims are resources"
    )


def test_a_job_never_runs_without_an_end() -> None:
    recording, _ = workload(kind="Job")
    spec = recording.one("kubernetes:batch/v1:Job::shop/web-job").inputs["spec"]
    assert spec["activeDeadlineSeconds"] == 600
    assert spec["template"]["spec"]["restartPolicy"] == "Never"


def test_timeouts_given_win_over_the_defaults() -> None:
    recording, _ = workload(timeouts={"create": "1m"})
    timeouts = recording.one("kubernetes:apps/v1:Deployment::shop/web-deployment").request.customTimeouts
    assert (timeouts.create, timeouts.update, timeouts.delete) == ("1m", "10m", "5m")


def test_ingress_is_open_to_all_for_a_load_balancer_only() -> None:
    for kind, rule in (
        ("LoadBalancer", {"ports": [{"port": "http", "protocol": "TCP"}]}),
        ("ClusterIP", {"ports": [{"port": "http", "protocol": "TCP"}], "from": [{"podSelector": {}}]}),
    ):
        service = {"type": kind, "ports": [{"port": 80, "target_port": "http"}]}
        recording, _ = workload(service=service, allow_ingress=True)
        policy = recording.one("kubernetes:networking.k8s.io/v1:NetworkPolicy::shop/web-network-policy")
        assert policy.inputs["spec"]["ingress"] == [rule]


def test_the_callers_aliases_reach_the_component() -> None:
    args: CrxWorkloadArgs = {"namespace": "shop", "containers": [CONTAINER]}
    opts = pulumi.ResourceOptions(aliases=[pulumi.Alias(name="old")])
    recording, _ = record(lambda: CrxWorkload("shop/web", args, opts).name)
    aliases = recording.one("pacific:index:CrxWorkload::shop/web").request.aliases
    assert [alias.spec.name for alias in aliases] == ["old"]
