"""Document SupervisorCluster to arguments: vCenter's EnableOnComputeClusterSpec and EnableOnZonesSpec."""

from pacific_components.estate.given import given
from pacific_components.estate.load_balancer import edge_args
from pacific_components.estate.login import login_args
from pacific_components.estate.reservations import reservations_args
from pacific_components.estate.supervisor_network import management_network_args, workload_network_args
from pacific_components.supervisor_cluster import SupervisorClusterArgs
from pacific_components.vcenter import (
    ControlPlaneArgs,
    ImageRegistryArgs,
    ImagesArgs,
    SupervisorContentLibraryArgs,
    WorkloadsArgs,
    WorkloadsStorageArgs,
    ZoneBindingArgs,
)
from pacific_infra.declaration import Secret
from pacific_infra.documents import SupervisorCluster
from pacific_infra.documents.supervisor_cluster import (
    ImageRegistry,
    SupervisorClusterSpec,
    SupervisorLibrary,
    ZoneBinding,
)
from pacific_infra.vcenter.settings import VCenterSettings


def supervisor_cluster_args(
    document: SupervisorCluster, settings: VCenterSettings, secret: Secret, kubernetes_plugin_version: str | None
) -> SupervisorClusterArgs:
    """Arguments of the component; ``settings`` is the login that its kubeconfig renews itself with."""
    spec = document.spec
    args: SupervisorClusterArgs = login_args(settings)
    args |= {
        "name": document.name,
        "control_plane": _control_plane(spec),
        "workloads": _workloads(spec, secret),
        "deletion_policy": spec.deletion_policy,
        "node": document.id,
    }
    if spec.vsphere_pods:
        # Not named otherwise: vCenter 8 has no such switch.
        args["vsphere_pods_enabled"] = True
    if spec.adopt:
        args["adopt"] = True
    if spec.cluster is not None:
        args["cluster"] = spec.cluster
    if spec.zones is not None:
        args["zones"] = list(spec.zones)
    if spec.zone_bindings is not None:
        args["zone_bindings"] = [_zone_binding(binding) for binding in spec.zone_bindings]
    if kubernetes_plugin_version is not None:
        args["kubernetes_plugin_version"] = kubernetes_plugin_version
    return args


def _control_plane(spec: SupervisorClusterSpec) -> ControlPlaneArgs:
    args: ControlPlaneArgs = {
        "network": management_network_args(spec.management_network),
        "size": spec.size,
        "storage_policy": spec.storage_policy,
    }
    if spec.control_plane_count is not None:
        args["count"] = spec.control_plane_count
    if spec.login_banner is not None:
        args["login_banner"] = spec.login_banner
    if spec.namespace_api_fairness is not None:
        args["enable_namespace_api_fairness"] = spec.namespace_api_fairness
    return args


def _workloads(spec: SupervisorClusterSpec, secret: Secret) -> WorkloadsArgs:
    storage: WorkloadsStorageArgs = {
        "ephemeral_storage_policy": spec.ephemeral_storage_policy or spec.storage_policy,
        "image_storage_policy": spec.image_storage_policy or spec.storage_policy,
    }
    if spec.file_volumes_enabled is not None:
        storage["file_volumes_enabled"] = spec.file_volumes_enabled
    if spec.file_volume_clusters:
        storage["cloud_native_file_volume"] = {"vsan_clusters": list(spec.file_volume_clusters)}
    args: WorkloadsArgs = {
        "network": workload_network_args(spec.workload_network),
        "edge": edge_args(spec.load_balancer, spec.workload_network.type, secret),
        "storage": storage,
    }
    if spec.api_server_names:
        args["kube_api_server_options"] = {"security": {"certificate_dns_names": list(spec.api_server_names)}}
    images = _images(spec, secret)
    if images:
        args["images"] = images
    return args


def _images(spec: SupervisorClusterSpec, secret: Secret) -> ImagesArgs:
    args: ImagesArgs = given(
        content_libraries=[_library(library) for library in spec.content_libraries],
        kubernetes_content_library=spec.kubernetes_content_library,
        repository=spec.image_repository,
        registry=None if spec.image_registry is None else _registry(spec.image_registry, secret),
    )
    return args


def _registry(registry: ImageRegistry, secret: Secret) -> ImageRegistryArgs:
    args: ImageRegistryArgs = {"hostname": registry.hostname}
    args |= given(port=registry.port, username=registry.username, certificate_chain=registry.certificate_authority)
    if registry.password is not None:
        args["password"] = secret(registry.password.config)
    return args


def _library(library: SupervisorLibrary) -> SupervisorContentLibraryArgs:
    args: SupervisorContentLibraryArgs = {"content_library": library.name}
    args |= given(
        supervisor_services=list(library.supervisor_services),
        resource_naming_strategy=library.resource_naming_strategy,
    )
    return args


def _zone_binding(binding: ZoneBinding) -> ZoneBindingArgs:
    args: ZoneBindingArgs = {"zone": binding.zone}
    args |= given(type=binding.type, vm_reservations=reservations_args(binding.virtual_machine_reservations))
    return args
