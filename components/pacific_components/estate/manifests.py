"""Document Manifests to arguments."""

from pacific_components.estate.given import annotations_of
from pacific_components.manifests import ManifestsArgs
from pacific_components.workload_cluster import WorkloadCluster
from pacific_infra.documents import Manifests


def manifests_args(document: Manifests, cluster: WorkloadCluster, plugin_version: str | None = None) -> ManifestsArgs:
    """Arguments of the component; ``cluster``: where the objects lie."""
    spec = document.spec
    args: ManifestsArgs = {
        "cluster": f"{document.namespace}/{spec.cluster}",
        "cluster_uid": cluster.uid,
        "kubeconfig": cluster.kubeconfig,
        "manifests": spec.objects,
        "deletion_policy": spec.deletion_policy,
        "labels": dict(document.metadata.labels),
        "annotations": annotations_of(document),
        "node": document.id,
    }
    if plugin_version is not None:
        args["kubernetes_plugin_version"] = plugin_version
    return args
