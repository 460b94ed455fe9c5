"""Outputs of the custom resources: nested values with typed, documented attributes.

Generated from the models by ``python -m pacific_components.package.schema``; do not edit.
"""

import pulumi


@pulumi.output_type
class NetworkSegment:
    """Port groups that make one segment."""

    networks: list[str] = pulumi.property("networks")
    """Port groups, by name or by identifier."""


@pulumi.output_type
class NetworkBacking:
    """What carries the management network."""

    backing: str = pulumi.property("backing")
    """Kind of the backing. One of NETWORK, NETWORK_SEGMENT."""
    network: str | None = pulumi.property("network", default=None)
    """Port group, by name or by identifier, for backing NETWORK."""
    network_segment: NetworkSegment | None = pulumi.property("networkSegment", default=None)
    """Port groups, for backing NETWORK_SEGMENT."""


@pulumi.output_type
class DomainNameService:
    """Name servers."""

    servers: list[str] = pulumi.property("servers")
    """Addresses of the DNS servers."""
    search_domains: list[str] = pulumi.property("searchDomains", default=None)
    """Domains to search."""


@pulumi.output_type
class NetworkTime:
    """Time servers."""

    servers: list[str] = pulumi.property("servers")
    """Addresses of the NTP servers."""


@pulumi.output_type
class NetworkServices:
    """DNS and NTP of a network."""

    dns: DomainNameService | None = pulumi.property("dns", default=None)
    """Name servers."""
    ntp: NetworkTime | None = pulumi.property("ntp", default=None)
    """Time servers."""


@pulumi.output_type
class AddressRange:
    """Consecutive IP addresses."""

    address: str = pulumi.property("address")
    """First address, IPv4 or IPv6."""
    count: int = pulumi.property("count")
    """How many addresses, a count."""


@pulumi.output_type
class AddressAssignment:
    """Addresses for one purpose."""

    ranges: list[AddressRange] = pulumi.property("ranges")
    """Ranges of addresses."""
    assignee: str | None = pulumi.property("assignee", default=None)
    """Who gets the addresses. One of POD, NODE, SERVICE."""


@pulumi.output_type
class AddressManagement:
    """How addresses of a network are given out."""

    dhcp_enabled: bool | None = pulumi.property("dhcpEnabled", default=None)
    """Whether DHCP gives the addresses."""
    gateway_address: str | None = pulumi.property("gatewayAddress", default=None)
    """Gateway with its prefix length, for example 10.0.0.1/24."""
    ip_assignments: list[AddressAssignment] | None = pulumi.property("ipAssignments", default=None)
    """Static addresses by purpose."""


@pulumi.output_type
class ProxyConfiguration:
    """The proxy of the Supervisor's control plane."""

    proxy_settings_source: str = pulumi.property("proxySettingsSource")
    """Whose settings count: vCenter's, the ones here, or none. One of VC_INHERITED, CLUSTER_CONFIGURED, NONE."""
    https_proxy_config: str | None = pulumi.property("httpsProxyConfig", default=None)
    """Proxy of HTTPS, a URL."""
    http_proxy_config: str | None = pulumi.property("httpProxyConfig", default=None)
    """Proxy of HTTP, a URL."""
    no_proxy_config: list[str] | None = pulumi.property("noProxyConfig", default=None)
    """Addresses and domains that go without the proxy."""
    tls_root_ca_bundle: str | None = pulumi.property("tlsRootCaBundle", default=None)
    """PEM bundle of the proxy's certificate authority."""


@pulumi.output_type
class ManagementNetwork:
    """The network that the control plane shares with vCenter and the hosts."""

    backing: NetworkBacking = pulumi.property("backing")
    """What carries it."""
    network: str | None = pulumi.property("network", default=None)
    """Identifier to give the network."""
    services: NetworkServices | None = pulumi.property("services", default=None)
    """DNS and NTP."""
    ip_management: AddressManagement | None = pulumi.property("ipManagement", default=None)
    """How its addresses are given out."""
    floating_ip_address: str | None = pulumi.property("floatingIpAddress", default=None)
    """Address that the control plane shares."""
    proxy: ProxyConfiguration | None = pulumi.property("proxy", default=None)
    """Proxy of the control plane."""


@pulumi.output_type
class ControlPlane:
    """The control plane of the Supervisor."""

    network: ManagementNetwork = pulumi.property("network")
    """Its management network."""
    login_banner: str | None = pulumi.property("loginBanner", default=None)
    """Text that is shown at login."""
    size: str | None = pulumi.property("size", default=None)
    """Size of each control plane VM; absent: SMALL. One of TINY, SMALL, MEDIUM, LARGE."""
    storage_policy: str | None = pulumi.property("storagePolicy", default=None)
    """Storage policy of the control plane VMs, by name or by profile identifier."""
    count: int | None = pulumi.property("count", default=None)
    """Number of control plane VMs, 1 or 3; absent: 3. One of 1, 3. Needs vCenter 9.0 or newer."""
    enable_namespace_api_fairness: bool | None = pulumi.property("enableNamespaceApiFairness", default=None)
    """Whether one namespace's requests cannot crowd out another's; absent: true. Needs vCenter 9.1 or newer."""


