"""Document SupervisorCluster to arguments: vCenter's EnableOnComputeClusterSpec and EnableOnZonesSpec."""

from collections.abc import Callable, Iterable
from ipaddress import IPv4Network
from typing import Any

import pulumi

from pacific_components.supervisor_cluster import SupervisorClusterArgs
from pacific_components.vcenter import (
    AddressAssignmentArgs,
    AddressManagementArgs,
    ControlPlaneArgs,
    EdgeArgs,
    FoundationDeploymentTargetArgs,
    ImageRegistryArgs,
    ImagesArgs,
    ManagementNetworkArgs,
    NetworkServicesArgs,
    NsxAdvancedEdgeArgs,
    NsxNetworkArgs,
    VpcNetworkArgs,
    WorkloadNetworkArgs,
    WorkloadsArgs,
    WorkloadsStorageArgs,
)
from pacific_infra.documents import SupervisorCluster
from pacific_infra.documents.supervisor_cluster import (
    Addressing,
    AddressRange,
    LoadBalancer,
    ManagementNetwork,
    NetworkServices,
    NsxNetwork,
    NsxVpcNetwork,
    SupervisorClusterSpec,
    WorkloadNetwork,
)
from pacific_infra.vcenter.settings import VCenterSettings

Secret = Callable[[str], pulumi.Output[str]]
"""Gives the secret that the stack's configuration keeps under a key."""


def supervisor_cluster_args(
    document: SupervisorCluster, settings: VCenterSettings, secret: Secret, kubernetes_plugin_version: str | None
) -> SupervisorClusterArgs:
    """Arguments of the component; ``settings`` is the login that its kubeconfig renews itself with."""
    spec = document.spec
    args: SupervisorClusterArgs = {
        "name": document.name,
        "control_plane": _control_plane(spec),
        "workloads": _workloads(spec, secret),
        "deletion_policy": spec.deletion_policy,
        "server": settings.server,
        "username": settings.username,
        "insecure": settings.insecure,
        "node": document.id,
    }
    if spec.vsphere_pods:
        # Not named otherwise: vCenter 8 has no such switch.
        args["vsphere_pods_enabled"] = True
    if spec.cluster is not None:
        args["cluster"] = spec.cluster
    if spec.zones is not None:
        args["zones"] = list(spec.zones)
    if settings.password_file is not None:
        args["password_file"] = str(settings.password_file)
    elif settings.password is not None:
        args["password"] = pulumi.Output.secret(settings.password)
    if settings.ca_file is not None:
        args["ca_file"] = str(settings.ca_file)
    if kubernetes_plugin_version is not None:
        args["kubernetes_plugin_version"] = kubernetes_plugin_version
    return args


def _control_plane(spec: SupervisorClusterSpec) -> ControlPlaneArgs:
    args: ControlPlaneArgs = {
        "network": _management_network(spec.management_network),
        "size": spec.size,
        "storage_policy": spec.storage_policy,
    }
    if spec.control_plane_count is not None:
        args["count"] = spec.control_plane_count
    if spec.login_banner is not None:
        args["login_banner"] = spec.login_banner
    return args


def _management_network(network: ManagementNetwork) -> ManagementNetworkArgs:
    args: ManagementNetworkArgs = {
        "backing": {"backing": "NETWORK", "network": network.network},
        "ip_management": _address_management(network.addressing),
    }
    services = _services(network.services)
    if services:
        args["services"] = services
    if network.floating_address is not None:
        args["floating_ip_address"] = network.floating_address
    return args


def _workloads(spec: SupervisorClusterSpec, secret: Secret) -> WorkloadsArgs:
    storage: WorkloadsStorageArgs = {
        "ephemeral_storage_policy": spec.ephemeral_storage_policy or spec.storage_policy,
        "image_storage_policy": spec.image_storage_policy or spec.storage_policy,
    }
    args: WorkloadsArgs = {
        "network": _workload_network(spec.workload_network),
        "edge": _edge(spec, secret),
        "storage": storage,
    }
    if spec.api_server_names:
        args["kube_api_server_options"] = {"security": {"certificate_dns_names": list(spec.api_server_names)}}
    images = _images(spec)
    if images:
        args["images"] = images
    return args


