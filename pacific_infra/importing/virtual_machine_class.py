"""The document of a VM class, from what the resource ``pacific:vcenter:VirtualMachineClass`` shows of it."""

from collections.abc import Mapping
from typing import Any

from pacific_infra.importing.amounts import memory


def virtual_machine_class_spec(values: Mapping[str, Any]) -> dict[str, Any]:
    """The ``spec`` that says what ``values``, the resource's properties, say; what it cannot say is left out."""
    # Devices and their properties have the same names in the document.
    names = ("cpuReservation", "memoryReservation", "description", "devices", "configSpec")
    storage = values.get("instanceStorage")
    return {
        "cpuCount": values["cpuCount"],
        "memory": memory(values["memoryMib"]),
        **{name: values[name] for name in names if values.get(name)},
        **({"instanceStorage": _instance_storage(storage)} if storage else {}),
    }


def _instance_storage(storage: Mapping[str, Any]) -> dict[str, Any]:
    volumes = [{"size": memory(each["size"])} for each in storage.get("volumes") or []]
    return {"storagePolicy": storage["policy"], "volumes": volumes}
