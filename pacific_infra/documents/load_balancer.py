"""The load balancer of a SupervisorCluster, of every make."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from pacific_infra.documents.addresses import Host, Network, Port
from pacific_infra.documents.marks import PLAIN, AtVCenter
from pacific_infra.documents.model import CheckedModel, Listed, Model
from pacific_infra.documents.names import Label, NetworkName, StoragePolicyName, ZoneName
from pacific_infra.documents.problems import Problem, repeated
from pacific_infra.documents.stack_secret import StackSecret
from pacific_infra.documents.supervisor_network import Addressing, AddressRange, NetworkServices
from pacific_infra.documents.units import SAME


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
    certificate_authority: Annotated[str, AtVCenter("certificateAuthorityChain")]
    """Certificates that vouch for the servers, PEM."""


class NsxAdvanced(Model):
    """An NSX Advanced Load Balancer (Avi) controller."""

    server: Endpoint
    """The controller."""
    username: str
    """User of the controller."""
    password: StackSecret
    """The user's password."""
    certificate_authority: Annotated[str, AtVCenter("certificateAuthorityChain")]
    """Certificates that vouch for the controller, PEM."""
    cloud_name: str | None = None
    """The controller's cloud; default: Default-Cloud."""


class NsxEdge(CheckedModel):
    """NSX's own load balancer, of a workload network of NSXT."""

    edge_cluster: Annotated[str | None, AtVCenter("edgeClusterId")] = None
    """Identifier of the NSX edge cluster; default: vCenter's choice."""
    tier0_gateway: Annotated[str | None, AtVCenter("t0Gateway")] = None
    """Identifier of the tier-0 gateway; default: vCenter's choice."""
    routing_mode: Literal["ROUTED", "NAT"] | None = None
    """How addresses leave the Supervisor: as they are, or translated; default: vCenter's, NAT."""
    egress_ranges: Annotated[Listed[AddressRange], AtVCenter("egressIpRanges")] = ()
    """Addresses for what leaves the Supervisor; needed by NAT."""
    load_balancer_size: Literal["SMALL", "MEDIUM", "LARGE"] | None = None
    """Size of the load balancers; default: vCenter's, SMALL."""
    default_ingress_certificate: Annotated[str | None, AtVCenter("defaultIngressTlsCertificate")] = None
    """Certificate of the default Ingress, PEM."""
    default_ingress_private_key: Annotated[StackSecret | None, AtVCenter("defaultIngressTlsPrivateKey")] = None
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
    type: Annotated[
        Literal["SUPERVISOR_MANAGEMENT", "PRIMARY_WORKLOAD", "DVPG"], PLAIN, AtVCenter("network.networkType")
    ]
    """What it is connected to: one of the Supervisor's networks, or the port group in `network`."""
    name: Annotated[Label | None, AtVCenter("network.dvpgNetwork.name", otherwise="network")] = None
    """DVPG: the Supervisor's name for the network; default: `network`."""
    network: Annotated[NetworkName | None, AtVCenter("network.dvpgNetwork.network")] = None
    """DVPG: the distributed port group, by name or identifier."""
    addressing: Annotated[
        Addressing | None,
        AtVCenter(
            fields={
                "mode": AtVCenter(
                    "network.dvpgNetwork.ipam", SAME, otherwise="network", instead=lambda _network: "DHCP"
                ),
                "gateway": AtVCenter("network.dvpgNetwork.ipConfig.gateway"),
                "ranges": AtVCenter("network.dvpgNetwork.ipConfig.ipRanges"),
            }
        ),
    ] = None
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
    certificate_authority: Annotated[str | None, AtVCenter("certificateAuthorityPem")] = None
    """Certificates that vouch for the server, PEM."""


class Foundation(CheckedModel):
    """vSphere's own load balancer, which vCenter deploys (vSphere 9)."""

    size: Annotated[Literal["SMALL", "MEDIUM", "LARGE", "X_LARGE"], AtVCenter("deploymentTarget.deploymentSize")] = (
        "SMALL"
    )
    """Size of its machines."""
    availability: Annotated[Literal["ACTIVE_PASSIVE", "SINGLE_NODE"], AtVCenter("deploymentTarget.availability")] = (
        "ACTIVE_PASSIVE"
    )
    """Two machines, or one."""
    storage_policy: Annotated[StoragePolicyName | None, AtVCenter("deploymentTarget.storagePolicy")] = None
    """Storage policy of its machines."""
    zones: Annotated[Listed[ZoneName], AtVCenter("deploymentTarget.zones")] = ()
    """vSphere Zones of its machines, by name; default: the Supervisor's."""
    interfaces: Listed[FoundationInterface] = ()
    """Its network interfaces; default: vCenter's choice."""
    services: Annotated[NetworkServices, AtVCenter("networkServices")] = NetworkServices()
    """Name and time servers."""
    syslog: Annotated[Syslog | None, AtVCenter("networkServices.syslog")] = None
    """Where its logs go."""
    vip_subnets: Annotated[Listed[Network], AtVCenter(unit=SAME)] = ()
    """Subnets of its addresses that are not in the subnet of its frontend, such as 192.168.0.0/24."""

    def problems(self) -> Iterator[Problem]:
        yield from repeated("zones", self.zones)
        yield from repeated("vipSubnets", self.vip_subnets)


_NEEDS_SETTINGS = ("HAPROXY", "NSX_ADVANCED")
"""Makes that vCenter cannot reach without them."""


class LoadBalancer(CheckedModel):
    """What answers Services of type LoadBalancer."""

    name: Annotated[Label | None, AtVCenter("id")] = None
    """The Supervisor's name for it; cannot change."""
    provider: Annotated[
        Literal["VSPHERE_FOUNDATION", "HAPROXY", "NSX_ADVANCED", "NSX", "NSX_VPC", "UNMANAGED"],
        PLAIN,
        AtVCenter(absent="UNMANAGED"),
    ]
    """Its make; UNMANAGED is whatever the Supervisor has already, for one that was taken over."""
    address_ranges: Annotated[Listed[AddressRange], AtVCenter("loadBalancerAddressRanges")] = ()
    """Addresses that it gives to Services."""
    foundation: Foundation | None = None
    """Settings of VSPHERE_FOUNDATION."""
    nsx: Annotated[
        NsxEdge | None,
        AtVCenter(otherwise="provider", instead=lambda provider: NsxEdge() if provider == "NSX" else None),
    ] = None
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


def load_balancer_of(network_type: str) -> LoadBalancer | None:
    """The load balancer that a workload network brings; None: it brings none."""
    if network_type == "NSX_VPC":
        return LoadBalancer(provider="NSX_VPC")
    return LoadBalancer(provider="NSX") if network_type == "NSXT" else None
