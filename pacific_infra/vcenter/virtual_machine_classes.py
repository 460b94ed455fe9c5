"""VM classes: ``/vcenter/namespace-management/virtual-machine-classes``."""

from typing import Any
from urllib.parse import quote

from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.errors import NotFound
from pacific_infra.vcenter.reading import lower_names

_CLASSES = "/vcenter/namespace-management/virtual-machine-classes"


async def create_virtual_machine_class(client: VCenterClient, specification: dict[str, Any]) -> None:
    """Make a class; ``specification`` is ``VirtualMachineClasses.CreateSpec``. Raises AlreadyExists."""
    await client.post(_CLASSES, specification)


async def read_virtual_machine_class(client: VCenterClient, name: str) -> dict[str, Any] | None:
    """``VirtualMachineClasses.Info`` with lower-case names, but for those in ``config_spec``; None: no such class."""
    try:
        answer = await client.get(f"{_CLASSES}/{quote(name, safe='')}")
    except NotFound:
        return None
    info = dict(lower_names(answer))
    if "config_spec" in info:
        # Its names are those of the Web Services API, whose case counts.
        info["config_spec"] = next(value for name, value in answer.items() if name.lower() == "config_spec")
    return info


async def read_virtual_machine_classes(client: VCenterClient) -> list[dict[str, Any]]:
    """``VirtualMachineClasses.Info`` of each class, with lower-case names."""
    return [dict(item) for item in lower_names(await client.get(_CLASSES)) or []]


async def update_virtual_machine_class(client: VCenterClient, name: str, specification: dict[str, Any]) -> None:
    """Change what ``specification`` (``VirtualMachineClasses.UpdateSpec``) names and nothing else."""
    await client.patch(f"{_CLASSES}/{quote(name, safe='')}", specification)


async def delete_virtual_machine_class(client: VCenterClient, name: str) -> bool:
    """Remove a class; False where there is none. While VMs use it vCenter keeps it as REMOVING.

    Raises Unreachable where the answer is lost: another one may have got the name since.
    """
    return await client.remove(f"{_CLASSES}/{quote(name, safe='')}", repeatable=False)
