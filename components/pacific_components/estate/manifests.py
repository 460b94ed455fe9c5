"""Document Manifests to arguments."""

import pulumi

from pacific_components.estate.given import annotations_of
from pacific_components.manifests import ManifestsArgs
from pacific_infra.documents import Manifests


def manifests_args(
    document: Manifests, kubeconfig: pulumi.Input[str], plugin_version: str | None = None
) -> ManifestsArgs:
    """Arguments of the component; ``kubeconfig``: its cluster's."""
    spec = document.spec
    args: ManifestsArgs = {
        "cluster": f"{document.namespace}/{spec.cluster}",
        "kubeconfig": kubeconfig,
        "manifests": spec.objects,
        "deletion_policy": spec.deletion_policy,
        "labels": dict(document.metadata.labels),
        "annotations": annotations_of(document),
        "node": document.id,
    }
    if plugin_version is not None:
        args["kubernetes_plugin_version"] = plugin_version
    return args
