"""The load balancer of a SupervisorCluster, of every make."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from pacific_infra.documents.addresses import Host, Network, Port
from pacific_infra.documents.marks import PLAIN
from pacific_infra.documents.model import CheckedModel, Listed, Model
from pacific_infra.documents.names import InventoryName, Label
from pacific_infra.documents.problems import Problem, repeated
from pacific_infra.documents.stack_secret import StackSecret
from pacific_infra.documents.supervisor_network import Addressing, AddressRange, NetworkServices


class Endpoint(Model):
    """A server's address and port."""

    host: Host
    """Name or address."""
    port: Port
    """TCP port."""


class HaProxy(Model):
    """An HAProxy appliance that serves as load balancer."""

    servers: Listed[Endpoint] = Field(min_length=1)
    """Its data plane APIs."""
    username: str
    """User of the data plane API."""
    password: StackSecret
    """The user's password."""
    certificate_authority: str
    """Certificates that vouch for the servers, PEM."""


class NsxAdvanced(Model):
    """An NSX Advanced Load Balancer (Avi) controller."""

    server: Endpoint
    """The controller."""
    username: str
    """User of the controller."""
    password: StackSecret
    """The user's password."""
    certificate_authority: str
    """Certificates that vouch for the controller, PEM."""
    cloud_name: str | None = None
    """The controller's cloud; default: Default-Cloud."""


class NsxEdge(CheckedModel):
    """NSX's own load balancer, of a workload network of NSXT."""

    edge_cluster: str | None = None
    """Identifier of the NSX edge cluster; default: vCenter's choice."""
    tier0_gateway: str | None = None
    """Identifier of the tier-0 gateway; default: vCenter's choice."""
    routing_mode: Literal["ROUTED", "NAT"] | None = None
    """How addresses leave the Supervisor: as they are, or translated; default: vCenter's, NAT."""
    egress_ranges: Listed[AddressRange] = ()
    """Addresses for what leaves the Supervisor; needed by NAT."""
    load_balancer_size: Literal["SMALL", "MEDIUM", "LARGE"] | None = None
    """Size of the load balancers; default: vCenter's, SMALL."""
    default_ingress_certificate: str | None = None
    """Certificate of the default Ingress, PEM."""
    default_ingress_private_key: StackSecret | None = None
    """Private key of that certificate, PEM (vCenter 9.0); default: the one of vCenter's own signing request."""

    def problems(self) -> Iterator[Problem]:
        if self.routing_mode == "NAT" and not self.egress_ranges:
            yield Problem(
                "routingMode NAT has no egressRanges", fix="add egressRanges: [{start: 10.0.1.10, count: 16}]"
            )
        if self.routing_mode == "ROUTED" and self.egress_ranges:
            problem = "egressRanges is not allowed with routingMode ROUTED"
            yield Problem(problem, ("egressRanges",), fix="remove egressRanges, or set routingMode: NAT")


class FoundationInterface(CheckedModel):
    """A network interface of vSphere's own load balancer."""

    personas: Listed[Literal["MANAGEMENT", "WORKLOAD", "FRONTEND"]] = Field(min_length=1)
    """What it serves."""
    type: Annotated[Literal["SUPERVISOR_MANAGEMENT", "PRIMARY_WORKLOAD", "DVPG"], PLAIN]
    """What it is connected to: one of the Supervisor's networks, or the port group in `network`."""
    name: Label | None = None
    """DVPG: the Supervisor's name for the network; default: `network`."""
    network: InventoryName | None = None
    """DVPG: the distributed port group, by name or identifier."""
    addressing: Addressing | None = None
    """DVPG: how the interface gets its addresses; default: by DHCP."""

    def problems(self) -> Iterator[Problem]:
        yield from repeated("personas", self.personas)
        if self.type == "DVPG" and self.network is None:
            yield Problem("an interface of type DVPG has no network", fix="add network")
        for field, value in (("name", self.name), ("network", self.network), ("addressing", self.addressing)):
            if self.type != "DVPG" and value is not None:
                problem = f"an interface of type {self.type} does not allow {field}"
                yield Problem(problem, (field,), fix=f"remove {field}, or set type: DVPG")


