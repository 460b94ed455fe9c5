"""Questions that a container must answer, and what is done when it starts and stops."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from pacific_infra.documents.addresses import Port, PortReference
from pacific_infra.documents.model import CheckedModel, Listed, Model
from pacific_infra.documents.numbers import Count, PositiveCount
from pacific_infra.documents.problems import Problem


class HttpGet(Model):
    """A probe by HTTP: a status of 200 to 399 passes."""

    path: str = Field(default="/", pattern="^/")
    """Path to ask for."""
    port: PortReference
    """Port of the container, by number or name."""
    scheme: Literal["HTTP", "HTTPS"] = "HTTP"
    """HTTP, or HTTPS of which the certificate is not verified."""


class TcpSocket(Model):
    """A probe by a TCP connection: that it opens passes."""

    port: PortReference
    """Port of the container, by number or name."""


class ExecuteCommand(Model):
    """A probe by a command in the container: exit code 0 passes."""

    command: Listed[str] = Field(min_length=1)
    """The program and its arguments; no shell."""


class Grpc(Model):
    """A probe by gRPC's health service: that it says SERVING passes."""

    port: Port
    """Port of the container, by number."""
    service: str | None = None
    """Name of the service to ask about; default: the server as a whole."""


class Probe(CheckedModel):
    """A question that the container must answer again and again."""

    http_get: HttpGet | None = None
    """Ask by HTTP; or give `tcpSocket`, `grpc` or `exec`."""
    tcp_socket: TcpSocket | None = None
    """Ask by a TCP connection."""
    grpc: Grpc | None = None
    """Ask by gRPC's health service."""
    exec: ExecuteCommand | None = None
    """Ask by a command."""
    initial_delay_seconds: Count = 0
    """Seconds from the container's start to the first question."""
    period_seconds: PositiveCount = 10
    """Seconds between questions."""
    timeout_seconds: PositiveCount = 1
    """Seconds to wait for an answer."""
    success_threshold: PositiveCount = 1
    """Answers in a row that pass it."""
    failure_threshold: PositiveCount = 3
    """Failures in a row that fail it."""

    def problems(self) -> Iterator[Problem]:
        probes = [value for value in (self.http_get, self.tcp_socket, self.grpc, self.exec) if value is not None]
        if len(probes) != 1:
            allowed = "httpGet, tcpSocket, grpc, exec"
            yield Problem("a probe asks in one way", allowed=allowed, fix="give one of the four")


class Sleep(Model):
    """A pause."""

    seconds: PositiveCount
    """How long."""


class Hook(CheckedModel):
    """What is done at a moment of the container's life."""

    exec: ExecuteCommand | None = None
    """Run a command in the container; or give `httpGet` or `sleep`."""
    http_get: HttpGet | None = None
    """Ask the container by HTTP."""
    sleep: Sleep | None = None
    """Wait, such as for load balancers to notice that the pod stops."""

    def problems(self) -> Iterator[Problem]:
        if sum(value is not None for value in (self.exec, self.http_get, self.sleep)) != 1:
            allowed = "exec, httpGet, sleep"
            yield Problem("a hook does one thing", allowed=allowed, fix="give one of the three")


class Lifecycle(Model):
    """What is done when the container has started, and before it is stopped."""

    post_start: Hook | None = None
    """Done right after its start; the container is not Ready before that ends, and is stopped where it fails."""
    pre_stop: Hook | None = None
    """Done before it is asked to stop; it counts in `terminationGracePeriodSeconds`."""
