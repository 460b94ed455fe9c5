"""Arguments of the custom resources: dictionaries with typed, documented keys.

Generated from the models by ``python -m pacific_components.package.schema``; do not edit.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi


class NetworkSegmentArgs(TypedDict):
    """Port groups that make one segment."""

    networks: pulumi.Input[Sequence[pulumi.Input[str]]]
    """Port groups, by name or by identifier."""


class NetworkBackingArgs(TypedDict):
    """What carries the management network."""

    backing: pulumi.Input[str]
    """Kind of the backing. One of NETWORK, NETWORK_SEGMENT."""
    network: NotRequired[pulumi.Input[str]]
    """Port group, by name or by identifier, for backing NETWORK."""
    network_segment: NotRequired[pulumi.Input[NetworkSegmentArgs]]
    """Port groups, for backing NETWORK_SEGMENT."""


class DomainNameServiceArgs(TypedDict):
    """Name servers."""

    servers: pulumi.Input[Sequence[pulumi.Input[str]]]
    """Addresses of the DNS servers."""
    search_domains: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Domains to search."""


class NetworkTimeArgs(TypedDict):
    """Time servers."""

    servers: pulumi.Input[Sequence[pulumi.Input[str]]]
    """Addresses of the NTP servers."""


class NetworkServicesArgs(TypedDict):
    """DNS and NTP of a network."""

    dns: NotRequired[pulumi.Input[DomainNameServiceArgs]]
    """Name servers."""
    ntp: NotRequired[pulumi.Input[NetworkTimeArgs]]
    """Time servers."""


class AddressRangeArgs(TypedDict):
    """Consecutive IP addresses."""

    address: pulumi.Input[str]
    """First address, IPv4 or IPv6."""
    count: pulumi.Input[int]
    """How many addresses, a count."""


class AddressAssignmentArgs(TypedDict):
    """Addresses for one purpose."""

    assignee: NotRequired[pulumi.Input[str]]
    """Who gets the addresses. One of POD, NODE, SERVICE."""
    ranges: pulumi.Input[Sequence[pulumi.Input[AddressRangeArgs]]]
    """Ranges of addresses."""


class AddressManagementArgs(TypedDict):
    """How addresses of a network are given out."""

    dhcp_enabled: NotRequired[pulumi.Input[bool]]
    """Whether DHCP gives the addresses."""
    gateway_address: NotRequired[pulumi.Input[str]]
    """Gateway with its prefix length, for example 10.0.0.1/24."""
    ip_assignments: NotRequired[pulumi.Input[Sequence[pulumi.Input[AddressAssignmentArgs]]]]
    """Static addresses by purpose."""


class ProxyConfigurationArgs(TypedDict):
    """The proxy of the Supervisor's control plane."""

    proxy_settings_source: pulumi.Input[str]
    """Whose settings count: vCenter's, the ones here, or none. One of VC_INHERITED, CLUSTER_CONFIGURED, NONE."""
    https_proxy_config: NotRequired[pulumi.Input[str]]
    """Proxy of HTTPS, a URL."""
    http_proxy_config: NotRequired[pulumi.Input[str]]
    """Proxy of HTTP, a URL."""
    no_proxy_config: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Addresses and domains that go without the proxy."""
    tls_root_ca_bundle: NotRequired[pulumi.Input[str]]
    """PEM bundle of the proxy's certificate authority."""


class ManagementNetworkArgs(TypedDict):
    """The network that the control plane shares with vCenter and the hosts."""

    network: NotRequired[pulumi.Input[str]]
    """Identifier to give the network."""
    backing: pulumi.Input[NetworkBackingArgs]
    """What carries it."""
    services: NotRequired[pulumi.Input[NetworkServicesArgs]]
    """DNS and NTP."""
    ip_management: NotRequired[pulumi.Input[AddressManagementArgs]]
    """How its addresses are given out."""
    floating_ip_address: NotRequired[pulumi.Input[str]]
    """Address that the control plane shares."""
    proxy: NotRequired[pulumi.Input[ProxyConfigurationArgs]]
    """Proxy of the control plane."""


class ControlPlaneArgs(TypedDict):
    """The control plane of the Supervisor."""

    network: pulumi.Input[ManagementNetworkArgs]
    """Its management network."""
    login_banner: NotRequired[pulumi.Input[str]]
    """Text that is shown at login."""
    size: NotRequired[pulumi.Input[str]]
    """Size of each control plane VM; absent: SMALL. One of TINY, SMALL, MEDIUM, LARGE."""
    storage_policy: NotRequired[pulumi.Input[str]]
    """Storage policy of the control plane VMs, by name or by profile identifier."""
    count: NotRequired[pulumi.Input[int]]
    """Number of control plane VMs, 1 or 3; absent: 3. One of 1, 3. Needs vCenter 9.0 or newer."""
    enable_namespace_api_fairness: NotRequired[pulumi.Input[bool]]
    """Whether one namespace's requests cannot crowd out another's; absent: true. Needs vCenter 9.1 or newer."""


class NsxNetworkArgs(TypedDict):
    """A workload network of NSX."""

    dvs: pulumi.Input[str]
    """Distributed switch, by name or by identifier."""
    namespace_subnet_prefix: NotRequired[pulumi.Input[int]]
    """Prefix length of a namespace's subnet, in bits."""


class VsphereNetworkArgs(TypedDict):
    """A workload network of vSphere networking."""

    dvpg: pulumi.Input[str]
    """Distributed port group, by name or by identifier."""


