"""SupervisorCluster: vSphere's Kubernetes control plane on a compute cluster or on zones.

Follows EnableOnComputeClusterSpec and EnableOnZonesSpec of vCenter's namespace-management API.
"""

from collections.abc import Iterator
from ipaddress import IPv4Interface, IPv4Network
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from pacific_infra.documents.addresses import Address, AddressWithPrefix, Host, Network, Port
from pacific_infra.documents.model import CheckedModel, DeletionPolicy, Document, Listed, Metadata, Model, Spec
from pacific_infra.documents.names import ConfigKey, Domain, InventoryName, Label
from pacific_infra.documents.problems import Problem, raise_problems


class AddressRange(Model):
    """Consecutive IPv4 addresses."""

    start: Address
    """The first address."""
    count: int = Field(ge=1)
    """How many addresses."""


class Addressing(CheckedModel):
    """How the Supervisor's machines get their addresses on a network."""

    mode: Literal["DHCP", "STATIC"]
    """DHCP, or STATIC with a gateway and ranges."""
    gateway: AddressWithPrefix | None = None
    """Gateway and the network's prefix, such as 10.0.0.1/24; only with STATIC."""
    ranges: Listed[AddressRange] = ()
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
                        f"DHCP addressing takes no {field}", (field,), fix=f"remove {field}, or set mode: STATIC"
                    )
        if self.gateway is not None:
            network = IPv4Interface(self.gateway).network
            for index, addresses in enumerate(self.ranges):
                yield from _outside(addresses, network, ("ranges", index))


def _outside(addresses: AddressRange, network: IPv4Network, path: tuple[str | int, ...]) -> Iterator[Problem]:
    first = int(network.network_address)
    start = int(IPv4Network(addresses.start).network_address)
    if start < first or start + addresses.count > first + network.num_addresses:
        value = f"{addresses.start} and {addresses.count - 1} more"
        yield Problem("the range does not lie in the gateway's network", path, value, f"addresses of {network}")


class NetworkServices(Model):
    """Name and time servers that the Supervisor uses on a network."""

    dns_servers: Listed[Address] = ()
    """Addresses of the name servers."""
    dns_search_domains: Listed[Domain] = ()
    """Domains that are tried for a name without one."""
    ntp_servers: Listed[Host] = ()
    """Names or addresses of the time servers."""


class ManagementNetwork(Model):
    """The network on which the control plane talks to vCenter and the ESXi hosts."""

    network: InventoryName
    """Port group or network, by name or identifier."""
    addressing: Addressing = Addressing(mode="DHCP")
    """How the control plane machines get their addresses."""
    services: NetworkServices = NetworkServices()
    """Name and time servers."""
    floating_address: Address | None = None
    """Address that moves with the control plane's leader, if there is no DHCP to give one."""


class NsxNetwork(Model):
    """Settings of a workload network of NSX-T."""

    distributed_switch: InventoryName
    """The distributed switch that NSX uses, by name or identifier."""
    namespace_subnet_prefix: int | None = Field(default=None, ge=1, le=32)
    """Prefix length of each namespace's subnet; vCenter's default is 28."""
    pod_networks: Listed[Network] = ()
    """Networks that pods get addresses from, such as 10.244.0.0/20."""


class NsxVpcNetwork(Model):
    """Settings of a workload network of NSX VPCs."""

    project: str | None = None
    """Path of the NSX project; default: the Supervisor's own."""
    connectivity_profile: str | None = None
    """Path of the VPC connectivity profile."""
    default_private_networks: Listed[Network] = Field(min_length=1)
    """Networks that the VPCs' private addresses come from."""


