"""Document Manifests to arguments."""

from pacific_components.estate.given import annotations_of
from pacific_components.estate.sources import with_values
from pacific_components.manifests import ManifestsArgs
from pacific_components.workload_cluster import WorkloadCluster
from pacific_infra.declaration import Secret
from pacific_infra.documents import Manifests
from pacific_infra.documents.resource_secrets import template_values
from pacific_infra.documents.stack_secret import SecretTemplate


def manifests_args(
    document: Manifests, cluster: WorkloadCluster, secret: Secret, plugin_version: str | None = None
) -> ManifestsArgs:
    """Arguments of the component; ``cluster``: where the objects lie."""
    spec = document.spec
    manifests = spec.objects
    if isinstance(spec.manifests, SecretTemplate):
        manifests = with_values(template_values(list(manifests)), secret)
    args: ManifestsArgs = {
        "cluster": f"{document.namespace}/{spec.cluster}",
        "cluster_uid": cluster.uid,
        "kubeconfig": cluster.kubeconfig,
        "manifests": manifests,
        "deletion_policy": spec.deletion_policy,
        "labels": dict(document.metadata.labels),
        "annotations": annotations_of(document),
        "node": document.id,
    }
    if plugin_version is not None:
        args["kubernetes_plugin_version"] = plugin_version
    return args
