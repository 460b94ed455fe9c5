"""Whether an estate fits: what its documents ask for against the limits of namespaces and the hosts of a site."""

from pacific_infra.plan.capacity.check import Capacity, check_capacity
from pacific_infra.plan.capacity.demand import Amounts, Demand, demands
from pacific_infra.plan.capacity.fit import Finding, NamespaceUse, check_namespaces
from pacific_infra.plan.capacity.placement import Placement, check_hosts
from pacific_infra.plan.capacity.site import DEFAULT_FREQUENCY_MHZ, Site, read_site

__all__ = [
    "DEFAULT_FREQUENCY_MHZ",
    "Amounts",
    "Capacity",
    "Demand",
    "Finding",
    "NamespaceUse",
    "Placement",
    "Site",
    "check_capacity",
    "check_hosts",
    "check_namespaces",
    "demands",
    "read_site",
]