@pulumi.output_type
class NsxNetwork:
    """A workload network of NSX."""

    dvs: str = pulumi.property("dvs")
    """Distributed switch, by name or by identifier."""
    namespace_subnet_prefix: int | None = pulumi.property("namespaceSubnetPrefix", default=None)
    """Prefix length of a namespace's subnet, in bits."""


@pulumi.output_type
class VsphereNetwork:
    """A workload network of vSphere networking."""

    dvpg: str = pulumi.property("dvpg")
    """Distributed port group, by name or by identifier."""


@pulumi.output_type
class Ipv4Cidr:
    """An IPv4 network."""

    address: str = pulumi.property("address")
    """Address of the network."""
    prefix: int = pulumi.property("prefix")
    """Prefix length, in bits."""


@pulumi.output_type
class VpcNetwork:
    """A workload network of NSX VPC."""

    default_private_cidrs: list[Ipv4Cidr] = pulumi.property("defaultPrivateCidrs")
    """Private networks of each VPC."""
    nsx_project: str | None = pulumi.property("nsxProject", default=None)
    """Path of the NSX project."""
    vpc_connectivity_profile: str | None = pulumi.property("vpcConnectivityProfile", default=None)
    """Path of the VPC connectivity profile."""


@pulumi.output_type
class WorkloadNetwork:
    """The network of pods, VMs and Services."""

    network_type: str = pulumi.property("networkType")
    """Kind of networking. One of NSXT, VSPHERE, NSX_VPC."""
    network: str | None = pulumi.property("network", default=None)
    """Identifier to give the network."""
    nsx: NsxNetwork | None = pulumi.property("nsx", default=None)
    """Settings of network type NSXT."""
    vsphere: VsphereNetwork | None = pulumi.property("vsphere", default=None)
    """Settings of network type VSPHERE."""
    nsx_vpc: VpcNetwork | None = pulumi.property("nsxVpc", default=None)
    """Settings of network type NSX_VPC."""
    services: NetworkServices | None = pulumi.property("services", default=None)
    """DNS and NTP."""
    ip_management: AddressManagement | None = pulumi.property("ipManagement", default=None)
    """How its addresses are given out."""
    client_ip_preservation_enabled: bool | None = pulumi.property("clientIpPreservationEnabled", default=None)
    """Whether the API server's audit log has the clients' own addresses; switched once the Supervisor runs. Needs
    vCenter 9.1 or newer.
    """


@pulumi.output_type
class EdgeServer:
    """Address of a load balancer's API."""

    host: str = pulumi.property("host")
    """Host name or address."""
    port: int = pulumi.property("port")
    """Port, a number."""


@pulumi.output_type
class HaproxyEdge:
    """HAProxy appliances."""

    servers: list[EdgeServer] = pulumi.property("servers")
    """Data plane API servers."""
    username: str = pulumi.property("username")
    """User of the data plane API."""
    password: str = pulumi.property("password")
    """Password of the data plane API."""
    certificate_authority_chain: str = pulumi.property("certificateAuthorityChain")
    """PEM bundle that signs the servers' certificates."""


@pulumi.output_type
class NsxEdge:
    """An NSX edge cluster."""

    edge_cluster_id: str | None = pulumi.property("edgeClusterId", default=None)
    """Identifier of the edge cluster."""
    default_ingress_tls_certificate: str | None = pulumi.property("defaultIngressTlsCertificate", default=None)
    """PEM certificate of the default ingress."""
    default_ingress_tls_private_key: str | None = pulumi.property("defaultIngressTlsPrivateKey", default=None)
    """PEM private key of that certificate; absent: the one that vCenter has made for its signing request. Set once the
    Supervisor runs. Needs vCenter 9.0 or newer.
    """
    routing_mode: str | None = pulumi.property("routingMode", default=None)
    """How addresses leave the Supervisor. One of ROUTED, NAT."""
    egress_ip_ranges: list[AddressRange] | None = pulumi.property("egressIpRanges", default=None)
    """Addresses for source NAT."""
    t0_gateway: str | None = pulumi.property("t0Gateway", default=None)
    """Identifier of the tier-0 gateway."""
    load_balancer_size: str | None = pulumi.property("loadBalancerSize", default=None)
    """Size of the load balancers. One of SMALL, MEDIUM, LARGE."""


@pulumi.output_type
class NsxAdvancedEdge:
    """NSX Advanced Load Balancer (Avi)."""

    server: EdgeServer = pulumi.property("server")
    """The controller's API server."""
    username: str = pulumi.property("username")
    """User of the controller."""
    password: str = pulumi.property("password")
    """Password of the controller."""
    certificate_authority_chain: str = pulumi.property("certificateAuthorityChain")
    """PEM bundle that signs the controller's certificate."""
    cloud_name: str | None = pulumi.property("cloudName", default=None)
    """Name of the cloud in the controller. Needs vCenter 8.0 U2 or newer."""


