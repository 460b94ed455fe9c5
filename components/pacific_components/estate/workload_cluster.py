"""Document WorkloadCluster to arguments."""

import pulumi

from pacific_components.estate.given import annotations_of
from pacific_components.workload_cluster import NodePoolArgs, WorkloadClusterArgs
from pacific_infra.documents import WorkloadCluster
from pacific_infra.documents.storage_class import storage_class
from pacific_infra.documents.workload_cluster import NodePool


def workload_cluster_args(document: WorkloadCluster, namespace: pulumi.Input[str]) -> WorkloadClusterArgs:
    """Arguments of the component."""
    spec = document.spec
    args: WorkloadClusterArgs = {
        "namespace": namespace,
        "name": document.name,
        "version": spec.version,
        "cluster_class": spec.cluster_class,
        "class_name": spec.class_name,
        "storage_class": storage_class(spec.storage_policy),
        "default_storage_class": storage_class(spec.default_storage_policy or spec.storage_policy),
        "control_plane_replicas": spec.control_plane.replicas,
        "node_pools": [_pool(pool) for pool in spec.node_pools],
        "pod_network": spec.network.pods,
        "service_network": spec.network.services,
        "deletion_policy": spec.deletion_policy,
        "labels": dict(document.metadata.labels),
        "annotations": annotations_of(document),
        "node": document.id,
    }
    if spec.control_plane.class_name is not None:
        args["control_plane_class_name"] = spec.control_plane.class_name
    return args


def _pool(pool: NodePool) -> NodePoolArgs:
    args: NodePoolArgs = {"name": pool.name, "replicas": pool.replicas}
    if pool.class_name is not None:
        args["class_name"] = pool.class_name
    return args
