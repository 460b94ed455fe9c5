"""A workload cluster of the VMware Kubernetes Service: a Cluster of Cluster API with a managed topology."""

import base64
import json
from collections.abc import Mapping
from typing import Any, Unpack, overload

import pulumi

from pacific_components.arguments import WorkloadClusterArgs
from pacific_components.cluster_topology import V1BETA1, V1BETA2, cluster_spec, wait_for
from pacific_components.component import DocumentComponent, Options
from pacific_components.kubernetes import KubernetesObject, ReadSecret
from pacific_components.plumbing import WorkloadClusterPlumbing
from pacific_infra.documents.workload_cluster import WorkloadClusterSpec

DEADLINE = "45m"
"""Until control plane and nodes are available, in a new version too."""
DELETE_DEADLINE = "20m"
"""Until the cluster's machines are gone."""
RELEASE = "spec.topology.version"
"""The field of a Cluster that a Supervisor completes."""


class WorkloadCluster(DocumentComponent[WorkloadClusterPlumbing, WorkloadClusterSpec]):
    """A Cluster, awaited until its machines are available in the version asked for, and its kubeconfig."""

    name: pulumi.Output[str]
    """Name of the Cluster."""
    endpoint: pulumi.Output[str]
    """HOST:PORT of its Kubernetes API."""
    kubeconfig: pulumi.Output[str]
    """Kubeconfig of its administrator; secret."""
    uid: pulumi.Output[str]
    """UID of the Cluster: another cluster that takes its name has another one."""

    @overload
    def __init__(self, resource_name: str, /, args: WorkloadClusterArgs, opts: Options = None) -> None: ...
    @overload
    def __init__(self, resource_name: str, /, *, opts: Options = None, **args: Unpack[WorkloadClusterArgs]) -> None: ...
    def __init__(self, resource_name: str, /, args: Any = None, opts: Options = None, **keywords: Any) -> None:
        super().__init__("pacific:index:WorkloadCluster", resource_name, args, keywords, opts)
        name, object_name, namespace = resource_name, self._object, self._plumbing.namespace
        version = self._plumbing.api_version
        waited_for = {"pulumi.com/waitFor": json.dumps(wait_for(self._spec, version))}
        options = self._child(
            deadline=DEADLINE,
            delete_deadline=DELETE_DEADLINE,
            retain=self._spec.deletion_policy == "Retain",
            ignore_changes=[RELEASE] if self._plumbing.keeps_release else None,
        )
        # Under the other version it is the same object.
        other = V1BETA1 if version == V1BETA2 else V1BETA2
        options.aliases = [pulumi.Alias(type_=f"kubernetes:{other}:Cluster")]
        self.resource = cluster = KubernetesObject(
            version,
            "Cluster",
            f"{name}-cluster",
            metadata=self._metadata(object_name, namespace, annotations=waited_for),
            fields={"spec": cluster_spec(self._spec, version)},
            opts=options,
        )
        # Its id is known once the cluster is there, and with it the Secret.
        secret = ReadSecret(
            f"{name}-kubeconfig",
            pulumi.ResourceOptions(
                parent=self,
                id=pulumi.Output.all(cluster.status, namespace).apply(
                    lambda known: f"{known[1]}/{object_name}-kubeconfig"
                ),
                depends_on=[cluster],
                additional_secret_outputs=["data"],
            ),
        )
        self.name = cluster.metadata.apply(lambda metadata: str(metadata["name"]))
        self.uid = cluster.metadata.apply(lambda metadata: str(metadata.get("uid") or ""))
        self.endpoint = cluster.spec.apply(endpoint)
        self.kubeconfig = pulumi.Output.secret(secret.data.apply(kubeconfig))
        self.register_outputs(
            {"name": self.name, "endpoint": self.endpoint, "kubeconfig": self.kubeconfig, "uid": self.uid}
        )


def endpoint(spec: Mapping[str, Any] | None) -> str:
    """HOST:PORT that Cluster API has written into a Cluster, or empty."""
    host_and_port = (spec or {}).get("controlPlaneEndpoint") or {}
    return f"{host_and_port['host']}:{int(host_and_port['port'])}" if host_and_port.get("host") else ""


def kubeconfig(data: Mapping[str, str] | None) -> str:
    """The kubeconfig in the Secret NAME-kubeconfig, or empty."""
    return base64.b64decode((data or {}).get("value", "")).decode()
