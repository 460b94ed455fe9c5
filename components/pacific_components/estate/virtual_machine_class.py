"""Document VirtualMachineClass to arguments."""

from pacific_components.estate.given import given
from pacific_components.vcenter import (
    DynamicDirectPathIoDeviceArgs,
    InstanceStorageArgs,
    VirtualDevicesArgs,
    VirtualMachineClassArgs,
)
from pacific_infra.documents import VirtualMachineClass
from pacific_infra.documents.virtual_machine_class import DynamicDirectPathIoDevice, InstanceStorage, VirtualDevices


def virtual_machine_class_args(document: VirtualMachineClass) -> VirtualMachineClassArgs:
    """Arguments of the VM class; a reservation of 0 is left out, which vCenter takes for best effort."""
    spec = document.spec
    args: VirtualMachineClassArgs = {
        "name": document.name,
        "cpu_count": spec.cpu_count,
        "memory_mib": spec.memory_mib,
    }
    args |= given(
        cpu_reservation=spec.cpu_reservation or None,
        memory_reservation=spec.memory_reservation or None,
        description=spec.description,
        devices=None if spec.devices is None else _devices(spec.devices),
        instance_storage=None if spec.instance_storage is None else _instance_storage(spec.instance_storage),
        config_spec=spec.config_spec,
        adopt=spec.adopt or None,
    )
    return args


def _devices(devices: VirtualDevices) -> VirtualDevicesArgs:
    args: VirtualDevicesArgs = given(
        vgpu_devices=[{"profile_name": device.profile_name} for device in devices.vgpu_devices],
        dynamic_direct_path_io_devices=[_passed_through(each) for each in devices.dynamic_direct_path_io_devices],
    )
    return args


def _passed_through(device: DynamicDirectPathIoDevice) -> DynamicDirectPathIoDeviceArgs:
    args: DynamicDirectPathIoDeviceArgs = {"vendor_id": device.vendor_id, "device_id": device.device_id}
    if device.custom_label is not None:
        args["custom_label"] = device.custom_label
    return args


def _instance_storage(storage: InstanceStorage) -> InstanceStorageArgs:
    return {"policy": storage.storage_policy, "volumes": [{"size": each.size_mib} for each in storage.volumes]}