class Ipv4CidrArgs(TypedDict):
    """An IPv4 network."""

    address: pulumi.Input[str]
    """Address of the network."""
    prefix: pulumi.Input[int]
    """Prefix length, in bits."""


class VpcNetworkArgs(TypedDict):
    """A workload network of NSX VPC."""

    nsx_project: NotRequired[pulumi.Input[str]]
    """Path of the NSX project."""
    vpc_connectivity_profile: NotRequired[pulumi.Input[str]]
    """Path of the VPC connectivity profile."""
    default_private_cidrs: pulumi.Input[Sequence[pulumi.Input[Ipv4CidrArgs]]]
    """Private networks of each VPC."""


class WorkloadNetworkArgs(TypedDict):
    """The network of pods, VMs and Services."""

    network: NotRequired[pulumi.Input[str]]
    """Identifier to give the network."""
    network_type: pulumi.Input[str]
    """Kind of networking. One of NSXT, VSPHERE, NSX_VPC."""
    nsx: NotRequired[pulumi.Input[NsxNetworkArgs]]
    """Settings of network type NSXT."""
    vsphere: NotRequired[pulumi.Input[VsphereNetworkArgs]]
    """Settings of network type VSPHERE."""
    nsx_vpc: NotRequired[pulumi.Input[VpcNetworkArgs]]
    """Settings of network type NSX_VPC."""
    services: NotRequired[pulumi.Input[NetworkServicesArgs]]
    """DNS and NTP."""
    ip_management: NotRequired[pulumi.Input[AddressManagementArgs]]
    """How its addresses are given out."""
    client_ip_preservation_enabled: NotRequired[pulumi.Input[bool]]
    """Whether the API server's audit log has the clients' own addresses; switched once the Supervisor runs. Needs
    vCenter 9.1 or newer.
    """


class EdgeServerArgs(TypedDict):
    """Address of a load balancer's API."""

    host: pulumi.Input[str]
    """Host name or address."""
    port: pulumi.Input[int]
    """Port, a number."""


class HaproxyEdgeArgs(TypedDict):
    """HAProxy appliances."""

    servers: pulumi.Input[Sequence[pulumi.Input[EdgeServerArgs]]]
    """Data plane API servers."""
    username: pulumi.Input[str]
    """User of the data plane API."""
    password: pulumi.Input[str]
    """Password of the data plane API."""
    certificate_authority_chain: pulumi.Input[str]
    """PEM bundle that signs the servers' certificates."""


class NsxEdgeArgs(TypedDict):
    """An NSX edge cluster."""

    edge_cluster_id: NotRequired[pulumi.Input[str]]
    """Identifier of the edge cluster."""
    default_ingress_tls_certificate: NotRequired[pulumi.Input[str]]
    """PEM certificate of the default ingress."""
    default_ingress_tls_private_key: NotRequired[pulumi.Input[str]]
    """PEM private key of that certificate; absent: the one that vCenter has made for its signing request. Set once the
    Supervisor runs. Needs vCenter 9.0 or newer.
    """
    routing_mode: NotRequired[pulumi.Input[str]]
    """How addresses leave the Supervisor. One of ROUTED, NAT."""
    egress_ip_ranges: NotRequired[pulumi.Input[Sequence[pulumi.Input[AddressRangeArgs]]]]
    """Addresses for source NAT."""
    t0_gateway: NotRequired[pulumi.Input[str]]
    """Identifier of the tier-0 gateway."""
    load_balancer_size: NotRequired[pulumi.Input[str]]
    """Size of the load balancers. One of SMALL, MEDIUM, LARGE."""


class NsxAdvancedEdgeArgs(TypedDict):
    """NSX Advanced Load Balancer (Avi)."""

    server: pulumi.Input[EdgeServerArgs]
    """The controller's API server."""
    username: pulumi.Input[str]
    """User of the controller."""
    password: pulumi.Input[str]
    """Password of the controller."""
    certificate_authority_chain: pulumi.Input[str]
    """PEM bundle that signs the controller's certificate."""
    cloud_name: NotRequired[pulumi.Input[str]]
    """Name of the cloud in the controller. Needs vCenter 8.0 U2 or newer."""


class FoundationDeploymentTargetArgs(TypedDict):
    """Where and how large the Foundation Load Balancer is."""

    zones: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """vSphere Zones, by name."""
    storage_policy: NotRequired[pulumi.Input[str]]
    """Storage policy, by name or by profile identifier."""
    deployment_size: NotRequired[pulumi.Input[str]]
    """Size. One of SMALL, MEDIUM, LARGE, X_LARGE."""
    availability: NotRequired[pulumi.Input[str]]
    """Redundancy. One of ACTIVE_PASSIVE, SINGLE_NODE."""


class FoundationAddressesArgs(TypedDict):
    """Static addresses of an interface."""

    ip_ranges: pulumi.Input[Sequence[pulumi.Input[AddressRangeArgs]]]
    """Ranges of addresses."""
    gateway: pulumi.Input[str]
    """Gateway with its prefix length, for example 10.0.0.1/24."""


class FoundationPortGroupArgs(TypedDict):
    """The distributed port group of an interface."""

    name: pulumi.Input[str]
    """Name of the interface's network."""
    network: pulumi.Input[str]
    """Port group, by name or by identifier."""
    ipam: pulumi.Input[str]
    """How addresses are given out. One of STATIC, DHCP."""
    ip_config: NotRequired[pulumi.Input[FoundationAddressesArgs]]
    """Static addresses."""


