"""The pod spec that Kubernetes takes for the containers of a document.

https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/ says what its fields mean. Every pod is a
virtual machine of its own (vSphere Pod, CRX).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

from pacific_components.validation import SecretValue
from pacific_components.values import api_fields, applied, is_empty, port_reference
from pacific_infra.documents.container import Container, Probe, SecurityContext
from pacific_infra.documents.environment import ConfigMapKeyReference, SecretKeyReference


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
    termination_grace_period_seconds: int | None = None
    secret_name: str | None = None
    """Secret that holds the secret environment of all containers."""


def pod_spec(pod: Pod) -> dict[str, Any]:
    """The pod spec in the API's spelling."""
    spec: dict[str, Any] = {
        "automountServiceAccountToken": pod.service_account is not None,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [_container(container, pod.secret_name) for container in pod.containers],
    }
    if pod.init_containers:
        spec["initContainers"] = [_container(container, pod.secret_name) for container in pod.init_containers]
    if pod.volumes:
        spec["volumes"] = list(pod.volumes)
    optional = {
        "serviceAccountName": pod.service_account,
        "restartPolicy": pod.restart_policy,
        "terminationGracePeriodSeconds": pod.termination_grace_period_seconds,
    }
    return spec | {name: value for name, value in optional.items() if value is not None}


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
    if resources := {name: amounts for name, amounts in api_fields(container.resources).items() if amounts}:
        spec["resources"] = resources
    if environment := _environment(container, secret_name):
        spec["env"] = environment
    probes = {
        "readinessProbe": container.readiness_probe,
        "livenessProbe": container.liveness_probe,
        "startupProbe": container.startup_probe,
    }
    spec |= {name: _probe(probe) for name, probe in probes.items() if probe is not None}
    if container.volume_mounts:
        spec["volumeMounts"] = [api_fields(mount) for mount in container.volume_mounts]
    spec["securityContext"] = _security_context(container.security_context)
    return spec


def _list(value: Sequence[str]) -> Any:
    return value if isinstance(value, pulumi.Output) else list(value)


def _security_context(context: SecurityContext) -> dict[str, Any]:
    capabilities: dict[str, Any] = {"drop": ["ALL"]}
    if not is_empty(context.capabilities.add):
        capabilities["add"] = _list(context.capabilities.add)
    return {**api_fields(context, without=("capabilities",)), "capabilities": capabilities}


def _environment(container: Container, secret_name: str | None) -> list[dict[str, Any]]:
    """Values first, then what comes from Secrets and ConfigMaps: the order is part of the pod template."""
    values, secrets, of_secrets, of_config_maps = [], [], [], []
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
        else:
            values.append({"name": name, "value": value})
    return [*values, *secrets, *of_secrets, *of_config_maps]


def _probe(probe: Probe) -> dict[str, Any]:
    spec = api_fields(probe)
    for way in ("httpGet", "tcpSocket"):
        if way in spec:
            spec[way]["port"] = applied(port_reference, spec[way]["port"])
    return spec