@pulumi.output_type
class FoundationDeploymentTarget:
    """Where and how large the Foundation Load Balancer is."""

    zones: list[str] | None = pulumi.property("zones", default=None)
    """vSphere Zones, by name."""
    storage_policy: str | None = pulumi.property("storagePolicy", default=None)
    """Storage policy, by name or by profile identifier."""
    deployment_size: str | None = pulumi.property("deploymentSize", default=None)
    """Size. One of SMALL, MEDIUM, LARGE, X_LARGE."""
    availability: str | None = pulumi.property("availability", default=None)
    """Redundancy. One of ACTIVE_PASSIVE, SINGLE_NODE."""


@pulumi.output_type
class FoundationAddresses:
    """Static addresses of an interface."""

    ip_ranges: list[AddressRange] = pulumi.property("ipRanges")
    """Ranges of addresses."""
    gateway: str = pulumi.property("gateway")
    """Gateway with its prefix length, for example 10.0.0.1/24."""


@pulumi.output_type
class FoundationPortGroup:
    """The distributed port group of an interface."""

    name: str = pulumi.property("name")
    """Name of the interface's network."""
    network: str = pulumi.property("network")
    """Port group, by name or by identifier."""
    ipam: str = pulumi.property("ipam")
    """How addresses are given out. One of STATIC, DHCP."""
    ip_config: FoundationAddresses | None = pulumi.property("ipConfig", default=None)
    """Static addresses."""


@pulumi.output_type
class FoundationNetwork:
    """What an interface is connected to."""

    network_type: str = pulumi.property("networkType")
    """Kind of network. One of SUPERVISOR_MANAGEMENT, PRIMARY_WORKLOAD, DVPG."""
    dvpg_network: FoundationPortGroup | None = pulumi.property("dvpgNetwork", default=None)
    """Port group of network type DVPG."""


@pulumi.output_type
class FoundationInterface:
    """A network interface of the Foundation Load Balancer."""

    personas: list[str] = pulumi.property("personas")
    """What the interface serves. One of MANAGEMENT, WORKLOAD, FRONTEND."""
    network: FoundationNetwork = pulumi.property("network")
    """What it is connected to."""


@pulumi.output_type
class FoundationSyslog:
    """Where logs go."""

    endpoint: str | None = pulumi.property("endpoint", default=None)
    """Address of the syslog server."""
    certificate_authority_pem: str | None = pulumi.property("certificateAuthorityPem", default=None)
    """PEM bundle that signs its certificate."""


@pulumi.output_type
class FoundationNetworkServices:
    """DNS, NTP and syslog of the Foundation Load Balancer."""

    dns: DomainNameService | None = pulumi.property("dns", default=None)
    """Name servers."""
    ntp: NetworkTime | None = pulumi.property("ntp", default=None)
    """Time servers."""
    syslog: FoundationSyslog | None = pulumi.property("syslog", default=None)
    """Where logs go."""


@pulumi.output_type
class FoundationEdge:
    """vSphere Foundation Load Balancer."""

    deployment_target: FoundationDeploymentTarget | None = pulumi.property("deploymentTarget", default=None)
    """Where and how large."""
    interfaces: list[FoundationInterface] | None = pulumi.property("interfaces", default=None)
    """Network interfaces."""
    network_services: FoundationNetworkServices | None = pulumi.property("networkServices", default=None)
    """DNS, NTP and syslog."""
    vip_subnets: list[str] | None = pulumi.property("vipSubnets", default=None)
    """Subnets of the load balancer's addresses that are not in the subnet of its frontend, as CIDRs, for example
    192.168.0.0/24; set once the Supervisor runs.
    """


@pulumi.output_type
class Edge:
    """The load balancer of the Supervisor."""

    id: str | None = pulumi.property("id", default=None)
    """Identifier to give the edge."""
    provider: str | None = pulumi.property("provider", default=None)
    """Kind of load balancer. One of HAPROXY, NSX, NSX_ADVANCED, NSX_VPC, VSPHERE_FOUNDATION."""
    load_balancer_address_ranges: list[AddressRange] | None = pulumi.property("loadBalancerAddressRanges", default=None)
    """Addresses of Services, ranges that do not overlap; some can be added to a Supervisor that runs, none taken."""
    haproxy: HaproxyEdge | None = pulumi.property("haproxy", default=None)
    """Settings of HAPROXY."""
    nsx: NsxEdge | None = pulumi.property("nsx", default=None)
    """Settings of NSX."""
    nsx_advanced: NsxAdvancedEdge | None = pulumi.property("nsxAdvanced", default=None)
    """Settings of NSX_ADVANCED."""
    foundation: FoundationEdge | None = pulumi.property("foundation", default=None)
    """Settings of VSPHERE_FOUNDATION. Needs vCenter 9.0 or newer."""


