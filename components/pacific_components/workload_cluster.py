"""A workload cluster of the VMware Kubernetes Service: a Cluster of Cluster API with a managed topology.

Its spec is written in v1beta2 (api/core/v1beta2/cluster_types.go of sigs.k8s.io/cluster-api) and made into v1beta1 as
the conversion webhook does (api/core/v1beta1/conversion.go), so that a Supervisor of either version keeps the same.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any, Unpack, overload

import pulumi

from pacific_components.arguments import WorkloadClusterArgs
from pacific_components.component import DocumentComponent, Options
from pacific_components.kubernetes import KubernetesObject, ReadSecret
from pacific_components.plumbing import WorkloadClusterPlumbing
from pacific_components.values import api_fields, applied
from pacific_infra.documents.machine_pools import (
    NODE_GROUP,
    OS_IMAGE,
    ClusterControlPlane,
    HealthCheck,
    Machines,
    NodePool,
    NodeVolume,
    OperatingSystemImage,
    PoolHealthCheck,
)
from pacific_infra.documents.storage_class import storage_class
from pacific_infra.documents.workload_cluster import OPTIONS, PUBLIC_CLASSES, WorkloadClusterSpec

V1BETA1 = "cluster.x-k8s.io/v1beta1"
V1BETA2 = "cluster.x-k8s.io/v1beta2"
DEADLINE = "45m"
"""Until control plane and nodes are available, in a new version too."""
DELETE_DEADLINE = "20m"
"""Until the cluster's machines are gone."""
RELEASE = "spec.topology.version"
"""The field of a Cluster that a Supervisor completes."""
Wire = dict[str, Any]
"""A part of the object, whose values may be outputs."""


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


def cluster_spec(spec: WorkloadClusterSpec, api_version: str) -> Wire:
    """The spec of the Cluster."""
    network = spec.network
    topology = _topology(spec)
    return {
        "clusterNetwork": {
            "pods": {"cidrBlocks": [network.pods]},
            "services": {"cidrBlocks": [network.services]},
            "serviceDomain": network.service_domain,
        },
        "topology": topology if api_version == V1BETA2 else _as_v1beta1(topology),
    }


def wait_for(spec: WorkloadClusterSpec, api_version: str) -> list[str]:
    """What a Cluster reports once all of its machines are available and up to date: Cluster API 1.9 and newer.

    How many nodes an autoscaler wants nobody else knows: with one, conditions say it of the nodes.
    """
    status = "status" if api_version == V1BETA2 else "status.v1beta2"
    counts = {"controlPlane": spec.control_plane.replicas}
    conditions = []
    if any(pool.autoscaler is not None for pool in spec.node_pools):
        conditions = ["WorkersAvailable", "WorkerMachinesUpToDate"]
    else:
        counts["workers"] = sum(pool.most_replicas for pool in spec.node_pools)
    return [
        "condition=Available" if api_version == V1BETA2 else "condition=Ready",
        *(
            f"jsonpath={{.{status}.{part}.{field}}}={count}"
            for part, count in counts.items()
            for field in ("upToDateReplicas", "availableReplicas")
        ),
        *(f'jsonpath={{.{status}.conditions[?(@.type=="{name}")].status}}=True' for name in conditions),
    ]


def _topology(spec: WorkloadClusterSpec) -> Wire:
    """In v1beta2."""
    namespace = spec.cluster_class_namespace
    if namespace is None and spec.cluster_class.startswith("builtin-generic-"):
        namespace = PUBLIC_CLASSES
    return {
        "classRef": {"name": spec.cluster_class, **({} if namespace is None else {"namespace": namespace})},
        "version": spec.version,
        "controlPlane": _control_plane(spec.control_plane, spec),
        "workers": {"machineDeployments": [_pool(pool, spec) for pool in spec.node_pools]},
        "variables": _listed(_variables(spec)),
    }


def _variables(spec: WorkloadClusterSpec) -> Wire:
    """The cluster's variables by name."""
    default_policy = spec.storage_policy if spec.default_storage_policy is None else spec.default_storage_policy
    default = applied(storage_class, default_policy)
    variables: Wire = {"vmClass": spec.class_name, "storageClass": applied(storage_class, spec.storage_policy)}
    if spec.cluster_class == "tanzukubernetescluster":
        variables["defaultStorageClass"] = default
    else:
        variables[OPTIONS] = _with_default(spec.variables.get(OPTIONS) or {}, default)
    if spec.volumes is not None:
        variables["volumes"] = [_volume(volume, spec.storage_policy) for volume in spec.volumes]
    others = {name: value for name, value in spec.variables.items() if name != OPTIONS or value is None}
    return {name: value for name, value in {**variables, **others}.items() if value is not None}


