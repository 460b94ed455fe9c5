"""Load balancer of a SupervisorCluster, and vCenter's ``namespace_management.networks.edges``."""

from pacific_infra.documents.load_balancer import (
    Endpoint,
    Foundation,
    FoundationInterface,
    HaProxy,
    LoadBalancer,
    NsxAdvanced,
    NsxEdge,
)
from pacific_infra.documents.lowering.supervisor_network import RANGE, services
from pacific_infra.documents.lowering.table import Field, Part, Table, same
from pacific_infra.documents.lowering.units import ListOf

ENDPOINT = Table(Endpoint, same("host", "port"))
HAPROXY = Table(
    HaProxy,
    (
        Field("servers", "servers", ListOf(Part(ENDPOINT))),
        *same("username", "password"),
        Field("certificateAuthority", "certificateAuthorityChain"),
    ),
)
NSX_ADVANCED = Table(
    NsxAdvanced,
    (
        Field("server", "server", Part(ENDPOINT)),
        *same("username", "password"),
        Field("certificateAuthority", "certificateAuthorityChain"),
        Field("cloudName", "cloudName"),
    ),
)
NSX_EDGE = Table(
    NsxEdge,
    (
        Field("edgeCluster", "edgeClusterId"),
        Field("tier0Gateway", "t0Gateway"),
        Field("routingMode", "routingMode"),
        Field("egressRanges", "egressIpRanges", ListOf(Part(RANGE))),
        Field("loadBalancerSize", "loadBalancerSize"),
        Field("defaultIngressCertificate", "defaultIngressTlsCertificate"),
        Field("defaultIngressPrivateKey", "defaultIngressTlsPrivateKey"),
    ),
)
INTERFACE = Table(
    FoundationInterface,
    (
        Field("personas", "personas"),
        Field("type", "network.networkType"),
        Field("network", "network.dvpgNetwork.network"),
        Field("name", "network.dvpgNetwork.name", otherwise="network"),
        Field("addressing.mode", "network.dvpgNetwork.ipam", otherwise="network", instead=lambda _network: "DHCP"),
        Field("addressing.gateway", "network.dvpgNetwork.ipConfig.gateway"),
        Field("addressing.ranges", "network.dvpgNetwork.ipConfig.ipRanges", ListOf(Part(RANGE))),
    ),
)
FOUNDATION = Table(
    Foundation,
    (
        Field("size", "deploymentTarget.deploymentSize"),
        Field("availability", "deploymentTarget.availability"),
        Field("storagePolicy", "deploymentTarget.storagePolicy"),
        Field("zones", "deploymentTarget.zones"),
        Field("interfaces", "interfaces", ListOf(Part(INTERFACE))),
        *services("networkServices"),
        Field("syslog.endpoint", "networkServices.syslog.endpoint"),
        Field("syslog.certificateAuthority", "networkServices.syslog.certificateAuthorityPem"),
        Field("vipSubnets", "vipSubnets"),
    ),
)
LOAD_BALANCER = Table(
    LoadBalancer,
    (
        Field("name", "id"),
        Field("provider", "provider", absent="UNMANAGED"),
        Field("addressRanges", "loadBalancerAddressRanges", ListOf(Part(RANGE))),
        Field("foundation", "foundation", Part(FOUNDATION)),
        Field(
            "nsx",
            "nsx",
            Part(NSX_EDGE),
            otherwise="provider",
            instead=lambda provider: NsxEdge() if provider == "NSX" else None,
        ),
        Field("haproxy", "haproxy", Part(HAPROXY)),
        Field("nsxAdvanced", "nsxAdvanced", Part(NSX_ADVANCED)),
    ),
)


def brought_by(network_type: str) -> LoadBalancer | None:
    """The load balancer that a workload network brings; None: it brings none."""
    if network_type == "NSX_VPC":
        return LoadBalancer(provider="NSX_VPC")
    return LoadBalancer(provider="NSX") if network_type == "NSXT" else None
