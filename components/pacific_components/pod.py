"""The pod of a CRX workload: typed arguments, and the pod spec that Kubernetes takes.

Kubernetes' own words in snake_case; https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/ says
what they mean. Every pod is a virtual machine of its own (vSphere Pod, CRX).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypedDict

import pulumi


class ContainerPortArgs(TypedDict):
    """A port that a container listens on."""

    name: NotRequired[str]
    """Name by which a service's ``target_port`` and probes refer to it."""
    container_port: int
    """Number of the port."""
    protocol: NotRequired[Literal["TCP", "UDP", "SCTP"]]
    """TCP (default), UDP or SCTP."""


class ResourcesArgs(TypedDict):
    """CPU and memory of a container; the sum over the containers is the size of the pod's virtual machine."""

    requests: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Reserved, for example ``{"cpu": "250m", "memory": "128Mi"}``."""
    limits: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Not to be exceeded."""


class HttpGetArgs(TypedDict):
    """A probe by HTTP: a status of 200 to 399 passes."""

    path: NotRequired[str]
    """Path to ask for; default: /."""
    port: str
    """Port of the container, by number or name."""
    scheme: NotRequired[Literal["HTTP", "HTTPS"]]
    """HTTP (default) or HTTPS."""


class TcpSocketArgs(TypedDict):
    """A probe by a TCP connection: that it opens passes."""

    port: str
    """Port of the container, by number or name."""


class ExecArgs(TypedDict):
    """A probe by a command in the container: exit code 0 passes."""

    command: Sequence[str]
    """The program and its arguments; no shell."""


class ProbeArgs(TypedDict):
    """A question that the container must answer again and again; exactly one way to ask."""

    http_get: NotRequired[HttpGetArgs]
    """Ask by HTTP."""
    tcp_socket: NotRequired[TcpSocketArgs]
    """Ask by a TCP connection."""
    exec: NotRequired[ExecArgs]
    """Ask by a command."""
    initial_delay_seconds: NotRequired[int]
    """Seconds until the first question."""
    period_seconds: NotRequired[int]
    """Seconds between questions."""
    timeout_seconds: NotRequired[int]
    """Seconds to wait for an answer."""
    success_threshold: NotRequired[int]
    """Answers in a row that pass it."""
    failure_threshold: NotRequired[int]
    """Failures in a row that fail it."""


class VolumeMountArgs(TypedDict):
    """Where a container sees a volume."""

    name: str
    """Name of the volume."""
    mount_path: str
    """Folder in the container."""
    sub_path: NotRequired[str]
    """Folder of the volume to mount in place of its root."""
    read_only: NotRequired[bool]
    """True: it cannot be written."""


class SecurityContextArgs(TypedDict):
    """What differs from the Pod Security Standard restricted, which is the default."""

    run_as_non_root: NotRequired[bool]
    """False allows root; default True."""
    run_as_user: NotRequired[int]
    """User id; default: the image's."""
    run_as_group: NotRequired[int]
    """Group id; default: the image's."""
    read_only_root_filesystem: NotRequired[bool]
    """True: only volumes can be written."""
    allow_privilege_escalation: NotRequired[bool]
    """True allows setuid and the like; default False."""
    add_capabilities: NotRequired[Sequence[str]]
    """Capabilities to keep when all others are dropped, for example NET_BIND_SERVICE."""


class KeyReferenceArgs(TypedDict):
    """A key of a Secret or ConfigMap that somebody else made in the namespace."""

    name: pulumi.Input[str]
    """Name of the object."""
    key: str
    """The key in it."""


class ContainerArgs(TypedDict):
    """One container of the pod."""

    name: str
    """Name, unique in the pod."""
    image: pulumi.Input[str]
    """Image with tag or digest."""
    command: NotRequired[Sequence[pulumi.Input[str]]]
    """In place of the image's entry point."""
    args: NotRequired[Sequence[pulumi.Input[str]]]
    """In place of the image's arguments."""
    working_dir: NotRequired[str]
    """In place of the image's working directory."""
    ports: NotRequired[Sequence[ContainerPortArgs]]
    """Ports that it listens on."""
    environment: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Environment variables; values may be outputs of other resources."""
    secret_environment: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Environment variables that are secret: they go through a Secret and are secret in Pulumi's state."""
    environment_from_secrets: NotRequired[Mapping[str, KeyReferenceArgs]]
    """Environment variables whose values lie in a Secret of the namespace."""
    environment_from_config_maps: NotRequired[Mapping[str, KeyReferenceArgs]]
    """Environment variables whose values lie in a ConfigMap of the namespace."""
    resources: NotRequired[ResourcesArgs]
    """CPU and memory."""
    volume_mounts: NotRequired[Sequence[VolumeMountArgs]]
    """Volumes that it sees."""
    readiness_probe: NotRequired[ProbeArgs]
    """When it serves."""
    liveness_probe: NotRequired[ProbeArgs]
    """When it must be started anew."""
    startup_probe: NotRequired[ProbeArgs]
    """When it has started; the other probes wait for that."""
    security_context: NotRequired[SecurityContextArgs]
    """What differs from the restricted default."""


