"""VM classes: hardware of virtual machines by name, for all Supervisors of this vCenter."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pacific_sandbox.control_plane_protocol import VirtualMachineClass
from pacific_sandbox.vcenter.store import Store
from pacific_sandbox.vcenter.vapi_error import not_found

Record = dict[str, Any]
_SIZES = {
    "xsmall": (2, 2),
    "small": (2, 4),
    "medium": (2, 8),
    "large": (4, 16),
    "xlarge": (4, 32),
    "2xlarge": (8, 64),
    "4xlarge": (16, 128),
    "8xlarge": (32, 128),
}
"""The classes that vCenter comes with: CPUs and GiB."""


def default_classes() -> dict[str, Record]:
    """``best-effort-*`` without and ``guaranteed-*`` with full reservations, as vCenter ships them."""
    classes: dict[str, Record] = {}
    for prefix, reservation in (("best-effort", None), ("guaranteed", 100)):
        for size, (cpus, memory) in _SIZES.items():
            classes[f"{prefix}-{size}"] = {
                "id": f"{prefix}-{size}",
                "cpu_count": cpus,
                "memory_MB": memory * 1024,
                "cpu_reservation": reservation,
                "memory_reservation": reservation,
                "description": "",
                "config_status": "READY",
            }
    return classes


class VirtualMachineClasses:
    """The classes there are."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.changed: Callable[[str], None] = lambda name: None
        """Called with the class that has changed; set by who keeps the namespaces."""
        if store.is_new:
            store.classes.update(default_classes())

    def all(self) -> Mapping[str, Record]:
        return self._store.classes

    def find(self, name: str) -> Record:
        """Its record. Raises VapiError NOT_FOUND."""
        record = self._store.classes.get(name)
        if record is None:
            raise not_found(f"Virtual machine class {name} not found.")
        return record

    def ready(self) -> set[str]:
        """Those that a namespace can take."""
        return {name for name, record in self._store.classes.items() if record["config_status"] == "READY"}

    def namespaces(self, name: str) -> Sequence[str]:
        """The namespaces that have taken a class."""
        return [
            namespace
            for namespace, record in self._store.namespaces.items()
            if name in record["specification"]["vm_service_spec"].get("vm_classes", [])
        ]

    def put(self, record: Record) -> None:
        """Keep a new or changed class."""
        self._store.classes[record["id"]] = record
        self._store.save()
        self.changed(record["id"])

    def remove(self, name: str) -> None:
        """Take a class away: it is REMOVING as long as a namespace has it. Raises VapiError NOT_FOUND."""
        self.find(name)["config_status"] = "REMOVING"
        self.sweep()
        self._store.save()

    def sweep(self) -> None:
        """Forget the classes that are being removed and are no longer in use."""
        for name in [name for name, record in self._store.classes.items() if record["config_status"] == "REMOVING"]:
            if not self.namespaces(name):
                del self._store.classes[name]

    def describe(self, names: Iterable[str]) -> Sequence[VirtualMachineClass]:
        """Classes as the control plane takes them; those that are gone are left out."""
        return [
            VirtualMachineClass(
                name=record["id"],
                cpu_count=record["cpu_count"],
                memory=record["memory_MB"],
                cpu_reservation=record.get("cpu_reservation"),
                memory_reservation=record.get("memory_reservation"),
                description=record.get("description", ""),
            )
            for name in sorted(names)
            if (record := self._store.classes.get(name)) is not None
        ]
