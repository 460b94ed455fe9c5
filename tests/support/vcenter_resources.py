"""Properties of the raw resources, as programs give them, for tests of the provider."""

from typing import Any

from tests.support.simulated_vcenter import MANAGEMENT, SUPERVISOR

PLANE, WORKLOADS = SUPERVISOR["controlPlane"], SUPERVISOR["workloads"]
FULL: dict[str, Any] = {
    **SUPERVISOR,
    "controlPlane": {
        **PLANE,
        "loginBanner": "Welcome",
        "network": {
            **PLANE["network"],
            "services": {
                "dns": {"servers": ["10.0.0.2"], "searchDomains": ["example.com"]},
                "ntp": {"servers": ["10.0.0.3"]},
            },
        },
    },
    "workloads": {
        **WORKLOADS,
        "images": {"repository": "library", "registry": {"hostname": "registry.example.com", "port": 5000}},
        "kubeApiServerOptions": {"security": {"certificateDnsNames": ["a.example.com"]}},
        "storage": {"ephemeralStoragePolicy": "gold", "imageStoragePolicy": "gold"},
    },
}
AVI = {
    "server": {"host": "avi.example.com", "port": 443},
    "username": "admin",
    "password": "secret",
    "certificateAuthorityChain": "PEM",
}
RANGES, OTHER = [{"address": "10.0.1.1", "count": 8}], [{"address": "10.0.2.1", "count": 16}]
HAPROXY = {
    "servers": [{"host": "10.0.0.5", "port": 5556}],
    "username": "admin",
    "password": "secret",
    "certificateAuthorityChain": "PEM",
}
FOUNDATION = {
    "vipSubnets": ["10.0.1.0/24"],
    "deploymentTarget": {"deploymentSize": "SMALL", "availability": "SINGLE_NODE", "storagePolicy": "gold"},
    "interfaces": [{"personas": ["MANAGEMENT"], "network": {"networkType": "SUPERVISOR_MANAGEMENT"}}],
    "networkServices": {"dns": {"servers": ["10.0.0.2"], "searchDomains": []}, "ntp": {"servers": ["10.0.0.3"]}},
}
EDGES: dict[str, dict[str, Any]] = {
    "HAPROXY": {"provider": "HAPROXY", "id": "lb-1", "loadBalancerAddressRanges": RANGES, "haproxy": HAPROXY},
    "NSX_ADVANCED": {"provider": "NSX_ADVANCED", "nsxAdvanced": AVI},
    "NSX": {"provider": "NSX", "nsx": {"defaultIngressTlsCertificate": "PEM", "defaultIngressTlsPrivateKey": "KEY"}},
    "VSPHERE_FOUNDATION": {
        "provider": "VSPHERE_FOUNDATION",
        "loadBalancerAddressRanges": RANGES,
        "foundation": FOUNDATION,
    },
}
BLUE = {"subjectType": "GROUP", "subject": "blue", "domain": "vsphere.local", "role": "EDIT"}
AUDITOR = {"subjectType": "USER", "subject": "auditor", "domain": "vsphere.local", "role": "VIEW"}
SHOP: dict[str, Any] = {
    "supervisor": "supervisor-01",
    "description": "The web shop",
    "resourceSpec": {"cpuLimit": 4000, "memoryLimit": 8192, "podCount": 60},
    "accessList": [BLUE, AUDITOR],
    "storageSpecs": [{"policy": "gold", "limit": 1000}, {"policy": "Silver Store"}],
    "vmServiceSpec": {"vmClasses": ["best-effort-small", "best-effort-large"], "contentLibraries": ["linux-images"]},
    "contentLibraries": [{"contentLibrary": "linux-images", "writable": True}],
    "deletionPolicy": "Delete",
}
REGISTRY: dict[str, Any] = {
    "supervisor": "supervisor-01",
    "name": "mirror",
    "imageRegistry": {"hostname": "mirror.example.com", "port": 5000, "username": "puller", "password": "secret"},
}
TEMPLATE: dict[str, Any] = {
    "supervisor": "supervisor-01",
    "resourceSpec": {"cpuLimit": 1000, "podCount": 5},
    "storageSpecs": [{"policy": "gold", "limit": 100}],
    "permissions": [{"subjectType": "GROUP", "subject": "blue", "domain": "vsphere.local"}],
    "vmServiceSpec": {"vmClasses": ["best-effort-small"]},
}


def changed(values: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    name, _, rest = path.partition(".")
    if rest:
        return {**values, name: changed(values[name], rest, value)}
    return {key: item for key, item in {**values, name: value}.items() if item is not None}


async def with_policy(site: Any, version: str) -> None:
    if version == "9.1":
        policy = {"policy": "gpu-hosts", "enforcement_mode": "MANDATORY"}
        await site.by_hand.post(f"{MANAGEMENT}/infrastructure-policies", policy)
