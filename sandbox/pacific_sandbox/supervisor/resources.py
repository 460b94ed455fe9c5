"""The Kubernetes resources that a Supervisor's control plane reads and writes."""

from typing import Final

from pacific_sandbox.kubernetes_api import Resource

NAMESPACES: Final = Resource("v1", "namespaces", namespaced=False)
CONFIG_MAPS: Final = Resource("v1", "configmaps")
RESOURCE_QUOTAS: Final = Resource("v1", "resourcequotas")
LIMIT_RANGES: Final = Resource("v1", "limitranges")
PODS: Final = Resource("v1", "pods")
PERSISTENT_VOLUME_CLAIMS: Final = Resource("v1", "persistentvolumeclaims")
PERSISTENT_VOLUMES: Final = Resource("v1", "persistentvolumes", namespaced=False)
STORAGE_CLASSES: Final = Resource("storage.k8s.io/v1", "storageclasses", namespaced=False)
ROLE_BINDINGS: Final = Resource("rbac.authorization.k8s.io/v1", "rolebindings")
CLUSTER_ROLES: Final = Resource("rbac.authorization.k8s.io/v1", "clusterroles", namespaced=False)
CLUSTER_ROLE_BINDINGS: Final = Resource("rbac.authorization.k8s.io/v1", "clusterrolebindings", namespaced=False)
CUSTOM_RESOURCE_DEFINITIONS: Final = Resource("apiextensions.k8s.io/v1", "customresourcedefinitions", namespaced=False)
VIRTUAL_MACHINES: Final = Resource("vmoperator.vmware.com/v1alpha5", "virtualmachines")
VIRTUAL_MACHINE_CLASSES: Final = Resource("vmoperator.vmware.com/v1alpha5", "virtualmachineclasses")
VIRTUAL_MACHINE_IMAGES: Final = Resource("vmoperator.vmware.com/v1alpha5", "virtualmachineimages")
CONTENT_LIBRARIES: Final = Resource("imageregistry.vmware.com/v1alpha2", "contentlibraries")
CONTENT_LIBRARY_ITEMS: Final = Resource("imageregistry.vmware.com/v1alpha2", "contentlibraryitems")
STORAGE_POLICY_QUOTAS: Final = Resource("cns.vmware.com/v1alpha2", "storagepolicyquotas")
ZONES: Final = Resource("topology.tanzu.vmware.com/v1alpha1", "zones")
AVAILABILITY_ZONES: Final = Resource("topology.tanzu.vmware.com/v1alpha1", "availabilityzones", namespaced=False)