@pulumi.output_type
class KubeApiServerSecurity:
    """TLS of the Kubernetes API server."""

    certificate_dns_names: list[str] = pulumi.property("certificateDnsNames")
    """Additional DNS names in its certificate."""


@pulumi.output_type
class KubeApiServerOptions:
    """The Kubernetes API server."""

    security: KubeApiServerSecurity | None = pulumi.property("security", default=None)
    """Its TLS."""


@pulumi.output_type
class ImageRegistry:
    """A registry that container images are drawn from."""

    hostname: str = pulumi.property("hostname")
    """Host name of the registry."""
    port: int | None = pulumi.property("port", default=None)
    """Port, a number; absent: 443."""
    username: str | None = pulumi.property("username", default=None)
    """User of the registry. Needs vCenter 8.0 U3 or newer."""
    password: str | None = pulumi.property("password", default=None)
    """Password of the registry. Needs vCenter 8.0 U3 or newer."""
    certificate_chain: str | None = pulumi.property("certificateChain", default=None)
    """PEM bundle that signs its certificate. Needs vCenter 8.0 U3 or newer."""


@pulumi.output_type
class SupervisorContentLibrary:
    """A content library whose images Supervisor Services may use."""

    content_library: str = pulumi.property("contentLibrary")
    """Content library, by name or by identifier."""
    supervisor_services: list[str] | None = pulumi.property("supervisorServices", default=None)
    """Supervisor Services that use it; absent: all. Needs vCenter 9.0 or newer."""
    resource_naming_strategy: str | None = pulumi.property("resourceNamingStrategy", default=None)
    """How the names of its images in Kubernetes are made. One of FROM_ITEM_ID, PREFER_ITEM_SOURCE_ID. Needs vCenter 9.0
    or newer.
    """


@pulumi.output_type
class Images:
    """Where images come from."""

    registry: ImageRegistry | None = pulumi.property("registry", default=None)
    """Registry of container images."""
    repository: str | None = pulumi.property("repository", default=None)
    """Default repository in the registry."""
    kubernetes_content_library: str | None = pulumi.property("kubernetesContentLibrary", default=None)
    """Content library of Kubernetes releases, by name or by identifier."""
    content_libraries: list[SupervisorContentLibrary] | None = pulumi.property("contentLibraries", default=None)
    """Content libraries for Supervisor Services. Needs vCenter 8.0 U2 or newer."""


@pulumi.output_type
class CloudNativeFileVolume:
    """ReadWriteMany volumes."""

    vsan_clusters: list[str] = pulumi.property("vsanClusters")
    """vSAN clusters with file service, by name or by identifier."""


@pulumi.output_type
class WorkloadsStorage:
    """Storage of pods."""

    cloud_native_file_volume: CloudNativeFileVolume | None = pulumi.property("cloudNativeFileVolume", default=None)
    """ReadWriteMany volumes."""
    file_volumes_enabled: bool | None = pulumi.property("fileVolumesEnabled", default=None)
    """Whether ReadWriteMany volumes can be made; switched once the Supervisor runs. Needs vCenter 9.1 or newer."""
    ephemeral_storage_policy: str | None = pulumi.property("ephemeralStoragePolicy", default=None)
    """Storage policy of pods' ephemeral disks, by name or by profile identifier."""
    image_storage_policy: str | None = pulumi.property("imageStoragePolicy", default=None)
    """Storage policy of container images, by name or by profile identifier."""


@pulumi.output_type
class Workloads:
    """What pods, VMs and Services of the Supervisor use."""

    network: WorkloadNetwork = pulumi.property("network")
    """Network of the workloads."""
    edge: Edge = pulumi.property("edge", default=None)
    """Load balancer of the workloads; absent: vCenter's choice."""
    kube_api_server_options: KubeApiServerOptions | None = pulumi.property("kubeApiServerOptions", default=None)
    """The Kubernetes API server."""
    images: Images | None = pulumi.property("images", default=None)
    """Where images come from."""
    storage: WorkloadsStorage | None = pulumi.property("storage", default=None)
    """Storage of pods."""


@pulumi.output_type
class VirtualMachineReservation:
    """Reserved capacity for a number of VMs of one class."""

    reserved_vm_class: str = pulumi.property("reservedVmClass")
    """VM class, by name."""
    count: int = pulumi.property("count")
    """Number of VMs that are reserved, a count."""


@pulumi.output_type
class ZoneBinding:
    """A vSphere Zone that the Supervisor is bound to while it runs."""

    zone: str = pulumi.property("zone")
    """Name of the zone."""
    type: str | None = pulumi.property("type", default=None)
    """MANAGEMENT: the control plane is in it too, for ever; with cluster, since those of zones are named there. Absent:
    WORKLOAD, for zones of the control plane MANAGEMENT. One of MANAGEMENT, WORKLOAD.
    """
    vm_reservations: list[VirtualMachineReservation] | None = pulumi.property("vmReservations", default=None)
    """VMs that are reserved in it by class."""


@pulumi.output_type
class VgpuDevice:
    """A virtual GPU."""

    profile_name: str = pulumi.property("profileName")
    """Name of the vGPU profile."""


