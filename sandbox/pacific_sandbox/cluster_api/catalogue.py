"""What the VMware Kubernetes Service offers: ClusterClasses with their variables, and KubernetesReleases. Pure.

Variables and the types of their values as `kubectl get clusterclass` shows them of VKS 3.7, without inner schemas.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from pacific_sandbox.kubernetes_api import Object, Resource
from pacific_sandbox.supervisor.structural_definitions import OPEN, TEXT, definition

NAMESPACE: Final = "vmware-system-vks-public"
CLASSES: Final = Resource("cluster.x-k8s.io/v1beta2", "clusterclasses")
RELEASES: Final = Resource("kubernetes.vmware.com/v1alpha1", "kubernetesreleases", namespaced=False)
CLASS_NAMES: Final = tuple(f"builtin-generic-v3.{minor}.0" for minor in range(1, 8))
VERSIONS: Final = (
    "v1.31.11+vmware.1-fips-vkr.1",
    "v1.32.8+vmware.1-fips-vkr.1",
    "v1.33.3+vmware.1-fips-vkr.2",
    "v1.33.6+vmware.1-fips-vkr.2",
    "v1.34.1+vmware.1-vkr.4",
    "v1.35.0+vmware.2-vkr.4",
)
"""Versions of the KubernetesReleases, the oldest first."""
REQUIRED: Final = ("vmClass", "storageClass")
"""Variables that a Cluster must have."""
_COMMON: Final = dict.fromkeys(REQUIRED, "string")
VARIABLES: Final[Mapping[str, str]] = {
    **_COMMON,
    "bootstrapAddons": "object",
    "kubeAPIServerFQDNs": "array",
    "kubernetes": "object",
    "node": "object",
    "osConfiguration": "object",
    "resourceConfiguration": "object",
    "volumes": "array",
    "vsphereOptions": "object",
}
"""Variables of builtin-generic-v3: the JSON type of each by its name."""
OLD_VARIABLES: Final[Mapping[str, str]] = {
    **_COMMON,
    "defaultStorageClass": "string",
    "defaultVolumeSnapshotClass": "string",
    "nodePoolLabels": "array",
    "nodePoolTaints": "array",
    "nodePoolVolumes": "array",
    "ntp": "string",
    "proxy": "object",
    "storageClasses": "array",
    "trust": "object",
}
"""Variables of tanzukubernetescluster."""


def kubernetes_version(release: str) -> str:
    """What kubelets of a release say: its version without its revision, v1.33.3+vmware.1-fips of ...-fips-vkr.2."""
    return re.sub(r"-vkr\.\d+$", "", release)


def catalogue_definitions() -> Sequence[Object]:
    """ClusterClasses and KubernetesReleases."""
    classes = definition(CLASSES, "ClusterClass", OPEN, [], ["cc"])
    spec = {**OPEN, "properties": {"version": TEXT}}
    releases = definition(RELEASES, "KubernetesRelease", spec, [("Version", ".spec.version")], ["kr"])
    return [classes, {**releases, "spec": {**releases["spec"], "scope": "Cluster"}}]


def catalogue_objects() -> Sequence[tuple[Resource, Object]]:
    """All that is offered."""
    variables = [
        {"name": name, "required": name in REQUIRED, "schema": {"openAPIV3Schema": {"type": kind}}}
        for name, kind in VARIABLES.items()
    ]
    classes = [
        _object(CLASSES, "ClusterClass", {"name": name, "namespace": NAMESPACE}, {"variables": variables})
        for name in CLASS_NAMES
    ]
    releases = [
        _object(RELEASES, "KubernetesRelease", {"name": version.replace("+", "---")}, {"version": version})
        for version in VERSIONS
    ]
    return [*((CLASSES, item) for item in classes), *((RELEASES, item) for item in releases)]


def _object(resource: Resource, kind: str, metadata: Object, spec: Object) -> Object:
    return {"apiVersion": resource.api_version, "kind": kind, "metadata": metadata, "spec": spec}
