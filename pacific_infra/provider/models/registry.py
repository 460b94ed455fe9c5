"""Every custom resource of the package: its token and its models."""

from dataclasses import dataclass

from pacific_infra.provider.models.container_image_registry import (
    ContainerImageRegistryInputs,
    ContainerImageRegistryOutputs,
)
from pacific_infra.provider.models.content_library import ContentLibraryInputs, ContentLibraryOutputs
from pacific_infra.provider.models.model import V8_0_3, Model
from pacific_infra.provider.models.namespace import NamespaceInputs, NamespaceOutputs
from pacific_infra.provider.models.namespace_template import NamespaceTemplateInputs, NamespaceTemplateOutputs
from pacific_infra.provider.models.supervisor import SupervisorInputs, SupervisorOutputs
from pacific_infra.provider.models.supervisor_service import (
    SupervisorServiceInputs,
    SupervisorServiceOutputs,
    SupervisorServiceVersionInputs,
    SupervisorServiceVersionOutputs,
)
from pacific_infra.provider.models.supervisor_upgrade import SupervisorUpgradeInputs, SupervisorUpgradeOutputs
from pacific_infra.provider.models.virtual_machine_class import VirtualMachineClassInputs, VirtualMachineClassOutputs
from pacific_infra.provider.models.zone import ZoneInputs, ZoneOutputs

PACKAGE = "pacific"
MODULE = "vcenter"


@dataclass(frozen=True)
class Kind:
    """A custom resource: ``pacific:vcenter:NAME``."""

    name: str
    inputs: type[Model]
    outputs: type[Model]
    known_as: str | None = None
    """What references call it; None where nothing refers to it."""
    since: tuple[int, int, int] | None = None
    """First version of vCenter that has it; None: 8.0 has."""

    @property
    def token(self) -> str:
        """Pulumi's type token."""
        return f"{PACKAGE}:{MODULE}:{self.name}"


KINDS = (
    Kind("Supervisor", SupervisorInputs, SupervisorOutputs, known_as="Supervisor"),
    Kind("VirtualMachineClass", VirtualMachineClassInputs, VirtualMachineClassOutputs, known_as="VM class"),
    Kind("Namespace", NamespaceInputs, NamespaceOutputs),
    Kind("NamespaceTemplate", NamespaceTemplateInputs, NamespaceTemplateOutputs),
    Kind("Zone", ZoneInputs, ZoneOutputs, known_as="zone"),
    Kind("ContainerImageRegistry", ContainerImageRegistryInputs, ContainerImageRegistryOutputs, since=V8_0_3),
    Kind("ContentLibrary", ContentLibraryInputs, ContentLibraryOutputs, known_as="content library"),
    Kind("SupervisorServiceVersion", SupervisorServiceVersionInputs, SupervisorServiceVersionOutputs),
    Kind("SupervisorService", SupervisorServiceInputs, SupervisorServiceOutputs),
    Kind("SupervisorUpgrade", SupervisorUpgradeInputs, SupervisorUpgradeOutputs),
)
