"""Kubernetes objects as they are: in a vSphere Namespace, or in a workload cluster with its own kubeconfig."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Unpack, overload

import pulumi

from pacific_components.arguments import ManifestsArgs
from pacific_components.component import DocumentComponent, Options
from pacific_components.kubernetes import KubernetesObject, KubernetesProvider
from pacific_components.plumbing import ManifestsFields, ManifestsPlumbing
from pacific_infra.documents.install_order import (
    SERVING,
    WAITS_FOR,
    Phase,
    cluster_wide_kinds,
    group_of,
    order_in_phase,
    phases,
)
from pacific_infra.documents.readiness import wait_for

DEADLINE = "10m"
"""Until each object is ready, as Pulumi's Kubernetes provider waits for its kind, or gone."""
_CLIENT = {"qps": 100, "burst": 200, "timeout": 60}


class Manifests(DocumentComponent[ManifestsPlumbing, ManifestsFields]):
    """Objects in a vSphere Namespace or a cluster, each awaited until it is ready, in the order of their kinds."""

    objects: pulumi.Output[Sequence[str]]
    """KIND/NAME of each object, in the order of the manifests."""

    @overload
    def __init__(self, resource_name: str, /, args: ManifestsArgs, opts: Options = None) -> None: ...
    @overload
    def __init__(self, resource_name: str, /, *, opts: Options = None, **args: Unpack[ManifestsArgs]) -> None: ...
    def __init__(self, resource_name: str, /, args: Any = None, opts: Options = None, **keywords: Any) -> None:
        super().__init__("pacific:index:Manifests", resource_name, args, keywords, opts)
        manifests: Sequence[Mapping[str, Any]] = (
            self._spec.manifests if isinstance(self._spec.manifests, tuple) else self._spec.objects
        )
        kubeconfig = self._plumbing.kubeconfig
        self._provider = None if kubeconfig is None else self._provider_of_cluster(resource_name, kubeconfig)
        self._cluster_wide = cluster_wide_kinds(manifests)
        by_phase: dict[Phase, list[KubernetesObject]] = {phase: [] for phase in Phase}
        serving: list[KubernetesObject] = []
        in_order = sorted(zip(phases(manifests), manifests, strict=True), key=lambda item: order_in_phase(item[1]))
        for phase, manifest in sorted(in_order, key=lambda item: item[0]):
            after = [
                resource
                for earlier in WAITS_FOR[phase]
                for resource in (serving if earlier is Phase.WORKLOADS else by_phase[earlier])
            ]
            resource = self._object_of(resource_name, manifest, after)
            by_phase[phase].append(resource)
            if phase is Phase.WORKLOADS and manifest["kind"] in SERVING:
                serving.append(resource)
        ids = [resource.id for phase in Phase for resource in by_phase[phase]]
        listed = [f"{manifest['kind']}/{manifest['metadata']['name']}" for manifest in manifests]
        self.objects = pulumi.Output.all(*ids).apply(lambda _: listed)
        self.register_outputs({"objects": self.objects})

    def _provider_of_cluster(self, name: str, kubeconfig: str) -> KubernetesProvider:
        plumbing = self._plumbing
        return KubernetesProvider(
            f"{name}-kubernetes",
            kubeconfig=pulumi.Output.secret(kubeconfig),
            # Another port or certificate of the same cluster replaces nothing in it.
            cluster_identifier=plumbing.cluster or "",
            client_settings=_CLIENT,
            delete_unreachable=False,
            opts=self._child(version=plumbing.kubernetes_plugin_version),
        )

    def _object_of(self, name: str, manifest: Mapping[str, Any], after: Sequence[KubernetesObject]) -> KubernetesObject:
        declared = manifest["metadata"]
        # What the metadata says beside name, namespace, labels and annotations (finalizers) stays.
        metadata = {
            **declared,
            **self._metadata(
                declared["name"],
                self._namespace_of(manifest),
                labels=declared.get("labels"),
                annotations={**(declared.get("annotations") or {}), **self._awaited(manifest)},
            ),
        }
        namespace = declared.get("namespace") if self._provider is not None else None
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
                provider=self._provider,
                additional_secret_outputs=secret,
                replacement_trigger=self._plumbing.cluster_uid,
                # The name is the same there: what was made first would be deleted after.
                delete_before_replace=True,
            ),
        )

    def _namespace_of(self, manifest: Mapping[str, Any]) -> pulumi.Input[str] | None:
        """Where the object lies; None: in none, or in the cluster's default one."""
        declared: str | None = manifest["metadata"].get("namespace")
        if (group_of(manifest), manifest["kind"]) in self._cluster_wide:
            return declared
        return self._plumbing.namespace if self._provider is None else declared or self._spec.object_namespace

    def _awaited(self, manifest: Mapping[str, Any]) -> Mapping[str, str]:
        """The annotation that says when the object is ready, where the provider's own rule does not count."""
        for readiness in self._spec.readiness:
            if readiness.selects(manifest):
                if readiness.none:
                    return {"pulumi.com/skipAwait": "true"}
                return {"pulumi.com/waitFor": json.dumps(wait_for(readiness.conditions, readiness.json_paths))}
        return {}
