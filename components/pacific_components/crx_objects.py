"""The Kubernetes objects of a CRX workload, in the API's spelling: pure functions of its arguments."""

import hashlib
from collections.abc import Mapping
from typing import Any

from pacific_components.crx_arguments import (
    AutoscalerArgs,
    ClaimVolumeArgs,
    CrxWorkloadArgs,
    DisruptionBudgetArgs,
    ServiceArgs,
)
from pacific_components.kubernetes import Wire
from pacific_components.pod import port_reference


def digest(text: str) -> str:
    """A short fingerprint of what pods read at their start."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def secret_digest(text: str, salt: str) -> str:
    """The same with secrets in it. It stands on pods and in plain state: each guess costs 16 MiB and 50 ms (scrypt)."""
    return hashlib.scrypt(text.encode(), salt=salt.encode(), n=2**14, r=8, p=1, dklen=8).hex()


def claim_spec(claim: ClaimVolumeArgs) -> Wire:
    """The spec of the PersistentVolumeClaim of a volume."""
    return {
        "accessModes": [claim.get("access_mode", "ReadWriteOnce")],
        "resources": {"requests": {"storage": claim["size"]}},
        "storageClassName": claim["storage_class"],
    }


def claim_template(claim: ClaimVolumeArgs, labels: Mapping[str, str]) -> Wire:
    """A volumeClaimTemplate of a StatefulSet."""
    return {"metadata": {"name": claim["name"], "labels": dict(labels)}, "spec": claim_spec(claim)}


def most_replicas(args: CrxWorkloadArgs) -> int:
    """The most pods that a StatefulSet may come to have; plain, as ``crx_rules`` has checked."""
    most: Any = args["autoscaler"]["max_replicas"] if "autoscaler" in args else args.get("replicas", 1)
    return int(most)


def service_ports(args: ServiceArgs) -> list[dict[str, Any]]:
    """The ports of the Service; every port has a name, as several ports need."""
    ports = []
    for port in args["ports"]:
        target = port.get("target_port", str(port["port"]))
        name = port.get("name") or (f"port-{port['port']}" if target.isdigit() else target)
        ports.append(
            {
                "name": name,
                "port": port["port"],
                "targetPort": port_reference(target),
                "protocol": port.get("protocol", "TCP"),
            }
        )
    return ports


def ingress_spec(args: ServiceArgs, selector: Mapping[str, str]) -> Wire:
    """The NetworkPolicy that lets in what the Service offers."""
    ports = [{"port": port["targetPort"], "protocol": port["protocol"]} for port in service_ports(args)]
    rule: dict[str, Any] = {"ports": ports}
    if args.get("type") != "LoadBalancer":
        rule["from"] = [{"podSelector": {}}]
    return {"podSelector": {"matchLabels": dict(selector)}, "policyTypes": ["Ingress"], "ingress": [rule]}


def job_spec(args: CrxWorkloadArgs, template: dict[str, Any]) -> Wire:
    """The spec of a Job. Its deadline is never open: Pulumi's own would start again at every event."""
    spec: dict[str, Any] = {"template": template, "activeDeadlineSeconds": args.get("deadline_seconds", 600)}
    for key, spelling in (
        ("completions", "completions"),
        ("parallelism", "parallelism"),
        ("backoff_limit", "backoffLimit"),
    ):
        if key in args:
            spec[spelling] = args[key]  # type: ignore[literal-required]
    return spec


def cron_job_spec(args: CrxWorkloadArgs, template: dict[str, Any]) -> Wire:
    """The spec of a CronJob."""
    return {
        "schedule": args["schedule"],
        "concurrencyPolicy": args.get("concurrency_policy", "Forbid"),
        "jobTemplate": {"spec": job_spec(args, template)},
    }


def autoscaler_spec(args: AutoscalerArgs, kind: str, name: str) -> Wire:
    """The spec of a HorizontalPodAutoscaler."""
    metrics = []
    for resource, key in (("cpu", "cpu_utilization"), ("memory", "memory_utilization")):
        if key in args:
            target = {"type": "Utilization", "averageUtilization": args[key]}  # type: ignore[literal-required]
            metrics.append({"type": "Resource", "resource": {"name": resource, "target": target}})
    return {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": kind, "name": name},
        "minReplicas": args["min_replicas"],
        "maxReplicas": args["max_replicas"],
        "metrics": metrics,
    }


def disruption_budget_spec(args: DisruptionBudgetArgs, selector: Mapping[str, str]) -> Wire:
    """The spec of the PodDisruptionBudget."""
    spec: dict[str, Any] = {"selector": {"matchLabels": dict(selector)}}
    if "min_available" in args:
        spec["minAvailable"] = port_reference(args["min_available"])
    if "max_unavailable" in args:
        spec["maxUnavailable"] = port_reference(args["max_unavailable"])
    return spec


def service_address(spec: Wire | None, status: Wire | None) -> str:
    """The load balancer's address in a Service's status, else its cluster address, else empty."""
    for ingress in ((status or {}).get("loadBalancer") or {}).get("ingress") or ():
        address = ingress.get("ip") or ingress.get("hostname")
        if address:
            return str(address)
    cluster_ip = (spec or {}).get("clusterIP")
    return str(cluster_ip) if cluster_ip and cluster_ip != "None" else ""
