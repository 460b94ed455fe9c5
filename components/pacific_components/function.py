"""A function: a Knative Service of vSphere Pods that run while there are requests, with its schedules."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi

from pacific_components.arguments import TimeoutsArgs
from pacific_components.checking import checked
from pacific_components.component import Component
from pacific_components.crx_objects import secret_digest
from pacific_components.kubernetes import DELETE_DEADLINE, KubernetesObject
from pacific_components.pod import ContainerArgs, PodArgs, pod_spec, secret_key

DEADLINE = "10m"
"""Until Knative reports Ready: the first pod of a new revision has answered."""
_SERVICE = "serving.knative.dev/v1"
_READY = {"pulumi.com/waitFor": "condition=Ready"}


class ScheduleArgs(TypedDict):
    """A request at fixed times: a PingSource of Knative Eventing."""

    name: str
    """Name; the PingSource is called FUNCTION-NAME."""
    schedule: pulumi.Input[str]
    """When, as a cron expression in UTC."""
    data: NotRequired[pulumi.Input[str]]
    """Body of the request."""
    content_type: NotRequired[pulumi.Input[str]]
    """Media type of the body; default application/json."""


class FunctionArgs(TypedDict):
    """Arguments of Function."""

    namespace: pulumi.Input[str]
    """The vSphere Namespace."""
    name: NotRequired[str]
    """Name of the objects; default: the last part of the component's name."""
    container: ContainerArgs
    """Its program; at most one port, called http1 or h2c or nothing."""
    concurrency: NotRequired[pulumi.Input[int]]
    """Requests that one pod gets at a time; default 0: as many as come."""
    timeout_seconds: NotRequired[pulumi.Input[int]]
    """Seconds that one request may take; default 300."""
    min_scale: NotRequired[int]
    """Fewest pods; default 0."""
    max_scale: NotRequired[int]
    """Most pods; default 0: no limit."""
    idle_seconds: NotRequired[int]
    """Seconds without a request after which pods go; default: Knative's 60."""
    internal: NotRequired[bool]
    """True: reached inside the Supervisor only."""
    schedules: NotRequired[Sequence[ScheduleArgs]]
    """Requests at fixed times; they take Knative Eventing."""
    allow_ingress: NotRequired[bool]
    """True adds a NetworkPolicy that lets Knative Serving in, for a namespace that denies by default."""
    labels: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Labels of every object and pod."""
    annotations: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Annotations of every object."""
    node: NotRequired[str]
    """Its node in the estate's graph; default: Function/NAME."""
    timeouts: NotRequired[TimeoutsArgs]
    """Deadlines in place of the defaults."""