@pulumi.output_type
class DynamicDirectPathIoDevice:
    """A PCI device that is passed through."""

    vendor_id: int = pulumi.property("vendorId")
    """PCI vendor identifier, a number."""
    device_id: int = pulumi.property("deviceId")
    """PCI device identifier, a number."""
    custom_label: str | None = pulumi.property("customLabel", default=None)
    """Label that the host's device must have."""


@pulumi.output_type
class VirtualDevices:
    """Devices of each VM of the class."""

    vgpu_devices: list[VgpuDevice] | None = pulumi.property("vgpuDevices", default=None)
    """Virtual GPUs."""
    dynamic_direct_path_io_devices: list[DynamicDirectPathIoDevice] | None = pulumi.property(
        "dynamicDirectPathIoDevices", default=None
    )
    """PCI devices that are passed through."""


@pulumi.output_type
class InstanceStorageVolume:
    """A volume on storage of the host itself."""

    size: int = pulumi.property("size")
    """Size, in MiB."""


@pulumi.output_type
class InstanceStorage:
    """Storage of the host itself for each VM of the class."""

    policy: str = pulumi.property("policy")
    """Storage policy, by name or by profile identifier."""
    volumes: list[InstanceStorageVolume] = pulumi.property("volumes")
    """Volumes of each VM."""


@pulumi.output_type
class ResourceSpec:
    """Limits, defaults and object counts of the namespace (ResourceQuotaOptionsV1)."""

    cpu_limit: int | None = pulumi.property("cpuLimit", default=None)
    """Limit of all CPU use, in MHz; at least 10."""
    cpu_limit_default: int | None = pulumi.property("cpuLimitDefault", default=None)
    """CPU limit of a container that names none, in MHz."""
    cpu_request_default: int | None = pulumi.property("cpuRequestDefault", default=None)
    """CPU request of a container that names none, in MHz."""
    memory_limit: int | None = pulumi.property("memoryLimit", default=None)
    """Limit of all memory use, in MiB."""
    memory_limit_default: int | None = pulumi.property("memoryLimitDefault", default=None)
    """Memory limit of a container that names none, in MiB."""
    memory_request_default: int | None = pulumi.property("memoryRequestDefault", default=None)
    """Memory request of a container that names none, in MiB."""
    storage_request_limit: int | None = pulumi.property("storageRequestLimit", default=None)
    """Limit of all storage requests, in MiB."""
    pod_count: int | None = pulumi.property("podCount", default=None)
    """Most pods there may be, a count."""
    service_count: int | None = pulumi.property("serviceCount", default=None)
    """Most Services there may be, a count."""
    deployment_count: int | None = pulumi.property("deploymentCount", default=None)
    """Most Deployments there may be, a count."""
    daemon_set_count: int | None = pulumi.property("daemonSetCount", default=None)
    """Most DaemonSets there may be, a count."""
    replica_set_count: int | None = pulumi.property("replicaSetCount", default=None)
    """Most ReplicaSets there may be, a count."""
    replication_controller_count: int | None = pulumi.property("replicationControllerCount", default=None)
    """Most ReplicationControllers there may be, a count."""
    stateful_set_count: int | None = pulumi.property("statefulSetCount", default=None)
    """Most StatefulSets there may be, a count."""
    config_map_count: int | None = pulumi.property("configMapCount", default=None)
    """Most ConfigMaps there may be, a count."""
    secret_count: int | None = pulumi.property("secretCount", default=None)
    """Most Secrets there may be, a count."""
    persistent_volume_claim_count: int | None = pulumi.property("persistentVolumeClaimCount", default=None)
    """Most PersistentVolumeClaims there may be, a count."""
    job_count: int | None = pulumi.property("jobCount", default=None)
    """Most Jobs there may be, a count."""


@pulumi.output_type
class AccessEntry:
    """Who may do what in the namespace."""

    subject_type: str = pulumi.property("subjectType")
    """Whether the subject is a user or a group. One of USER, GROUP."""
    subject: str = pulumi.property("subject")
    """Name of the user or group, without its domain."""
    domain: str = pulumi.property("domain")
    """Domain of the subject, for example vsphere.local."""
    role: str = pulumi.property("role")
    """Role; OWNER only for subjects of vCenter Single Sign-On. One of OWNER, EDIT, VIEW."""
    identity_provider: str | None = pulumi.property("identityProvider", default=None)
    """Identifier of the external identity provider that knows the subject; absent: vCenter Single Sign-On."""


@pulumi.output_type
class StorageSpec:
    """A storage policy that the namespace may use."""

    policy: str = pulumi.property("policy")
    """Storage policy, by name or by profile identifier."""
    limit: int | None = pulumi.property("limit", default=None)
    """Limit of storage under this policy, in MiB; absent: none."""


