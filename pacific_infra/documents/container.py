"""One container of a CRX workload."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Field

from pacific_infra.documents.addresses import Port
from pacific_infra.documents.environment import (
    Environment,
    EnvironmentSource,
    OutputReference,
    SecretKeyReference,
    SecretReference,
)
from pacific_infra.documents.marks import PLAIN, InPrograms
from pacific_infra.documents.model import CheckedModel, Listed, Model
from pacific_infra.documents.names import Image, Label, MountPath, PortName
from pacific_infra.documents.numbers import Count
from pacific_infra.documents.probe import Lifecycle, Probe
from pacific_infra.documents.problems import Problem
from pacific_infra.documents.quantity import Cores, Memory, parse_quantity
from pacific_infra.documents.service import Protocol
from pacific_infra.documents.source import Path
from pacific_infra.documents.stack_secret import MARK


class ContainerPort(Model):
    """A port that the container listens on."""

    name: Annotated[PortName | None, PLAIN] = None
    """Name by which the service and the probes can call it."""
    container_port: Port
    """The port."""
    protocol: Protocol = "TCP"
    """TCP, UDP or SCTP."""


class ResourceAmounts(Model):
    """An amount of CPU, memory and disk."""

    cpu: Cores | None = None
    """CPU in cores, as a Kubernetes quantity: 250m is a quarter of a core."""
    memory: Memory | None = None
    """Memory, bytes as a Kubernetes quantity."""
    ephemeral_storage: Memory | None = None
    """Disk for logs, `emptyDir` and what the container writes into its own files, bytes as a Kubernetes quantity."""

    @property
    def memory_bytes(self) -> int | None:
        """Memory in bytes."""
        return None if self.memory is None else int(parse_quantity(self.memory))


class Resources(CheckedModel):
    """What the container is sure to get, and the most that it may use."""

    requests: ResourceAmounts = ResourceAmounts()
    """What it is sure to get; the pod is placed where that much is free."""
    limits: ResourceAmounts = ResourceAmounts()
    """The most that it may use; they size the pod's VM."""

    def problems(self) -> Iterator[Problem]:
        for field, request, limit in (
            ("cpu", self.requests.cpu, self.limits.cpu),
            ("memory", self.requests.memory, self.limits.memory),
            ("ephemeralStorage", self.requests.ephemeral_storage, self.limits.ephemeral_storage),
        ):
            if request is not None and limit is not None and parse_quantity(request) > parse_quantity(limit):
                problem = f"the {field} request is above the limit"
                yield Problem(problem, ("requests", field), request, f"{limit} or less")


class VolumeMount(CheckedModel):
    """Where a volume of the workload appears in the container."""

    name: Annotated[Label, PLAIN]
    """Name of the volume."""
    mount_path: MountPath
    """Path in the container."""
    sub_path: str | None = None
    """Path in the volume; default: its root."""
    sub_path_expr: str | None = None
    """The same with variables of the container in it, such as $(POD_NAME)."""
    read_only: bool = False
    """Whether the container may only read."""

    def problems(self) -> Iterator[Problem]:
        for field, path in (("subPath", self.sub_path), ("subPathExpr", self.sub_path_expr)):
            if isinstance(path, str) and (path.startswith("/") or ".." in path.split("/")):
                yield Problem(
                    "this is not a path in the volume", (field,), path, "a path without '/' first and without '..'"
                )
        if self.sub_path is not None and self.sub_path_expr is not None:
            yield Problem("a mount has either subPath or subPathExpr", ("subPathExpr",), fix="remove one of the two")


class Capabilities(Model):
    """Linux capabilities; all others are dropped."""

    add: Listed[str] = ()
    """Capabilities to keep. Pod Security restricted allows NET_BIND_SERVICE only."""


class SeccompProfile(CheckedModel):
    """Which calls of the kernel are let through."""

    type: Literal["RuntimeDefault", "Localhost", "Unconfined"]
    """RuntimeDefault: those that the runtime takes for harmless. Localhost: those of a file of the host. Unconfined:
    all."""
    localhost_profile: str | None = None
    """Localhost: the file."""

    def problems(self) -> Iterator[Problem]:
        if (self.type == "Localhost") != (self.localhost_profile is not None):
            fix = "add localhostProfile" if self.type == "Localhost" else "remove localhostProfile"
            yield Problem("a profile of type Localhost names its file, and only that", fix=fix)


class SecurityContext(Model):
    """What the container may do. The defaults keep the Pod Security Standard restricted."""

    run_as_non_root: bool = True
    """Refuse to run as user 0."""
    run_as_user: Count | None = None
    """User id; default: the image's."""
    run_as_group: Count | None = None
    """Group id; default: the image's."""
    allow_privilege_escalation: bool = False
    """Whether a process may gain more rights than its parent."""
    read_only_root_filesystem: bool = False
    """Whether the image's own files are read-only."""
    capabilities: Capabilities = Capabilities()
    """Linux capabilities."""
    seccomp_profile: SeccompProfile | None = None
    """Which calls of the kernel are let through; default: the pod's."""


