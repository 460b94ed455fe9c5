"""Every custom resource of the package: its token and its models."""

from dataclasses import dataclass

from pacific_infra.provider.models.namespace import NamespaceInputs, NamespaceOutputs
from pacific_infra.provider.models.shape import Shape
from pacific_infra.provider.models.supervisor import SupervisorInputs, SupervisorOutputs
from pacific_infra.provider.models.virtual_machine_class import VirtualMachineClassInputs, VirtualMachineClassOutputs

PACKAGE = "pacific"
MODULE = "vcenter"


@dataclass(frozen=True)
class Kind:
    """A custom resource: ``pacific:vcenter:NAME``."""

    name: str
    inputs: type[Shape]
    outputs: type[Shape]

    @property
    def token(self) -> str:
        """Pulumi's type token."""
        return f"{PACKAGE}:{MODULE}:{self.name}"


KINDS = (
    Kind("Supervisor", SupervisorInputs, SupervisorOutputs),
    Kind("VirtualMachineClass", VirtualMachineClassInputs, VirtualMachineClassOutputs),
    Kind("Namespace", NamespaceInputs, NamespaceOutputs),
)