@pulumi.output_type
class VmServiceSpec:
    """What the VM Service offers in the namespace."""

    vm_classes: list[str] | None = pulumi.property("vmClasses", default=None)
    """VM classes that VMs of the namespace may use, by name."""
    content_libraries: list[str] | None = pulumi.property("contentLibraries", default=None)
    """Content libraries whose images VMs of the namespace may use, by name or by identifier."""


@pulumi.output_type
class NamespaceContentLibrary:
    """A content library attached to the namespace."""

    content_library: str = pulumi.property("contentLibrary")
    """Content library, by name or by identifier."""
    writable: bool | None = pulumi.property("writable", default=None)
    """Whether VMs may be published into it."""
    allow_import: bool | None = pulumi.property("allowImport", default=None)
    """Whether images may be imported into it. Needs vCenter 9.0 or newer."""
    resource_naming_strategy: str | None = pulumi.property("resourceNamingStrategy", default=None)
    """How the names of its images in Kubernetes are made. One of FROM_ITEM_ID, PREFER_ITEM_SOURCE_ID. Needs vCenter 9.0
    or newer.
    """


@pulumi.output_type
class NsxNamespaceNetwork:
    """What the namespace has of its own in place of the Supervisor's NSX settings."""

    namespace_network_cidrs: list[Ipv4Cidr] | None = pulumi.property("namespaceNetworkCidrs", default=None)
    """Networks of the namespace's segments."""
    ingress_cidrs: list[Ipv4Cidr] | None = pulumi.property("ingressCidrs", default=None)
    """Networks for the addresses of load balancers."""
    egress_cidrs: list[Ipv4Cidr] | None = pulumi.property("egressCidrs", default=None)
    """Networks for the addresses of source NAT."""
    nsx_tier0_gateway: str | None = pulumi.property("nsxTier0Gateway", default=None)
    """Identifier of the tier-0 gateway."""
    subnet_prefix_length: int | None = pulumi.property("subnetPrefixLength", default=None)
    """Prefix length of each segment, in bits."""
    routed_mode: bool | None = pulumi.property("routedMode", default=None)
    """True: addresses are routed, without NAT."""
    load_balancer_size: str | None = pulumi.property("loadBalancerSize", default=None)
    """Size of the namespace's load balancer. One of SMALL, MEDIUM, LARGE."""


@pulumi.output_type
class NamespaceNetwork:
    """Settings of the namespace that override the Supervisor's (NSX)."""

    network_provider: str = pulumi.property("networkProvider")
    """Networking of the Supervisor. One of NSXT_CONTAINER_PLUGIN, VSPHERE_NETWORK, NSX_VPC."""
    network: NsxNamespaceNetwork | None = pulumi.property("network", default=None)
    """Settings of NSXT_CONTAINER_PLUGIN."""


@pulumi.output_type
class VpcConfiguration:
    """What a VPC that is made for the namespace looks like."""

    private_cidrs: list[Ipv4Cidr] | None = pulumi.property("privateCidrs", default=None)
    """Private networks of the VPC."""


@pulumi.output_type
class SharedSubnet:
    """A subnet of NSX that the namespace uses together with others."""

    path: str = pulumi.property("path")
    """Path of the subnet in NSX."""


@pulumi.output_type
class NamespaceVpc:
    """The namespace's part in NSX VPC."""

    vpc_config: VpcConfiguration | None = pulumi.property("vpcConfig", default=None)
    """Settings of a VPC to make; absent with vpc."""
    vpc: str | None = pulumi.property("vpc", default=None)
    """Path of a VPC that is there already; absent: one is made."""
    shared_subnets: list[SharedSubnet] | None = pulumi.property("sharedSubnets", default=None)
    """Subnets that the namespace uses together with others. Needs vCenter 9.1 or newer."""
    default_subnet_size: int | None = pulumi.property("defaultSubnetSize", default=None)
    """Addresses of each subnet, a count."""


@pulumi.output_type
class NamespaceVsphereNetwork:
    """The namespace's part in vSphere networking."""

    default_workload_network: str | None = pulumi.property("defaultWorkloadNetwork", default=None)
    """Workload network that pods and VMs use where they name none; absent: the Supervisor's primary one."""


@pulumi.output_type
class NetworkSpec:
    """Networking of the namespace."""

    network_provider: str = pulumi.property("networkProvider")
    """Networking of the Supervisor. One of NSXT_CONTAINER_PLUGIN, VSPHERE_NETWORK, NSX_VPC."""
    vpc_network: NamespaceVpc | None = pulumi.property("vpcNetwork", default=None)
    """Settings of NSX_VPC."""
    vsphere_network: NamespaceVsphereNetwork | None = pulumi.property("vsphereNetwork", default=None)
    """Settings of VSPHERE_NETWORK. Needs vCenter 9.1 or newer."""


@pulumi.output_type
class AviEdge:
    """Settings of NSX Advanced Load Balancer for the namespace."""

    se_group_name: str | None = pulumi.property("seGroupName", default=None)
    """Name of its service engine group."""