class FoundationNetworkArgs(TypedDict):
    """What an interface is connected to."""

    network_type: pulumi.Input[str]
    """Kind of network. One of SUPERVISOR_MANAGEMENT, PRIMARY_WORKLOAD, DVPG."""
    dvpg_network: NotRequired[pulumi.Input[FoundationPortGroupArgs]]
    """Port group of network type DVPG."""


class FoundationInterfaceArgs(TypedDict):
    """A network interface of the Foundation Load Balancer."""

    personas: pulumi.Input[Sequence[pulumi.Input[str]]]
    """What the interface serves. One of MANAGEMENT, WORKLOAD, FRONTEND."""
    network: pulumi.Input[FoundationNetworkArgs]
    """What it is connected to."""


class FoundationSyslogArgs(TypedDict):
    """Where logs go."""

    endpoint: NotRequired[pulumi.Input[str]]
    """Address of the syslog server."""
    certificate_authority_pem: NotRequired[pulumi.Input[str]]
    """PEM bundle that signs its certificate."""


class FoundationNetworkServicesArgs(TypedDict):
    """DNS, NTP and syslog of the Foundation Load Balancer."""

    dns: NotRequired[pulumi.Input[DomainNameServiceArgs]]
    """Name servers."""
    ntp: NotRequired[pulumi.Input[NetworkTimeArgs]]
    """Time servers."""
    syslog: NotRequired[pulumi.Input[FoundationSyslogArgs]]
    """Where logs go."""


class FoundationEdgeArgs(TypedDict):
    """vSphere Foundation Load Balancer."""

    deployment_target: NotRequired[pulumi.Input[FoundationDeploymentTargetArgs]]
    """Where and how large."""
    interfaces: NotRequired[pulumi.Input[Sequence[pulumi.Input[FoundationInterfaceArgs]]]]
    """Network interfaces."""
    network_services: NotRequired[pulumi.Input[FoundationNetworkServicesArgs]]
    """DNS, NTP and syslog."""
    vip_subnets: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Subnets of the load balancer's addresses that are not in the subnet of its frontend, as CIDRs, for example
    192.168.0.0/24; set once the Supervisor runs.
    """


class EdgeArgs(TypedDict):
    """The load balancer of the Supervisor."""

    id: NotRequired[pulumi.Input[str]]
    """Identifier to give the edge."""
    provider: NotRequired[pulumi.Input[str]]
    """Kind of load balancer. One of HAPROXY, NSX, NSX_ADVANCED, NSX_VPC, VSPHERE_FOUNDATION."""
    load_balancer_address_ranges: NotRequired[pulumi.Input[Sequence[pulumi.Input[AddressRangeArgs]]]]
    """Addresses of Services, ranges that do not overlap; some can be added to a Supervisor that runs, none taken."""
    haproxy: NotRequired[pulumi.Input[HaproxyEdgeArgs]]
    """Settings of HAPROXY."""
    nsx: NotRequired[pulumi.Input[NsxEdgeArgs]]
    """Settings of NSX."""
    nsx_advanced: NotRequired[pulumi.Input[NsxAdvancedEdgeArgs]]
    """Settings of NSX_ADVANCED."""
    foundation: NotRequired[pulumi.Input[FoundationEdgeArgs]]
    """Settings of VSPHERE_FOUNDATION. Needs vCenter 9.0 or newer."""


class KubeApiServerSecurityArgs(TypedDict):
    """TLS of the Kubernetes API server."""

    certificate_dns_names: pulumi.Input[Sequence[pulumi.Input[str]]]
    """Additional DNS names in its certificate."""


class KubeApiServerOptionsArgs(TypedDict):
    """The Kubernetes API server."""

    security: NotRequired[pulumi.Input[KubeApiServerSecurityArgs]]
    """Its TLS."""


class ImageRegistryArgs(TypedDict):
    """A registry that container images are drawn from."""

    hostname: pulumi.Input[str]
    """Host name of the registry."""
    port: NotRequired[pulumi.Input[int]]
    """Port, a number; absent: 443."""
    username: NotRequired[pulumi.Input[str]]
    """User of the registry. Needs vCenter 8.0 U3 or newer."""
    password: NotRequired[pulumi.Input[str]]
    """Password of the registry. Needs vCenter 8.0 U3 or newer."""
    certificate_chain: NotRequired[pulumi.Input[str]]
    """PEM bundle that signs its certificate. Needs vCenter 8.0 U3 or newer."""


class SupervisorContentLibraryArgs(TypedDict):
    """A content library whose images Supervisor Services may use."""

    content_library: pulumi.Input[str]
    """Content library, by name or by identifier."""
    supervisor_services: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Supervisor Services that use it; absent: all. Needs vCenter 9.0 or newer."""
    resource_naming_strategy: NotRequired[pulumi.Input[str]]
    """How the names of its images in Kubernetes are made. One of FROM_ITEM_ID, PREFER_ITEM_SOURCE_ID. Needs vCenter 9.0
    or newer.
    """


class ImagesArgs(TypedDict):
    """Where images come from."""

    registry: NotRequired[pulumi.Input[ImageRegistryArgs]]
    """Registry of container images."""
    repository: NotRequired[pulumi.Input[str]]
    """Default repository in the registry."""
    kubernetes_content_library: NotRequired[pulumi.Input[str]]
    """Content library of Kubernetes releases, by name or by identifier."""
    content_libraries: NotRequired[pulumi.Input[Sequence[pulumi.Input[SupervisorContentLibraryArgs]]]]
    """Content libraries for Supervisor Services. Needs vCenter 8.0 U2 or newer."""


