"""Kubernetes objects inside a workload cluster, applied with the cluster's own kubeconfig."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi

from pacific_components.arguments import TimeoutsArgs
from pacific_components.checking import checked
from pacific_components.component import Component, DeletionPolicy
from pacific_components.kubernetes import KubernetesObject, KubernetesProvider

DEADLINE = "10m"
"""Until each object is ready, as Pulumi's Kubernetes provider waits for its kind, or gone."""
_FIRST = ("Namespace", "CustomResourceDefinition")
_CLIENT = {"qps": 100, "burst": 200, "timeout": 60}


class ManifestsArgs(TypedDict):
    """Arguments of Manifests."""

    cluster: pulumi.Input[str]
    """What tells the cluster from others, such as NAMESPACE/NAME: objects are replaced when it changes."""
    cluster_uid: NotRequired[pulumi.Input[str]]
    """UID of the Cluster. Where it changes, another cluster has taken the name, and the objects are made in that."""
    kubeconfig: pulumi.Input[str]
    """Kubeconfig of the cluster; secret."""
    manifests: Sequence[Mapping[str, Any]]
    """The objects in the API's own spelling; plain, since they decide which resources there are."""
    deletion_policy: NotRequired[DeletionPolicy]
    """Delete (default) deletes the objects when the component goes, Retain leaves them."""
    kubernetes_plugin_version: NotRequired[str]
    """Version of the Kubernetes provider plugin; default: the SDK's own."""
    labels: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Labels of the objects, beside their own."""
    annotations: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Annotations of the objects, beside their own."""
    node: NotRequired[str]
    """Their node in the estate's graph; default: Manifests/NAME."""
    timeouts: NotRequired[TimeoutsArgs]
    """Deadlines in place of the defaults."""


class Manifests(Component):
    """Objects in a cluster: namespaces and definitions first, each awaited until it is ready."""

    objects: pulumi.Output[Sequence[str]]
    """KIND/NAME of each object, in the order of the manifests."""

    def __init__(self, name: str, args: ManifestsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        args = checked(ManifestsArgs, args, f"Manifests {name}")
        super().__init__("pacific:index:Manifests", name, args, opts)
        provider = KubernetesProvider(
            f"{name}-kubernetes",
            kubeconfig=pulumi.Output.secret(args["kubeconfig"]),
            # Another port or certificate of the same cluster replaces nothing in it.
            cluster_identifier=args["cluster"],
            client_settings=_CLIENT,
            delete_unreachable=False,
            opts=self._child(version=args.get("kubernetes_plugin_version")),
        )
        manifests = args["manifests"]
        first = [self._object(name, args, one, provider, ()) for one in manifests if one["kind"] in _FIRST]
        rest = [self._object(name, args, one, provider, first) for one in manifests if one["kind"] not in _FIRST]
        ids = [made.id for made in (*first, *rest)]
        listed = [f"{one['kind']}/{one['metadata']['name']}" for one in manifests]
        self.objects = pulumi.Output.all(*ids).apply(lambda _: listed)
        self.register_outputs({"objects": self.objects})

    def _object(
        self,
        name: str,
        args: ManifestsArgs,
        manifest: Mapping[str, Any],
        provider: KubernetesProvider,
        after: Sequence[KubernetesObject],
    ) -> KubernetesObject:
        own = manifest["metadata"]
        namespace = own.get("namespace")
        # What the metadata says beside name, namespace, labels and annotations (finalizers) stays.
        metadata = {
            **own,
            **self._metadata(own["name"], namespace, labels=own.get("labels"), annotations=own.get("annotations")),
        }
        place = f"{namespace}/{own['name']}" if namespace else own["name"]
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
                retain=args.get("deletion_policy", "Delete") == "Retain",
                provider=provider,
                additional_secret_outputs=secret,
                replacement_trigger=args.get("cluster_uid"),
                # The name is the same there: what was made first would be deleted after.
                delete_before_replace=True,
            ),
        )
