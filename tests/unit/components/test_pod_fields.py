"""Fields of pods: what they are to Kubernetes, and what a podTemplate puts over them."""

from typing import Any

import pulumi
from pacific_components import Controller, CrxWorkload, Function

from tests.support.recording import Recording, record

CONTAINER: Any = {"name": "web", "image": "web:1"}


def template(args: dict[str, Any]) -> Any:
    def program() -> pulumi.Output[Any]:
        fields: Any = {"namespace": "shop", "kind": "Deployment", "containers": [CONTAINER], **args}
        return CrxWorkload("shop/web", fields).name

    return deployment(record(program)[0])["template"]


def deployment(recording: Recording, name: str = "shop/web-deployment") -> Any:
    return recording.only(f"kubernetes:apps/v1:Deployment::{name}").inputs["spec"]


def container(**fields: Any) -> Any:
    (only,) = template({"containers": [{**CONTAINER, **fields}]})["spec"]["containers"]
    return only


def test_variables_come_from_whole_secrets_and_from_the_pod() -> None:
    fields = container(
        environment={
            "URL": "http://$(NODE)",
            "NODE": {"field": "spec.nodeName"},
            "LIMIT": {"resource": "limits.memory", "divisor": "1Mi"},
        },
        env_from=[{"secret": "login", "prefix": "L_"}, {"config_map": "settings", "optional": True}],
    )
    assert fields["env"] == [
        {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}},
        {"name": "LIMIT", "valueFrom": {"resourceFieldRef": {"resource": "limits.memory", "divisor": "1Mi"}}},
        {"name": "URL", "value": "http://$(NODE)"},
    ]
    assert fields["envFrom"] == [
        {"prefix": "L_", "secretRef": {"name": "login"}},
        {"configMapRef": {"name": "settings", "optional": True}},
    ]


def test_probes_hooks_disk_and_mounts_are_those_of_kubernetes() -> None:
    fields = template(
        {
            "containers": [
                {
                    **CONTAINER,
                    "readiness_probe": {"grpc": {"port": 9000, "service": "shop"}},
                    "lifecycle": {"post_start": {"http_get": {"port": "8080"}}, "pre_stop": {"sleep": {"seconds": 5}}},
                    "resources": {"requests": {"ephemeral_storage": "1Gi"}},
                    "image_pull_policy": "Always",
                    "volume_mounts": [{"name": "log", "mount_path": "/log", "sub_path_expr": "$(POD)"}],
                    "security_context": {"seccomp_profile": {"type": "Unconfined"}},
                }
            ],
            "volumes": [{"name": "log", "empty_dir": {"medium": "Memory"}}],
        }
    )["spec"]["containers"][0]
    assert fields["readinessProbe"]["grpc"] == {"port": 9000, "service": "shop"}
    assert fields["lifecycle"]["postStart"]["httpGet"]["port"] == 8080
    assert fields["lifecycle"]["preStop"] == {"sleep": {"seconds": 5}}
    assert fields["resources"] == {"requests": {"ephemeral-storage": "1Gi"}}
    assert fields["imagePullPolicy"] == "Always"
    assert fields["volumeMounts"] == [{"name": "log", "mountPath": "/log", "subPathExpr": "$(POD)", "readOnly": False}]
    assert fields["securityContext"]["seccompProfile"] == {"type": "Unconfined"}


def test_volumes_of_others_are_mounted_by_name() -> None:
    projected = {"sources": [{"secret": {"name": "login"}}]}
    downward = {"items": [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}]}
    volumes = [
        {"name": "old", "existing_claim": "data-of-before"},
        {"name": "both", "projected": projected},
        {"name": "pod", "downward_api": downward},
    ]
    assert template({"volumes": volumes})["spec"]["volumes"] == [
        {"name": "old", "persistentVolumeClaim": {"claimName": "data-of-before"}},
        {"name": "both", "projected": projected},
        {"name": "pod", "downwardAPI": downward},
    ]