class CloudNativeFileVolumeArgs(TypedDict):
    """ReadWriteMany volumes."""

    vsan_clusters: pulumi.Input[Sequence[pulumi.Input[str]]]
    """vSAN clusters with file service, by name or by identifier."""


class WorkloadsStorageArgs(TypedDict):
    """Storage of pods."""

    cloud_native_file_volume: NotRequired[pulumi.Input[CloudNativeFileVolumeArgs]]
    """ReadWriteMany volumes."""
    file_volumes_enabled: NotRequired[pulumi.Input[bool]]
    """Whether ReadWriteMany volumes can be made; switched once the Supervisor runs. Needs vCenter 9.1 or newer."""
    ephemeral_storage_policy: NotRequired[pulumi.Input[str]]
    """Storage policy of pods' ephemeral disks, by name or by profile identifier."""
    image_storage_policy: NotRequired[pulumi.Input[str]]
    """Storage policy of container images, by name or by profile identifier."""


class WorkloadsArgs(TypedDict):
    """What pods, VMs and Services of the Supervisor use."""

    network: pulumi.Input[WorkloadNetworkArgs]
    """Network of the workloads."""
    edge: NotRequired[pulumi.Input[EdgeArgs]]
    """Load balancer of the workloads; absent: vCenter's choice."""
    kube_api_server_options: NotRequired[pulumi.Input[KubeApiServerOptionsArgs]]
    """The Kubernetes API server."""
    images: NotRequired[pulumi.Input[ImagesArgs]]
    """Where images come from."""
    storage: NotRequired[pulumi.Input[WorkloadsStorageArgs]]
    """Storage of pods."""


class VirtualMachineReservationArgs(TypedDict):
    """Reserved capacity for a number of VMs of one class."""

    reserved_vm_class: pulumi.Input[str]
    """VM class, by name."""
    count: pulumi.Input[int]
    """Number of VMs that are reserved, a count."""


class ZoneBindingArgs(TypedDict):
    """A vSphere Zone that the Supervisor is bound to while it runs."""

    zone: pulumi.Input[str]
    """Name of the zone."""
    type: NotRequired[pulumi.Input[str]]
    """MANAGEMENT: the control plane is in it too, for ever; with cluster, since those of zones are named there. Absent:
    WORKLOAD, for zones of the control plane MANAGEMENT. One of MANAGEMENT, WORKLOAD.
    """
    vm_reservations: NotRequired[pulumi.Input[Sequence[pulumi.Input[VirtualMachineReservationArgs]]]]
    """VMs that are reserved in it by class."""


class VgpuDeviceArgs(TypedDict):
    """A virtual GPU."""

    profile_name: pulumi.Input[str]
    """Name of the vGPU profile."""


class DynamicDirectPathIoDeviceArgs(TypedDict):
    """A PCI device that is passed through."""

    vendor_id: pulumi.Input[int]
    """PCI vendor identifier, a number."""
    device_id: pulumi.Input[int]
    """PCI device identifier, a number."""
    custom_label: NotRequired[pulumi.Input[str]]
    """Label that the host's device must have."""


class VirtualDevicesArgs(TypedDict):
    """Devices of each VM of the class."""

    vgpu_devices: NotRequired[pulumi.Input[Sequence[pulumi.Input[VgpuDeviceArgs]]]]
    """Virtual GPUs."""
    dynamic_direct_path_io_devices: NotRequired[pulumi.Input[Sequence[pulumi.Input[DynamicDirectPathIoDeviceArgs]]]]
    """PCI devices that are passed through."""


class InstanceStorageVolumeArgs(TypedDict):
    """A volume on storage of the host itself."""

    size: pulumi.Input[int]
    """Size, in MiB."""


class InstanceStorageArgs(TypedDict):
    """Storage of the host itself for each VM of the class."""

    policy: pulumi.Input[str]
    """Storage policy, by name or by profile identifier."""
    volumes: pulumi.Input[Sequence[pulumi.Input[InstanceStorageVolumeArgs]]]
    """Volumes of each VM."""


class ResourceSpecArgs(TypedDict):
    """Limits, defaults and object counts of the namespace (ResourceQuotaOptionsV1)."""

    cpu_limit: NotRequired[pulumi.Input[int]]
    """Limit of all CPU use, in MHz; at least 10."""
    cpu_limit_default: NotRequired[pulumi.Input[int]]
    """CPU limit of a container that names none, in MHz."""
    cpu_request_default: NotRequired[pulumi.Input[int]]
    """CPU request of a container that names none, in MHz."""
    memory_limit: NotRequired[pulumi.Input[int]]
    """Limit of all memory use, in MiB."""
    memory_limit_default: NotRequired[pulumi.Input[int]]
    """Memory limit of a container that names none, in MiB."""
    memory_request_default: NotRequired[pulumi.Input[int]]
    """Memory request of a container that names none, in MiB."""
    storage_request_limit: NotRequired[pulumi.Input[int]]
    """Limit of all storage requests, in MiB."""
    pod_count: NotRequired[pulumi.Input[int]]
    """Most pods there may be, a count."""
    service_count: NotRequired[pulumi.Input[int]]
    """Most Services there may be, a count."""
    deployment_count: NotRequired[pulumi.Input[int]]
    """Most Deployments there may be, a count."""
    daemon_set_count: NotRequired[pulumi.Input[int]]
    """Most DaemonSets there may be, a count."""
    replica_set_count: NotRequired[pulumi.Input[int]]
    """Most ReplicaSets there may be, a count."""
    replication_controller_count: NotRequired[pulumi.Input[int]]
    """Most ReplicationControllers there may be, a count."""
    stateful_set_count: NotRequired[pulumi.Input[int]]
    """Most StatefulSets there may be, a count."""
    config_map_count: NotRequired[pulumi.Input[int]]
    """Most ConfigMaps there may be, a count."""
    secret_count: NotRequired[pulumi.Input[int]]
    """Most Secrets there may be, a count."""
    persistent_volume_claim_count: NotRequired[pulumi.Input[int]]
    """Most PersistentVolumeClaims there may be, a count."""
    job_count: NotRequired[pulumi.Input[int]]
    """Most Jobs there may be, a count."""


