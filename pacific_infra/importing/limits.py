"""Limits and sizes of what others own, as vCenter has them."""

from collections.abc import Iterable
from typing import Any

from pacific_infra.documents import NamespaceSpec, VirtualMachineClassSpec
from pacific_infra.documents.lowering import lift
from pacific_infra.plan.capacity.external import LookedUp
from pacific_infra.provider.resources.namespace import NamespaceResource
from pacific_infra.provider.resources.resource import Request, Resource
from pacific_infra.provider.resources.virtual_machine_class import VirtualMachineClassResource
from pacific_infra.provider.session import Session
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.settings import VCenterSettings

_COUNTED = ("supervisor", "limits", "objectCounts", "defaults", "storagePolicies")
"""Fields of a namespace that capacity looks at."""


async def read_limits(settings: VCenterSettings, namespaces: Iterable[str], classes: Iterable[str]) -> LookedUp:
    """Those of the namespaces and VM classes of these names that are there. Raises VCenterError."""
    session = Session.reading(VCenterClient(settings))
    try:
        specs = {name: values for name in namespaces if (values := await _read(session, NamespaceResource(), name))}
        sizes = {
            name: values for name in classes if (values := await _read(session, VirtualMachineClassResource(), name))
        }
    finally:
        await session.client.close()
    return LookedUp(
        {name: NamespaceSpec.model_validate(_counted(lift("Namespace", values))) for name, values in specs.items()},
        {
            name: VirtualMachineClassSpec.model_validate(lift("VirtualMachineClass", values))
            for name, values in sizes.items()
        },
    )


async def _read(session: Session, resource: Resource, name: str) -> dict[str, Any] | None:
    """The properties of one; None where there is none."""
    read = await resource.read(Request(session, ""), name, None)
    return None if read is None else read[1]


def _counted(spec: dict[str, Any]) -> dict[str, Any]:
    return {field: value for field, value in spec.items() if field in _COUNTED}
