"""Edges of a Supervisor: the load balancer in front of its workloads, of every provider kind.

Follows ``namespace_management.networks.edges`` of the vSphere Automation API 8.0 U3 to 9.1.
"""

from ipaddress import ip_address, ip_network
from itertools import pairwise
from typing import Annotated, ClassVar, Literal, Self

from pydantic import model_validator

from pacific_infra.provider.models.model import V8_0_2, V9_0, Meta, Model, RuleBroken, Unions, described
from pacific_infra.provider.models.supervisor_network import AddressRange, DomainNameService, NetworkTime


class EdgeServer(Model):
    """Address of a load balancer's API."""

    host: str = described("Host name or address.", min_length=1)
    port: int = described("Port, a number.", ge=1, le=65535)


class HaproxyEdge(Model):
    """HAProxy appliances."""

    servers: list[EdgeServer] = described("Data plane API servers.")
    username: str = described("User of the data plane API.")
    password: Annotated[str, Meta(secret=True, write_only=True)] = described("Password of the data plane API.")
    certificate_authority_chain: str = described("PEM bundle that signs the servers' certificates.")


class NsxEdge(Model):
    """An NSX edge cluster."""

    unions: ClassVar[Unions] = {"routing_mode": {"NAT": {"egress_ip_ranges": True}}}

    edge_cluster_id: Annotated[str | None, Meta(wire="edge_cluster_ID")] = described(
        "Identifier of the edge cluster.", default=None
    )
    default_ingress_tls_certificate: Annotated[str | None, Meta(wire="default_ingress_TLS_certificate")] = described(
        "PEM certificate of the default ingress.", default=None
    )
    default_ingress_tls_private_key: Annotated[
        str | None, Meta(secret=True, write_only=True, later=True, since=V9_0)
    ] = described(
        "PEM private key of that certificate; absent: the one that vCenter has made for its signing request. "
        "Set once the Supervisor runs.",
        default=None,
    )
    routing_mode: Literal["ROUTED", "NAT"] | None = described("How addresses leave the Supervisor.", default=None)
    egress_ip_ranges: Annotated[list[AddressRange] | None, Meta(wire="egress_IP_ranges")] = described(
        "Addresses for source NAT.", default=None
    )
    t0_gateway: str | None = described("Identifier of the tier-0 gateway.", default=None)
    load_balancer_size: Literal["SMALL", "MEDIUM", "LARGE"] | None = described(
        "Size of the load balancers.", default=None
    )


class NsxAdvancedEdge(Model):
    """NSX Advanced Load Balancer (Avi)."""

    server: EdgeServer = described("The controller's API server.")
    username: str = described("User of the controller.")
    password: Annotated[str, Meta(secret=True, write_only=True)] = described("Password of the controller.")
    certificate_authority_chain: str = described("PEM bundle that signs the controller's certificate.")
    cloud_name: Annotated[str | None, Meta(since=V8_0_2)] = described(
        "Name of the cloud in the controller.", default=None
    )


class FoundationDeploymentTarget(Model):
    """Where and how large the Foundation Load Balancer is."""

    zones: Annotated[list[str] | None, Meta(key=("",))] = described("vSphere Zones, by name.", default=None)
    storage_policy: Annotated[str | None, Meta(reference="storage policy")] = described(
        "Storage policy, by name or by profile identifier.", default=None
    )
    deployment_size: Literal["SMALL", "MEDIUM", "LARGE", "X_LARGE"] | None = described("Size.", default=None)
    availability: Literal["ACTIVE_PASSIVE", "SINGLE_NODE"] | None = described("Redundancy.", default=None)


class FoundationAddresses(Model):
    """Static addresses of an interface."""

    ip_ranges: list[AddressRange] = described("Ranges of addresses.")
    gateway: str = described("Gateway with its prefix length, for example 10.0.0.1/24.")


class FoundationPortGroup(Model):
    """The distributed port group of an interface."""

    unions: ClassVar[Unions] = {"ipam": {"STATIC": {"ip_config": True}}}

    name: str = described("Name of the interface's network.")
    network: Annotated[str, Meta(reference="network")] = described("Port group, by name or by identifier.")
    ipam: Literal["STATIC", "DHCP"] = described("How addresses are given out.")
    ip_config: FoundationAddresses | None = described("Static addresses.", default=None)


