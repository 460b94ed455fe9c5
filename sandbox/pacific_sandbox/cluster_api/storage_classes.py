"""StorageClasses in a workload cluster: one for each storage policy of its vSphere Namespace."""

from collections.abc import Iterator, Sequence

from pacific_sandbox.cluster_api.topology import variables_of
from pacific_sandbox.kubernetes_api import Object

_OF_CLASS = ".storageclass.storage.k8s.io/requests.storage"
_DEFAULT = "storageclass.kubernetes.io/is-default-class"


def storage_classes(cluster: Object, quotas: Sequence[Object]) -> list[Object]:
    """Those of a cluster, by the quotas of its namespace: each twice, bound at once or at the first pod that asks.

    The default one is the variable ``vsphereOptions.persistentVolumes.defaultStorageClass``;
    without it no StorageClass is the default.
    """
    topology = cluster["spec"]["topology"]
    options = variables_of(topology.get("variables", ())).get("vsphereOptions") or {}
    default = (options.get("persistentVolumes") or {}).get("defaultStorageClass")
    names = {
        key.removesuffix(_OF_CLASS)
        for quota in quotas
        for key in quota.get("spec", {}).get("hard", {})
        if key.endswith(_OF_CLASS)
    }
    return [
        storage_class for name in sorted(names) for storage_class in _storage_classes(name, is_default=name == default)
    ]


def _storage_classes(name: str, *, is_default: bool) -> Iterator[Object]:
    for ending, binding in (("", "Immediate"), ("-latebinding", "WaitForFirstConsumer")):
        yield {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {
                "name": f"{name}{ending}",
                "annotations": {_DEFAULT: "true" if is_default and not ending else "false"},
            },
            "provisioner": "csi.vsphere.vmware.com",
            "parameters": {"svStorageClass": name},
            "reclaimPolicy": "Delete",
            "volumeBindingMode": binding,
            "allowVolumeExpansion": True,
        }
