"""What a Namespace has of its own in place of the Supervisor's: networks, load balancer, and its share of zones.

Follows Instances.NetworkCreateSpec, NetworkConfigCreateSpec, EdgeCreateSpec and ZoneSpec of vCenter's namespaces API.
"""

from collections.abc import Callable, Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from pacific_infra.documents.addresses import Network
from pacific_infra.documents.marks import FIXED, AtVCenter
from pacific_infra.documents.model import CheckedModel, Listed, Model, named
from pacific_infra.documents.names import ZoneName
from pacific_infra.documents.numbers import PositiveCount
from pacific_infra.documents.problems import Problem, problems_error, repeated
from pacific_infra.documents.quantity import MINIMUM_CPU_LIMIT_MHZ, Frequency, Memory, mhz, mib
from pacific_infra.documents.source import Path
from pacific_infra.documents.units import PATH
from pacific_infra.documents.virtual_machine_class import VirtualMachineReservation, reservation_problems


class NsxNamespace(CheckedModel):
    """What a namespace on NSX segments has of its own in place of the Supervisor's settings."""

    namespace_networks: Annotated[Listed[Network], AtVCenter("namespaceNetworkCidrs")] = ()
    """Networks that the namespace's segments come from; default: the Supervisor's."""
    ingress_networks: Annotated[Listed[Network], AtVCenter("ingressCidrs")] = ()
    """Networks that addresses of load balancers come from; default: the Supervisor's."""
    egress_networks: Annotated[Listed[Network], AtVCenter("egressCidrs")] = ()
    """Networks that addresses of source NAT come from; default: the Supervisor's."""
    tier0_gateway: Annotated[str | None, AtVCenter("nsxTier0Gateway")] = None
    """Identifier of the tier-0 gateway; default: the Supervisor's."""
    subnet_prefix_length: int | None = Field(default=None, ge=1, le=30)
    """Prefix length of each segment, bits; default: the Supervisor's."""
    routed_mode: bool | None = None
    """True: addresses leave the namespace as they are, without NAT; default: as on the Supervisor."""
    load_balancer_size: Literal["SMALL", "MEDIUM", "LARGE"] | None = None
    """Size of the namespace's load balancer; default: the Supervisor's."""

    def problems(self) -> Iterator[Problem]:
        if self.routed_mode and self.egress_networks:
            problem = "routedMode translates no addresses, so egressNetworks is not allowed"
            yield Problem(problem, ("egressNetworks",), fix="remove egressNetworks, or set routedMode: false")


class NsxVpcNamespace(CheckedModel):
    """The namespace's part in NSX VPCs (vCenter 9.0)."""

    vpc: Annotated[str | None, FIXED] = None
    """Path of a VPC that is there already; default: one is made for the namespace. Cannot change."""
    private_networks: Annotated[Listed[Network], AtVCenter("vpcConfig.privateCidrs")] = ()
    """Private networks of the VPC that is made; default: the Supervisor's."""
    shared_subnets: Annotated[Listed[str], AtVCenter(unit=PATH)] = ()
    """Paths of NSX subnets that it uses together with others (vCenter 9.1)."""
    default_subnet_size: PositiveCount | None = None
    """Addresses of each subnet, a count; default: NSX's."""

    def problems(self) -> Iterator[Problem]:
        if self.vpc is not None and self.private_networks:
            problem = "an existing VPC has its own privateNetworks"
            yield Problem(problem, ("privateNetworks",), fix="remove privateNetworks, or vpc to have one made")
        yield from repeated("sharedSubnets", self.shared_subnets)


class NamespaceLoadBalancer(Model):
    """A load balancer of the namespace's own (vCenter 9.1)."""

    name: Annotated[str, AtVCenter("id")] = Field(min_length=1)
    """Identifier of the edge."""
    provider: Annotated[Literal["NSX_REGISTERED_AVI"], AtVCenter("edgeProvider")]
    """Its make: an NSX Advanced Load Balancer (Avi) that NSX knows."""
    service_engine_group: Annotated[str | None, AtVCenter("avi.seGroupName")] = None
    """Name of the group of service engines; default: the controller's."""


class Amounts(CheckedModel):
    """Amounts of CPU and memory."""

    cpu: Frequency | None = None
    """CPU, in MHz or GHz; a limit of 10 MHz or more."""
    memory: Memory | None = None
    """Memory, bytes as a Kubernetes quantity; vCenter counts whole MiB, rounded up."""

    @property
    def cpu_mhz(self) -> int | None:
        """CPU in MHz."""
        return None if self.cpu is None else mhz(self.cpu)

    @property
    def memory_mib(self) -> int | None:
        """Memory in MiB."""
        return None if self.memory is None else mib(self.memory)


class NamespaceZone(CheckedModel):
    """A vSphere Zone of the namespace, with its share of it."""

    name: ZoneName
    """The zone, by name."""
    limits: Annotated[
        Amounts, AtVCenter(fields={"cpu": AtVCenter("cpuLimitMhz"), "memory": AtVCenter("memoryLimitMib")})
    ] = Amounts()
    """The most that workloads of the namespace may use in the zone; CPU of 10 MHz or more."""
    reservations: Annotated[
        Amounts, AtVCenter(fields={"cpu": AtVCenter("cpuReservationMhz"), "memory": AtVCenter("memoryReservationMib")})
    ] = Amounts()
    """What the zone keeps for workloads of the namespace."""
    virtual_machine_reservations: Annotated[Listed[VirtualMachineReservation], AtVCenter("vmReservations")] = ()
    """VMs for which the zone keeps capacity, by class; each class once."""
    disallow_unreserved_direct_path_usage: bool | None = None
    """True: only VMs of a class that is reserved may use devices that are passed through."""

    def problems(self) -> Iterator[Problem]:
        limit, reserved = self.limits, self.reservations
        if limit.cpu_mhz is not None and limit.cpu_mhz < MINIMUM_CPU_LIMIT_MHZ:
            yield Problem("the CPU limit in a zone is too low", ("limits", "cpu"), limit.cpu, "10MHz or more")
        problem = "the zone keeps more than its limit"
        yield from above_limit(("reservations", "cpu"), reserved.cpu, limit.cpu, mhz, problem)
        yield from above_limit(("reservations", "memory"), reserved.memory, limit.memory, mib, problem)
        yield from reservation_problems(self.virtual_machine_reservations)


def above_limit(
    path: Path, value: str | None, limit: str | None, amount_of: Callable[[str], int], problem: str
) -> Iterator[Problem]:
    """``problem`` where ``value`` at ``path`` is more than ``limit``."""
    if value is not None and limit is not None and amount_of(value) > amount_of(limit):
        yield Problem(problem, path, value, f"{limit} or less")


def _one_to_three(zones: tuple[NamespaceZone, ...]) -> tuple[NamespaceZone, ...]:
    if len(zones) not in (1, 2, 3) or len({zone.name for zone in zones}) != len(zones):
        raise problems_error(Problem("a namespace has one to three zones", (), None, "1 to 3 different zones"))
    return zones


NamespaceZones = Annotated[
    Listed[Annotated[NamespaceZone, BeforeValidator(named, json_schema_input_type=ZoneName | NamespaceZone)]],
    AfterValidator(_one_to_three),
]
"""Zones, each by its name or as an object."""
