"""Every custom resource of the provider."""

from collections.abc import Sequence

from pacific_infra.provider.resources.container_image_registry import ContainerImageRegistryResource
from pacific_infra.provider.resources.content_library import ContentLibraryResource
from pacific_infra.provider.resources.namespace import NamespaceResource
from pacific_infra.provider.resources.namespace_template import NamespaceTemplateResource
from pacific_infra.provider.resources.resource import Resource
from pacific_infra.provider.resources.supervisor import SupervisorResource
from pacific_infra.provider.resources.supervisor_service import SupervisorServiceResource
from pacific_infra.provider.resources.supervisor_service_version import SupervisorServiceVersionResource
from pacific_infra.provider.resources.supervisor_upgrade import SupervisorUpgradeResource
from pacific_infra.provider.resources.virtual_machine_class import VirtualMachineClassResource
from pacific_infra.provider.resources.zone import ZoneResource

RESOURCES: Sequence[Resource] = (
    SupervisorResource(),
    VirtualMachineClassResource(),
    NamespaceResource(),
    NamespaceTemplateResource(),
    ZoneResource(),
    ContainerImageRegistryResource(),
    ContentLibraryResource(),
    SupervisorServiceVersionResource(),
    SupervisorServiceResource(),
    SupervisorUpgradeResource(),
)