@pulumi.output_type
class NamespaceEdge:
    """The load balancer of the namespace."""

    id: str = pulumi.property("id")
    """Identifier of the edge."""
    edge_provider: str = pulumi.property("edgeProvider")
    """Kind of load balancer. One of NSX_REGISTERED_AVI."""
    avi: AviEdge | None = pulumi.property("avi", default=None)
    """Settings of NSX_REGISTERED_AVI."""


@pulumi.output_type
class NamespaceZone:
    """A vSphere Zone of the namespace with its share of it."""

    name: str = pulumi.property("name")
    """Name of the zone."""
    cpu_limit_mhz: int | None = pulumi.property("cpuLimitMhz", default=None)
    """Limit of CPU use in the zone, in MHz; at least 10."""
    cpu_reservation_mhz: int | None = pulumi.property("cpuReservationMhz", default=None)
    """CPU that is reserved in the zone, in MHz."""
    memory_limit_mib: int | None = pulumi.property("memoryLimitMib", default=None)
    """Limit of memory use in the zone, in MiB."""
    memory_reservation_mib: int | None = pulumi.property("memoryReservationMib", default=None)
    """Memory that is reserved in the zone, in MiB."""
    vm_reservations: list[VirtualMachineReservation] | None = pulumi.property("vmReservations", default=None)
    """Reserved VMs by class."""
    disallow_unreserved_direct_path_usage: bool | None = pulumi.property(
        "disallowUnreservedDirectPathUsage", default=None
    )
    """True: only VMs of a reserved class may use passed-through devices."""


@pulumi.output_type
class Creator:
    """Who is taken for the namespace's creator."""

    subject: str = pulumi.property("subject")
    """Name of the user, without its domain."""
    domain: str = pulumi.property("domain")
    """Domain of the user, for example vsphere.local."""


@pulumi.output_type
class NamespaceStats:
    """What the namespace uses now."""

    cpu_used: int = pulumi.property("cpuUsed", default=None)
    """CPU in use, in MHz."""
    memory_used: int = pulumi.property("memoryUsed", default=None)
    """Memory in use, in MiB."""
    storage_used: int = pulumi.property("storageUsed", default=None)
    """Storage in use, in MiB."""


@pulumi.output_type
class TemplateSubject:
    """Who may make namespaces from the template."""

    subject_type: str = pulumi.property("subjectType")
    """Whether the subject is a user or a group. One of USER, GROUP."""
    subject: str = pulumi.property("subject")
    """Name of the user or group, without its domain."""
    domain: str = pulumi.property("domain")
    """Domain of the subject, for example vsphere.local."""


@pulumi.output_type
class SubscriptionInfo:
    """The published library that a subscribed one follows."""

    subscription_url: str = pulumi.property("subscriptionUrl")
    """Address of the published library's lib.json."""
    automatic_sync_enabled: bool = pulumi.property("automaticSyncEnabled")
    """Whether vCenter looks for new images by itself."""
    on_demand: bool = pulumi.property("onDemand")
    """Whether the files of an image are fetched when a VM needs them."""
    ssl_thumbprint: str | None = pulumi.property("sslThumbprint", default=None)
    """SHA-1 thumbprint of the server's certificate."""
    username: str | None = pulumi.property("username", default=None)
    """User of that library."""
    password: str | None = pulumi.property("password", default=None)
    """Its password."""


@pulumi.output_type
class ReadyObject:
    """A Kubernetes object of a service, and the condition that says that it is ready."""

    api_version: str = pulumi.property("apiVersion")
    """API version, for example apps/v1."""
    kind: str = pulumi.property("kind")
    """Kind, for example Deployment."""
    name: str = pulumi.property("name")
    """Name."""
    namespace: str | None = pulumi.property("namespace", default=None)
    """Namespace; absent: the service's own."""
    condition: str = pulumi.property("condition", default=None)
    """Condition that is True when it is ready, for example Available of a Deployment."""


@pulumi.output_type
class SupervisorInfo:
    """A Supervisor as it is."""

    id: str = pulumi.property("id")
    """Identifier of the Supervisor."""
    name: str = pulumi.property("name")
    """Name of the Supervisor."""
    endpoint: str = pulumi.property("endpoint")
    """Address of its Kubernetes API: a host, or host:port where one port serves all."""
    config_status: str = pulumi.property("configStatus")
    """State: CONFIGURING, REMOVING, RUNNING or ERROR."""
    kubernetes_status: str = pulumi.property("kubernetesStatus")
    """State of Kubernetes: READY, WARNING or ERROR."""
    zones: list[str] = pulumi.property("zones")
    """vSphere Zones that it spans, by name."""
    clusters: list[str] = pulumi.property("clusters")
    """Its compute clusters, by managed object identifier."""
    current_version: str = pulumi.property("currentVersion")
    """Version of Kubernetes that it runs, empty where vCenter does not tell."""
    available_versions: list[str] = pulumi.property("availableVersions")
    """Versions that it can be upgraded to."""


@pulumi.output_type
class InventoryObject:
    """An object of vCenter's inventory."""

    id: str = pulumi.property("id")
    """Identifier in vCenter."""
    name: str = pulumi.property("name")
    """Name in vCenter."""


