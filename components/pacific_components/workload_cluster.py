"""A workload cluster of the VMware Kubernetes Service: a Cluster of Cluster API with a managed topology."""

import base64
import json
from collections.abc import Mapping
from typing import Any, Unpack, overload

import pulumi

from pacific_components.arguments import WorkloadClusterArgs
from pacific_components.component import DocumentComponent, Options
from pacific_components.kubernetes import KubernetesObject, ReadSecret
from pacific_components.plumbing import NamespacedPlumbing
from pacific_components.values import applied
from pacific_infra.documents.storage_class import storage_class
from pacific_infra.documents.workload_cluster import WorkloadClusterSpec

DEADLINE = "45m"
"""Until control plane and nodes are available, in a new version too."""
DELETE_DEADLINE = "20m"
"""Until the cluster's machines are gone."""
CLASS_NAMESPACE = "vmware-system-vks-public"
"""Where the VMware Kubernetes Service keeps its ClusterClasses."""


class WorkloadCluster(DocumentComponent[NamespacedPlumbing, WorkloadClusterSpec]):
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
        self.resource = cluster = KubernetesObject(
            "cluster.x-k8s.io/v1beta1",
            "Cluster",
            f"{name}-cluster",
            metadata=self._metadata(
                object_name, namespace, annotations={"pulumi.com/waitFor": json.dumps(wait_for(self._spec))}
            ),
            fields={"spec": cluster_spec(self._spec)},
            opts=self._child(
                deadline=DEADLINE,
                delete_deadline=DELETE_DEADLINE,
                retain=self._spec.deletion_policy == "Retain",
            ),
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


def wait_for(spec: WorkloadClusterSpec) -> list[str]:
    """What a Cluster of Cluster API 1.9 and newer reports once all of its machines are available and up to date."""
    counts = {
        "controlPlane": spec.control_plane.replicas,
        "workers": sum(pool.replicas for pool in spec.node_pools),
    }
    return [
        "condition=Ready",
        *(
            f"jsonpath={{.status.v1beta2.{part}.{field}}}={count}"
            for part, count in counts.items()
            for field in ("upToDateReplicas", "availableReplicas")
        ),
    ]


def cluster_spec(spec: WorkloadClusterSpec) -> dict[str, Any]:
    """The spec of the Cluster."""
    pools = [
        {"class": "node-pool", "name": pool.name, "replicas": pool.replicas, **_override(pool.class_name)}
        for pool in spec.node_pools
    ]
    default_policy = spec.storage_policy if spec.default_storage_policy is None else spec.default_storage_policy
    volumes = {"defaultStorageClass": applied(storage_class, default_policy)}
    return {
        "clusterNetwork": {
            "pods": {"cidrBlocks": [spec.network.pods]},
            "services": {"cidrBlocks": [spec.network.services]},
            "serviceDomain": "cluster.local",
        },
        "topology": {
            "class": spec.cluster_class,
            "classNamespace": CLASS_NAMESPACE,
            "version": spec.version,
            "controlPlane": {"replicas": spec.control_plane.replicas, **_override(spec.control_plane.class_name)},
            "workers": {"machineDeployments": pools},
            "variables": [
                {"name": "vmClass", "value": spec.class_name},
                {"name": "storageClass", "value": applied(storage_class, spec.storage_policy)},
                {"name": "vsphereOptions", "value": {"persistentVolumes": volumes}},
            ],
        },
    }


def _override(class_name: str | None) -> dict[str, Any]:
    """A VM class in place of the cluster's."""
    return {} if class_name is None else {"variables": {"overrides": [{"name": "vmClass", "value": class_name}]}}