class PodArgs(TypedDict):
    """What the pod spec is made of, once the names of the objects around it are known."""

    containers: Sequence[ContainerArgs]
    """Containers."""
    init_containers: NotRequired[Sequence[ContainerArgs]]
    """Containers that end before the others start."""
    volumes: NotRequired[Sequence[Mapping[str, Any]]]
    """Volumes as Kubernetes spells them."""
    service_account: NotRequired[str]
    """ServiceAccount whose token the pod gets; without it no token is mounted."""
    restart_policy: NotRequired[str]
    """Always (default), OnFailure or Never."""
    termination_grace_period_seconds: NotRequired[int]
    """Seconds between the request to stop and the end."""
    secret_name: NotRequired[str]
    """Secret that holds the secret environment of all containers."""


def pod_spec(args: PodArgs) -> dict[str, Any]:
    """The pod spec in the API's spelling."""
    spec: dict[str, Any] = {
        "automountServiceAccountToken": "service_account" in args,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [_container(container, args.get("secret_name")) for container in args["containers"]],
    }
    if args.get("init_containers"):
        spec["initContainers"] = [_container(one, args.get("secret_name")) for one in args["init_containers"]]
    if args.get("volumes"):
        spec["volumes"] = list(args["volumes"])
    if "service_account" in args:
        spec["serviceAccountName"] = args["service_account"]
    if "restart_policy" in args:
        spec["restartPolicy"] = args["restart_policy"]
    if "termination_grace_period_seconds" in args:
        spec["terminationGracePeriodSeconds"] = args["termination_grace_period_seconds"]
    return spec


def secret_key(container: str, variable: str) -> str:
    """Key of a secret environment variable in the workload's Secret."""
    return f"{container}.{variable}"


def port_reference(port: str) -> int | str:
    """A port or amount given as text, as the number or the text that Kubernetes distinguishes (IntOrString)."""
    return int(port) if port.isdigit() else port


def _container(container: ContainerArgs, secret_name: str | None) -> dict[str, Any]:
    spec: dict[str, Any] = {"name": container["name"], "image": container["image"]}
    for key in ("command", "args", "working_dir", "resources", "volume_mounts"):
        if container.get(key):
            spec[_camel(key)] = _wire(container[key])
    if container.get("ports"):
        spec["ports"] = [{"protocol": "TCP", **_wire(port)} for port in container["ports"]]
    environment = _environment(container, secret_name)
    if environment:
        spec["env"] = environment
    for key in ("readiness_probe", "liveness_probe", "startup_probe"):
        if key in container:
            spec[_camel(key)] = _probe(container[key])  # type: ignore[literal-required]
    spec["securityContext"] = _security_context(container.get("security_context") or {})
    return spec


def _security_context(given: SecurityContextArgs) -> dict[str, Any]:
    capabilities: dict[str, Any] = {"drop": ["ALL"]}
    if given.get("add_capabilities"):
        capabilities["add"] = list(given["add_capabilities"])
    rest = {key: value for key, value in given.items() if key != "add_capabilities"}
    return {"allowPrivilegeEscalation": False, **_wire(rest), "capabilities": capabilities}


def _environment(container: ContainerArgs, secret_name: str | None) -> list[dict[str, Any]]:
    def from_key(kind: str, name: pulumi.Input[str] | None, key: str) -> dict[str, Any]:
        return {kind: {"name": name, "key": key}}

    plain = [{"name": name, "value": value} for name, value in container.get("environment", {}).items()]
    sources = {
        name: from_key("secretKeyRef", secret_name, secret_key(container["name"], name))
        for name in container.get("secret_environment", {})
    }
    for name, reference in container.get("environment_from_secrets", {}).items():
        sources[name] = from_key("secretKeyRef", reference["name"], reference["key"])
    for name, reference in container.get("environment_from_config_maps", {}).items():
        sources[name] = from_key("configMapKeyRef", reference["name"], reference["key"])
    return plain + [{"name": name, "valueFrom": source} for name, source in sources.items()]


def _probe(probe: ProbeArgs) -> dict[str, Any]:
    spec: dict[str, Any] = _wire(probe)
    for way in ("httpGet", "tcpSocket"):
        if way in spec:
            spec[way]["port"] = port_reference(spec[way]["port"])
    if "httpGet" in spec:
        spec["httpGet"] = {"path": "/", "scheme": "HTTP", **spec["httpGet"]}
    return spec


def _camel(key: str) -> str:
    return re.sub(r"_([a-z])", lambda match: match.group(1).upper(), key)


def _wire(value: Any) -> Any:
    """``value`` with the API's spelling of its keys."""
    if isinstance(value, Mapping):
        return {_camel(key): _wire(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_wire(item) for item in value]
    return value