def _with_default(options: Mapping[str, Any], default: Any) -> Wire:
    """vsphereOptions with the default StorageClass, unless they name one."""
    volumes = {"defaultStorageClass": default, **(options.get("persistentVolumes") or {})}
    return {**options, "persistentVolumes": volumes}


def _machines(machines: Machines, spec: WorkloadClusterSpec) -> Wire:
    """What control plane and pools have in common."""
    annotations = {**machines.annotations, **_annotations(machines)}
    metadata = {name: value for name, value in (("labels", machines.labels), ("annotations", annotations)) if value}
    overrides = _listed(_overrides(machines, spec))
    return {
        **({"metadata": metadata} if metadata else {}),
        **({"variables": {"overrides": overrides}} if overrides else {}),
    }


def _annotations(machines: Machines) -> dict[str, str]:
    """Those that fields say."""
    annotations = {} if machines.os_image is None else {OS_IMAGE: _os_image(machines.os_image)}
    if isinstance(machines, NodePool) and machines.autoscaler is not None:
        annotations[f"{NODE_GROUP}-min-size"] = str(machines.autoscaler.min_replicas)
        annotations[f"{NODE_GROUP}-max-size"] = str(machines.autoscaler.max_replicas)
    return annotations


def _os_image(image: OperatingSystemImage) -> str:
    return f"os-name={image.name}" + ("" if image.version is None else f",os-version={image.version}")


def _overrides(machines: Machines, spec: WorkloadClusterSpec) -> Wire:
    """Variables with other values than the cluster's. Each is whole: it is not merged with that of the cluster."""
    overrides: Wire = {}
    policy = spec.storage_policy if machines.storage_policy is None else machines.storage_policy
    if machines.class_name is not None:
        overrides["vmClass"] = machines.class_name
    if machines.storage_policy is not None:
        overrides["storageClass"] = applied(storage_class, policy)
    volumes = spec.volumes if machines.volumes is None and machines.storage_policy is not None else machines.volumes
    if volumes is not None:
        overrides["volumes"] = [_volume(volume, policy) for volume in volumes]
    overrides.update(machines.variables)
    if machines.node_labels or machines.taints:
        node = machines.variables.get("node") or spec.variables.get("node") or {}
        labels = {**(node.get("labels") or {}), **machines.node_labels}
        taints = [*(node.get("taints") or ()), *map(api_fields, machines.taints)]
        overrides["node"] = {
            **node,
            **{name: value for name, value in (("labels", labels), ("taints", taints)) if value},
        }
    return overrides


def _volume(volume: NodeVolume, default_policy: Any) -> Wire:
    policy = default_policy if volume.storage_policy is None else volume.storage_policy
    return {
        "name": volume.name,
        "mountPath": volume.mount_path,
        "capacity": volume.size,
        "storageClass": applied(storage_class, policy),
    }


def _listed(variables: Wire) -> list[Wire]:
    return [{"name": name, "value": value} for name, value in variables.items()]


def _control_plane(machines: ClusterControlPlane, spec: WorkloadClusterSpec) -> Wire:
    parts = {**_policies(machines), "rollout": {} if machines.rollout is None else api_fields(machines.rollout)}
    return {
        "replicas": machines.replicas,
        **_machines(machines, spec),
        **{name: part for name, part in parts.items() if part},
    }


def _pool(pool: NodePool, spec: WorkloadClusterSpec) -> Wire:
    """One pool. With an autoscaler the number of nodes is not said: that sets it in what Cluster API makes of this."""
    rollout: Wire = {}
    if pool.rollout is not None:
        strategy = api_fields(pool.rollout, ("after", "type"))
        rollout = {
            **({} if pool.rollout.after is None else {"after": pool.rollout.after}),
            "strategy": {"type": pool.rollout.type, **({"rollingUpdate": strategy} if strategy else {})},
        }
    parts = {**_policies(pool), "rollout": rollout}
    return {
        "class": pool.machine_class,
        "name": pool.name,
        **({} if pool.autoscaler is not None else {"replicas": pool.most_replicas}),
        **_machines(pool, spec),
        **({} if pool.failure_domain is None else {"failureDomain": pool.failure_domain}),
        **({} if pool.min_ready_seconds is None else {"minReadySeconds": pool.min_ready_seconds}),
        **{name: part for name, part in parts.items() if part},
    }