class Container(CheckedModel):
    """One container."""

    name: Annotated[Label, PLAIN]
    """Name, unique in the workload."""
    image: Image
    """Container image."""
    command: Listed[str] = ()
    """Program to run in place of the image's entry point; no shell."""
    arguments: Listed[str] = Field(default=(), validation_alias="args", serialization_alias="args")
    """Arguments in place of the image's."""
    working_directory: str | None = Field(default=None, validation_alias="workingDir", serialization_alias="workingDir")
    """Working directory in place of the image's."""
    ports: Listed[ContainerPort] = ()
    """Ports that it listens on."""
    resources: Resources = Resources()
    """CPU and memory; what is absent comes from the namespace's `defaults`."""
    environment: Annotated[
        Environment,
        InPrograms(
            "Environment variables: text, which may be an output, `{secret: name, key: key}` or "
            "`{configMap: name, key: key}` of the same namespace, and of the pod itself `{field: metadata.name}` and "
            "`{resource: limits.memory}`."
        ),
    ] = Field(default_factory=dict)
    """Environment variables: text, `{from: Kind/name, output: address}`, `{config: KEY}` or `{template: text}` with
    secrets of the stack's configuration, `{secret: name, key: key}` or `{configMap: name, key: key}`; of the pod itself
    `{field: metadata.name}` and `{resource: limits.memory}`."""
    env_from: Listed[EnvironmentSource] = ()
    """Secrets and ConfigMaps of which every key becomes a variable. Variables of `environment` come before them."""
    readiness_probe: Probe | None = None
    """Whether it can serve; the service leaves out pods that fail."""
    liveness_probe: Probe | None = None
    """Whether it lives; it is started anew where that fails."""
    startup_probe: Probe | None = None
    """Whether it has started; the other probes wait for that."""
    lifecycle: Lifecycle = Lifecycle()
    """What is done when it has started, and before it is stopped."""
    restart_policy: Annotated[Literal["Always"] | None, PLAIN] = None
    """Always, in `initContainers`: a sidecar. It starts in its turn, goes on beside the containers and stops after
    them. The next one starts once its startupProbe has passed."""
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = None
    """When the image is fetched; default: Always for the tag latest and no tag, else IfNotPresent."""
    volume_mounts: Listed[VolumeMount] = ()
    """Volumes of the workload and where they appear."""
    security_context: SecurityContext = SecurityContext()
    """What the container may do."""

    def parts_of_running(self) -> Iterator[str]:
        """The fields that are about a container which goes on running."""
        for field, probe in self._probes():
            if probe is not None:
                yield field
        if self.lifecycle.post_start is not None or self.lifecycle.pre_stop is not None:
            yield "lifecycle"

    def _probes(self) -> Sequence[tuple[str, Probe | None]]:
        return (
            ("readinessProbe", self.readiness_probe),
            ("livenessProbe", self.liveness_probe),
            ("startupProbe", self.startup_probe),
        )

    def sources(self) -> Iterator[tuple[Path, str]]:
        """Each document that its variables take something from: where that is said, and the reference to it."""
        for variable, value in self.environment.items():
            if isinstance(value, OutputReference):
                yield ("environment", variable, "from"), value.source
        yield from self.secret_sources()

    def secret_sources(self) -> Iterator[tuple[Path, str]]:
        """Those of them whose controllers make a Secret that the variables are in."""
        for variable, value in self.environment.items():
            if isinstance(value, SecretKeyReference) and value.source is not None:
                yield ("environment", variable, "from"), value.source
        for index, source in enumerate(self.env_from):
            if source.source is not None:
                yield ("envFrom", index, "from"), source.source

    def kubernetes_secrets(self) -> Iterator[SecretReference]:
        """Every Secret that its variables are in."""
        for variable, value in self.environment.items():
            if isinstance(value, SecretKeyReference):
                yield SecretReference(("environment", variable, "key"), value.secret, value.key)
        for index, source in enumerate(self.env_from):
            if source.secret is not None:
                yield SecretReference(("envFrom", index, "secret"), source.secret)

    def problems(self) -> Iterator[Problem]:
        names = [port.name for port in self.ports if port.name is not None]
        yield from _twice("ports", "name", "two ports have one name", [port.name for port in self.ports])
        numbers = [f"{port.container_port}/{port.protocol}" for port in self.ports]
        yield from _twice("ports", "containerPort", "the container has this port twice", numbers)
        for field, probe in self._probes()[1:]:
            if probe is not None and probe.success_threshold > 1:
                problem = "one answer passes this probe: only a readinessProbe has another successThreshold"
                yield Problem(problem, (field, "successThreshold"), probe.success_threshold, "1", "remove it")
        for probe_field, probe in self._probes():
            for way, target in () if probe is None else (("httpGet", probe.http_get), ("tcpSocket", probe.tcp_socket)):
                if target is not None and isinstance(target.port, str) and target.port not in names:
                    where = (probe_field, way, "port")
                    problem, fix = "the container has no port of this name", "add it to ports, or give its number"
                    yield Problem(problem, where, target.port, ", ".join(names), fix)
        for variable, value in self.environment.items():
            if isinstance(value, str) and MARK in value:
                problem = "a secret of the stack's configuration is not put into plain text"
                path = ("environment", variable)
                yield Problem(problem, path, value, fix="write {config: KEY}, or {template: TEXT} around it")
        paths = [mount.mount_path for mount in self.volume_mounts]
        yield from _twice("volumeMounts", "mountPath", "two volumes are mounted here", paths)


def _twice(items: str, field: str, problem: str, values: Sequence[str | None]) -> Iterator[Problem]:
    for index, value in enumerate(values):
        if value is not None and value in values[:index]:
            yield Problem(problem, (items, index, field), value)