class WorkloadNetwork(CheckedModel):
    """The network of the workloads."""

    type: Literal["VSPHERE", "NSXT", "NSX_VPC"]
    """VSPHERE: a port group of a distributed switch. NSXT: NSX segments. NSX_VPC: NSX VPCs. Cannot change."""
    name: Label | None = None
    """The Supervisor's name for its primary workload network."""
    network: InventoryName | None = None
    """VSPHERE: the distributed port group, by name or identifier."""
    nsx: NsxNetwork | None = None
    """NSXT: its settings."""
    nsx_vpc: NsxVpcNetwork | None = None
    """NSX_VPC: its settings."""
    addressing: Addressing = Addressing(mode="DHCP")
    """VSPHERE: how machines of the Supervisor get their addresses."""
    services: NetworkServices = NetworkServices()
    """Name and time servers."""
    service_network: Network | None = None
    """Network of the Kubernetes Services' cluster addresses, such as 10.96.0.0/23; vCenter has a default."""

    def problems(self) -> Iterator[Problem]:
        fields = {"VSPHERE": ("network", self.network), "NSXT": ("nsx", self.nsx), "NSX_VPC": ("nsxVpc", self.nsx_vpc)}
        for of_type, (field, value) in fields.items():
            if of_type == self.type and value is None:
                yield Problem(f"a workload network of type {self.type} has no {field}", fix=f"add {field}")
            elif of_type != self.type and value is not None:
                what = f"a workload network of type {self.type} takes no {field}"
                yield Problem(what, (field,), fix=f"remove {field}, or set type: {of_type}")


class Endpoint(Model):
    """A server's address and port."""

    host: Host
    """Name or address."""
    port: Port
    """TCP port."""


class StackSecret(Model):
    """A secret kept encrypted in the stack's configuration, never in a document."""

    config: ConfigKey
    """Key of the stack's configuration: `pulumi config set --secret KEY`."""


class HaProxy(Model):
    """An HAProxy appliance that serves as load balancer."""

    servers: Listed[Endpoint] = Field(min_length=1)
    """Its data plane APIs."""
    username: str
    """User of the data plane API."""
    password: StackSecret
    """The user's password."""
    certificate_authority: str
    """Certificates that vouch for the servers, PEM."""


class NsxAdvanced(Model):
    """An NSX Advanced Load Balancer (Avi) controller."""

    server: Endpoint
    """The controller."""
    username: str
    """User of the controller."""
    password: StackSecret
    """The user's password."""
    certificate_authority: str
    """Certificates that vouch for the controller, PEM."""
    cloud_name: str | None = None
    """The controller's cloud; default: Default-Cloud."""


class Foundation(Model):
    """vSphere's own load balancer, which vCenter deploys (vSphere 9)."""

    size: Literal["SMALL", "MEDIUM", "LARGE", "X_LARGE"] = "SMALL"
    """Size of its machines."""
    availability: Literal["ACTIVE_PASSIVE", "SINGLE_NODE"] = "ACTIVE_PASSIVE"
    """Two machines, or one."""
    storage_policy: InventoryName | None = None
    """Storage policy of its machines."""


class LoadBalancer(CheckedModel):
    """What answers Services of type LoadBalancer."""

    name: Label | None = None
    """The Supervisor's name for it; cannot change."""
    provider: Literal["VSPHERE_FOUNDATION", "HAPROXY", "NSX_ADVANCED", "NSX", "NSX_VPC", "UNMANAGED"]
    """Its make; UNMANAGED is whatever the Supervisor has already, for one that was taken over."""
    address_ranges: Listed[AddressRange] = ()
    """Addresses that it gives to Services."""
    foundation: Foundation | None = None
    """Settings of VSPHERE_FOUNDATION."""
    haproxy: HaProxy | None = None
    """Settings of HAPROXY."""
    nsx_advanced: NsxAdvanced | None = None
    """Settings of NSX_ADVANCED."""

    def problems(self) -> Iterator[Problem]:
        fields = {
            "VSPHERE_FOUNDATION": ("foundation", self.foundation),
            "HAPROXY": ("haproxy", self.haproxy),
            "NSX_ADVANCED": ("nsxAdvanced", self.nsx_advanced),
        }
        for provider, (field, value) in fields.items():
            if value is None and provider == self.provider and provider != "VSPHERE_FOUNDATION":
                yield Problem(f"a load balancer of {provider} has no {field}", fix=f"add {field}")
            elif value is not None and provider != self.provider:
                what = f"a load balancer of {self.provider} takes no {field}"
                yield Problem(what, (field,), fix=f"remove {field}, or set provider: {provider}")
        for field, given in (("name", self.name), ("addressRanges", self.address_ranges)):
            if self.provider == "UNMANAGED" and given:
                yield Problem(f"a load balancer of UNMANAGED takes no {field}", (field,), fix=f"remove {field}")
        if self.provider == "HAPROXY" and not self.address_ranges:
            yield Problem("a load balancer of HAPROXY has no addressRanges", fix="add addressRanges")


