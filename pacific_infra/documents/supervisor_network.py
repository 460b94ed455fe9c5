"""Networks of a SupervisorCluster: what its control plane and its workloads are connected to."""

from collections.abc import Iterator
from ipaddress import IPv4Interface
from typing import Annotated, Literal

from pydantic import Field

from pacific_infra.documents.addresses import (
    Address,
    AddressWithPrefix,
    Host,
    Network,
    ProxyUrl,
    bounds_of,
    number_of,
)
from pacific_infra.documents.marks import FIXED, PLAIN, AtVCenter
from pacific_infra.documents.model import CheckedModel, Listed, Model
from pacific_infra.documents.names import Domain, InventoryName, Label, NetworkName
from pacific_infra.documents.numbers import PositiveCount
from pacific_infra.documents.problems import Problem, repeated
from pacific_infra.documents.units import ADDRESSES, DHCP


class AddressRange(Model):
    """Consecutive IPv4 addresses."""

    start: Annotated[Address, AtVCenter("address")]
    """The first address."""
    count: PositiveCount
    """How many addresses."""


class Addressing(CheckedModel):
    """How the Supervisor's machines get their addresses on a network."""

    mode: Annotated[Literal["DHCP", "STATIC"], PLAIN, AtVCenter("dhcpEnabled", DHCP)]
    """DHCP, or STATIC with a gateway and ranges."""
    gateway: Annotated[AddressWithPrefix | None, AtVCenter("gatewayAddress")] = None
    """Gateway and the network's prefix, such as 10.0.0.1/24; only with STATIC."""
    ranges: Annotated[Listed[AddressRange], AtVCenter("ipAssignments[assignee=NODE].ranges")] = ()
    """Addresses for the machines; only with STATIC. The control plane takes 5 consecutive ones."""

    def problems(self) -> Iterator[Problem]:
        if self.mode == "STATIC":
            if self.gateway is None:
                yield Problem("STATIC addressing has no gateway", fix="add gateway: such as 10.0.0.1/24")
            if not self.ranges:
                yield Problem("STATIC addressing has no ranges", fix="add ranges: [{start: 10.0.0.10, count: 5}]")
        else:
            for field, value in (("gateway", self.gateway), ("ranges", self.ranges)):
                if value:
                    yield Problem(
                        f"DHCP addressing does not allow {field}", (field,), fix=f"remove {field}, or set mode: STATIC"
                    )
        if self.gateway is not None:
            for index, addresses in enumerate(self.ranges):
                yield from _range_problems(addresses, self.gateway, ("ranges", index))


def _range_problems(addresses: AddressRange, gateway: str, path: tuple[str | int, ...]) -> Iterator[Problem]:
    network, start = bounds_of(gateway), number_of(addresses.start)
    end = start + addresses.count
    if start < network.first or end > network.last + 1:
        value = f"{addresses.start} and {addresses.count - 1} more"
        allowed = f"addresses of {IPv4Interface(gateway).network}"
        yield Problem("the range is not in the gateway's network", path, value, allowed)
    elif start <= number_of(gateway) < end:
        yield Problem("the gateway's own address is in the range", path, gateway, fix="begin the range after it")


class NetworkServices(Model):
    """Name and time servers that the Supervisor uses on a network."""

    # vCenter takes name servers and search domains together: with one of the lists goes the other, be it empty.
    dns_servers: Annotated[
        Listed[Address], AtVCenter("dns.servers", otherwise="dnsSearchDomains", instead=lambda _domains: [])
    ] = ()
    """Addresses of the name servers."""
    dns_search_domains: Annotated[
        Listed[Domain], AtVCenter("dns.searchDomains", otherwise="dnsServers", instead=lambda _servers: [])
    ] = ()
    """Domains that are tried for a name without one."""
    ntp_servers: Annotated[Listed[Host], AtVCenter("ntp.servers")] = ()
    """Names or addresses of the time servers."""


class Proxy(CheckedModel):
    """How the control plane reaches what lies outside, such as registries."""

    source: Annotated[Literal["VC_INHERITED", "CLUSTER_CONFIGURED", "NONE"], PLAIN, AtVCenter("proxySettingsSource")]
    """VC_INHERITED: vCenter's own proxy. CLUSTER_CONFIGURED: the one given here. NONE: no proxy."""
    https: Annotated[ProxyUrl | None, AtVCenter("httpsProxyConfig")] = None
    """Proxy of HTTPS, such as http://proxy.example.com:3128; only with CLUSTER_CONFIGURED."""
    http: Annotated[ProxyUrl | None, AtVCenter("httpProxyConfig")] = None
    """Proxy of HTTP; only with CLUSTER_CONFIGURED."""
    no_proxy: Annotated[Listed[str], AtVCenter("noProxyConfig")] = ()
    """Addresses, networks and domains that are reached without it; only with CLUSTER_CONFIGURED."""
    certificate_authority: Annotated[str | None, AtVCenter("tlsRootCaBundle")] = None
    """Certificates that vouch for the proxy, PEM; only with CLUSTER_CONFIGURED."""

    def problems(self) -> Iterator[Problem]:
        if self.source == "CLUSTER_CONFIGURED":
            if self.http is None and self.https is None:
                yield Problem("a proxy of CLUSTER_CONFIGURED has no address", fix="add https, http, or both")
            return
        values = {
            "https": self.https,
            "http": self.http,
            "noProxy": self.no_proxy,
            "certificateAuthority": self.certificate_authority,
        }
        for field, value in values.items():
            if value:
                problem = f"a proxy of {self.source} does not allow {field}"
                yield Problem(problem, (field,), fix=f"remove {field}, or set source: CLUSTER_CONFIGURED")


