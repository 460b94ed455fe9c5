"""A workload cluster of the VMware Kubernetes Service: a Cluster of Cluster API with a managed topology."""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import pulumi

from pacific_components.arguments import TimeoutsArgs
from pacific_components.checking import checked
from pacific_components.component import Component, DeletionPolicy
from pacific_components.kubernetes import KubernetesObject, ReadSecret

DEADLINE = "45m"
"""Until control plane and nodes are available, in a new version too."""
DELETE_DEADLINE = "20m"
"""Until the cluster's machines are gone."""
CLASS_NAMESPACE = "vmware-system-vks-public"
"""Where the VMware Kubernetes Service keeps its ClusterClasses."""


class NodePoolArgs(TypedDict):
    """Nodes that are alike."""

    name: str
    """Name, unique in the cluster."""
    replicas: int
    """Number of nodes; plain, since it decides what is waited for."""
    class_name: NotRequired[pulumi.Input[str]]
    """VM class; default: the cluster's."""


class WorkloadClusterArgs(TypedDict):
    """Arguments of WorkloadCluster."""

    namespace: pulumi.Input[str]
    """The vSphere Namespace."""
    name: NotRequired[str]
    """Name of the Cluster; default: the last part of the component's name."""
    version: pulumi.Input[str]
    """Kubernetes release."""
    cluster_class: NotRequired[pulumi.Input[str]]
    """ClusterClass; default builtin-generic-v3.4.0."""
    class_name: pulumi.Input[str]
    """VM class of its machines."""
    storage_class: pulumi.Input[str]
    """Kubernetes name of the storage policy of its machines' disks."""
    default_storage_class: NotRequired[pulumi.Input[str]]
    """Kubernetes name of the storage policy of claims inside the cluster that name none; default: such claims wait."""
    control_plane_replicas: NotRequired[int]
    """Machines of the control plane: 1 (default), 3 or 5; plain, since it decides what is waited for."""
    control_plane_class_name: NotRequired[pulumi.Input[str]]
    """VM class of the control plane; default: the cluster's."""
    node_pools: Sequence[NodePoolArgs]
    """The nodes."""
    pod_network: NotRequired[pulumi.Input[str]]
    """Network of pods; default 192.168.156.0/20."""
    service_network: NotRequired[pulumi.Input[str]]
    """Network of Services; default 10.96.0.0/12."""
    deletion_policy: NotRequired[DeletionPolicy]
    """Retain (default) leaves the cluster when the component goes, Delete deletes it."""
    labels: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Labels of the Cluster."""
    annotations: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Annotations of the Cluster."""
    node: NotRequired[str]
    """Its node in the estate's graph; default: WorkloadCluster/NAME."""
    timeouts: NotRequired[TimeoutsArgs]
    """Deadlines in place of the defaults."""


class WorkloadCluster(Component):
    """A Cluster, awaited until its machines are available in the version asked for, and its kubeconfig."""

    name: pulumi.Output[str]
    """Name of the Cluster."""
    endpoint: pulumi.Output[str]
    """HOST:PORT of its Kubernetes API."""
    kubeconfig: pulumi.Output[str]
    """Kubeconfig of its administrator; secret."""
    uid: pulumi.Output[str]
    """UID of the Cluster: another cluster that takes its name has another one."""

    def __init__(self, name: str, args: WorkloadClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        args = checked(WorkloadClusterArgs, args, f"WorkloadCluster {name}")
        super().__init__("pacific:index:WorkloadCluster", name, args, opts)
        object_name = args.get("name") or name.rpartition("/")[2]
        self.resource = cluster = KubernetesObject(
            "cluster.x-k8s.io/v1beta1",
            "Cluster",
            f"{name}-cluster",
            metadata=self._metadata(
                object_name, args["namespace"], annotations={"pulumi.com/waitFor": json.dumps(wait_for(args))}
            ),
            fields={"spec": cluster_spec(args)},
            opts=self._child(
                deadline=DEADLINE,
                delete_deadline=DELETE_DEADLINE,
                retain=args.get("deletion_policy", "Retain") == "Retain",
            ),
        )
        # Its id is known once the cluster is there, and with it the Secret.
        secret = ReadSecret(
            f"{name}-kubeconfig",
            pulumi.ResourceOptions(
                parent=self,
                id=pulumi.Output.all(cluster.status, args["namespace"]).apply(
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
    found = (spec or {}).get("controlPlaneEndpoint") or {}
    return f"{found['host']}:{int(found['port'])}" if found.get("host") else ""


def kubeconfig(data: Mapping[str, str] | None) -> str:
    """The kubeconfig in the Secret NAME-kubeconfig, or empty."""
    return base64.b64decode((data or {}).get("value", "")).decode()


def wait_for(args: WorkloadClusterArgs) -> list[str]:
    """What a Cluster of Cluster API 1.9 and newer reports once all of its machines are available and up to date."""
    counts = {
        "controlPlane": args.get("control_plane_replicas", 1),
        "workers": sum(pool["replicas"] for pool in args["node_pools"]),
    }
    return [
        "condition=Ready",
        *(
            f"jsonpath={{.status.v1beta2.{part}.{field}}}={count}"
            for part, count in counts.items()
            for field in ("upToDateReplicas", "availableReplicas")
        ),
    ]


def cluster_spec(args: WorkloadClusterArgs) -> dict[str, Any]:
    """The spec of the Cluster."""
    control_plane: dict[str, Any] = {"replicas": args.get("control_plane_replicas", 1)}
    if "control_plane_class_name" in args:
        control_plane["variables"] = _override(args["control_plane_class_name"])
    pools = []
    for pool in args["node_pools"]:
        deployment: dict[str, Any] = {"class": "node-pool", "name": pool["name"], "replicas": pool["replicas"]}
        if "class_name" in pool:
            deployment["variables"] = _override(pool["class_name"])
        pools.append(deployment)
    variables: list[dict[str, Any]] = [
        {"name": "vmClass", "value": args["class_name"]},
        {"name": "storageClass", "value": args["storage_class"]},
    ]
    if "default_storage_class" in args:
        volumes = {"defaultStorageClass": args["default_storage_class"]}
        variables.append({"name": "vsphereOptions", "value": {"persistentVolumes": volumes}})
    return {
        "clusterNetwork": {
            "pods": {"cidrBlocks": [args.get("pod_network", "192.168.156.0/20")]},
            "services": {"cidrBlocks": [args.get("service_network", "10.96.0.0/12")]},
            "serviceDomain": "cluster.local",
        },
        "topology": {
            "class": args.get("cluster_class", "builtin-generic-v3.4.0"),
            "classNamespace": CLASS_NAMESPACE,
            "version": args["version"],
            "controlPlane": control_plane,
            "workers": {"machineDeployments": pools},
            "variables": variables,
        },
    }


def _override(class_name: pulumi.Input[str]) -> dict[str, Any]:
    return {"overrides": [{"name": "vmClass", "value": class_name}]}
