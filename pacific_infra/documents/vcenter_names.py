"""vCenter's own words for what fields of documents are called otherwise: who comes from its API finds the field."""

from collections.abc import Mapping, Sequence

_FIELDS: Mapping[str, Sequence[str]] = {
    "accessList": ("access",),
    "backing": ("network", "networkSegment"),
    "controlPlane": ("size", "storagePolicy", "managementNetwork"),
    "cpuLimitMhz": ("limits",),
    "cpuReservationMhz": ("reservations",),
    "edge": ("loadBalancer",),
    "edges": ("loadBalancer",),
    "images": ("contentLibraries", "imageRegistry"),
    "kubeApiServerOptions": ("apiServerNames",),
    "memoryLimitMib": ("limits",),
    "memoryMib": ("memory",),
    "memoryReservationMib": ("reservations",),
    "namespaceNetwork": ("nsx",),
    "networkSpec": ("nsxVpc", "defaultNetwork"),
    "policy": ("storagePolicy", "name"),
    "proxySettingsSource": ("source",),
    "reservedVmClass": ("class",),
    "resourceSpec": ("limits", "objectCounts", "defaults"),
    "storageSpecs": ("storagePolicies",),
    "vmClasses": ("virtualMachineClasses",),
    "vmReservations": ("virtualMachineReservations",),
    "vmServiceSpec": ("virtualMachineClasses", "contentLibraries"),
    "workloads": ("workloadNetwork", "loadBalancer"),
}


def fields_for(word: str, fields: Sequence[str]) -> list[str]:
    """Those of ``fields`` that say what vCenter calls ``word``; none where it has no such word."""
    return [field for field in _FIELDS.get(word, ()) if field in fields]
