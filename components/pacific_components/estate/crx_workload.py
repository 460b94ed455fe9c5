"""Document CrxWorkload to arguments, with the values of other documents wired in."""

from typing import Any

import pulumi

from pacific_components.crx_arguments import (
    ClaimVolumeArgs,
    ConfigVolumeArgs,
    CrxWorkloadArgs,
    DisruptionBudgetArgs,
    EmptyVolumeArgs,
    ReferenceVolumeArgs,
    SecretVolumeArgs,
    ServiceArgs,
    ServicePortArgs,
)
from pacific_components.estate.given import annotations_of
from pacific_components.estate.sources import Sources, text_of
from pacific_components.pod import (
    ContainerArgs,
    KeyReferenceArgs,
    ProbeArgs,
    SecurityContextArgs,
)
from pacific_infra.documents import CrxWorkload, CrxWorkloadSpec
from pacific_infra.documents.container import Container, Probe, SecurityContext
from pacific_infra.documents.crx_workload import DisruptionBudget
from pacific_infra.documents.environment import ConfigMapKeyReference, OutputReference, SecretKeyReference
from pacific_infra.documents.service import Service
from pacific_infra.documents.stack_secret import SecretTemplate, SecretText
from pacific_infra.documents.storage_class import storage_class
from pacific_infra.documents.volume import Volume


def crx_workload_args(
    document: CrxWorkload, namespace: pulumi.Input[str], *, denied_by_default: bool, sources: Sources
) -> CrxWorkloadArgs:
    """Arguments of the component. ``denied_by_default``: its namespace lets in only what a service names."""
    spec = document.spec
    args: CrxWorkloadArgs = {
        "namespace": namespace,
        "name": document.name,
        "kind": spec.kind,
        "containers": [container_args(container, sources) for container in spec.containers],
        "init_containers": [container_args(container, sources) for container in spec.init_containers],
        "allow_ingress": denied_by_default,
        "deletion_policy": spec.deletion_policy,
        "labels": dict(document.metadata.labels),
        "annotations": annotations_of(document),
        "node": document.id,
    }
    for key in (
        "replicas",
        "schedule",
        "concurrency_policy",
        "completions",
        "parallelism",
        "backoff_limit",
        "deadline_seconds",
    ):
        value = getattr(spec, key)
        if value is not None:
            args[key] = value
    _volumes(args, spec, sources)
    if spec.service is not None:
        args["service"] = _service(spec.service)
    if spec.disruption_budget is not None:
        args["disruption_budget"] = _disruption_budget(spec.disruption_budget)
    if spec.autoscaler is not None:
        args["autoscaler"] = {
            "min_replicas": spec.autoscaler.min_replicas,
            "max_replicas": spec.autoscaler.max_replicas,
            "cpu_utilization": spec.autoscaler.cpu_utilization,
        }
    return args


def _volumes(args: CrxWorkloadArgs, spec: CrxWorkloadSpec, sources: Sources) -> None:
    files = [volume for volume in spec.volumes if volume.files is not None]
    args["config_volumes"] = [_config(volume, sources) for volume in files if not volume.holds_secrets]
    args["secret_volumes"] = [_secret(volume, sources) for volume in files if volume.holds_secrets]
    args["claim_volumes"] = [_claim(volume) for volume in spec.volumes if volume.claim is not None]
    args["empty_volumes"] = [_empty(volume) for volume in spec.volumes if volume.empty_dir is not None]
    args["reference_volumes"] = [
        _reference(volume) for volume in spec.volumes if volume.config_map is not None or volume.secret is not None
    ]


def _config(volume: Volume, sources: Sources) -> ConfigVolumeArgs:
    return {"name": volume.name, "files": _files(volume, sources)}


def _secret(volume: Volume, sources: Sources) -> SecretVolumeArgs:
    return {"name": volume.name, "files": _files(volume, sources)}


def _files(volume: Volume, sources: Sources) -> dict[str, pulumi.Input[str]]:
    return {name: text_of(text, sources.secret) for name, text in (volume.files or {}).items()}


def _claim(volume: Volume) -> ClaimVolumeArgs:
    claim = volume.claim
    assert claim is not None  # noqa: S101 - the caller has chosen volumes with a claim
    return {
        "name": volume.name,
        "size": claim.size,
        "storage_class": storage_class(claim.storage_policy),
        "access_mode": claim.access_mode,
    }


