"""What becomes of a change of each field of a VirtualMachine: one table.

It follows "Updating a VM" in docs/concepts/workloads/vm.md and the validating webhook of VM Operator v1.10.0
(github.com/vmware-tanzu/vm-operator). A test compares it with the sandbox's webhook.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from pacific_infra.documents.fixed_values import LEFT_OUT, Mutability
from pacific_infra.documents.source import Path
from pacific_infra.documents.storage_class import storage_class
from pacific_infra.documents.virtual_machine_hardware import ZONE
from pacific_infra.documents.virtual_machine_patch import patched

if TYPE_CHECKING:
    from pacific_infra.documents.virtual_machine import NetworkInterface, VirtualMachine

MACHINE = "kubernetes:vmoperator.vmware.com/v1alpha5:VirtualMachine"
"""Type token of the object."""


@dataclass(frozen=True)
class MachineField:
    """One row: a field, where VM Operator has it, and what becomes of a change."""

    field: Path
    """The field of the document."""
    wire: Path
    """Where the VirtualMachine has it."""
    mutability: Mutability
    value: Callable[["VirtualMachine"], Any]
    """What the VirtualMachine has there; of a document, so without outputs."""
    read: Callable[[Any], Any] = lambda value: value
    """What of the VirtualMachine's value counts."""
    replaces: bool = True
    """False: Pulumi cannot tell a change of it from one that is done at once, so that no new VM is made."""

    @property
    def is_replaced(self) -> bool:
        """Whether a change is carried out by a new VM where the document says so."""
        return self.replaces and self.mutability in (Mutability.NEVER, Mutability.ONCE)

    @property
    def property_path(self) -> str:
        """``wire`` as Pulumi spells it."""
        text = ""
        for part in map(str, self.wire):
            text += f'["{part}"]' if "." in part else f".{part}"
        return text.removeprefix(".")


def _interface(interface: "NetworkInterface") -> dict[str, Any]:
    fields: dict[str, Any] = {
        "name": interface.name,
        "network": {"name": interface.network} if interface.network is not None else None,
        "addresses": list(interface.addresses),
        "gateway4": interface.gateway,
        "nameservers": list(interface.name_servers),
    }
    return {name: value for name, value in fields.items() if value not in LEFT_OUT}


def _interfaces(machine: "VirtualMachine") -> Any:
    interfaces = [_interface(interface) for interface in machine.spec.network.interfaces]
    return patched({"network": {"interfaces": interfaces}}, machine.spec.spec)["network"]["interfaces"]


def _provider(name: str, bootstrap: Mapping[str, Any] | None) -> str | None:
    """``name`` where the guest is set up by it. What it says may change; vApp properties may come and go beside it."""
    return name if name in (bootstrap or {}) else None


def _provider_of(name: str, machine: "VirtualMachine") -> str | None:
    spec = machine.spec
    providers = {"cloudInit": spec.cloud_init, "linuxPrep": spec.linux_prep, "sysprep": spec.sysprep}
    return name if providers[name] is not None else None


def _boot_options(options: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (options or {}).items() if name != "firmware"}


def _patched_boot_options(machine: "VirtualMachine") -> dict[str, Any]:
    options = _of(machine.spec.boot_options)
    return _boot_options(patched({"bootOptions": options}, machine.spec.spec)["bootOptions"])


def _drives(drives: Sequence[Mapping[str, Any]] | None) -> dict[str, str]:
    return {drive["name"]: f"{drive['image']['kind']}/{drive['image']['name']}" for drive in drives or ()}


def _affinity(affinity: Any) -> Any:
    """Without empty lists, which VM Operator takes for nothing said."""
    if isinstance(affinity, Mapping):
        items = {name: _affinity(item) for name, item in affinity.items()}
        return {name: item for name, item in items.items() if item not in LEFT_OUT}
    return [_affinity(item) for item in affinity] if isinstance(affinity, list | tuple) else affinity