class Syslog(Model):
    """Where a load balancer's logs go."""

    endpoint: str
    """Address of the syslog server, such as logs.example.com:514."""
    certificate_authority: str | None = None
    """Certificates that vouch for the server, PEM."""


class Foundation(CheckedModel):
    """vSphere's own load balancer, which vCenter deploys (vSphere 9)."""

    size: Literal["SMALL", "MEDIUM", "LARGE", "X_LARGE"] = "SMALL"
    """Size of its machines."""
    availability: Literal["ACTIVE_PASSIVE", "SINGLE_NODE"] = "ACTIVE_PASSIVE"
    """Two machines, or one."""
    storage_policy: InventoryName | None = None
    """Storage policy of its machines."""
    zones: Listed[Label] = ()
    """vSphere Zones of its machines, by name; default: the Supervisor's."""
    interfaces: Listed[FoundationInterface] = ()
    """Its network interfaces; default: vCenter's choice."""
    services: NetworkServices = NetworkServices()
    """Name and time servers."""
    syslog: Syslog | None = None
    """Where its logs go."""
    vip_subnets: Listed[Network] = ()
    """Subnets of its addresses that are not in the subnet of its frontend, such as 192.168.0.0/24."""

    def problems(self) -> Iterator[Problem]:
        yield from repeated("zones", self.zones)
        yield from repeated("vipSubnets", self.vip_subnets)


_NEEDS_SETTINGS = ("HAPROXY", "NSX_ADVANCED")
"""Makes that vCenter cannot reach without them."""


class LoadBalancer(CheckedModel):
    """What answers Services of type LoadBalancer."""

    name: Label | None = None
    """The Supervisor's name for it; cannot change."""
    provider: Annotated[Literal["VSPHERE_FOUNDATION", "HAPROXY", "NSX_ADVANCED", "NSX", "NSX_VPC", "UNMANAGED"], PLAIN]
    """Its make; UNMANAGED is whatever the Supervisor has already, for one that was taken over."""
    address_ranges: Listed[AddressRange] = ()
    """Addresses that it gives to Services."""
    foundation: Foundation | None = None
    """Settings of VSPHERE_FOUNDATION."""
    nsx: NsxEdge | None = None
    """Settings of NSX."""
    haproxy: HaProxy | None = None
    """Settings of HAPROXY."""
    nsx_advanced: NsxAdvanced | None = None
    """Settings of NSX_ADVANCED."""

    def problems(self) -> Iterator[Problem]:
        fields = {
            "VSPHERE_FOUNDATION": ("foundation", self.foundation),
            "NSX": ("nsx", self.nsx),
            "HAPROXY": ("haproxy", self.haproxy),
            "NSX_ADVANCED": ("nsxAdvanced", self.nsx_advanced),
        }
        for provider, (field, value) in fields.items():
            if value is None and provider == self.provider and provider in _NEEDS_SETTINGS:
                yield Problem(f"a load balancer of {provider} has no {field}", fix=f"add {field}")
            elif value is not None and provider != self.provider:
                problem = f"a load balancer of {self.provider} does not allow {field}"
                yield Problem(problem, (field,), fix=f"remove {field}, or set provider: {provider}")
        for field, entry in (("name", self.name), ("addressRanges", self.address_ranges)):
            if self.provider == "UNMANAGED" and entry:
                yield Problem(f"a load balancer of UNMANAGED does not allow {field}", (field,), fix=f"remove {field}")
        if self.provider == "HAPROXY" and not self.address_ranges:
            yield Problem("a load balancer of HAPROXY has no addressRanges", fix="add addressRanges")
