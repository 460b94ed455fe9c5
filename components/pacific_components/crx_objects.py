"""The Kubernetes objects of a CRX workload, in the API's spelling: pure functions of its document's fields."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pulumi

from pacific_components.kubernetes import Wire
from pacific_components.values import applied, is_empty, port_reference, without_none
from pacific_infra.documents.crx_workload import CrxWorkloadSpec
from pacific_infra.documents.scaling import Autoscaler, DisruptionBudget, UpdateStrategy
from pacific_infra.documents.service import Service, ServicePort
from pacific_infra.documents.storage_class import storage_class
from pacific_infra.documents.volume import Volume


def digest(text: str) -> str:
    """A short fingerprint of what pods read at their start."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def secret_digest(text: str, salt: str) -> str:
    """The same with secrets in it. It stands on pods and in plain state: each guess costs 16 MiB and 50 ms (scrypt)."""
    return hashlib.scrypt(text.encode(), salt=salt.encode(), n=2**14, r=8, p=1, dklen=8).hex()


def version_annotations(versions: Mapping[str, str]) -> dict[str, str]:
    """What a pod template carries of the ``versions`` of Secrets that others make; another one makes new pods."""
    return {"pacific.infra/secret-versions": digest(json.dumps(versions, sort_keys=True))} if versions else {}


def claim_spec(size: str, storage_policy: str, access_mode: str) -> Wire:
    """The spec of the PersistentVolumeClaim of a volume."""
    return {
        "accessModes": [access_mode],
        "resources": {"requests": {"storage": size}},
        "storageClassName": applied(storage_class, storage_policy),
    }


def volume_of_others(volume: Volume) -> dict[str, Any]:
    """The source of a volume that others have made, or that Kubernetes fills; empty for another one."""
    sources: dict[str, tuple[Any, str]] = {
        "configMap": (volume.config_map, "name"),
        "secret": (volume.secret, "secretName"),
        "persistentVolumeClaim": (volume.existing_claim, "claimName"),
    }
    named = {source: {field: name} for source, (name, field) in sources.items() if name is not None}
    return named or without_none({"projected": volume.projected, "downwardAPI": volume.downward_api})


def service_ports(service: Service) -> list[dict[str, Any]]:
    """The ports of a service; every port has a name, as several ports need."""
    return [_service_port(port) for port in service.ports]


def service_spec(service: Service, selector: Mapping[str, str]) -> Wire:
    """The spec of the Service in front of pods."""
    seconds = service.session_affinity_seconds
    optional = {
        "clusterIP": "None" if service.headless else None,
        "loadBalancerClass": service.load_balancer_class,
        "externalTrafficPolicy": service.external_traffic_policy,
        "sessionAffinity": service.session_affinity,
        "sessionAffinityConfig": None if seconds is None else {"clientIP": {"timeoutSeconds": seconds}},
    }
    return {**_service_fields(service, selector), **without_none(optional)}


EXTERNAL_TRAFFIC_POLICY = "virtualmachineservice.vmoperator.vmware.com/service.externalTrafficPolicy"
"""controllers/virtualmachineservice/utils/constants.go of github.com/vmware-tanzu/vm-operator."""


def machine_service(service: Service, selector: Mapping[str, str]) -> tuple[Wire, Mapping[str, Any]]:
    """The spec of the VirtualMachineService in front of a VM, and its annotations."""
    spec = {**_service_fields(service, selector), **({"clusterIp": "None"} if service.headless else {})}
    return spec, without_none({**service.annotations, EXTERNAL_TRAFFIC_POLICY: service.external_traffic_policy})


def _service_fields(service: Service, selector: Mapping[str, str]) -> dict[str, Any]:
    """What a Service and a VirtualMachineService spell alike."""
    ranges = service.load_balancer_source_ranges
    optional = {
        "loadBalancerIP": service.address,
        "loadBalancerSourceRanges": None if is_empty(ranges) else applied(list, ranges),
    }
    fields = {"type": service.type, "selector": selector, "ports": service_ports(service)}
    return {**fields, **without_none(optional)}


def _service_port(port: ServicePort) -> dict[str, Any]:
    target: Any = port.port if port.target_port is None else port.target_port
    name: Any = port.name
    if name is None and any(isinstance(value, pulumi.Output) for value in (port.port, target)):
        name = pulumi.Output.all(port.port, target).apply(lambda values: _port_name(*values))
    elif name is None:
        name = _port_name(port.port, target)
    return {
        "name": name,
        "port": port.port,
        "targetPort": applied(port_reference, target),
        "protocol": port.protocol,
    }


def _port_name(port: float, target: str | float) -> str:
    named = isinstance(target, str) and not target.isdigit()
    # Whole numbers come from the engine as floats.
    return str(target) if named else f"port-{int(port)}"


