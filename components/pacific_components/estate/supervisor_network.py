"""Networks of a document SupervisorCluster to arguments."""

from collections.abc import Iterable
from ipaddress import IPv4Network
from typing import Any

from pacific_components.estate.given import given
from pacific_components.vcenter import (
    AddressAssignmentArgs,
    AddressManagementArgs,
    AddressRangeArgs,
    Ipv4CidrArgs,
    ManagementNetworkArgs,
    NetworkBackingArgs,
    NetworkServicesArgs,
    NsxNetworkArgs,
    ProxyConfigurationArgs,
    VpcNetworkArgs,
    WorkloadNetworkArgs,
)
from pacific_infra.documents.supervisor_network import (
    Addressing,
    AddressRange,
    ManagementNetwork,
    NetworkServices,
    NsxNetwork,
    NsxVpcNetwork,
    Proxy,
    WorkloadNetwork,
)


def management_network_args(network: ManagementNetwork) -> ManagementNetworkArgs:
    """The network of the control plane."""
    backing: NetworkBackingArgs = (
        {"backing": "NETWORK_SEGMENT", "network_segment": {"networks": list(network.network_segment)}}
        if network.network is None
        else {"backing": "NETWORK", "network": network.network}
    )
    args: ManagementNetworkArgs = {"backing": backing, "ip_management": _address_management(network.addressing)}
    args |= given(
        network=network.name,
        services=services_args(network.services),
        floating_ip_address=network.floating_address,
        proxy=None if network.proxy is None else _proxy(network.proxy),
    )
    return args


def _proxy(proxy: Proxy) -> ProxyConfigurationArgs:
    args: ProxyConfigurationArgs = {"proxy_settings_source": proxy.source}
    args |= given(
        https_proxy_config=proxy.https,
        http_proxy_config=proxy.http,
        no_proxy_config=list(proxy.no_proxy),
        tls_root_ca_bundle=proxy.certificate_authority,
    )
    return args


def workload_network_args(network: WorkloadNetwork) -> WorkloadNetworkArgs:
    """The network of the workloads."""
    assignments: list[AddressAssignmentArgs] = []
    args: WorkloadNetworkArgs = {"network_type": network.type}
    if network.name is not None:
        args["network"] = network.name
    if network.network is not None:
        args["vsphere"] = {"dvpg": network.network}
    if network.nsx is not None:
        args["nsx"] = _nsx(network.nsx)
        if network.nsx.pod_networks:
            assignments.append(_assignment("POD", map(_whole, network.nsx.pod_networks)))
    if network.client_ip_preservation_enabled is not None:
        args["client_ip_preservation_enabled"] = network.client_ip_preservation_enabled
    if network.nsx_vpc is not None:
        args["nsx_vpc"] = _vpc(network.nsx_vpc)
    if network.service_network is not None:
        assignments.append(_assignment("SERVICE", [_whole(network.service_network)]))
    args["ip_management"] = _address_management(network.addressing, assignments)
    services = services_args(network.services)
    if services:
        args["services"] = services
    return args


def _nsx(network: NsxNetwork) -> NsxNetworkArgs:
    args: NsxNetworkArgs = {"dvs": network.distributed_switch}
    if network.namespace_subnet_prefix is not None:
        args["namespace_subnet_prefix"] = network.namespace_subnet_prefix
    return args


def _vpc(network: NsxVpcNetwork) -> VpcNetworkArgs:
    args: VpcNetworkArgs = {"default_private_cidrs": [cidr_args(cidr) for cidr in network.default_private_networks]}
    if network.project is not None:
        args["nsx_project"] = network.project
    if network.connectivity_profile is not None:
        args["vpc_connectivity_profile"] = network.connectivity_profile
    return args


def services_args(services: NetworkServices) -> NetworkServicesArgs:
    """Name and time servers; empty where there are none."""
    args: NetworkServicesArgs = {}
    if services.dns_servers or services.dns_search_domains:
        args["dns"] = {"servers": list(services.dns_servers), "search_domains": list(services.dns_search_domains)}
    if services.ntp_servers:
        args["ntp"] = {"servers": list(services.ntp_servers)}
    return args


def _address_management(
    addressing: Addressing, assignments: Iterable[AddressAssignmentArgs] = ()
) -> AddressManagementArgs:
    args: AddressManagementArgs = {"dhcp_enabled": addressing.mode == "DHCP"}
    all_assignments = list(assignments)
    if addressing.ranges:
        all_assignments.insert(0, _assignment("NODE", map(range_args, addressing.ranges)))
    if addressing.gateway is not None:
        args["gateway_address"] = addressing.gateway
    if all_assignments:
        args["ip_assignments"] = all_assignments
    return args


def _assignment(assignee: str, ranges: Iterable[Any]) -> AddressAssignmentArgs:
    return {"assignee": assignee, "ranges": list(ranges)}


def range_args(addresses: AddressRange) -> AddressRangeArgs:
    """Consecutive addresses."""
    return {"address": addresses.start, "count": addresses.count}


def _whole(network: str) -> Any:
    parsed = IPv4Network(network)
    return {"address": str(parsed.network_address), "count": parsed.num_addresses}


def cidr_args(network: str) -> Ipv4CidrArgs:
    """A network by its address and prefix length."""
    parsed = IPv4Network(network)
    return {"address": str(parsed.network_address), "prefix": parsed.prefixlen}