class ManagementNetwork(CheckedModel):
    """The network on which the control plane talks to vCenter and the ESXi hosts."""

    name: Annotated[Label | None, AtVCenter("network")] = None
    """The Supervisor's name for it; cannot change."""
    network: Annotated[NetworkName | None, AtVCenter("backing.network", word=("backing.backing", "NETWORK"))] = None
    """Port group or network, by name or identifier; or give `networkSegment`. Cannot change."""
    network_segment: Annotated[
        Listed[InventoryName],
        AtVCenter("backing.networkSegment.networks", word=("backing.backing", "NETWORK_SEGMENT")),
    ] = ()
    """Port groups that make one network together, such as one for each cluster, by name or identifier; or give
    `network`. Cannot change."""
    addressing: Annotated[Addressing, AtVCenter("ipManagement")] = Addressing(mode="DHCP")
    """How the control plane machines get their addresses."""
    services: NetworkServices = NetworkServices()
    """Name and time servers."""
    floating_address: Annotated[Address | None, AtVCenter("floatingIpAddress")] = None
    """Address that moves with the control plane's leader, if there is no DHCP to give one."""
    proxy: Proxy | None = None
    """Proxy of the control plane; default: vCenter's choice."""

    def problems(self) -> Iterator[Problem]:
        if (self.network is None) == (not self.network_segment):
            yield Problem("a management network is either network or networkSegment", fix="give one of the two")
        yield from repeated("networkSegment", self.network_segment)


class NsxNetwork(Model):
    """Settings of a workload network of NSX-T."""

    distributed_switch: Annotated[InventoryName, AtVCenter("nsx.dvs")]
    """The distributed switch that NSX uses, by name or identifier."""
    namespace_subnet_prefix: Annotated[int | None, AtVCenter("nsx.namespaceSubnetPrefix")] = Field(
        default=None, ge=1, le=32
    )
    """Prefix length of each namespace's subnet; vCenter's default is 28."""
    pod_networks: Annotated[
        Listed[Network], AtVCenter("ipManagement.ipAssignments[assignee=POD].ranges", ADDRESSES)
    ] = ()
    """Networks that pods get addresses from, such as 10.244.0.0/20."""


class NsxVpcNetwork(Model):
    """Settings of a workload network of NSX VPCs."""

    project: Annotated[str | None, AtVCenter("nsxProject")] = None
    """Path of the NSX project; default: the Supervisor's own."""
    connectivity_profile: Annotated[str | None, AtVCenter("vpcConnectivityProfile")] = None
    """Path of the VPC connectivity profile."""
    default_private_networks: Annotated[Listed[Network], AtVCenter("defaultPrivateCidrs")] = Field(min_length=1)
    """Networks that the VPCs' private addresses come from."""


class WorkloadNetwork(CheckedModel):
    """The network of the workloads."""

    type: Annotated[Literal["VSPHERE", "NSXT", "NSX_VPC"], PLAIN, FIXED, AtVCenter("networkType")]
    """VSPHERE: a port group of a distributed switch. NSXT: NSX segments. NSX_VPC: NSX VPCs. Cannot change."""
    name: Annotated[Label | None, AtVCenter("network")] = None
    """The Supervisor's name for its primary workload network."""
    network: Annotated[NetworkName | None, AtVCenter("vsphere.dvpg")] = None
    """VSPHERE: the distributed port group, by name or identifier."""
    nsx: Annotated[NsxNetwork | None, AtVCenter("")] = None
    """NSXT: its settings."""
    nsx_vpc: NsxVpcNetwork | None = None
    """NSX_VPC: its settings."""
    addressing: Annotated[Addressing, AtVCenter("ipManagement")] = Addressing(mode="DHCP")
    """VSPHERE: how machines of the Supervisor get their addresses."""
    services: NetworkServices = NetworkServices()
    """Name and time servers."""
    service_network: Annotated[
        Network | None, AtVCenter("ipManagement.ipAssignments[assignee=SERVICE].ranges", ADDRESSES, only_item=True)
    ] = None
    """Network of the Kubernetes Services' cluster addresses, such as 10.96.0.0/23; vCenter has a default."""
    client_ip_preservation_enabled: bool | None = None
    """Whether the API server's audit log has the clients' own addresses (vCenter 9.1); default: vCenter's, false."""

    def problems(self) -> Iterator[Problem]:
        fields = {"VSPHERE": ("network", self.network), "NSXT": ("nsx", self.nsx), "NSX_VPC": ("nsxVpc", self.nsx_vpc)}
        for of_type, (field, value) in fields.items():
            if of_type == self.type and value is None:
                yield Problem(f"a workload network of type {self.type} has no {field}", fix=f"add {field}")
            elif of_type != self.type and value is not None:
                problem = f"a workload network of type {self.type} does not allow {field}"
                yield Problem(problem, (field,), fix=f"remove {field}, or set type: {of_type}")
