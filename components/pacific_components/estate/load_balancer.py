"""The load balancer of a document SupervisorCluster to arguments."""

from pacific_components.estate.given import given
from pacific_components.estate.supervisor_network import range_args, services_args
from pacific_components.vcenter import (
    EdgeArgs,
    FoundationAddressesArgs,
    FoundationDeploymentTargetArgs,
    FoundationEdgeArgs,
    FoundationInterfaceArgs,
    FoundationPortGroupArgs,
    HaproxyEdgeArgs,
    NsxAdvancedEdgeArgs,
    NsxEdgeArgs,
)
from pacific_infra.declaration import Secret
from pacific_infra.documents.load_balancer import (
    Foundation,
    FoundationInterface,
    HaProxy,
    LoadBalancer,
    NsxAdvanced,
    NsxEdge,
)


def edge_args(balancer: LoadBalancer | None, network_type: str, secret: Secret) -> EdgeArgs:
    """The load balancer; None: the one that a workload network of NSX brings. UNMANAGED: nothing is asked for."""
    if balancer is None:
        return {"provider": "NSX_VPC"} if network_type == "NSX_VPC" else {"provider": "NSX", "nsx": {}}
    if balancer.provider == "UNMANAGED":
        return {}
    args: EdgeArgs = {"provider": balancer.provider}
    args |= given(
        id=balancer.name,
        load_balancer_address_ranges=[range_args(addresses) for addresses in balancer.address_ranges],
        foundation=None if balancer.foundation is None else _foundation(balancer.foundation),
        haproxy=None if balancer.haproxy is None else _haproxy(balancer.haproxy, secret),
        nsx_advanced=None if balancer.nsx_advanced is None else _nsx_advanced(balancer.nsx_advanced, secret),
    )
    if balancer.provider == "NSX":
        args["nsx"] = _nsx(balancer.nsx or NsxEdge(), secret)
    return args


def _nsx(edge: NsxEdge, secret: Secret) -> NsxEdgeArgs:
    args: NsxEdgeArgs = given(
        edge_cluster_id=edge.edge_cluster,
        t0_gateway=edge.tier0_gateway,
        routing_mode=edge.routing_mode,
        egress_ip_ranges=[range_args(addresses) for addresses in edge.egress_ranges],
        load_balancer_size=edge.load_balancer_size,
        default_ingress_tls_certificate=edge.default_ingress_certificate,
    )
    if edge.default_ingress_private_key is not None:
        args["default_ingress_tls_private_key"] = secret(edge.default_ingress_private_key.config)
    return args


def _haproxy(haproxy: HaProxy, secret: Secret) -> HaproxyEdgeArgs:
    return {
        "servers": [{"host": server.host, "port": server.port} for server in haproxy.servers],
        "username": haproxy.username,
        "password": secret(haproxy.password.config),
        "certificate_authority_chain": haproxy.certificate_authority,
    }


def _nsx_advanced(controller: NsxAdvanced, secret: Secret) -> NsxAdvancedEdgeArgs:
    args: NsxAdvancedEdgeArgs = {
        "server": {"host": controller.server.host, "port": controller.server.port},
        "username": controller.username,
        "password": secret(controller.password.config),
        "certificate_authority_chain": controller.certificate_authority,
    }
    if controller.cloud_name is not None:
        args["cloud_name"] = controller.cloud_name
    return args


def _foundation(foundation: Foundation) -> FoundationEdgeArgs:
    target: FoundationDeploymentTargetArgs = {
        "deployment_size": foundation.size,
        "availability": foundation.availability,
    }
    target |= given(storage_policy=foundation.storage_policy, zones=list(foundation.zones))
    syslog = foundation.syslog
    services = services_args(foundation.services) | given(
        syslog=None
        if syslog is None
        else given(endpoint=syslog.endpoint, certificate_authority_pem=syslog.certificate_authority)
    )
    args: FoundationEdgeArgs = {"deployment_target": target}
    args |= given(
        interfaces=[_interface(each) for each in foundation.interfaces],
        network_services=services,
        vip_subnets=list(foundation.vip_subnets),
    )
    return args


def _interface(interface: FoundationInterface) -> FoundationInterfaceArgs:
    args: FoundationInterfaceArgs = {
        "personas": list(interface.personas),
        "network": {"network_type": interface.type},
    }
    if interface.network is None:
        return args
    addressing = interface.addressing
    group: FoundationPortGroupArgs = {
        "name": interface.name or interface.network,
        "network": interface.network,
        "ipam": "DHCP" if addressing is None else addressing.mode,
    }
    if addressing is not None and addressing.gateway is not None:
        ranges = [range_args(addresses) for addresses in addressing.ranges]
        addresses: FoundationAddressesArgs = {"ip_ranges": ranges, "gateway": addressing.gateway}
        group["ip_config"] = addresses
    args["network"] = {"network_type": interface.type, "dvpg_network": group}
    return args
