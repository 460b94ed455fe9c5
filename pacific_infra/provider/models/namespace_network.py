"""Networks of a vSphere Namespace, for each kind of networking that its Supervisor may have.

Follows ``namespaces.Instances.NetworkCreateSpec``, ``NetworkConfigCreateSpec`` and ``EdgeCreateSpec`` of the vSphere
Automation API 8.0 U3 to 9.1.
"""

from typing import Annotated, ClassVar, Literal

from pacific_infra.provider.models.model import V9_1, Meta, Model, Unions, described
from pacific_infra.provider.models.supervisor_network import Ipv4Cidr

Provider = Literal["NSXT_CONTAINER_PLUGIN", "VSPHERE_NETWORK", "NSX_VPC"]


class NsxNamespaceNetwork(Model):
    """What the namespace has of its own in place of the Supervisor's NSX settings."""

    namespace_network_cidrs: list[Ipv4Cidr] | None = described("Networks of the namespace's segments.", default=None)
    ingress_cidrs: list[Ipv4Cidr] | None = described("Networks for the addresses of load balancers.", default=None)
    egress_cidrs: list[Ipv4Cidr] | None = described("Networks for the addresses of source NAT.", default=None)
    nsx_tier0_gateway: str | None = described("Identifier of the tier-0 gateway.", default=None)
    subnet_prefix_length: int | None = described("Prefix length of each segment, in bits.", default=None, ge=1, le=30)
    routed_mode: bool | None = described("True: addresses are routed, without NAT.", default=None)
    load_balancer_size: Literal["SMALL", "MEDIUM", "LARGE"] | None = described(
        "Size of the namespace's load balancer.", default=None
    )


class NamespaceNetwork(Model):
    """Settings of the namespace that override the Supervisor's (NSX)."""

    unions: ClassVar[Unions] = {"network_provider": {"NSXT_CONTAINER_PLUGIN": {"network": True}}}

    network_provider: Provider = described("Networking of the Supervisor.")
    network: NsxNamespaceNetwork | None = described("Settings of NSXT_CONTAINER_PLUGIN.", default=None)


class VpcConfiguration(Model):
    """What a VPC that is made for the namespace looks like."""

    private_cidrs: list[Ipv4Cidr] | None = described("Private networks of the VPC.", default=None)


class SharedSubnet(Model):
    """A subnet of NSX that the namespace uses together with others."""

    path: str = described("Path of the subnet in NSX.", min_length=1)


class NamespaceVpc(Model):
    """The namespace's part in NSX VPC."""

    vpc_config: VpcConfiguration | None = described("Settings of a VPC to make; absent with vpc.", default=None)
    vpc: Annotated[str | None, Meta(replace=True)] = described(
        "Path of a VPC that is there already; absent: one is made.", default=None
    )
    shared_subnets: Annotated[list[SharedSubnet] | None, Meta(key=("path",), since=V9_1)] = described(
        "Subnets that the namespace uses together with others.", default=None
    )
    default_subnet_size: int | None = described("Addresses of each subnet, a count.", default=None, ge=1)


class NamespaceVsphereNetwork(Model):
    """The namespace's part in vSphere networking."""

    default_workload_network: Annotated[str | None, Meta(replace=True)] = described(
        "Workload network that pods and VMs use where they name none; absent: the Supervisor's primary one.",
        default=None,
    )


class NetworkSpec(Model):
    """Networking of the namespace."""

    unions: ClassVar[Unions] = {
        "network_provider": {"NSX_VPC": {"vpc_network": False}, "VSPHERE_NETWORK": {"vsphere_network": False}}
    }

    network_provider: Annotated[Provider, Meta(replace=True)] = described("Networking of the Supervisor.")
    vpc_network: NamespaceVpc | None = described("Settings of NSX_VPC.", default=None)
    vsphere_network: Annotated[NamespaceVsphereNetwork | None, Meta(since=V9_1)] = described(
        "Settings of VSPHERE_NETWORK.", default=None
    )


class AviEdge(Model):
    """Settings of NSX Advanced Load Balancer for the namespace."""

    se_group_name: str | None = described("Name of its service engine group.", default=None)


class NamespaceEdge(Model):
    """The load balancer of the namespace."""

    unions: ClassVar[Unions] = {"edge_provider": {"NSX_REGISTERED_AVI": {"avi": False}}}

    id: str = described("Identifier of the edge.", min_length=1)
    edge_provider: Literal["NSX_REGISTERED_AVI"] = described("Kind of load balancer.")
    avi: AviEdge | None = described("Settings of NSX_REGISTERED_AVI.", default=None)
