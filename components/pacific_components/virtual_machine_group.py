"""A VirtualMachineGroup of the VM Operator."""

from typing import Any, Unpack, overload

import pulumi

from pacific_components.arguments import VirtualMachineGroupArgs
from pacific_components.component import DocumentComponent, Options
from pacific_components.kubernetes import DELETE_DEADLINE, VM_OPERATOR, KubernetesObject, Wire
from pacific_components.plumbing import NamespacedPlumbing
from pacific_infra.documents.virtual_machine_group import BootStep, VirtualMachineGroupSpec


class VirtualMachineGroup(DocumentComponent[NamespacedPlumbing, VirtualMachineGroupSpec]):
    """A VirtualMachineGroup. It is not waited for: its members come after it, and each is."""

    name: pulumi.Output[str]
    """Name of the group."""

    @overload
    def __init__(self, resource_name: str, /, args: VirtualMachineGroupArgs, opts: Options = None) -> None: ...
    @overload
    def __init__(
        self, resource_name: str, /, *, opts: Options = None, **args: Unpack[VirtualMachineGroupArgs]
    ) -> None: ...
    def __init__(self, resource_name: str, /, args: Any = None, opts: Options = None, **keywords: Any) -> None:
        super().__init__("pacific:index:VirtualMachineGroup", resource_name, args, keywords, opts)
        group = KubernetesObject(
            VM_OPERATOR,
            "VirtualMachineGroup",
            f"{resource_name}-group",
            metadata=self._metadata(
                self._object, self._plumbing.namespace, annotations={"pulumi.com/skipAwait": "true"}
            ),
            fields={"spec": group_spec(self._spec)},
            opts=self._child(delete_deadline=DELETE_DEADLINE),
        )
        self.name = group.metadata.apply(lambda metadata: str(metadata["name"]))
        self.register_outputs({"name": self.name})


def group_spec(spec: VirtualMachineGroupSpec) -> Wire:
    """The spec of the VirtualMachineGroup."""
    fields = {
        "groupName": spec.group,
        "bootOrder": [_step(step) for step in spec.boot_order] or None,
        "powerState": spec.power_state,
        "powerOffMode": spec.power_off_mode,
        "suspendMode": spec.suspend_mode,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _step(step: BootStep) -> Wire:
    members = [{"kind": member.kind, "name": member.name} for member in step.members]
    return {"members": members, **({} if step.power_on_delay is None else {"powerOnDelay": step.power_on_delay})}