def _policies(machines: ClusterControlPlane | NodePool) -> Wire:
    """Health check and deletion."""
    return {
        "healthCheck": {} if machines.health_check is None else dict(_health_check(machines.health_check)),
        "deletion": {} if machines.deletion is None else api_fields(machines.deletion),
    }


def _health_check(check: HealthCheck) -> Iterator[tuple[str, Any]]:
    if check.enabled is not None:
        yield "enabled", check.enabled
    checks = api_fields(
        check,
        ("enabled", "unhealthy_less_than_or_equal_to", "unhealthy_in_range", "max_in_flight")
        + (() if check.unhealthy_node_conditions else ("unhealthy_node_conditions",)),
    )
    if checks:
        yield "checks", checks
    bounds = api_fields(
        check, set(type(check).model_fields) - {"unhealthy_less_than_or_equal_to", "unhealthy_in_range"}
    )
    remediation: Wire = {"triggerIf": bounds} if bounds else {}
    if isinstance(check, PoolHealthCheck) and check.max_in_flight is not None:
        remediation["maxInFlight"] = check.max_in_flight
    if remediation:
        yield "remediation", remediation


def _as_v1beta1(topology: Wire) -> Wire:
    """The same topology in v1beta1."""
    reference = topology["classRef"]
    namespace = {"classNamespace": reference["namespace"]} if "namespace" in reference else {}
    return {
        "class": reference["name"],
        **namespace,
        **{name: value for name, value in topology.items() if name not in ("classRef", "controlPlane", "workers")},
        "controlPlane": _machines_as_v1beta1(topology["controlPlane"]),
        "workers": {
            "machineDeployments": [_machines_as_v1beta1(pool) for pool in topology["workers"]["machineDeployments"]]
        },
    }


def _machines_as_v1beta1(machines: Wire) -> Wire:
    """Control plane or pool. What v1beta1 has in ``strategy`` is in several places in v1beta2."""
    moved = ("healthCheck", "deletion", "rollout")
    lowered = {name: value for name, value in machines.items() if name not in moved}
    health, deletion, rollout = ({**machines.get(name, {})} for name in moved)
    remediation = health.get("remediation", {})
    if health:
        lowered["machineHealthCheck"] = _health_check_as_v1beta1(health)
    order = deletion.pop("order", None)
    lowered.update({name.removesuffix("Seconds"): applied(duration, value) for name, value in deletion.items()})
    strategy = rollout.pop("strategy", {})
    rolling = {**strategy.get("rollingUpdate", {}), **({} if order is None else {"deletePolicy": order})}
    if rolling:
        strategy = {"type": "RollingUpdate", **strategy, "rollingUpdate": rolling}
    if "maxInFlight" in remediation:
        strategy = {**strategy, "remediation": {"maxInFlight": remediation["maxInFlight"]}}
    if strategy:
        lowered["strategy"] = strategy
    if rollout:
        lowered["rollout"] = rollout
    return lowered


def _health_check_as_v1beta1(health: Wire) -> Wire:
    checks, trigger = health.get("checks", {}), health.get("remediation", {}).get("triggerIf", {})
    conditions = [
        {"type": item["type"], "status": item["status"], "timeout": applied(duration, item["timeoutSeconds"])}
        for item in checks.get("unhealthyNodeConditions", ())
    ]
    startup = checks.get("nodeStartupTimeoutSeconds")
    fields = {
        "enable": health.get("enabled"),
        "nodeStartupTimeout": None if startup is None else applied(duration, startup),
        "unhealthyConditions": conditions or None,
        "maxUnhealthy": trigger.get("unhealthyLessThanOrEqualTo"),
        "unhealthyRange": trigger.get("unhealthyInRange"),
    }
    return {name: value for name, value in fields.items() if value is not None}


def duration(seconds: int) -> str:
    """Seconds as Go writes a time.Duration: 90 is ``1m30s``. A webhook that converts writes it so."""
    hours, rest = divmod(int(seconds), 3600)
    minutes, rest = divmod(rest, 60)
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if hours or minutes else "") + f"{rest}s"
