"""The pod spec that Kubernetes takes for the containers of a document.

https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/ says what its fields mean. Every pod is a
virtual machine of its own (vSphere Pod, CRX).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

from pacific_components.validation import SecretValue
from pacific_components.values import api_fields, applied, is_empty, port_reference, without_none
from pacific_infra.documents.container import Container, Resources, SecurityContext
from pacific_infra.documents.environment import (
    ConfigMapKeyReference,
    EnvironmentSource,
    FieldReference,
    ResourceReference,
    SecretKeyReference,
)
from pacific_infra.documents.pod_fields import PodFields, PodSecurityContext
from pacific_infra.documents.pod_template import TYPE
from pacific_infra.documents.probe import Probe
from pacific_infra.documents.strategic_merge import merge_keys_of, merged


@dataclass(frozen=True)
class Pod:
    """What a pod is made of, once the names of the objects around it are known."""

    containers: Sequence[Container]
    init_containers: Sequence[Container] = ()
    volumes: Sequence[Mapping[str, Any]] = field(default=())
    """Volumes as Kubernetes spells them."""
    service_account: str | None = None
    """ServiceAccount whose token the pod gets; without it no token is mounted."""
    restart_policy: str | None = None
    """Always (default), OnFailure or Never."""
    secret_name: str | None = None
    """Secret that holds the secret environment of all containers."""
    fields: PodFields | None = None
    """What its document says of it besides."""
    selector: Mapping[str, str] = field(default_factory=dict)
    """Labels that it has and no other pod."""


def pod_template(pod: Pod, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The pod template in the API's spelling, with the document's own ``podTemplate`` over it."""
    template = {"metadata": metadata, "spec": pod_spec(pod)}
    if pod.fields is None or pod.fields.pod_template is None:
        return template
    return merged(template, pod.fields.pod_template, merge_keys_of(TYPE))


def pod_spec(pod: Pod) -> dict[str, Any]:
    """The pod spec in the API's spelling."""
    security = PodSecurityContext() if pod.fields is None else pod.fields.security_context
    spec: dict[str, Any] = {
        "automountServiceAccountToken": pod.service_account is not None,
        "securityContext": _non_empty(api_fields(security)),
        "containers": [_container(container, pod.secret_name) for container in pod.containers],
    }
    if pod.init_containers:
        spec["initContainers"] = [_container(container, pod.secret_name) for container in pod.init_containers]
    if pod.volumes:
        spec["volumes"] = list(pod.volumes)
    spec |= without_none({"serviceAccountName": pod.service_account, "restartPolicy": pod.restart_policy})
    return spec if pod.fields is None else spec | _placement(pod.fields, pod.selector)


def pull_secrets(names: Sequence[str]) -> list[dict[str, Any]]:
    """``imagePullSecrets`` of a pod."""
    return [{"name": name} for name in names]


def _placement(fields: PodFields, selector: Mapping[str, str]) -> dict[str, Any]:
    of_its_pods = {"labelSelector": {"matchLabels": dict(selector)}}
    values = {
        "terminationGracePeriodSeconds": fields.termination_grace_period_seconds,
        "imagePullSecrets": applied(pull_secrets, fields.image_pull_secrets),
        "nodeSelector": fields.node_selector,
        "affinity": fields.affinity,
        "topologySpreadConstraints": [
            applied(lambda rule: {**of_its_pods, **rule}, rule) for rule in fields.topology_spread_constraints
        ],
        "tolerations": _list(fields.tolerations),
        "priorityClassName": fields.priority_class_name,
        "hostAliases": _list(fields.host_aliases),
        "dnsPolicy": fields.dns_policy,
        "dnsConfig": fields.dns_config,
    }
    return _non_empty(without_none(values))


def _non_empty(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if not (isinstance(value, list | dict) and not value)}


def secret_environment(containers: Iterable[Container]) -> dict[str, pulumi.Output[str]]:
    """The secret values of the containers' environment, by key in the Secret that holds them."""
    return {
        _secret_key(container, variable): value.value
        for container in containers
        for variable, value in container.environment.items()
        if isinstance(value, SecretValue)
    }


def _secret_key(container: Container, variable: str) -> str:
    return f"{container.name}.{variable}"


