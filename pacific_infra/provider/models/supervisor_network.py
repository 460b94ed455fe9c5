"""Networks of a Supervisor: what its control plane and its workloads are connected to.

Follows ``namespace_management.supervisors.networks`` of the vSphere Automation API 8.0 U3 to 9.1.
"""

from ipaddress import ip_address
from typing import Annotated, ClassVar, Literal, Self

from pydantic import model_validator

from pacific_infra.provider.models.model import V9_0, V9_1, Meta, Model, RuleBroken, Unions, described


class DomainNameService(Model):
    """Name servers."""

    servers: list[str] = described("Addresses of the DNS servers.")
    search_domains: list[str] = described("Domains to search.", default=[])


class NetworkTime(Model):
    """Time servers."""

    servers: list[str] = described("Addresses of the NTP servers.")


class NetworkServices(Model):
    """DNS and NTP of a network."""

    dns: DomainNameService | None = described("Name servers.", default=None)
    ntp: NetworkTime | None = described("Time servers.", default=None)


class AddressRange(Model):
    """Consecutive IP addresses."""

    address: str = described("First address, IPv4 or IPv6.", min_length=1)
    count: int = described("How many addresses, a count.", ge=1)

    @model_validator(mode="after")
    def _is_an_address(self) -> Self:
        try:
            ip_address(self.address)
        except ValueError:
            raise RuleBroken("address", f"got {self.address!r}; allowed: an IPv4 or IPv6 address") from None
        return self

    def span(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """The first and the last address, each with the version of IP before it."""
        first = ip_address(self.address)
        return (first.version, int(first)), (first.version, int(first) + self.count - 1)


class AddressAssignment(Model):
    """Addresses for one purpose."""

    assignee: Literal["POD", "NODE", "SERVICE"] | None = described("Who gets the addresses.", default=None)
    ranges: list[AddressRange] = described("Ranges of addresses.")


class AddressManagement(Model):
    """How addresses of a network are given out."""

    dhcp_enabled: bool | None = described("Whether DHCP gives the addresses.", default=None)
    gateway_address: str | None = described("Gateway with its prefix length, for example 10.0.0.1/24.", default=None)
    ip_assignments: list[AddressAssignment] | None = described("Static addresses by purpose.", default=None)


class NetworkSegment(Model):
    """Port groups that make one segment."""

    networks: Annotated[list[str], Meta(key=("",), reference="network")] = described(
        "Port groups, by name or by identifier."
    )


class NetworkBacking(Model):
    """What carries the management network."""

    unions: ClassVar[Unions] = {
        "backing": {"NETWORK": {"network": True}, "NETWORK_SEGMENT": {"network_segment": False}}
    }

    backing: Literal["NETWORK", "NETWORK_SEGMENT"] = described("Kind of the backing.")
    network: Annotated[str | None, Meta(reference="network")] = described(
        "Port group, by name or by identifier, for backing NETWORK.", default=None
    )
    network_segment: NetworkSegment | None = described("Port groups, for backing NETWORK_SEGMENT.", default=None)


class ProxyConfiguration(Model):
    """The proxy of the Supervisor's control plane."""

    unions: ClassVar[Unions] = {
        "proxy_settings_source": {
            "CLUSTER_CONFIGURED": {
                "https_proxy_config": False,
                "http_proxy_config": False,
                "no_proxy_config": False,
                "tls_root_ca_bundle": False,
            }
        }
    }

    proxy_settings_source: Literal["VC_INHERITED", "CLUSTER_CONFIGURED", "NONE"] = described(
        "Whose settings count: vCenter's, the ones here, or none."
    )
    https_proxy_config: str | None = described("Proxy of HTTPS, a URL.", default=None)
    http_proxy_config: str | None = described("Proxy of HTTP, a URL.", default=None)
    no_proxy_config: list[str] | None = described("Addresses and domains that go without the proxy.", default=None)
    tls_root_ca_bundle: str | None = described("PEM bundle of the proxy's certificate authority.", default=None)


class ManagementNetwork(Model):
    """The network that the control plane shares with vCenter and the hosts."""

    network: str | None = described("Identifier to give the network.", default=None)
    backing: NetworkBacking = described("What carries it.")
    services: NetworkServices | None = described("DNS and NTP.", default=None)
    ip_management: AddressManagement | None = described("How its addresses are given out.", default=None)
    floating_ip_address: Annotated[str | None, Meta(wire="floating_IP_address")] = described(
        "Address that the control plane shares.", default=None
    )
    proxy: ProxyConfiguration | None = described("Proxy of the control plane.", default=None)


class NsxNetwork(Model):
    """A workload network of NSX."""

    dvs: Annotated[str, Meta(reference="distributed switch")] = described(
        "Distributed switch, by name or by identifier.", min_length=1
    )
    namespace_subnet_prefix: int | None = described("Prefix length of a namespace's subnet, in bits.", default=None)


class VsphereNetwork(Model):
    """A workload network of vSphere networking."""

    dvpg: Annotated[str, Meta(reference="network")] = described(
        "Distributed port group, by name or by identifier.", min_length=1
    )


class Ipv4Cidr(Model):
    """An IPv4 network."""

    address: str = described("Address of the network.", min_length=1)
    prefix: int = described("Prefix length, in bits.", ge=0, le=32)


class VpcNetwork(Model):
    """A workload network of NSX VPC."""

    nsx_project: str | None = described("Path of the NSX project.", default=None)
    vpc_connectivity_profile: str | None = described("Path of the VPC connectivity profile.", default=None)
    default_private_cidrs: list[Ipv4Cidr] = described("Private networks of each VPC.")


class WorkloadNetwork(Model):
    """The network of pods, VMs and Services."""

    unions: ClassVar[Unions] = {
        "network_type": {"NSXT": {"nsx": True}, "VSPHERE": {"vsphere": True}, "NSX_VPC": {"nsx_vpc": False}}
    }

    network: str | None = described("Identifier to give the network.", default=None)
    network_type: Annotated[
        Literal["NSXT", "VSPHERE", "NSX_VPC"], Meta(replace=True, choices_since={"NSX_VPC": V9_0})
    ] = described("Kind of networking.")
    nsx: NsxNetwork | None = described("Settings of network type NSXT.", default=None)
    vsphere: VsphereNetwork | None = described("Settings of network type VSPHERE.", default=None)
    nsx_vpc: VpcNetwork | None = described("Settings of network type NSX_VPC.", default=None)
    services: NetworkServices | None = described("DNS and NTP.", default=None)
    ip_management: AddressManagement | None = described("How its addresses are given out.", default=None)
    client_ip_preservation_enabled: Annotated[
        bool | None, Meta(wire="client_IP_preservation_enabled", later=True, since=V9_1)
    ] = described(
        "Whether the API server's audit log has the clients' own addresses; switched once the Supervisor runs.",
        default=None,
    )
