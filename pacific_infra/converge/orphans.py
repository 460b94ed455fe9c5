"""Orphaned objects: they carry the stack's mark (vCenter) or annotation (Kubernetes) but are in no record."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pacific_infra.plan.drift import ExtraObject
from pacific_infra.provider.ownership import Owner, owner_of
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.contents import STACK_ANNOTATION
from pacific_infra.vcenter.kubernetes_api import KubernetesAPI
from pacific_infra.vcenter.namespaces import list_namespaces, read_namespace
from pacific_infra.vcenter.settings import VCenterSettings
from pacific_infra.vcenter.supervisor_objects import SupervisorObject, objects_of
from pacific_infra.vcenter.virtual_machine_classes import read_virtual_machine_classes

MANAGED_LABEL = "app.kubernetes.io/managed-by=pacific-infra"
"""The label of every object that a component creates."""
NODE_ANNOTATION = "pacific.infra/node"

_VCENTER_TYPES = {
    "pacific:vcenter:Namespace": "Namespace",
    "pacific:vcenter:VirtualMachineClass": "VirtualMachineClass",
}


def recorded_objects(resources: Iterable[Mapping[str, Any]]) -> frozenset[tuple[str, str, str, str]]:
    """Group, kind, namespace and name of each object in the state; the group is ``vcenter`` for vCenter's."""
    return frozenset(_recorded(resources))


def _recorded(resources: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str, str, str]]:
    for resource in resources:
        token, identifier = str(resource.get("type")), str(resource.get("id") or "")
        if token in _VCENTER_TYPES:
            yield "vcenter", _VCENTER_TYPES[token], "", identifier
        elif token.startswith("kubernetes:"):
            _, version, kind = token.split(":", 2)
            group = version.partition("/")[0] if "/" in version else ""
            namespace, _, name = identifier.rpartition("/")
            yield "" if group == "core" else group, kind, namespace, name


def orphans_in_supervisor(
    objects: Iterable[SupervisorObject], recorded: frozenset[tuple[str, str, str, str]], owner: Owner
) -> Iterator[ExtraObject]:
    """Orphans of the stack ``owner``. Objects that another object owns are deleted with it, so they do not count."""
    for item in unrecorded_objects(objects, recorded, owner):
        version = f"{item.group}/{item.version}" if item.group else item.version
        yield ExtraObject(
            f"{version} {item.kind}", f"{item.namespace}/{item.name}", item.annotations.get(NODE_ANNOTATION)
        )


def unrecorded_objects(
    objects: Iterable[SupervisorObject], recorded: frozenset[tuple[str, str, str, str]], owner: Owner
) -> Iterator[SupervisorObject]:
    """The same, as the objects themselves."""
    for item in objects:
        if item.controlled or item.annotations.get(STACK_ANNOTATION) != owner.name:
            continue
        if (item.group, item.kind, item.namespace, item.name) not in recorded:
            yield item


async def orphans_in_vcenter(
    client: VCenterClient, recorded: frozenset[tuple[str, str, str, str]], owner: Owner
) -> list[ExtraObject]:
    """vSphere Namespaces and VM classes that carry the mark of the stack ``owner`` and are not recorded."""
    orphans = []
    for name in sorted(await list_namespaces(client)):
        if ("vcenter", "Namespace", "", name) not in recorded:
            info = await read_namespace(client, name) or {}
            if owner_of(str(info.get("description") or "")) == owner:
                orphans.append(ExtraObject("vSphere Namespace", name, f"Namespace/{name}"))
    for info in await read_virtual_machine_classes(client):
        name = str(info["id"])
        recorded_already = ("vcenter", "VirtualMachineClass", "", name) in recorded
        if not recorded_already and owner_of(str(info.get("description") or "")) == owner:
            orphans.append(ExtraObject("VM class", name, f"VirtualMachineClass/{name}"))
    return orphans


async def find_orphans(
    settings: VCenterSettings | None,
    kubeconfigs: Iterable[Mapping[str, Any]],
    resources: Sequence[Mapping[str, Any]],
    namespaces: Iterable[str],
    owner: Owner,
) -> list[ExtraObject]:
    """All orphans of the stack ``owner``.

    ``settings``: None where the stack has no login at vCenter. ``kubeconfigs``: of the Supervisors. ``namespaces``:
    namespaces of the stack in addition to the recorded ones. Raises PacificError where vCenter or a Supervisor does not
    answer.
    """
    recorded = recorded_objects(resources)
    managed = {*namespaces, *(name for group, kind, _, name in recorded if (group, kind) == ("vcenter", "Namespace"))}
    orphans: list[ExtraObject] = []
    if settings is not None:
        client = VCenterClient(settings)
        try:
            orphans += await orphans_in_vcenter(client, recorded, owner)
        finally:
            await client.close()
    for kubeconfig in kubeconfigs:
        async with KubernetesAPI.of_kubeconfig(kubeconfig) as api:
            orphans += orphans_in_supervisor(await objects_of(api, frozenset(managed), MANAGED_LABEL), recorded, owner)
    return orphans