def ingress_spec(service: Service, selector: Mapping[str, str]) -> Wire:
    """The NetworkPolicy that lets in what the Service offers."""
    ports = [{"port": port["targetPort"], "protocol": port["protocol"]} for port in service_ports(service)]
    rule: dict[str, Any] = {"ports": ports}
    if service.type != "LoadBalancer":
        rule["from"] = [{"podSelector": {}}]
    return {"podSelector": {"matchLabels": dict(selector)}, "policyTypes": ["Ingress"], "ingress": [rule]}


def job_spec(spec: CrxWorkloadSpec, template: dict[str, Any]) -> Wire:
    """The spec of a Job. Its deadline is never open: Pulumi's own would start again at every event."""
    deadline = 600 if spec.deadline_seconds is None else spec.deadline_seconds
    optional = {
        "completions": spec.completions,
        "parallelism": spec.parallelism,
        "backoffLimit": spec.backoff_limit,
        "ttlSecondsAfterFinished": spec.ttl_seconds_after_finished,
    }
    return {"template": template, "activeDeadlineSeconds": deadline, **without_none(optional)}


def cron_job_spec(spec: CrxWorkloadSpec, template: dict[str, Any]) -> Wire:
    """The spec of a CronJob."""
    policy = "Forbid" if spec.concurrency_policy is None else spec.concurrency_policy
    optional = {
        "suspend": spec.suspend,
        "timeZone": spec.time_zone,
        "startingDeadlineSeconds": spec.starting_deadline_seconds,
        "successfulJobsHistoryLimit": spec.successful_jobs_history_limit,
        "failedJobsHistoryLimit": spec.failed_jobs_history_limit,
    }
    return {
        "schedule": spec.schedule,
        "concurrencyPolicy": policy,
        "jobTemplate": {"spec": job_spec(spec, template)},
        **without_none(optional),
    }


def controller_spec(spec: CrxWorkloadSpec) -> Wire:
    """What a Deployment or StatefulSet has besides its pods and their number."""
    strategy = {} if spec.update_strategy is None else update_strategy_spec(spec.kind, spec.update_strategy)
    return without_none(
        {**strategy, "minReadySeconds": spec.min_ready_seconds, "revisionHistoryLimit": spec.revision_history_limit}
    )


def update_strategy_spec(kind: str, strategy: UpdateStrategy) -> Wire:
    """The strategy of a Deployment, or the updateStrategy of a StatefulSet."""
    amounts: dict[str, Any] = {"maxUnavailable": strategy.max_unavailable, "maxSurge": strategy.max_surge}
    rolling = {
        **{name: applied(port_reference, amount) for name, amount in amounts.items() if amount is not None},
        **without_none({"partition": strategy.partition}),
    }
    fields = {"type": strategy.type, **({"rollingUpdate": rolling} if rolling else {})}
    return {"updateStrategy" if kind == "StatefulSet" else "strategy": fields}


def autoscaler_spec(autoscaler: Autoscaler, kind: str, name: str) -> Wire:
    """The spec of a HorizontalPodAutoscaler."""
    utilizations = {"cpu": autoscaler.cpu_utilization, "memory": autoscaler.memory_utilization}
    metrics = [
        {
            "type": "Resource",
            "resource": {"name": resource, "target": {"type": "Utilization", "averageUtilization": value}},
        }
        for resource, value in utilizations.items()
        if value is not None and value != 0
    ]
    return {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": kind, "name": name},
        "minReplicas": autoscaler.min_replicas,
        "maxReplicas": autoscaler.max_replicas,
        "metrics": [*metrics, *autoscaler.metrics],
        **without_none({"behavior": autoscaler.behavior}),
    }


def disruption_budget_spec(budget: DisruptionBudget, selector: Mapping[str, str]) -> Wire:
    """The spec of the PodDisruptionBudget."""
    amounts: dict[str, Any] = {"minAvailable": budget.min_available, "maxUnavailable": budget.max_unavailable}
    amounts = {name: applied(port_reference, amount) for name, amount in amounts.items() if amount is not None}
    return {"selector": {"matchLabels": dict(selector)}, **amounts}


def service_address(spec: Wire | None, status: Wire | None) -> str:
    """The load balancer's address in a Service's status, else its cluster address, else empty."""
    for ingress in ((status or {}).get("loadBalancer") or {}).get("ingress") or ():
        address = ingress.get("ip") or ingress.get("hostname")
        if address:
            return str(address)
    cluster_ip = (spec or {}).get("clusterIP")
    return str(cluster_ip) if cluster_ip and cluster_ip != "None" else ""