class AccessEntryArgs(TypedDict):
    """Who may do what in the namespace."""

    subject_type: pulumi.Input[str]
    """Whether the subject is a user or a group. One of USER, GROUP."""
    subject: pulumi.Input[str]
    """Name of the user or group, without its domain."""
    domain: pulumi.Input[str]
    """Domain of the subject, for example vsphere.local."""
    role: pulumi.Input[str]
    """Role; OWNER only for subjects of vCenter Single Sign-On. One of OWNER, EDIT, VIEW."""
    identity_provider: NotRequired[pulumi.Input[str]]
    """Identifier of the external identity provider that knows the subject; absent: vCenter Single Sign-On."""


class StorageSpecArgs(TypedDict):
    """A storage policy that the namespace may use."""

    policy: pulumi.Input[str]
    """Storage policy, by name or by profile identifier."""
    limit: NotRequired[pulumi.Input[int]]
    """Limit of storage under this policy, in MiB; absent: none."""


class VmServiceSpecArgs(TypedDict):
    """What the VM Service offers in the namespace."""

    vm_classes: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """VM classes that VMs of the namespace may use, by name."""
    content_libraries: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Content libraries whose images VMs of the namespace may use, by name or by identifier."""


class NamespaceContentLibraryArgs(TypedDict):
    """A content library attached to the namespace."""

    content_library: pulumi.Input[str]
    """Content library, by name or by identifier."""
    writable: NotRequired[pulumi.Input[bool]]
    """Whether VMs may be published into it."""
    allow_import: NotRequired[pulumi.Input[bool]]
    """Whether images may be imported into it. Needs vCenter 9.0 or newer."""
    resource_naming_strategy: NotRequired[pulumi.Input[str]]
    """How the names of its images in Kubernetes are made. One of FROM_ITEM_ID, PREFER_ITEM_SOURCE_ID. Needs vCenter 9.0
    or newer.
    """


class NsxNamespaceNetworkArgs(TypedDict):
    """What the namespace has of its own in place of the Supervisor's NSX settings."""

    namespace_network_cidrs: NotRequired[pulumi.Input[Sequence[pulumi.Input[Ipv4CidrArgs]]]]
    """Networks of the namespace's segments."""
    ingress_cidrs: NotRequired[pulumi.Input[Sequence[pulumi.Input[Ipv4CidrArgs]]]]
    """Networks for the addresses of load balancers."""
    egress_cidrs: NotRequired[pulumi.Input[Sequence[pulumi.Input[Ipv4CidrArgs]]]]
    """Networks for the addresses of source NAT."""
    nsx_tier0_gateway: NotRequired[pulumi.Input[str]]
    """Identifier of the tier-0 gateway."""
    subnet_prefix_length: NotRequired[pulumi.Input[int]]
    """Prefix length of each segment, in bits."""
    routed_mode: NotRequired[pulumi.Input[bool]]
    """True: addresses are routed, without NAT."""
    load_balancer_size: NotRequired[pulumi.Input[str]]
    """Size of the namespace's load balancer. One of SMALL, MEDIUM, LARGE."""


class NamespaceNetworkArgs(TypedDict):
    """Settings of the namespace that override the Supervisor's (NSX)."""

    network_provider: pulumi.Input[str]
    """Networking of the Supervisor. One of NSXT_CONTAINER_PLUGIN, VSPHERE_NETWORK, NSX_VPC."""
    network: NotRequired[pulumi.Input[NsxNamespaceNetworkArgs]]
    """Settings of NSXT_CONTAINER_PLUGIN."""


class VpcConfigurationArgs(TypedDict):
    """What a VPC that is made for the namespace looks like."""

    private_cidrs: NotRequired[pulumi.Input[Sequence[pulumi.Input[Ipv4CidrArgs]]]]
    """Private networks of the VPC."""


class SharedSubnetArgs(TypedDict):
    """A subnet of NSX that the namespace uses together with others."""

    path: pulumi.Input[str]
    """Path of the subnet in NSX."""


class NamespaceVpcArgs(TypedDict):
    """The namespace's part in NSX VPC."""

    vpc_config: NotRequired[pulumi.Input[VpcConfigurationArgs]]
    """Settings of a VPC to make; absent with vpc."""
    vpc: NotRequired[pulumi.Input[str]]
    """Path of a VPC that is there already; absent: one is made."""
    shared_subnets: NotRequired[pulumi.Input[Sequence[pulumi.Input[SharedSubnetArgs]]]]
    """Subnets that the namespace uses together with others. Needs vCenter 9.1 or newer."""
    default_subnet_size: NotRequired[pulumi.Input[int]]
    """Addresses of each subnet, a count."""


