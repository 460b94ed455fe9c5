"""The document of a Supervisor, from what the resource ``pacific:vcenter:Supervisor`` shows of it."""

from collections.abc import Mapping
from typing import Any


def supervisor_cluster_spec(values: Mapping[str, Any]) -> dict[str, Any]:
    """The ``spec`` that says what ``values``, the resource's properties, say; what it cannot say is left out.

    vCenter does not show the addresses of a running Supervisor's networks, so that they are not compared either.
    """
    plane, workloads = values.get("controlPlane") or {}, values.get("workloads") or {}
    storage, images = workloads.get("storage") or {}, workloads.get("images") or {}
    security = (workloads.get("kubeApiServerOptions") or {}).get("security") or {}
    network = workloads.get("network") or {}
    spec: dict[str, Any] = {
        "cluster": values.get("cluster"),
        "zones": values.get("zones"),
        "size": plane.get("size"),
        "controlPlaneCount": plane.get("count"),
        "loginBanner": plane.get("loginBanner"),
        "storagePolicy": plane.get("storagePolicy"),
        "ephemeralStoragePolicy": storage.get("ephemeralStoragePolicy"),
        "imageStoragePolicy": storage.get("imageStoragePolicy"),
        "managementNetwork": _management(plane.get("network") or {}),
        "workloadNetwork": _workload(network),
        "contentLibraries": [each["contentLibrary"] for each in images.get("contentLibraries") or []],
        "apiServerNames": list(security.get("certificateDnsNames") or []),
        "imageRegistry": images.get("registry"),
        "imageRepository": images.get("repository"),
        "vspherePods": values.get("vspherePodsEnabled"),
    }
    if network.get("networkType") == "VSPHERE":
        spec["loadBalancer"] = {"provider": "UNMANAGED"}
    spec["deletionPolicy"] = "Retain"
    return {field: value for field, value in spec.items() if value not in (None, [], {})}


def _management(network: Mapping[str, Any]) -> dict[str, Any]:
    written: dict[str, Any] = {"network": (network.get("backing") or {}).get("network")}
    services = network.get("services") or {}
    names = services.get("dns") or {}
    found = {
        "dnsServers": names.get("servers"),
        "dnsSearchDomains": names.get("searchDomains"),
        "ntpServers": (services.get("ntp") or {}).get("servers"),
    }
    written["services"] = {field: value for field, value in found.items() if value}
    written["floatingAddress"] = network.get("floatingIpAddress")
    return {field: value for field, value in written.items() if value}


def _workload(network: Mapping[str, Any]) -> dict[str, Any]:
    written = {
        "type": network.get("networkType"),
        "network": (network.get("vsphere") or {}).get("dvpg"),
        "nsx": {"distributedSwitch": network["nsx"]["dvs"]} if network.get("nsx") else None,
    }
    return {field: value for field, value in written.items() if value}
