"""SupervisorCluster, and vCenter's ``Supervisors.EnableOnComputeClusterSpec`` and ``EnableOnZonesSpec``."""

from pacific_infra.documents.lowering.load_balancer import LOAD_BALANCER, brought_by
from pacific_infra.documents.lowering.supervisor_network import MANAGEMENT_NETWORK, WORKLOAD_NETWORK
from pacific_infra.documents.lowering.table import Field, Part, Table, same
from pacific_infra.documents.lowering.units import ListOf
from pacific_infra.documents.lowering.virtual_machine_class import RESERVATION
from pacific_infra.documents.supervisor_cluster import (
    ImageRegistry,
    SupervisorClusterSpec,
    SupervisorLibrary,
    ZoneBinding,
)

REGISTRY = Table(
    ImageRegistry,
    (
        *same("hostname", "port", "username", "password"),
        Field("certificateAuthority", "certificateChain"),
    ),
)
LIBRARY = Table(
    SupervisorLibrary,
    (
        Field("name", "contentLibrary"),
        *same("supervisorServices", "resourceNamingStrategy"),
    ),
)
ZONE_BINDING = Table(
    ZoneBinding,
    (
        *same("zone", "type"),
        Field("virtualMachineReservations", "vmReservations", ListOf(Part(RESERVATION))),
    ),
)
SUPERVISOR_CLUSTER = Table(
    SupervisorClusterSpec,
    (
        *same("cluster", "zones"),
        Field("size", "controlPlane.size"),
        Field("controlPlaneCount", "controlPlane.count"),
        Field("namespaceApiFairness", "controlPlane.enableNamespaceApiFairness"),
        Field("loginBanner", "controlPlane.loginBanner"),
        Field("storagePolicy", "controlPlane.storagePolicy"),
        Field("managementNetwork", "controlPlane.network", Part(MANAGEMENT_NETWORK)),
        Field("ephemeralStoragePolicy", "workloads.storage.ephemeralStoragePolicy", otherwise="storagePolicy"),
        Field("imageStoragePolicy", "workloads.storage.imageStoragePolicy", otherwise="storagePolicy"),
        Field("fileVolumesEnabled", "workloads.storage.fileVolumesEnabled"),
        Field("fileVolumeClusters", "workloads.storage.cloudNativeFileVolume.vsanClusters"),
        Field("workloadNetwork", "workloads.network", Part(WORKLOAD_NETWORK)),
        Field(
            "loadBalancer",
            "workloads.edge",
            Part(LOAD_BALANCER),
            otherwise="workloadNetwork.type",
            instead=brought_by,
        ),
        Field("apiServerNames", "workloads.kubeApiServerOptions.security.certificateDnsNames"),
        Field("contentLibraries", "workloads.images.contentLibraries", ListOf(Part(LIBRARY, short="name"))),
        Field("kubernetesContentLibrary", "workloads.images.kubernetesContentLibrary"),
        Field("imageRegistry", "workloads.images.registry", Part(REGISTRY)),
        Field("imageRepository", "workloads.images.repository"),
        Field("zoneBindings", "zoneBindings", ListOf(Part(ZONE_BINDING))),
        Field("vspherePods", "vspherePodsEnabled", absent=False),
        Field("adopt", "adopt", absent=False),
        Field("deletionPolicy", "deletionPolicy"),
    ),
    not_at_vcenter={
        "external": "decides which model it is",
        "dependsOn": "is the order of the estate",
        "ssoDomain": "is known to the rules of documents alone",
    },
    not_in_documents={"name": "is the document's metadata.name"},
)
