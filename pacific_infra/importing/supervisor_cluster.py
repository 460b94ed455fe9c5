"""The document of a Supervisor, from what the resource ``pacific:vcenter:Supervisor`` shows of it."""

from collections.abc import Mapping
from typing import Any

from pacific_infra.importing.reservations import reservations


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
        "namespaceApiFairness": plane.get("enableNamespaceApiFairness"),
        "loginBanner": plane.get("loginBanner"),
        "storagePolicy": plane.get("storagePolicy"),
        "ephemeralStoragePolicy": storage.get("ephemeralStoragePolicy"),
        "imageStoragePolicy": storage.get("imageStoragePolicy"),
        "fileVolumesEnabled": storage.get("fileVolumesEnabled"),
        "fileVolumeClusters": (storage.get("cloudNativeFileVolume") or {}).get("vsanClusters"),
        "managementNetwork": _management(plane.get("network") or {}),
        "workloadNetwork": _workload(network),
        "contentLibraries": [_library(each) for each in images.get("contentLibraries") or []],
        "kubernetesContentLibrary": images.get("kubernetesContentLibrary"),
        "apiServerNames": list(security.get("certificateDnsNames") or []),
        "imageRegistry": images.get("registry"),
        "imageRepository": images.get("repository"),
        "zoneBindings": [_binding(each) for each in values.get("zoneBindings") or []],
        "vspherePods": values.get("vspherePodsEnabled"),
    }
    if network.get("networkType") == "VSPHERE":
        spec["loadBalancer"] = {"provider": "UNMANAGED"}
    spec["deletionPolicy"] = "Retain"
    return _said(spec)


def _said(spec: Mapping[str, Any]) -> dict[str, Any]:
    return {field: value for field, value in spec.items() if value not in (None, [], {})}


def _management(network: Mapping[str, Any]) -> dict[str, Any]:
    backing, services = network.get("backing") or {}, network.get("services") or {}
    names = services.get("dns") or {}
    return _said(
        {
            "network": backing.get("network"),
            "networkSegment": (backing.get("networkSegment") or {}).get("networks"),
            "services": _said(
                {
                    "dnsServers": names.get("servers"),
                    "dnsSearchDomains": names.get("searchDomains"),
                    "ntpServers": (services.get("ntp") or {}).get("servers"),
                }
            ),
            "floatingAddress": network.get("floatingIpAddress"),
            "proxy": _proxy(network.get("proxy") or {}),
        }
    )


def _proxy(proxy: Mapping[str, Any]) -> dict[str, Any]:
    return _said(
        {
            "source": proxy.get("proxySettingsSource"),
            "https": proxy.get("httpsProxyConfig"),
            "http": proxy.get("httpProxyConfig"),
            "noProxy": proxy.get("noProxyConfig"),
            "certificateAuthority": proxy.get("tlsRootCaBundle"),
        }
    )


def _workload(network: Mapping[str, Any]) -> dict[str, Any]:
    return _said(
        {
            "type": network.get("networkType"),
            "network": (network.get("vsphere") or {}).get("dvpg"),
            "clientIpPreservationEnabled": network.get("clientIpPreservationEnabled"),
            "nsx": {"distributedSwitch": network["nsx"]["dvs"]} if network.get("nsx") else None,
        }
    )


def _library(library: Mapping[str, Any]) -> Any:
    names = ("supervisorServices", "resourceNamingStrategy")
    rest = _said({name: library.get(name) for name in names})
    return {"name": library["contentLibrary"], **rest} if rest else library["contentLibrary"]


def _binding(binding: Mapping[str, Any]) -> dict[str, Any]:
    reserved = reservations(binding.get("vmReservations") or [])
    return _said({"zone": binding["zone"], "type": binding.get("type"), "virtualMachineReservations": reserved})