def _zones(zones: tuple[str, ...]) -> tuple[str, ...]:
    if len(zones) not in (1, 3) or len(set(zones)) != len(zones):
        raise_problems([Problem("a Supervisor lies in one or three zones", (), list(zones), "1 or 3 different zones")])
    return zones


class ImageRegistry(Model):
    """A registry of container images."""

    hostname: Host
    """Name or address."""
    port: Port | None = None
    """TCP port; default: 443."""


class SupervisorClusterSpec(Spec):
    """The wanted Supervisor."""

    cluster: InventoryName | None = None
    """The compute cluster to enable, by name or identifier; or give `zones`."""
    zones: Annotated[Listed[Label], AfterValidator(_zones)] | None = None
    """The 1 or 3 vSphere Zones to enable; or give `cluster`."""
    size: Literal["TINY", "SMALL", "MEDIUM", "LARGE"] = "SMALL"
    """Size of the control plane machines."""
    control_plane_count: Literal[1, 3] | None = None
    """How many control plane machines: 1 or 3 (vCenter 9.0); default: vCenter's, 3."""
    login_banner: str | None = None
    """Text that is shown at login."""
    api_server_names: Listed[Host] = ()
    """Further names of the Kubernetes API server, which its certificate then has."""
    image_registry: ImageRegistry | None = None
    """Registry that container images without one come from."""
    image_repository: str | None = None
    """Default repository in that registry."""
    storage_policy: InventoryName
    """Storage policy of the control plane machines, by name or identifier."""
    ephemeral_storage_policy: InventoryName | None = None
    """Storage policy of the vSphere Pods' ephemeral disks; default: `storagePolicy`."""
    image_storage_policy: InventoryName | None = None
    """Storage policy of the container images; default: `storagePolicy`."""
    management_network: ManagementNetwork
    """Network of the control plane."""
    workload_network: WorkloadNetwork
    """Network of the workloads."""
    load_balancer: LoadBalancer | None = None
    """Load balancer of the Supervisor and its Services; a workload network of NSX brings its own."""
    content_libraries: Listed[InventoryName] = ()
    """Content libraries whose images every namespace may use, by name or identifier."""
    vsphere_pods: bool = False
    """Whether vSphere Pods may run. Once true it cannot become false again."""
    sso_domain: Domain = "vsphere.local"
    """The vCenter's own SSO domain: only its users and groups can be OWNER of a namespace."""
    deletion_policy: DeletionPolicy = "Retain"
    """What happens when the document is removed: Retain leaves it, Delete disables it with all it runs."""

    def problems(self) -> Iterator[Problem]:
        if (self.cluster is None) == (self.zones is None):
            yield Problem("a Supervisor needs either cluster or zones", fix="give one of the two")
        if self.workload_network.type == "VSPHERE" and self.load_balancer is None:
            what = "a Supervisor whose workload network is of type VSPHERE needs a loadBalancer"
            yield Problem(what, fix="add loadBalancer: {provider: VSPHERE_FOUNDATION}")


class SupervisorCluster(Document):
    """A Supervisor: vSphere's Kubernetes control plane on a compute cluster or on zones."""

    kind: Literal["SupervisorCluster"]
    """Always SupervisorCluster."""
    metadata: Metadata
    """Name and labels; the name becomes the Supervisor's."""
    spec: SupervisorClusterSpec
    """The wanted Supervisor."""