def _of(model: Any) -> dict[str, Any]:
    dumped: dict[str, Any] = {} if model is None else model.model_dump(mode="json", exclude_none=True)
    return dumped


FIELDS: Sequence[MachineField] = (
    MachineField(
        ("spec", "class"), ("spec", "className"), Mutability.POWER_CYCLE, lambda machine: machine.spec.class_name
    ),
    MachineField(("spec", "image"), ("spec", "imageName"), Mutability.NEVER, lambda machine: machine.spec.image),
    MachineField(
        ("spec", "storagePolicy"),
        ("spec", "storageClass"),
        Mutability.NEVER,
        lambda machine: storage_class(machine.spec.storage_policy),
    ),
    MachineField(
        ("spec", "powerState"), ("spec", "powerState"), Mutability.FROM_ON, lambda machine: machine.spec.power_state
    ),
    *(
        MachineField(
            ("spec", name),
            ("spec", "bootstrap"),
            Mutability.ONCE,
            partial(_provider_of, name),
            partial(_provider, name),
            replaces=False,
        )
        for name in ("cloudInit", "linuxPrep", "sysprep")
    ),
    MachineField(
        ("spec", "network", "hostName"),
        ("spec", "network", "hostName"),
        Mutability.NEVER,
        lambda machine: machine.spec.network.host_name,
    ),
    MachineField(
        ("spec", "network", "domain"),
        ("spec", "network", "domainName"),
        Mutability.NEVER,
        lambda machine: machine.spec.network.domain,
    ),
    MachineField(("spec", "network", "interfaces"), ("spec", "network", "interfaces"), Mutability.NEVER, _interfaces),
    MachineField(
        ("spec", "guestId"), ("spec", "guestID"), Mutability.POWERED_OFF, lambda machine: machine.spec.guest_id
    ),
    MachineField(
        ("spec", "bootOptions", "firmware"),
        ("spec", "bootOptions", "firmware"),
        Mutability.NEVER,
        lambda machine: _of(machine.spec.boot_options).get("firmware"),
    ),
    MachineField(
        ("spec", "bootOptions"),
        ("spec", "bootOptions"),
        Mutability.POWERED_OFF,
        _patched_boot_options,
        _boot_options,
    ),
    MachineField(
        ("spec", "bootDiskCapacity"),
        ("spec", "advanced", "bootDiskCapacity"),
        Mutability.GROWS,
        lambda machine: machine.spec.boot_disk_capacity,
    ),
    MachineField(
        ("spec", "cdrom"),
        ("spec", "hardware", "cdrom"),
        Mutability.POWERED_OFF,
        lambda machine: {drive.name: f"{drive.kind}/{drive.image}" for drive in machine.spec.cdrom},
        _drives,
    ),
    MachineField(
        ("spec", "minHardwareVersion"),
        ("spec", "minHardwareVersion"),
        Mutability.GROWS_POWERED_OFF,
        lambda machine: machine.spec.min_hardware_version,
    ),
    MachineField(
        ("spec", "affinity"),
        ("spec", "affinity"),
        Mutability.NEVER,
        lambda machine: _affinity(_of(machine.spec.affinity)),
        _affinity,
    ),
    MachineField(
        ("spec", "resourcePolicy"),
        ("spec", "reserved", "resourcePolicyName"),
        Mutability.NEVER,
        lambda machine: machine.spec.resource_policy,
    ),
    MachineField(
        ("metadata", "labels", ZONE),
        ("metadata", "labels", ZONE),
        Mutability.ONCE,
        lambda machine: machine.metadata.labels.get(ZONE),
    ),
)
"""Every field whose change is not simply done at once. All others are."""


def replaced_by() -> Sequence[str]:
    """Pulumi's paths of the properties whose change makes a VirtualMachine anew where its document says so."""
    return [row.property_path for row in FIELDS if row.is_replaced]
