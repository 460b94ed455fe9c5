"""The network service of a workload or VM."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from pacific_infra.documents.addresses import Port, PortReference
from pacific_infra.documents.marks import PLAIN
from pacific_infra.documents.model import CheckedModel, Listed
from pacific_infra.documents.names import PortName
from pacific_infra.documents.problems import Problem

Protocol = Literal["TCP", "UDP", "SCTP"]


class ServicePort(CheckedModel):
    """One port of a service."""

    name: PortName | None = None
    """Name of the port; needed where there is more than one."""
    port: Port
    """The port that clients use."""
    target_port: PortReference | None = None
    """Port of the container, by number or name, or of the VM, by number; default: the same as `port`."""
    protocol: Protocol = "TCP"
    """TCP, UDP or SCTP."""


class Service(CheckedModel):
    """A stable address in front of the workload's pods or of the VM."""

    type: Annotated[Literal["ClusterIP", "LoadBalancer"], PLAIN] = "ClusterIP"
    """ClusterIP: reached inside the Supervisor. LoadBalancer: reached from outside. A Supervisor ignores NodePort."""
    ports: Listed[ServicePort] = Field(min_length=1)
    """Its ports."""

    def problems(self) -> Iterator[Problem]:
        seen: set[tuple[int, str]] = set()
        names: set[str] = set()
        for index, port in enumerate(self.ports):
            if port.name is None and len(self.ports) > 1:
                yield Problem("a service of several ports needs a name for each", ("ports", index), fix="add name")
            if port.name is not None and port.name in names:
                yield Problem("two ports of the service have one name", ("ports", index, "name"), port.name)
            if (port.port, port.protocol) in seen:
                yield Problem("the service has this port twice", ("ports", index, "port"), port.port)
            seen.add((port.port, port.protocol))
            names.add(port.name or "")
