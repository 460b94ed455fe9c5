"""Namespace, and vCenter's ``namespaces.Instances.CreateSpecV2``."""

from pacific_infra.documents.lowering.table import Cases, Field, Part, Row, Table, same
from pacific_infra.documents.lowering.units import CIDR, MHZ, MIB, PATH, ListOf, OnlyItem
from pacific_infra.documents.lowering.virtual_machine_class import RESERVATION
from pacific_infra.documents.namespace import Access, Creator, LibraryAssociation, NamespaceSpec, StoragePolicy
from pacific_infra.documents.namespace_network import (
    NamespaceLoadBalancer,
    NamespaceZone,
    NsxNamespace,
    NsxVpcNamespace,
)

STORAGE_POLICY = Table(StoragePolicy, (Field("name", "policy"), Field("limit", "limit", MIB)))
LIBRARY = Table(
    LibraryAssociation,
    (
        Field("name", "contentLibrary"),
        *same("writable", "allowImport", "resourceNamingStrategy"),
    ),
)
SUBJECT: tuple[Row, ...] = (
    Cases("subjectType", {"USER": [Field("user", "subject")], "GROUP": [Field("group", "subject")]}),
    *same("domain"),
)
"""The fields of ``UserOrGroup``."""
ACCESS = Table(Access, (*SUBJECT, *same("role", "identityProvider")))
NSX = Table(
    NsxNamespace,
    (
        Field("namespaceNetworks", "namespaceNetworkCidrs", ListOf(CIDR)),
        Field("ingressNetworks", "ingressCidrs", ListOf(CIDR)),
        Field("egressNetworks", "egressCidrs", ListOf(CIDR)),
        Field("tier0Gateway", "nsxTier0Gateway"),
        *same("subnetPrefixLength", "routedMode", "loadBalancerSize"),
    ),
)
NSX_VPC = Table(
    NsxVpcNamespace,
    (
        Field("vpc", "vpc"),
        Field("privateNetworks", "vpcConfig.privateCidrs", ListOf(CIDR)),
        Field("sharedSubnets", "sharedSubnets", ListOf(PATH)),
        Field("defaultSubnetSize", "defaultSubnetSize"),
    ),
)
LOAD_BALANCER = Table(
    NamespaceLoadBalancer,
    (
        Field("name", "id"),
        Field("provider", "edgeProvider"),
        Field("serviceEngineGroup", "avi.seGroupName"),
    ),
)
ZONE = Table(
    NamespaceZone,
    (
        Field("name", "name"),
        Field("limits.cpu", "cpuLimitMhz", MHZ),
        Field("limits.memory", "memoryLimitMib", MIB),
        Field("reservations.cpu", "cpuReservationMhz", MHZ),
        Field("reservations.memory", "memoryReservationMib", MIB),
        Field("virtualMachineReservations", "vmReservations", ListOf(Part(RESERVATION))),
        Field("disallowUnreservedDirectPathUsage", "disallowUnreservedDirectPathUsage"),
    ),
)
CREATOR = Table(Creator, (Field("user", "subject"), Field("domain", "domain")))
GOVERNANCE: tuple[Field, ...] = (
    Field("limits.cpu", "resourceSpec.cpuLimit", MHZ),
    Field("limits.memory", "resourceSpec.memoryLimit", MIB),
    Field("limits.storage", "resourceSpec.storageRequestLimit", MIB),
    Field("objectCounts.pods", "resourceSpec.podCount"),
    Field("objectCounts.services", "resourceSpec.serviceCount"),
    Field("objectCounts.deployments", "resourceSpec.deploymentCount"),
    Field("objectCounts.daemonSets", "resourceSpec.daemonSetCount"),
    Field("objectCounts.replicaSets", "resourceSpec.replicaSetCount"),
    Field("objectCounts.replicationControllers", "resourceSpec.replicationControllerCount"),
    Field("objectCounts.statefulSets", "resourceSpec.statefulSetCount"),
    Field("objectCounts.configMaps", "resourceSpec.configMapCount"),
    Field("objectCounts.secrets", "resourceSpec.secretCount"),
    Field("objectCounts.persistentVolumeClaims", "resourceSpec.persistentVolumeClaimCount"),
    Field("objectCounts.jobs", "resourceSpec.jobCount"),
    Field("defaults.cpuRequest", "resourceSpec.cpuRequestDefault", MHZ),
    Field("defaults.cpuLimit", "resourceSpec.cpuLimitDefault", MHZ),
    Field("defaults.memoryRequest", "resourceSpec.memoryRequestDefault", MIB),
    Field("defaults.memoryLimit", "resourceSpec.memoryLimitDefault", MIB),
    Field("storagePolicies", "storageSpecs", ListOf(Part(STORAGE_POLICY))),
    Field("virtualMachineClasses", "vmServiceSpec.vmClasses"),
    Field("contentLibraries", "vmServiceSpec.contentLibraries"),
    Field("libraryAssociations", "contentLibraries", ListOf(Part(LIBRARY))),
)
"""The fields of ``NamespaceGovernance``."""
NAMESPACE = Table(
    NamespaceSpec,
    (
        *same("supervisor", "description"),
        *GOVERNANCE,
        Field("access", "accessList", ListOf(Part(ACCESS))),
        Field("networks", "networks"),
        Cases(
            "namespaceNetwork.networkProvider",
            {"NSXT_CONTAINER_PLUGIN": [Field("nsx", "namespaceNetwork.network", Part(NSX))]},
        ),
        Cases(
            "networkSpec.networkProvider",
            {
                "NSX_VPC": [Field("nsxVpc", "networkSpec.vpcNetwork", Part(NSX_VPC))],
                "VSPHERE_NETWORK": [Field("defaultNetwork", "networkSpec.vsphereNetwork.defaultWorkloadNetwork")],
            },
        ),
        Field("loadBalancer", "edges", OnlyItem(Part(LOAD_BALANCER))),
        Field("zones", "zones", ListOf(Part(ZONE, short="name"))),
        Field("infrastructurePolicies", "infrastructurePolicies"),
        Field("creator", "creator", Part(CREATOR)),
        Field("adopt", "adopt", absent=False),
        Field("deletionPolicy", "deletionPolicy"),
    ),
    not_at_vcenter={
        "external": "decides which model it is",
        "dependsOn": "is the order of the estate",
        "networkPolicy": "is set inside the namespace, at the Supervisor's Kubernetes API",
        "podSecurity": "is set inside the namespace, at the Supervisor's Kubernetes API",
    },
    not_in_documents={"name": "is the document's metadata.name"},
)