def test_where_pods_run_and_under_which_account() -> None:
    spread = {"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "DoNotSchedule"}
    affinity: Any = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": []}}
    pod = template(
        {
            "image_pull_secrets": ["registry"],
            "node_selector": {"disk": "fast"},
            "affinity": affinity,
            "topology_spread_constraints": [spread],
            "tolerations": [{"key": "gpu", "operator": "Exists"}],
            "priority_class_name": "high",
            "security_context": {"fs_group": 2000, "supplemental_groups": [3000]},
            "host_aliases": [{"ip": "10.0.0.1", "hostnames": ["old"]}],
            "dns_config": {"searches": ["example.com"]},
            "service_account_name": "web-user",
        }
    )["spec"]
    assert pod["imagePullSecrets"] == [{"name": "registry"}]
    assert (pod["nodeSelector"], pod["priorityClassName"]) == ({"disk": "fast"}, "high")
    assert pod["affinity"] == affinity
    of_its_pods = {"labelSelector": {"matchLabels": {"app.kubernetes.io/name": "web"}}}
    assert pod["topologySpreadConstraints"] == [{**of_its_pods, **spread}]
    assert pod["tolerations"] == [{"key": "gpu", "operator": "Exists"}]
    assert pod["securityContext"] == {
        "runAsNonRoot": True,
        "fsGroup": 2000,
        "supplementalGroups": [3000],
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert pod["hostAliases"] == [{"ip": "10.0.0.1", "hostnames": ["old"]}]
    assert pod["dnsConfig"] == {"searches": ["example.com"]}
    assert (pod["serviceAccountName"], pod["automountServiceAccountToken"]) == ("web-user", True)


def test_a_pod_template_is_put_over_what_is_made() -> None:
    patch = {
        "metadata": {"annotations": {"scrape": "true"}},
        "spec": {
            "shareProcessNamespace": True,
            "containers": [{"name": "web", "tty": True}, {"name": "log", "image": "log:1"}],
        },
    }
    result = template({"pod_template": patch})
    assert result["metadata"]["annotations"] == {"scrape": "true"}
    assert result["metadata"]["labels"]["app.kubernetes.io/name"] == "web"
    assert result["spec"]["shareProcessNamespace"] is True
    web, log = result["spec"]["containers"]
    assert (web["image"], web["tty"], web["securityContext"]["capabilities"]) == ("web:1", True, {"drop": ["ALL"]})
    assert log == {"name": "log", "image": "log:1"}


def test_updates_and_jobs_have_their_settings() -> None:
    def specs(**args: Any) -> Any:
        fields: Any = {"namespace": "shop", "containers": [CONTAINER], **args}
        recording = record(lambda: CrxWorkload("shop/web", fields).name)[0]
        return next(item for item in recording if item.type.startswith(("kubernetes:apps", "kubernetes:batch"))).inputs[
            "spec"
        ]

    strategy = {"max_surge": "50%", "max_unavailable": 0}
    spec = specs(kind="Deployment", update_strategy=strategy, revision_history_limit=2, min_ready_seconds=5)
    assert spec["strategy"] == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxUnavailable": 0, "maxSurge": "50%"},
    }
    assert (spec["revisionHistoryLimit"], spec["minReadySeconds"]) == (2, 5)
    spec = specs(kind="StatefulSet", update_strategy={"partition": 1})
    assert spec["updateStrategy"] == {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}
    spec = specs(
        kind="CronJob",
        schedule="@daily",
        time_zone="Europe/Berlin",
        starting_deadline_seconds=60,
        successful_jobs_history_limit=1,
        failed_jobs_history_limit=0,
        ttl_seconds_after_finished=30,
    )
    assert (spec["timeZone"], spec["startingDeadlineSeconds"]) == ("Europe/Berlin", 60)
    assert (spec["successfulJobsHistoryLimit"], spec["failedJobsHistoryLimit"]) == (1, 0)
    assert spec["jobTemplate"]["spec"]["ttlSecondsAfterFinished"] == 30


def test_an_autoscaler_goes_by_memory_alone() -> None:
    autoscaler = {"max_replicas": 3, "cpu_utilization": 0, "memory_utilization": 70}
    fields: Any = {"namespace": "shop", "kind": "Deployment", "containers": [CONTAINER], "autoscaler": autoscaler}
    recording = record(lambda: CrxWorkload("shop/web", fields).name)[0]
    spec = recording.only("kubernetes:autoscaling/v2:HorizontalPodAutoscaler::shop/web-autoscaler").inputs["spec"]
    assert [metric["resource"]["name"] for metric in spec["metrics"]] == ["memory"]


def test_a_sidecar_is_an_init_container_that_goes_on() -> None:
    pod = template({"init_containers": [{"name": "proxy", "image": "proxy:1", "restart_policy": "Always"}]})["spec"]
    assert pod["initContainers"][0]["restartPolicy"] == "Always"


def test_controllers_and_functions_take_what_is_theirs() -> None:
    fields: Any = {
        "namespace": "shop",
        "definitions": ["lamps.example.com"],
        "containers": [CONTAINER],
        "tolerations": [{"key": "gpu"}],
        "pod_template": {"spec": {"hostname": "one"}},
    }
    recording = record(lambda: Controller("shop/web", fields).name)[0]
    pod = deployment(recording, "shop/web-workload-deployment")["template"]["spec"]
    assert (pod["tolerations"], pod["hostname"]) == ([{"key": "gpu"}], "one")
    function: Any = {"namespace": "shop", "container": CONTAINER, "image_pull_secrets": ["registry"]}
    recording = record(lambda: Function("shop/web", function).name)[0]
    service = recording.only("kubernetes:serving.knative.dev/v1:Service::shop/web-service").inputs["spec"]
    assert service["template"]["spec"]["imagePullSecrets"] == [{"name": "registry"}]