class NamespaceVsphereNetworkArgs(TypedDict):
    """The namespace's part in vSphere networking."""

    default_workload_network: NotRequired[pulumi.Input[str]]
    """Workload network that pods and VMs use where they name none; absent: the Supervisor's primary one."""


class NetworkSpecArgs(TypedDict):
    """Networking of the namespace."""

    network_provider: pulumi.Input[str]
    """Networking of the Supervisor. One of NSXT_CONTAINER_PLUGIN, VSPHERE_NETWORK, NSX_VPC."""
    vpc_network: NotRequired[pulumi.Input[NamespaceVpcArgs]]
    """Settings of NSX_VPC."""
    vsphere_network: NotRequired[pulumi.Input[NamespaceVsphereNetworkArgs]]
    """Settings of VSPHERE_NETWORK. Needs vCenter 9.1 or newer."""


class AviEdgeArgs(TypedDict):
    """Settings of NSX Advanced Load Balancer for the namespace."""

    se_group_name: NotRequired[pulumi.Input[str]]
    """Name of its service engine group."""


class NamespaceEdgeArgs(TypedDict):
    """The load balancer of the namespace."""

    id: pulumi.Input[str]
    """Identifier of the edge."""
    edge_provider: pulumi.Input[str]
    """Kind of load balancer. One of NSX_REGISTERED_AVI."""
    avi: NotRequired[pulumi.Input[AviEdgeArgs]]
    """Settings of NSX_REGISTERED_AVI."""


class NamespaceZoneArgs(TypedDict):
    """A vSphere Zone of the namespace with its share of it."""

    name: pulumi.Input[str]
    """Name of the zone."""
    cpu_limit_mhz: NotRequired[pulumi.Input[int]]
    """Limit of CPU use in the zone, in MHz; at least 10."""
    cpu_reservation_mhz: NotRequired[pulumi.Input[int]]
    """CPU that is reserved in the zone, in MHz."""
    memory_limit_mib: NotRequired[pulumi.Input[int]]
    """Limit of memory use in the zone, in MiB."""
    memory_reservation_mib: NotRequired[pulumi.Input[int]]
    """Memory that is reserved in the zone, in MiB."""
    vm_reservations: NotRequired[pulumi.Input[Sequence[pulumi.Input[VirtualMachineReservationArgs]]]]
    """Reserved VMs by class."""
    disallow_unreserved_direct_path_usage: NotRequired[pulumi.Input[bool]]
    """True: only VMs of a reserved class may use passed-through devices."""


class CreatorArgs(TypedDict):
    """Who is taken for the namespace's creator."""

    subject: pulumi.Input[str]
    """Name of the user, without its domain."""
    domain: pulumi.Input[str]
    """Domain of the user, for example vsphere.local."""


class TemplateSubjectArgs(TypedDict):
    """Who may make namespaces from the template."""

    subject_type: pulumi.Input[str]
    """Whether the subject is a user or a group. One of USER, GROUP."""
    subject: pulumi.Input[str]
    """Name of the user or group, without its domain."""
    domain: pulumi.Input[str]
    """Domain of the subject, for example vsphere.local."""


class SubscriptionInfoArgs(TypedDict):
    """The published library that a subscribed one follows."""

    subscription_url: pulumi.Input[str]
    """Address of the published library's lib.json."""
    automatic_sync_enabled: pulumi.Input[bool]
    """Whether vCenter looks for new images by itself."""
    on_demand: pulumi.Input[bool]
    """Whether the files of an image are fetched when a VM needs them."""
    ssl_thumbprint: NotRequired[pulumi.Input[str]]
    """SHA-1 thumbprint of the server's certificate."""
    username: NotRequired[pulumi.Input[str]]
    """User of that library."""
    password: NotRequired[pulumi.Input[str]]
    """Its password."""


class ReadyObjectArgs(TypedDict):
    """A Kubernetes object of a service, and the condition that says that it is ready."""

    api_version: pulumi.Input[str]
    """API version, for example apps/v1."""
    kind: pulumi.Input[str]
    """Kind, for example Deployment."""
    name: pulumi.Input[str]
    """Name."""
    namespace: NotRequired[pulumi.Input[str]]
    """Namespace; absent: the service's own."""
    condition: NotRequired[pulumi.Input[str]]
    """Condition that is True when it is ready, for example Available of a Deployment."""


class SupervisorArgs(TypedDict):
    """A Supervisor: vSphere's Kubernetes control plane on one compute cluster, or on one or three vSphere Zones."""

    name: NotRequired[pulumi.Input[str]]
    """Name, an RFC 1123 label of 63 characters at most; absent: the resource's own name."""
    cluster: NotRequired[pulumi.Input[str]]
    """Compute cluster, by name or by identifier; one of cluster and zones."""
    zones: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """One or three vSphere Zones, by name; one of cluster and zones. One becomes three while the Supervisor runs (9.0),
    three never become one.
    """
    control_plane: pulumi.Input[ControlPlaneArgs]
    """The control plane."""
    workloads: pulumi.Input[WorkloadsArgs]
    """What the workloads use."""
    vsphere_pods_enabled: NotRequired[pulumi.Input[bool]]
    """Whether vSphere Pods may run; once true it cannot become false again. Needs vCenter 9.0 or newer."""
    zone_bindings: NotRequired[pulumi.Input[Sequence[pulumi.Input[ZoneBindingArgs]]]]
    """Zones for workloads beside those of its control plane, and VMs that are reserved in any of its zones. Needs
    vCenter 9.0 or newer.
    """
    adopt: NotRequired[pulumi.Input[bool]]
    """Whether an object that is in vCenter already and carries no stack's mark is adopted when the resource is created.
    An object that another stack has marked is never adopted.
    """
    deletion_policy: NotRequired[pulumi.Input[str]]
    """What deleting the resource does: Delete removes the Supervisor with all its namespaces, Retain leaves it. One of
    Delete, Retain.
    """


