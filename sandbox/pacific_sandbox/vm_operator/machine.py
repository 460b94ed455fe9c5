"""The machine that a VirtualMachine asks for, and the host it is put on. Pure."""

from collections.abc import Iterable, Mapping
from typing import Final

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.supervisor.quantities import mebibytes, megahertz
from pacific_sandbox.vcenter_client.objects import Host, MachineSpec
from pacific_sandbox.vm_operator.bootstrap import extra_config

MANAGED_TYPE: Final = "VirtualMachine"
NO_PLACEMENT: Final = "no placement recommendations"


def machine_spec(
    vm: Object, vm_class: Object, image: Object, user_data: str | None, *, place: tuple[str, str], host: str
) -> MachineSpec:
    """``place`` is resource pool and folder."""
    spec, hardware = vm["spec"], vm_class["spec"]["hardware"]
    requests = vm_class["spec"].get("policies", {}).get("resources", {}).get("requests", {})
    return MachineSpec(
        name=vm["metadata"]["name"],
        instance_uuid=spec["instanceUUID"],
        bios_uuid=spec["biosUUID"],
        managed_type=MANAGED_TYPE,
        resource_pool=place[0],
        folder=place[1],
        host=host,
        processors=int(hardware["cpus"]),
        memory=mebibytes(hardware["memory"]),
        processor_reservation=megahertz(requests.get("cpu", 0)),
        memory_reservation=mebibytes(requests.get("memory", 0)),
        guest=spec.get("guestID") or image.get("status", {}).get("osInfo", {}).get("id") or "otherLinux64Guest",
        extra_config=extra_config(vm, user_data),
    )


def choose_host(hosts: Iterable[Host], memory: int, *memory_in_use: Mapping[str, int]) -> Host | None:
    """The host with the most memory left of those that can take ``memory`` MiB, or None.

    ``memory_in_use``: MiB by host's identifier, of machines that run and of those that are being placed.
    """
    fitting = [
        (host.memory // 2**20 - sum(part.get(host.moid, 0) for part in memory_in_use), host)
        for host in hosts
        if host.connected and not host.in_maintenance and host.memory // 2**20 >= memory
    ]
    # By name between equals, so that the choice is the same each time.
    return min(fitting, key=lambda choice: (-choice[0], choice[1].name))[1] if fitting else None