def _empty(volume: Volume) -> EmptyVolumeArgs:
    size = volume.empty_dir.size if volume.empty_dir else None
    return {"name": volume.name} if size is None else {"name": volume.name, "size_limit": size}


def _reference(volume: Volume) -> ReferenceVolumeArgs:
    if volume.config_map is not None:
        return {"name": volume.name, "config_map": volume.config_map}
    return {"name": volume.name, "secret": volume.secret or ""}


def container_args(container: Container, sources: Sources) -> ContainerArgs:
    """Arguments of one container, with the values of other documents wired in."""
    args: ContainerArgs = {
        "name": container.name,
        "image": container.image,
        "security_context": _security_context(container.security_context),
    }
    if container.command:
        args["command"] = list(container.command)
    if container.arguments:
        args["args"] = list(container.arguments)
    if container.working_directory is not None:
        args["working_dir"] = container.working_directory
    if container.ports:
        args["ports"] = [_given(port) for port in container.ports]
    if container.volume_mounts:
        args["volume_mounts"] = [_given(mount) for mount in container.volume_mounts]
    resources = {"requests": _given(container.resources.requests), "limits": _given(container.resources.limits)}
    given: Any = {key: amounts for key, amounts in resources.items() if amounts}
    if given:
        args["resources"] = given
    _environment(args, container, sources)
    _probes(args, container)
    return args


def _probes(args: ContainerArgs, container: Container) -> None:
    if container.readiness_probe is not None:
        args["readiness_probe"] = _probe(container.readiness_probe)
    if container.liveness_probe is not None:
        args["liveness_probe"] = _probe(container.liveness_probe)
    if container.startup_probe is not None:
        args["startup_probe"] = _probe(container.startup_probe)


def _given(model: Any) -> Any:
    """The fields of a part by their Python names, without the absent ones."""
    return model.model_dump(by_alias=False, exclude_none=True)


def _environment(args: ContainerArgs, container: Container, sources: Sources) -> None:
    plain: dict[str, pulumi.Input[str]] = {}
    hidden: dict[str, pulumi.Input[str]] = {}
    secrets: dict[str, KeyReferenceArgs] = {}
    config_maps: dict[str, KeyReferenceArgs] = {}
    for name, value in container.environment.items():
        match value:
            case str():
                plain[name] = value
            case OutputReference():
                (hidden if sources.is_secret(value) else plain)[name] = sources.wired(value)
            case SecretText() | SecretTemplate():
                hidden[name] = text_of(value, sources.secret)
            case SecretKeyReference():
                secrets[name] = {"name": value.secret, "key": value.key}
            case ConfigMapKeyReference():
                config_maps[name] = {"name": value.config_map, "key": value.key}
    given = {
        "environment": plain,
        "secret_environment": hidden,
        "environment_from_secrets": secrets,
        "environment_from_config_maps": config_maps,
    }
    made: Any = {key: values for key, values in given.items() if values}
    args.update(made)


def _probe(probe: Probe) -> ProbeArgs:
    given = _given(probe)
    for way in ("http_get", "tcp_socket"):
        if way in given:
            given[way]["port"] = str(given[way]["port"])
    args: ProbeArgs = given
    return args


def _security_context(context: SecurityContext) -> SecurityContextArgs:
    given = _given(context)
    added = given.pop("capabilities")["add"]
    args: SecurityContextArgs = given
    if added:
        args["add_capabilities"] = list(added)
    return args


def _service(service: Service) -> ServiceArgs:
    ports: list[ServicePortArgs] = []
    for port in service.ports:
        args: ServicePortArgs = {"port": port.port, "protocol": port.protocol}
        if port.name is not None:
            args["name"] = port.name
        if port.target_port is not None:
            args["target_port"] = str(port.target_port)
        ports.append(args)
    return {"type": service.type, "ports": ports}


def _disruption_budget(budget: DisruptionBudget) -> DisruptionBudgetArgs:
    if budget.min_available is not None:
        return {"min_available": str(budget.min_available)}
    return {"max_unavailable": str(budget.max_unavailable)}
