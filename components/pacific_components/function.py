"""A function: a Knative Service of vSphere Pods that run while there are requests, with its schedules."""

from collections.abc import Mapping
from typing import Any, Unpack, overload

import pulumi

from pacific_components.arguments import FunctionArgs
from pacific_components.component import DocumentComponent, Options
from pacific_components.crx_objects import secret_digest, version_annotations
from pacific_components.kubernetes import DELETE_DEADLINE, KubernetesObject
from pacific_components.plumbing import PodsPlumbing
from pacific_components.pod import Pod, pod_spec, pull_secrets, secret_environment
from pacific_components.values import applied, is_empty
from pacific_infra.documents.container import Container
from pacific_infra.documents.function import FunctionSpec, Schedule

DEADLINE = "10m"
"""Until Knative reports Ready: the first pod of a new revision has answered."""
_SERVICE = "serving.knative.dev/v1"
_READY = {"pulumi.com/waitFor": "condition=Ready"}


class Function(DocumentComponent[PodsPlumbing, FunctionSpec]):
    """A Knative Service, awaited until it is Ready, with its schedules."""

    name: pulumi.Output[str]
    """Name of the Knative Service."""
    url: pulumi.Output[str]
    """URL by which it is called."""
    internal_url: pulumi.Output[str]
    """URL inside the Supervisor."""

    @overload
    def __init__(self, resource_name: str, /, args: FunctionArgs, opts: Options = None) -> None: ...
    @overload
    def __init__(self, resource_name: str, /, *, opts: Options = None, **args: Unpack[FunctionArgs]) -> None: ...
    def __init__(self, resource_name: str, /, args: Any = None, opts: Options = None, **keywords: Any) -> None:
        super().__init__("pacific:index:Function", resource_name, args, keywords, opts)
        name, namespace = resource_name, self._plumbing.namespace
        secrets = secret_environment([self._spec.container])
        needed: list[pulumi.Resource] = []
        if secrets:
            environment = KubernetesObject(
                "v1",
                "Secret",
                f"{name}-environment",
                metadata=self._metadata(f"{self._object}-environment", namespace),
                fields={"stringData": secrets},
                opts=self._child(delete_deadline=DELETE_DEADLINE, additional_secret_outputs=["data"]),
            )
            needed.append(environment)
        if self._plumbing.allow_ingress:
            policy = KubernetesObject(
                "networking.k8s.io/v1",
                "NetworkPolicy",
                f"{name}-network-policy",
                metadata=self._metadata(self._object, namespace),
                fields={"spec": ingress_spec(self._object)},
                opts=self._child(delete_deadline=DELETE_DEADLINE),
            )
            needed.append(policy)
        internal = self._spec.triggers.http == "Internal"
        labels = {"networking.knative.dev/visibility": "cluster-local"} if internal else {}
        service = KubernetesObject(
            _SERVICE,
            "Service",
            f"{name}-service",
            metadata=self._metadata(self._object, namespace, labels=labels, annotations=_READY),
            fields={"spec": {"template": self._template(secrets)}},
            opts=self._child(deadline=DEADLINE, depends_on=needed),
        )
        for schedule in self._spec.triggers.schedules:
            KubernetesObject(
                "sources.knative.dev/v1",
                "PingSource",
                f"{name}-{schedule.name}",
                metadata=self._metadata(f"{self._object}-{schedule.name}", namespace, annotations=_READY),
                fields={"spec": ping_spec(schedule, self._object)},
                opts=self._child(deadline=DEADLINE, depends_on=[service]),
            )
        self.name = service.metadata.apply(lambda metadata: str(metadata["name"]))
        self.url = service.status.apply(lambda status: str((status or {}).get("url", "")))
        self.internal_url = service.status.apply(
            lambda status: str(((status or {}).get("address") or {}).get("url", ""))
        )
        self.register_outputs({"name": self.name, "url": self.url, "internal_url": self.internal_url})

    def _template(self, secrets: Mapping[str, pulumi.Output[str]]) -> dict[str, Any]:
        """The template of revisions. A digest of the secret environment makes a new one when that changes."""
        scale, name = self._spec.scale, self._object
        annotations: dict[str, Any] = {
            "autoscaling.knative.dev/min-scale": applied(_whole, scale.minimum),
            "autoscaling.knative.dev/max-scale": applied(_whole, scale.maximum),
            "autoscaling.knative.dev/window": applied(lambda seconds: f"{_whole(seconds)}s", scale.idle_seconds),
            **version_annotations(self._plumbing.secret_versions),
        }
        if secrets:
            fingerprint = pulumi.Output.json_dumps(secrets).apply(lambda text: secret_digest(text, name))
            # Secret, it would hide the whole template in every diff.
            annotations["pacific.infra/config-digest"] = pulumi.Output.unsecret(fingerprint)
        spec = function_pod_spec(self._spec.container, f"{name}-environment" if secrets else None)
        if not is_empty(self._spec.image_pull_secrets):
            spec["imagePullSecrets"] = applied(pull_secrets, self._spec.image_pull_secrets)
        spec["containerConcurrency"] = self._spec.concurrency
        spec["timeoutSeconds"] = self._spec.timeout_seconds
        return {"metadata": {"labels": dict(self._labels), "annotations": annotations}, "spec": spec}


def _whole(number: float) -> str:
    # Whole numbers come from the engine as floats.
    return str(int(number))


def function_pod_spec(container: Container, secret_name: str | None) -> dict[str, Any]:
    """The pod as Knative takes it: without a security context of its own, so the container has all of it.

    Source: pkg/apis/serving/fieldmask.go of github.com/knative/serving.
    """
    (only,) = pod_spec(Pod([container], secret_name=secret_name))["containers"]
    context = {"runAsNonRoot": True, **only["securityContext"], "seccompProfile": {"type": "RuntimeDefault"}}
    return {"automountServiceAccountToken": False, "containers": [{**only, "securityContext": context}]}


def ping_spec(schedule: Schedule, function: str) -> dict[str, Any]:
    """The spec of the PingSource that calls ``function``."""
    spec: dict[str, Any] = {
        "schedule": schedule.schedule,
        "contentType": schedule.content_type,
        "sink": {"ref": {"apiVersion": _SERVICE, "kind": "Service", "name": function}},
    }
    return spec if is_empty(schedule.data) else {**spec, "data": schedule.data}


def ingress_spec(function: str) -> dict[str, Any]:
    """The NetworkPolicy that lets in Knative Serving, through which every request comes."""
    serving = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "knative-serving"}}}
    selector = {"matchLabels": {"serving.knative.dev/service": function}}
    return {"podSelector": selector, "policyTypes": ["Ingress"], "ingress": [{"from": [serving]}]}