@pulumi.output_type
class SupervisorList:
    """The Supervisors of vCenter."""

    supervisors: list[InventoryObject] = pulumi.property("supervisors")
    """Each with its identifier and name."""


@pulumi.output_type
class NamespaceInfo:
    """A vSphere Namespace as it is."""

    namespace: str = pulumi.property("namespace")
    """Name of the namespace in vCenter and in Kubernetes."""
    config_status: str = pulumi.property("configStatus")
    """State: CONFIGURING, REMOVING, RUNNING or ERROR."""
    stats: NamespaceStats = pulumi.property("stats")
    """What it uses now."""
    inherited_access: list[AccessEntry] = pulumi.property("inheritedAccess")
    """Access entries that vCenter has added by itself."""
    name: str = pulumi.property("name")
    """Name, an RFC 1123 label of 63 characters at most, unique in the vCenter; absent: the resource's own name."""
    supervisor: str = pulumi.property("supervisor")
    """Supervisor that it is on, by name or by identifier."""
    description: str | None = pulumi.property("description", default=None)
    """Free text, shown in vCenter."""
    resource_spec: ResourceSpec | None = pulumi.property("resourceSpec", default=None)
    """Limits, defaults and object counts."""
    access_list: list[AccessEntry] | None = pulumi.property("accessList", default=None)
    """Who may do what; entries that vCenter adds by itself are left alone."""
    storage_specs: list[StorageSpec] | None = pulumi.property("storageSpecs", default=None)
    """Storage policies with their limits."""
    vm_service_spec: VmServiceSpec | None = pulumi.property("vmServiceSpec", default=None)
    """VM classes and image libraries."""
    content_libraries: list[NamespaceContentLibrary] | None = pulumi.property("contentLibraries", default=None)
    """Content libraries with their rights. Needs vCenter 8.0 U2 or newer."""
    networks: list[str] | None = pulumi.property("networks", default=None)
    """Workload networks by identifier, for Supervisors on vSphere networking only; fixed at creation before vCenter
    9.1.
    """
    namespace_network: NamespaceNetwork | None = pulumi.property("namespaceNetwork", default=None)
    """Networks of its own in place of the Supervisor's, for Supervisors on NSX only."""
    network_spec: NetworkSpec | None = pulumi.property("networkSpec", default=None)
    """Networking of the namespace: VPC or vSphere networks. Needs vCenter 9.0 or newer."""
    edges: list[NamespaceEdge] | None = pulumi.property("edges", default=None)
    """Load balancer of its own, one at most. Needs vCenter 9.1 or newer."""
    zones: list[NamespaceZone] | None = pulumi.property("zones", default=None)
    """vSphere Zones of the namespace with their limits and reservations. Needs vCenter 9.0 or newer."""
    infrastructure_policies: list[str] | None = pulumi.property("infrastructurePolicies", default=None)
    """Infrastructure policies, by name. Needs vCenter 9.1 or newer."""
    creator: Creator | None = pulumi.property("creator", default=None)
    """Who is taken for its creator; absent: the user of the provider."""
    adopt: bool | None = pulumi.property("adopt", default=None)
    """Whether an object that is in vCenter already and carries no stack's mark is adopted when the resource is created.
    An object that another stack has marked is never adopted.
    """
    deletion_policy: str = pulumi.property("deletionPolicy", default=None)
    """What deleting the resource does: Delete removes the namespace with all that is in it, Retain leaves it. One of
    Delete, Retain.
    """


@pulumi.output_type
class NamespaceList:
    """vSphere Namespaces."""

    names: list[str] = pulumi.property("names")
    """Their names, in order."""


@pulumi.output_type
class VirtualMachineClassInfo:
    """A VM class as it is."""

    name: str = pulumi.property("name")
    """Name of the class."""
    cpu_count: int = pulumi.property("cpuCount")
    """Number of virtual CPUs, a count."""
    memory_mib: int = pulumi.property("memoryMib")
    """Memory, in MiB."""
    description: str = pulumi.property("description")
    """Free text, shown in vCenter."""
    cpu_reservation: int = pulumi.property("cpuReservation", default=None)
    """Share of the CPU that is reserved, in percent."""
    memory_reservation: int = pulumi.property("memoryReservation", default=None)
    """Share of the memory that is reserved, in percent."""


@pulumi.output_type
class VirtualMachineClassList:
    """The VM classes of vCenter."""

    names: list[str] = pulumi.property("names")
    """Their names, in order."""
    classes: list[VirtualMachineClassInfo] = pulumi.property("classes")
    """The classes, in the order of their names."""


@pulumi.output_type
class ZoneList:
    """The vSphere Zones of vCenter."""

    names: list[str] = pulumi.property("names")
    """Their names, in order."""


@pulumi.output_type
class VersionInfo:
    """The version of vCenter."""

    version: str = pulumi.property("version")
    """Version, for example 9.1.0."""
