"""A VirtualMachineSnapshot of the VM Operator."""

import json
from typing import Any, Unpack, overload

import pulumi

from pacific_components.arguments import VirtualMachineSnapshotArgs
from pacific_components.component import DocumentComponent, Options
from pacific_components.kubernetes import DELETE_DEADLINE, VM_OPERATOR, KubernetesObject, Wire
from pacific_components.plumbing import NamespacedPlumbing
from pacific_infra.documents.readiness import ready_conditions, wait_for
from pacific_infra.documents.virtual_machine_snapshot import VirtualMachineSnapshotSpec

DEADLINE = "15m"
"""Until the snapshot is taken."""


class VirtualMachineSnapshot(DocumentComponent[NamespacedPlumbing, VirtualMachineSnapshotSpec]):
    """A VirtualMachineSnapshot, awaited until it is taken."""

    name: pulumi.Output[str]
    """Name of the snapshot."""

    @overload
    def __init__(self, resource_name: str, /, args: VirtualMachineSnapshotArgs, opts: Options = None) -> None: ...
    @overload
    def __init__(
        self, resource_name: str, /, *, opts: Options = None, **args: Unpack[VirtualMachineSnapshotArgs]
    ) -> None: ...
    def __init__(self, resource_name: str, /, args: Any = None, opts: Options = None, **keywords: Any) -> None:
        super().__init__("pacific:index:VirtualMachineSnapshot", resource_name, args, keywords, opts)
        conditions = wait_for(ready_conditions(VM_OPERATOR, "VirtualMachineSnapshot", has_conditions=True))
        snapshot = KubernetesObject(
            VM_OPERATOR,
            "VirtualMachineSnapshot",
            f"{resource_name}-snapshot",
            metadata=self._metadata(
                self._object, self._plumbing.namespace, annotations={"pulumi.com/waitFor": json.dumps(conditions)}
            ),
            fields={"spec": snapshot_spec(self._spec)},
            opts=self._child(
                deadline=DEADLINE,
                delete_deadline=DELETE_DEADLINE,
                retain=self._spec.deletion_policy == "Retain",
            ),
        )
        self.name = snapshot.metadata.apply(lambda metadata: str(metadata["name"]))
        self.register_outputs({"name": self.name})


def snapshot_spec(spec: VirtualMachineSnapshotSpec) -> Wire:
    """The spec of the VirtualMachineSnapshot."""
    fields = {
        "vmName": spec.virtual_machine,
        "memory": spec.memory,
        "quiesce": None if spec.quiesce_timeout is None else {"timeout": spec.quiesce_timeout},
        "description": spec.description,
    }
    return {name: value for name, value in fields.items() if value is not None}