class VirtualMachineClassArgs(TypedDict):
    """A VM class: the size, reservations and devices of VMs, known to the whole vCenter."""

    name: NotRequired[pulumi.Input[str]]
    """Name, an RFC 1123 label of 63 characters at most; absent: the resource's own name."""
    cpu_count: pulumi.Input[int]
    """Number of virtual CPUs, a count."""
    memory_mib: pulumi.Input[int]
    """Memory, in MiB; a multiple of 4."""
    cpu_reservation: NotRequired[pulumi.Input[int]]
    """Share of the CPU that is reserved, in percent."""
    memory_reservation: NotRequired[pulumi.Input[int]]
    """Share of the memory that is reserved, in percent; 100 with devices."""
    description: NotRequired[pulumi.Input[str]]
    """Free text, shown in vCenter."""
    devices: NotRequired[pulumi.Input[VirtualDevicesArgs]]
    """Virtual GPUs and PCI devices."""
    instance_storage: NotRequired[pulumi.Input[InstanceStorageArgs]]
    """Volumes on storage of the host itself."""
    config_spec: NotRequired[pulumi.Input[Mapping[str, Any]]]
    """VirtualMachineConfigSpec of the Web Services API, in its JSON form with _typeName: allocations, devices, hardware
    version, extra configuration. Only what is declared is compared. Needs vCenter 8.0 U2 or newer.
    """
    adopt: NotRequired[pulumi.Input[bool]]
    """Whether an object that is in vCenter already and carries no stack's mark is adopted when the resource is created.
    An object that another stack has marked is never adopted.
    """


class NamespaceArgs(TypedDict):
    """A vSphere Namespace: limits, object counts, storage, VM classes, content libraries, roles, networks and zones."""

    name: NotRequired[pulumi.Input[str]]
    """Name, an RFC 1123 label of 63 characters at most, unique in the vCenter; absent: the resource's own name."""
    supervisor: pulumi.Input[str]
    """Supervisor that it is on, by name or by identifier."""
    description: NotRequired[pulumi.Input[str]]
    """Free text, shown in vCenter."""
    resource_spec: NotRequired[pulumi.Input[ResourceSpecArgs]]
    """Limits, defaults and object counts."""
    access_list: NotRequired[pulumi.Input[Sequence[pulumi.Input[AccessEntryArgs]]]]
    """Who may do what; entries that vCenter adds by itself are left alone."""
    storage_specs: NotRequired[pulumi.Input[Sequence[pulumi.Input[StorageSpecArgs]]]]
    """Storage policies with their limits."""
    vm_service_spec: NotRequired[pulumi.Input[VmServiceSpecArgs]]
    """VM classes and image libraries."""
    content_libraries: NotRequired[pulumi.Input[Sequence[pulumi.Input[NamespaceContentLibraryArgs]]]]
    """Content libraries with their rights. Needs vCenter 8.0 U2 or newer."""
    networks: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Workload networks by identifier, for Supervisors on vSphere networking only; fixed at creation before vCenter
    9.1.
    """
    namespace_network: NotRequired[pulumi.Input[NamespaceNetworkArgs]]
    """Networks of its own in place of the Supervisor's, for Supervisors on NSX only."""
    network_spec: NotRequired[pulumi.Input[NetworkSpecArgs]]
    """Networking of the namespace: VPC or vSphere networks. Needs vCenter 9.0 or newer."""
    edges: NotRequired[pulumi.Input[Sequence[pulumi.Input[NamespaceEdgeArgs]]]]
    """Load balancer of its own, one at most. Needs vCenter 9.1 or newer."""
    zones: NotRequired[pulumi.Input[Sequence[pulumi.Input[NamespaceZoneArgs]]]]
    """vSphere Zones of the namespace with their limits and reservations. Needs vCenter 9.0 or newer."""
    infrastructure_policies: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Infrastructure policies, by name. Needs vCenter 9.1 or newer."""
    creator: NotRequired[pulumi.Input[CreatorArgs]]
    """Who is taken for its creator; absent: the user of the provider."""
    adopt: NotRequired[pulumi.Input[bool]]
    """Whether an object that is in vCenter already and carries no stack's mark is adopted when the resource is created.
    An object that another stack has marked is never adopted.
    """
    deletion_policy: NotRequired[pulumi.Input[str]]
    """What deleting the resource does: Delete removes the namespace with all that is in it, Retain leaves it. One of
    Delete, Retain.
    """


class NamespaceTemplateArgs(TypedDict):
    """A template of self-service namespaces (deprecated by VMware with vCenter 9.1, which still serves it)."""

    name: NotRequired[pulumi.Input[str]]
    """Name, an RFC 1123 label of 63 characters at most; absent: the resource's own name."""
    supervisor: pulumi.Input[str]
    """Supervisor that the namespaces are made on, by name or by identifier."""
    resource_spec: pulumi.Input[ResourceSpecArgs]
    """Limits, defaults and object counts of each namespace."""
    storage_specs: pulumi.Input[Sequence[pulumi.Input[StorageSpecArgs]]]
    """Storage policies with their limits, one at least."""
    networks: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Workload network by identifier, for Supervisors on vSphere networking only, one at most."""
    permissions: NotRequired[pulumi.Input[Sequence[pulumi.Input[TemplateSubjectArgs]]]]
    """Who may make namespaces from it; absent: administrators only."""
    vm_service_spec: NotRequired[pulumi.Input[VmServiceSpecArgs]]
    """VM classes and image libraries."""
    content_libraries: NotRequired[pulumi.Input[Sequence[pulumi.Input[NamespaceContentLibraryArgs]]]]
    """Content libraries with their rights. Needs vCenter 8.0 U2 or newer."""


class ZoneArgs(TypedDict):
    """A vSphere Zone: clusters that fail together, for Supervisors and namespaces to be spread over."""

    name: NotRequired[pulumi.Input[str]]
    """Name, an RFC 1123 label of 63 characters at most; absent: the resource's own name."""
    description: NotRequired[pulumi.Input[str]]
    """Free text, shown in vCenter."""
    clusters: NotRequired[pulumi.Input[Sequence[pulumi.Input[str]]]]
    """Compute clusters in it, by name or by identifier."""


