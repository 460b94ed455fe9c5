"""Networks of a SupervisorCluster, and vCenter's ``namespace_management.supervisors.networks``."""

from pacific_infra.documents.lowering.table import Cases, Field, Part, Table
from pacific_infra.documents.lowering.units import ADDRESSES, CIDR, DHCP, ListOf, OnlyItem
from pacific_infra.documents.supervisor_network import (
    AddressRange,
    ManagementNetwork,
    NsxVpcNetwork,
    Proxy,
    WorkloadNetwork,
)


def services(at: str) -> tuple[Field, ...]:
    """Name and time servers in the field ``services``, at vCenter in the property ``at``.

    vCenter takes name servers and search domains together: with one of the lists goes the other, be it empty.
    """
    servers, domains = "services.dnsServers", "services.dnsSearchDomains"
    return (
        Field(servers, f"{at}.dns.servers", otherwise=domains, instead=lambda _domains: []),
        Field(domains, f"{at}.dns.searchDomains", otherwise=servers, instead=lambda _servers: []),
        Field("services.ntpServers", f"{at}.ntp.servers"),
    )


RANGE = Table(AddressRange, (Field("start", "address"), Field("count", "count")))
ADDRESSING = (
    Field("addressing.mode", "ipManagement.dhcpEnabled", DHCP),
    Field("addressing.gateway", "ipManagement.gatewayAddress"),
    Field("addressing.ranges", "ipManagement.ipAssignments[assignee=NODE].ranges", ListOf(Part(RANGE))),
)
PROXY = Table(
    Proxy,
    (
        Field("source", "proxySettingsSource"),
        Field("https", "httpsProxyConfig"),
        Field("http", "httpProxyConfig"),
        Field("noProxy", "noProxyConfig"),
        Field("certificateAuthority", "tlsRootCaBundle"),
    ),
)
MANAGEMENT_NETWORK = Table(
    ManagementNetwork,
    (
        Field("name", "network"),
        Cases(
            "backing.backing",
            {
                "NETWORK": [Field("network", "backing.network")],
                "NETWORK_SEGMENT": [Field("networkSegment", "backing.networkSegment.networks")],
            },
        ),
        *ADDRESSING,
        *services("services"),
        Field("floatingAddress", "floatingIpAddress"),
        Field("proxy", "proxy", Part(PROXY)),
    ),
)
NSX_VPC = Table(
    NsxVpcNetwork,
    (
        Field("project", "nsxProject"),
        Field("connectivityProfile", "vpcConnectivityProfile"),
        Field("defaultPrivateNetworks", "defaultPrivateCidrs", ListOf(CIDR)),
    ),
)
WORKLOAD_NETWORK = Table(
    WorkloadNetwork,
    (
        Field("type", "networkType"),
        Field("name", "network"),
        Field("network", "vsphere.dvpg"),
        Field("nsx.distributedSwitch", "nsx.dvs"),
        Field("nsx.namespaceSubnetPrefix", "nsx.namespaceSubnetPrefix"),
        Field("nsxVpc", "nsxVpc", Part(NSX_VPC)),
        *ADDRESSING,
        Field("nsx.podNetworks", "ipManagement.ipAssignments[assignee=POD].ranges", ListOf(ADDRESSES)),
        Field("serviceNetwork", "ipManagement.ipAssignments[assignee=SERVICE].ranges", OnlyItem(ADDRESSES)),
        *services("services"),
        Field("clientIpPreservationEnabled", "clientIpPreservationEnabled"),
    ),
)