class FoundationNetwork(Model):
    """What an interface is connected to."""

    unions: ClassVar[Unions] = {"network_type": {"DVPG": {"dvpg_network": True}}}

    network_type: Literal["SUPERVISOR_MANAGEMENT", "PRIMARY_WORKLOAD", "DVPG"] = described("Kind of network.")
    dvpg_network: FoundationPortGroup | None = described("Port group of network type DVPG.", default=None)


class FoundationInterface(Model):
    """A network interface of the Foundation Load Balancer."""

    personas: list[Literal["MANAGEMENT", "WORKLOAD", "FRONTEND"]] = described("What the interface serves.")
    network: FoundationNetwork = described("What it is connected to.")


class FoundationSyslog(Model):
    """Where logs go."""

    endpoint: str | None = described("Address of the syslog server.", default=None)
    certificate_authority_pem: str | None = described("PEM bundle that signs its certificate.", default=None)


class FoundationNetworkServices(Model):
    """DNS, NTP and syslog of the Foundation Load Balancer."""

    dns: DomainNameService | None = described("Name servers.", default=None)
    ntp: NetworkTime | None = described("Time servers.", default=None)
    syslog: FoundationSyslog | None = described("Where logs go.", default=None)


class FoundationEdge(Model):
    """vSphere Foundation Load Balancer."""

    deployment_target: FoundationDeploymentTarget | None = described("Where and how large.", default=None)
    interfaces: list[FoundationInterface] | None = described("Network interfaces.", default=None)
    network_services: FoundationNetworkServices | None = described("DNS, NTP and syslog.", default=None)
    vip_subnets: Annotated[list[str] | None, Meta(key=("",), later=True)] = described(
        "Subnets of the load balancer's addresses that are not in the subnet of its frontend, as CIDRs, for example "
        "192.168.0.0/24; set once the Supervisor runs.",
        default=None,
    )

    @model_validator(mode="after")
    def _subnets_are_canonical(self) -> Self:
        for index, subnet in enumerate(self.vip_subnets or ()):
            try:
                ip_network(subnet)
            except ValueError:
                reason = f"got {subnet!r}; allowed: a subnet in its canonical form, for example 192.168.0.0/24"
                raise RuleBroken(f"vipSubnets[{index}]", reason) from None
        return self


class Edge(Model):
    """The load balancer of the Supervisor."""

    unions: ClassVar[Unions] = {
        "provider": {
            "HAPROXY": {"haproxy": True, "load_balancer_address_ranges": True},
            "NSX": {"nsx": True, "load_balancer_address_ranges": False},
            "NSX_ADVANCED": {"nsx_advanced": True, "load_balancer_address_ranges": False},
            "NSX_VPC": {"load_balancer_address_ranges": False},
            "VSPHERE_FOUNDATION": {"foundation": False, "load_balancer_address_ranges": False},
        }
    }

    id: str | None = described("Identifier to give the edge.", default=None)
    provider: Annotated[
        Literal["HAPROXY", "NSX", "NSX_ADVANCED", "NSX_VPC", "VSPHERE_FOUNDATION"] | None,
        Meta(choices_since={"NSX_VPC": V9_0, "VSPHERE_FOUNDATION": V9_0}),
    ] = described("Kind of load balancer.", default=None)
    load_balancer_address_ranges: Annotated[list[AddressRange] | None, Meta(key=("address",))] = described(
        "Addresses of Services, ranges that do not overlap; some can be added to a Supervisor that runs, none taken.",
        default=None,
    )
    haproxy: HaproxyEdge | None = described("Settings of HAPROXY.", default=None)
    nsx: NsxEdge | None = described("Settings of NSX.", default=None)
    nsx_advanced: NsxAdvancedEdge | None = described("Settings of NSX_ADVANCED.", default=None)
    foundation: Annotated[FoundationEdge | None, Meta(since=V9_0)] = described(
        "Settings of VSPHERE_FOUNDATION.", default=None
    )

    @model_validator(mode="after")
    def _ranges_are_apart(self) -> Self:
        spans = sorted(address_range.span() for address_range in self.load_balancer_address_ranges or ())
        for ((_, first), last), (other, _) in pairwise(spans):
            if other <= last:
                both = f"{ip_address(first)} and {ip_address(other[1])}"
                raise RuleBroken("loadBalancerAddressRanges", f"the ranges from {both} overlap")
        return self