class ContainerImageRegistryArgs(TypedDict):
    """A registry of container images with its login, known to one Supervisor."""

    supervisor: pulumi.Input[str]
    """Supervisor that it belongs to, by name or by identifier."""
    name: NotRequired[pulumi.Input[str]]
    """Name, unique on the Supervisor; absent: the resource's own name."""
    image_registry: pulumi.Input[ImageRegistryArgs]
    """Address and login."""
    default_registry: NotRequired[pulumi.Input[bool]]
    """Whether the Supervisor's own components and services draw from it."""


class ContentLibraryArgs(TypedDict):
    """A content library, whose images VMs are made of."""

    name: NotRequired[pulumi.Input[str]]
    """Name, unique among libraries; absent: the resource's own name."""
    datastore: pulumi.Input[str]
    """Datastore that its images lie on, by name or by identifier."""
    description: NotRequired[pulumi.Input[str]]
    """Free text, shown in vCenter."""
    subscription_info: NotRequired[pulumi.Input[SubscriptionInfoArgs]]
    """The library that it follows; absent: it is a local one."""
    adopt: NotRequired[pulumi.Input[bool]]
    """Whether an object that is in vCenter already and carries no stack's mark is adopted when the resource is created.
    An object that another stack has marked is never adopted.
    """
    deletion_policy: NotRequired[pulumi.Input[str]]
    """Whether a deletion of the resource deletes the library and its images. One of Delete, Retain."""


class SupervisorServiceVersionArgs(TypedDict):
    """A version of a Supervisor Service in vCenter's catalogue, from where Supervisors install it."""

    content: pulumi.Input[str]
    """The service's YAML as its maker publishes it: a Carvel Package with its PackageMetadata, or a vSphere
    application.
    """
    content_type: NotRequired[pulumi.Input[str]]
    """Format of the content. One of CARVEL_APPS_YAML, VSPHERE_APPS_YAML."""
    trusted_provider: NotRequired[pulumi.Input[bool]]
    """True takes a VSPHERE_APPS_YAML without a valid signature; absent: false."""
    accept_eula: NotRequired[pulumi.Input[bool]]
    """True accepts the licence agreement of a VSPHERE_APPS_YAML; absent: false."""
    activated: NotRequired[pulumi.Input[bool]]
    """Whether Supervisors may install this version."""
    deletion_policy: NotRequired[pulumi.Input[str]]
    """Retain leaves the version in the catalogue while a Supervisor has it installed; absent: Delete, which vCenter
    refuses then. One of Delete, Retain.
    """


class SupervisorServiceArgs(TypedDict):
    """A Supervisor Service that is installed on a Supervisor; another version upgrades it."""

    supervisor: pulumi.Input[str]
    """Supervisor that it is installed on, by name or by identifier."""
    supervisor_service: pulumi.Input[str]
    """Identifier of the service in vCenter's catalogue."""
    version: pulumi.Input[str]
    """Version in the catalogue; another one upgrades."""
    yaml_service_config: NotRequired[pulumi.Input[str]]
    """Configuration of the service, YAML text as its maker documents it; a secret, since it may hold passwords."""
    ready_objects: NotRequired[pulumi.Input[Sequence[pulumi.Input[ReadyObjectArgs]]]]
    """Objects on the Supervisor that are waited for once vCenter says CONFIGURED; absent: none."""
    deletion_policy: NotRequired[pulumi.Input[str]]
    """Retain leaves the service installed when the resource is deleted; absent: Delete. One of Delete, Retain."""


class SupervisorUpgradeArgs(TypedDict):
    """The version of a Supervisor: it is upgraded to it and never goes back. Deleting the resource changes nothing."""

    supervisor: pulumi.Input[str]
    """Supervisor to upgrade, by name or by identifier."""
    version: pulumi.Input[str]
    """Version that it is to have, as vCenter lists it."""
    ignore_precheck_warnings: NotRequired[pulumi.Input[bool]]
    """True upgrades in spite of what the checks before it warn of; absent: false."""
