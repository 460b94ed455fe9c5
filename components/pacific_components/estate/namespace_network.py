"""Networks and load balancer of a document Namespace to arguments."""

from typing import Any

from pacific_components.estate.given import given
from pacific_components.estate.supervisor_network import cidr_args
from pacific_components.vcenter import NamespaceEdgeArgs, NamespaceVpcArgs, NsxNamespaceNetworkArgs
from pacific_infra.documents import NamespaceSpec
from pacific_infra.documents.namespace_network import NamespaceLoadBalancer, NsxNamespace, NsxVpcNamespace


def networking_args(spec: NamespaceSpec) -> Any:
    """``namespace_network``, ``network_spec`` and ``edges``, those of them that the document says."""
    return given(
        namespace_network=None
        if spec.nsx is None
        else {"network_provider": "NSXT_CONTAINER_PLUGIN", "network": _nsx(spec.nsx)},
        network_spec=_network_spec(spec),
        edges=None if spec.load_balancer is None else [_edge(spec.load_balancer)],
    )


def _network_spec(spec: NamespaceSpec) -> Any:
    if spec.nsx_vpc is not None:
        return {"network_provider": "NSX_VPC", "vpc_network": _vpc(spec.nsx_vpc)}
    if spec.default_network is not None:
        network = {"default_workload_network": spec.default_network}
        return {"network_provider": "VSPHERE_NETWORK", "vsphere_network": network}
    return None


def _nsx(network: NsxNamespace) -> NsxNamespaceNetworkArgs:
    args: NsxNamespaceNetworkArgs = given(
        namespace_network_cidrs=[cidr_args(each) for each in network.namespace_networks],
        ingress_cidrs=[cidr_args(each) for each in network.ingress_networks],
        egress_cidrs=[cidr_args(each) for each in network.egress_networks],
        nsx_tier0_gateway=network.tier0_gateway,
        subnet_prefix_length=network.subnet_prefix_length,
        routed_mode=network.routed_mode,
        load_balancer_size=network.load_balancer_size,
    )
    return args


def _vpc(network: NsxVpcNamespace) -> NamespaceVpcArgs:
    args: NamespaceVpcArgs = given(
        vpc=network.vpc,
        vpc_config=given(private_cidrs=[cidr_args(each) for each in network.private_networks]),
        shared_subnets=[{"path": path} for path in network.shared_subnets],
        default_subnet_size=network.default_subnet_size,
    )
    return args


def _edge(balancer: NamespaceLoadBalancer) -> NamespaceEdgeArgs:
    args: NamespaceEdgeArgs = {"id": balancer.name, "edge_provider": balancer.provider}
    if balancer.service_engine_group is not None:
        args["avi"] = {"se_group_name": balancer.service_engine_group}
    return args