def _images(spec: SupervisorClusterSpec) -> ImagesArgs:
    args = ImagesArgs()
    if spec.content_libraries:
        args["content_libraries"] = [{"content_library": name} for name in spec.content_libraries]
    if spec.image_repository is not None:
        args["repository"] = spec.image_repository
    if spec.image_registry is not None:
        registry: ImageRegistryArgs = {"hostname": spec.image_registry.hostname}
        if spec.image_registry.port is not None:
            registry["port"] = spec.image_registry.port
        args["registry"] = registry
    return args


def _workload_network(network: WorkloadNetwork) -> WorkloadNetworkArgs:
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
    if network.nsx_vpc is not None:
        args["nsx_vpc"] = _vpc(network.nsx_vpc)
    if network.service_network is not None:
        assignments.append(_assignment("SERVICE", [_whole(network.service_network)]))
    args["ip_management"] = _address_management(network.addressing, assignments)
    services = _services(network.services)
    if services:
        args["services"] = services
    return args


def _nsx(network: NsxNetwork) -> NsxNetworkArgs:
    args: NsxNetworkArgs = {"dvs": network.distributed_switch}
    if network.namespace_subnet_prefix is not None:
        args["namespace_subnet_prefix"] = network.namespace_subnet_prefix
    return args


def _vpc(network: NsxVpcNetwork) -> VpcNetworkArgs:
    args: VpcNetworkArgs = {"default_private_cidrs": [_cidr(cidr) for cidr in network.default_private_networks]}
    if network.project is not None:
        args["nsx_project"] = network.project
    if network.connectivity_profile is not None:
        args["vpc_connectivity_profile"] = network.connectivity_profile
    return args


def _edge(spec: SupervisorClusterSpec, secret: Secret) -> EdgeArgs:
    balancer = spec.load_balancer
    if balancer is None:
        return {"provider": "NSX_VPC" if spec.workload_network.type == "NSX_VPC" else "NSX"}
    if balancer.provider == "UNMANAGED":
        return {}
    args: EdgeArgs = {"provider": balancer.provider}
    if balancer.name is not None:
        args["id"] = balancer.name
    if balancer.address_ranges:
        args["load_balancer_address_ranges"] = [_range(addresses) for addresses in balancer.address_ranges]
    _balancer_settings(args, balancer, secret)
    return args


def _balancer_settings(args: EdgeArgs, balancer: LoadBalancer, secret: Secret) -> None:
    if balancer.foundation is not None:
        target: FoundationDeploymentTargetArgs = {
            "deployment_size": balancer.foundation.size,
            "availability": balancer.foundation.availability,
        }
        if balancer.foundation.storage_policy is not None:
            target["storage_policy"] = balancer.foundation.storage_policy
        args["foundation"] = {"deployment_target": target}
    if balancer.haproxy is not None:
        args["haproxy"] = {
            "servers": [{"host": server.host, "port": server.port} for server in balancer.haproxy.servers],
            "username": balancer.haproxy.username,
            "password": secret(balancer.haproxy.password.config),
            "certificate_authority_chain": balancer.haproxy.certificate_authority,
        }
    if balancer.nsx_advanced is not None:
        controller: NsxAdvancedEdgeArgs = {
            "server": {"host": balancer.nsx_advanced.server.host, "port": balancer.nsx_advanced.server.port},
            "username": balancer.nsx_advanced.username,
            "password": secret(balancer.nsx_advanced.password.config),
            "certificate_authority_chain": balancer.nsx_advanced.certificate_authority,
        }
        if balancer.nsx_advanced.cloud_name is not None:
            controller["cloud_name"] = balancer.nsx_advanced.cloud_name
        args["nsx_advanced"] = controller


def _services(services: NetworkServices) -> NetworkServicesArgs:
    args: NetworkServicesArgs = {}
    if services.dns_servers:
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
        all_assignments.insert(0, _assignment("NODE", map(_range, addressing.ranges)))
    if addressing.gateway is not None:
        args["gateway_address"] = addressing.gateway
    if all_assignments:
        args["ip_assignments"] = all_assignments
    return args


def _assignment(assignee: str, ranges: Iterable[Any]) -> AddressAssignmentArgs:
    return {"assignee": assignee, "ranges": list(ranges)}


def _range(addresses: AddressRange) -> Any:
    return {"address": addresses.start, "count": addresses.count}


def _whole(network: str) -> Any:
    parsed = IPv4Network(network)
    return {"address": str(parsed.network_address), "count": parsed.num_addresses}


def _cidr(network: str) -> Any:
    parsed = IPv4Network(network)
    return {"address": str(parsed.network_address), "prefix": parsed.prefixlen}
