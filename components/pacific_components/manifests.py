"""Kubernetes objects inside a workload cluster, applied with the cluster's own kubeconfig."""

from collections.abc import Mapping, Sequence
from typing import Any, Unpack, overload

import pulumi

from pacific_components.arguments import ManifestsArgs
from pacific_components.component import DocumentComponent, Options
from pacific_components.kubernetes import KubernetesObject, KubernetesProvider
from pacific_components.plumbing import ManifestsFields, ManifestsPlumbing

DEADLINE = "10m"
"""Until each object is ready, as Pulumi's Kubernetes provider waits for its kind, or gone."""
_FIRST = ("Namespace", "CustomResourceDefinition")
_CLIENT = {"qps": 100, "burst": 200, "timeout": 60}


class Manifests(DocumentComponent[ManifestsPlumbing, ManifestsFields]):
    """Objects in a cluster: namespaces and definitions first, each awaited until it is ready."""

    objects: pulumi.Output[Sequence[str]]
    """KIND/NAME of each object, in the order of the manifests."""

    @overload
    def __init__(self, resource_name: str, /, args: ManifestsArgs, opts: Options = None) -> None: ...
    @overload
    def __init__(self, resource_name: str, /, *, opts: Options = None, **args: Unpack[ManifestsArgs]) -> None: ...
    def __init__(self, resource_name: str, /, args: Any = None, opts: Options = None, **keywords: Any) -> None:
        super().__init__("pacific:index:Manifests", resource_name, args, keywords, opts)
        provider = KubernetesProvider(
            f"{resource_name}-kubernetes",
            kubeconfig=pulumi.Output.secret(self._plumbing.kubeconfig),
            # Another port or certificate of the same cluster replaces nothing in it.
            cluster_identifier=self._plumbing.cluster,
            client_settings=_CLIENT,
            delete_unreachable=False,
            opts=self._child(version=self._plumbing.kubernetes_plugin_version),
        )
        manifests: Sequence[Mapping[str, Any]] = (
            self._spec.manifests if isinstance(self._spec.manifests, tuple) else self._spec.objects
        )
        first = [
            self._object_of(resource_name, manifest, provider, ())
            for manifest in manifests
            if manifest["kind"] in _FIRST
        ]
        rest = [
            self._object_of(resource_name, manifest, provider, first)
            for manifest in manifests
            if manifest["kind"] not in _FIRST
        ]
        ids = [resource.id for resource in (*first, *rest)]
        listed = [f"{manifest['kind']}/{manifest['metadata']['name']}" for manifest in manifests]
        self.objects = pulumi.Output.all(*ids).apply(lambda _: listed)
        self.register_outputs({"objects": self.objects})

    def _object_of(
        self,
        name: str,
        manifest: Mapping[str, Any],
        provider: KubernetesProvider,
        after: Sequence[KubernetesObject],
    ) -> KubernetesObject:
        declared = manifest["metadata"]
        namespace = declared.get("namespace")
        # What the metadata says beside name, namespace, labels and annotations (finalizers) stays.
        metadata = {
            **declared,
            **self._metadata(
                declared["name"], namespace, labels=declared.get("labels"), annotations=declared.get("annotations")
            ),
        }
        place = f"{namespace}/{declared['name']}" if namespace else declared["name"]
        fields = {key: value for key, value in manifest.items() if key not in ("apiVersion", "kind", "metadata")}
        secret = ["data", "stringData"] if manifest["kind"] == "Secret" else []
        fields |= {key: pulumi.Output.secret(fields[key]) for key in secret if key in fields}
        return KubernetesObject(
            manifest["apiVersion"],
            manifest["kind"],
            f"{name}-{manifest['kind'].lower()}-{place}",
            metadata=metadata,
            fields=fields,
            opts=self._child(
                deadline=DEADLINE,
                depends_on=after,
                retain=self._spec.deletion_policy == "Retain",
                provider=provider,
                additional_secret_outputs=secret,
                replacement_trigger=self._plumbing.cluster_uid,
                # The name is the same there: what was made first would be deleted after.
                delete_before_replace=True,
            ),
        )