class Function(Component):
    """A Knative Service, awaited until it is Ready, with its schedules."""

    name: pulumi.Output[str]
    """Name of the Knative Service."""
    url: pulumi.Output[str]
    """URL by which it is called."""
    internal_url: pulumi.Output[str]
    """URL inside the Supervisor."""

    def __init__(self, name: str, args: FunctionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        args = checked(FunctionArgs, args, f"Function {name}")
        super().__init__("pacific:index:Function", name, args, opts)
        object_name = args.get("name") or name.rpartition("/")[2]
        namespace = args["namespace"]
        secrets = {
            secret_key(args["container"]["name"], variable): pulumi.Output.secret(value)
            for variable, value in args["container"].get("secret_environment", {}).items()
        }
        needed: list[pulumi.Resource] = []
        if secrets:
            environment = KubernetesObject(
                "v1",
                "Secret",
                f"{name}-environment",
                metadata=self._metadata(f"{object_name}-environment", namespace),
                fields={"stringData": secrets},
                opts=self._child(delete_deadline=DELETE_DEADLINE, additional_secret_outputs=["data"]),
            )
            needed.append(environment)
        if args.get("allow_ingress"):
            policy = KubernetesObject(
                "networking.k8s.io/v1",
                "NetworkPolicy",
                f"{name}-network-policy",
                metadata=self._metadata(object_name, namespace),
                fields={"spec": ingress_spec(object_name)},
                opts=self._child(delete_deadline=DELETE_DEADLINE),
            )
            needed.append(policy)
        labels = {"networking.knative.dev/visibility": "cluster-local"} if args.get("internal") else {}
        service = KubernetesObject(
            _SERVICE,
            "Service",
            f"{name}-service",
            metadata=self._metadata(object_name, namespace, labels=labels, annotations=_READY),
            fields={"spec": {"template": self._template(args, object_name, secrets)}},
            opts=self._child(deadline=DEADLINE, depends_on=needed),
        )
        for schedule in args.get("schedules", ()):
            KubernetesObject(
                "sources.knative.dev/v1",
                "PingSource",
                f"{name}-{schedule['name']}",
                metadata=self._metadata(f"{object_name}-{schedule['name']}", namespace, annotations=_READY),
                fields={"spec": ping_spec(schedule, object_name)},
                opts=self._child(deadline=DEADLINE, depends_on=[service]),
            )
        self.name = service.metadata.apply(lambda metadata: str(metadata["name"]))
        self.url = service.status.apply(lambda status: str((status or {}).get("url", "")))
        self.internal_url = service.status.apply(
            lambda status: str(((status or {}).get("address") or {}).get("url", ""))
        )
        self.register_outputs({"name": self.name, "url": self.url, "internal_url": self.internal_url})

    def _template(
        self, args: FunctionArgs, object_name: str, secrets: Mapping[str, pulumi.Output[str]]
    ) -> dict[str, Any]:
        """The template of revisions. A digest of the secret environment makes a new one when that changes."""
        annotations: dict[str, Any] = {"autoscaling.knative.dev/min-scale": str(args.get("min_scale", 0))}
        annotations["autoscaling.knative.dev/max-scale"] = str(args.get("max_scale", 0))
        if "idle_seconds" in args:
            annotations["autoscaling.knative.dev/window"] = f"{args['idle_seconds']}s"
        if secrets:
            fingerprint = pulumi.Output.json_dumps(secrets).apply(lambda text: secret_digest(text, object_name))
            # Secret, it would hide the whole template in every diff.
            annotations["pacific.infra/config-digest"] = pulumi.Output.unsecret(fingerprint)
        spec = function_pod_spec(args["container"], f"{object_name}-environment" if secrets else None)
        spec["containerConcurrency"] = args.get("concurrency", 0)
        spec["timeoutSeconds"] = args.get("timeout_seconds", 300)
        return {"metadata": {"labels": dict(self._labels), "annotations": annotations}, "spec": spec}


def function_pod_spec(container: ContainerArgs, secret_name: str | None) -> dict[str, Any]:
    """The pod as Knative takes it: without a security context of its own, so the container has all of it.

    Source: pkg/apis/serving/fieldmask.go of github.com/knative/serving.
    """
    pod: PodArgs = {"containers": [container]}
    if secret_name is not None:
        pod["secret_name"] = secret_name
    (only,) = pod_spec(pod)["containers"]
    context = {"runAsNonRoot": True, **only["securityContext"], "seccompProfile": {"type": "RuntimeDefault"}}
    return {"automountServiceAccountToken": False, "containers": [{**only, "securityContext": context}]}


def ping_spec(schedule: ScheduleArgs, function: str) -> dict[str, Any]:
    """The spec of the PingSource that calls ``function``."""
    spec: dict[str, Any] = {
        "schedule": schedule["schedule"],
        "contentType": schedule.get("content_type", "application/json"),
        "sink": {"ref": {"apiVersion": _SERVICE, "kind": "Service", "name": function}},
    }
    if schedule.get("data"):
        spec["data"] = schedule["data"]
    return spec


def ingress_spec(function: str) -> dict[str, Any]:
    """The NetworkPolicy that lets in Knative Serving, through which every request comes."""
    serving = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "knative-serving"}}}
    selector = {"matchLabels": {"serving.knative.dev/service": function}}
    return {"podSelector": selector, "policyTypes": ["Ingress"], "ingress": [{"from": [serving]}]}