def _container(container: Container, secret_name: str | None) -> dict[str, Any]:
    spec: dict[str, Any] = {"name": container.name, "image": container.image}
    lists = {"command": container.command, "args": container.arguments}
    spec |= {name: _list(value) for name, value in lists.items() if not is_empty(value)}
    if container.working_directory is not None:
        spec["workingDir"] = container.working_directory
    if container.ports:
        spec["ports"] = [api_fields(port) for port in container.ports]
    if resources := {name: amounts for name, amounts in _resources(container.resources) if amounts}:
        spec["resources"] = resources
    if environment := _environment(container, secret_name):
        spec["env"] = environment
    if container.env_from:
        spec["envFrom"] = [_variables_of(source) for source in container.env_from]
    probes = {
        "readinessProbe": container.readiness_probe,
        "livenessProbe": container.liveness_probe,
        "startupProbe": container.startup_probe,
    }
    spec |= {name: _probe(probe) for name, probe in probes.items() if probe is not None}
    if lifecycle := {name: _with_port(hook) for name, hook in api_fields(container.lifecycle).items()}:
        spec["lifecycle"] = lifecycle
    spec |= without_none({"restartPolicy": container.restart_policy, "imagePullPolicy": container.image_pull_policy})
    if container.volume_mounts:
        spec["volumeMounts"] = [api_fields(mount) for mount in container.volume_mounts]
    spec["securityContext"] = _security_context(container.security_context)
    return spec


def _resources(resources: Resources) -> Iterator[tuple[str, dict[str, Any]]]:
    """Requests and limits by the names that Kubernetes has for resources."""
    names = {"ephemeralStorage": "ephemeral-storage"}
    for part, amounts in api_fields(resources).items():
        yield part, {names.get(name, name): amount for name, amount in amounts.items()}


def _variables_of(source: EnvironmentSource) -> dict[str, Any]:
    field, name = ("secretRef", source.secret) if source.secret is not None else ("configMapRef", source.config_map)
    reference = without_none({"name": name, "optional": source.optional})
    return without_none({"prefix": source.prefix, field: reference})


def _list(value: Sequence[Any]) -> Any:
    return value if isinstance(value, pulumi.Output) else list(value)


def _security_context(context: SecurityContext) -> dict[str, Any]:
    capabilities: dict[str, Any] = {"drop": ["ALL"]}
    if not is_empty(context.capabilities.add):
        capabilities["add"] = _list(context.capabilities.add)
    return {**api_fields(context, without=("capabilities",)), "capabilities": capabilities}


def _environment(container: Container, secret_name: str | None) -> list[dict[str, Any]]:
    """Values first, then what comes from Secrets and ConfigMaps: the order is part of the pod template."""
    values, secrets, of_secrets, of_config_maps, of_pod = [], [], [], [], []
    for name, value in container.environment.items():
        if isinstance(value, SecretValue):
            key = {"name": secret_name, "key": _secret_key(container, name)}
            secrets.append({"name": name, "valueFrom": {"secretKeyRef": key}})
        elif isinstance(value, SecretKeyReference):
            key = {"name": value.secret, "key": value.key}
            of_secrets.append({"name": name, "valueFrom": {"secretKeyRef": key}})
        elif isinstance(value, ConfigMapKeyReference):
            key = {"name": value.config_map, "key": value.key}
            of_config_maps.append({"name": name, "valueFrom": {"configMapKeyRef": key}})
        elif isinstance(value, FieldReference):
            of_pod.append({"name": name, "valueFrom": {"fieldRef": {"fieldPath": value.field}}})
        elif isinstance(value, ResourceReference):
            reference = {"containerName": value.container, "resource": value.resource, "divisor": value.divisor}
            of_pod.append({"name": name, "valueFrom": {"resourceFieldRef": without_none(reference)}})
        else:
            values.append({"name": name, "value": value})
    # Those of the pod come first: others can have them in their text as $(NAME).
    return [*of_pod, *values, *secrets, *of_secrets, *of_config_maps]


def _probe(probe: Probe) -> dict[str, Any]:
    return _with_port(api_fields(probe))


def _with_port(spec: dict[str, Any]) -> dict[str, Any]:
    """A probe or hook with its port as the API distinguishes it."""
    for way in ("httpGet", "tcpSocket"):
        if way in spec:
            spec[way]["port"] = applied(port_reference, spec[way]["port"])
    return spec
