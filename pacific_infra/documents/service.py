"""The network service of a workload or VM."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from pacific_infra.documents.addresses import Address, Network, Port, PortReference
from pacific_infra.documents.marks import PLAIN
from pacific_infra.documents.model import CheckedModel, Listed
from pacific_infra.documents.names import Annotations, PortName
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
    annotations: Annotations = Field(default_factory=dict)
    """Annotations of the service, such as those by which load balancers take settings."""
    headless: Annotated[bool, PLAIN] = False
    """ClusterIP: whether it has no address, and its name stands for the addresses of all pods."""
    address: Address | None = None
    """LoadBalancer: the address that it is to have, one of the load balancer's that is free; default: any of these."""
    load_balancer_class: str | None = Field(default=None, min_length=1)
    """LoadBalancer: which load balancer serves it, where there is more than the Supervisor's own. Kubernetes
    takes no other one while the service is there."""
    load_balancer_source_ranges: Listed[Network] = ()
    """LoadBalancer: networks from which it may be reached, such as 10.0.0.0/8; default: all."""
    external_traffic_policy: Literal["Cluster", "Local"] | None = None
    """LoadBalancer: Cluster, any node takes a request; Local, only nodes with a pod, which see the client's address.
    Default Cluster."""
    session_affinity: Literal["ClientIP"] | None = None
    """ClientIP: requests of one client go to one pod; default: to any."""
    session_affinity_seconds: int | None = Field(default=None, ge=1, le=86400)
    """Seconds after a client's last request for which that holds; default 10800."""

    def problems(self) -> Iterator[Problem]:
        yield from self._problems_of_type()
        if self.session_affinity_seconds is not None and self.session_affinity is None:
            fix = "add sessionAffinity: ClientIP"
            yield Problem("without sessionAffinity this has no effect", ("sessionAffinitySeconds",), fix=fix)
        yield from self._port_problems()

    def _problems_of_type(self) -> Iterator[Problem]:
        only = {
            "headless": (self.headless, "ClusterIP"),
            "address": (self.address is not None, "LoadBalancer"),
            "loadBalancerClass": (self.load_balancer_class is not None, "LoadBalancer"),
            "loadBalancerSourceRanges": (bool(self.load_balancer_source_ranges), "LoadBalancer"),
            "externalTrafficPolicy": (self.external_traffic_policy is not None, "LoadBalancer"),
        }
        for field, (is_set, of_type) in only.items():
            if is_set and self.type != of_type:
                fix = f"remove {field}, or set type: {of_type}"
                yield Problem(f"a service of type {self.type} has no {field}", (field,), fix=fix)

    def problems_of_machine(self) -> Iterator[Problem]:
        """What a VirtualMachineService cannot say of it."""
        fields = {
            "loadBalancerClass": self.load_balancer_class,
            "sessionAffinity": self.session_affinity,
        }
        for field, value in fields.items():
            if value is not None:
                yield Problem(f"a VM's service has no {field}", (field,), value, fix=f"remove {field}")

    def _port_problems(self) -> Iterator[Problem]:
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
