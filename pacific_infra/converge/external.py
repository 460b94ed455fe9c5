"""Looks at what is external, before anything is changed: by the Kubernetes API of each Supervisor, and by vCenter."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

from pacific_infra.converge.claims import Recorded
from pacific_infra.converge.nodes import NodeFinder
from pacific_infra.documents import Estate, ExternalDocument, ExternalNamespace
from pacific_infra.errors import PacificError, PacificErrors
from pacific_infra.graph.external import Facts, NamespaceFacts
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.errors import Unauthorized
from pacific_infra.vcenter.kubernetes_api import KubernetesAPI, Object
from pacific_infra.vcenter.kubernetes_refusal import KubernetesRefusal
from pacific_infra.vcenter.settings import VCenterSettings
from pacific_infra.vcenter.supervisors import list_supervisors
from pacific_infra.vcenter.virtual_machine_classes import read_virtual_machine_classes

VM_OPERATOR = "vmoperator.vmware.com/v1alpha5"
OF_STORAGE_CLASS = ".storageclass.storage.k8s.io/requests.storage"
"""End of the names of the limits that a Supervisor sets for each StorageClass of a namespace."""
_OWNED = ("pacific:vcenter:Supervisor", "pacific:vcenter:Namespace", "pacific:vcenter:VirtualMachineClass")


async def find_facts(
    estate: Estate, kubeconfigs: Mapping[str, Mapping[str, Any]], settings: VCenterSettings | None
) -> Facts:
    """What there is of the external documents of ``estate``.

    ``kubeconfigs`` by Supervisor; of the others vCenter is asked, with ``settings``. Raises PacificErrors where a
    Supervisor cannot be asked, and VCenterError where vCenter cannot.
    """
    supervisors: dict[str, str | None] = dict.fromkeys(kubeconfigs)
    apis = {name: KubernetesAPI.of_kubeconfig(kubeconfig) for name, kubeconfig in kubeconfigs.items()}
    classes = None
    if settings is not None:
        summaries, classes = await _of_vcenter(settings)
        for name in summaries.keys() - kubeconfigs.keys():
            supervisors[name] = _reason(summaries[name])
            if supervisors[name] is None:
                apis[name] = KubernetesAPI.of_supervisor(str(summaries[name]["apiendpoint"]), settings)
    external = [document for document in estate.of(ExternalNamespace) if document.spec.supervisor in apis]
    async with AsyncExitStack() as stack:
        for api in apis.values():
            await stack.enter_async_context(api)
        results = await asyncio.gather(*(look_up(apis[document.spec.supervisor], document) for document in external))
    errors = [result for result in results if isinstance(result, PacificError)]
    if errors:
        raise PacificErrors(errors)
    pairs = zip(external, results, strict=True)
    namespaces = {document.name: facts for document, facts in pairs if isinstance(facts, NamespaceFacts)}
    return Facts(supervisors, namespaces, classes)


async def _of_vcenter(settings: VCenterSettings) -> tuple[dict[str, dict[str, Any]], frozenset[str] | None]:
    """The summary of each Supervisor by its name, and the VM classes; None where the user may not read those."""
    client = VCenterClient(settings)
    try:
        supervisors, classes = await asyncio.gather(list_supervisors(client), _classes(client))
    finally:
        await client.close()
    return {str(info["name"]): info for info in supervisors.values()}, classes


async def _classes(client: VCenterClient) -> frozenset[str] | None:
    try:
        return frozenset(str(info["id"]) for info in await read_virtual_machine_classes(client))
    except Unauthorized:
        return None


def _reason(summary: Mapping[str, Any]) -> str | None:
    """Why a Supervisor cannot be used yet."""
    states = str(summary.get("config_status")), str(summary.get("kubernetes_status"))
    if states[0] == "RUNNING" and states[1] in ("READY", "WARNING") and summary.get("apiendpoint"):
        return None
    return f"it is {states[0]}, its Kubernetes {states[1]}"


async def look_up(api: KubernetesAPI, document: ExternalNamespace) -> NamespaceFacts | PacificError | None:
    """What there is of one namespace; None where there is nothing, an error where it cannot be asked."""
    try:
        return await _namespace(api, document)
    except PacificError as error:
        text = f"{document.id} cannot be looked up: {error.problem}"
        return PacificError(text, place=document.place(), fix=error.fix)


async def _namespace(api: KubernetesAPI, document: ExternalNamespace) -> NamespaceFacts | None:
    """None where it is not there, or the user has no role in it: a Supervisor does not tell the two apart."""
    try:
        namespace = await api.get("v1", "Namespace", document.name)
    except KubernetesRefusal as refusal:
        if refusal.status == 403:
            return None
        raise
    if namespace is None:
        return None
    quotas, classes = await asyncio.gather(
        listed(api, "v1", "ResourceQuota", document.name),
        listed(api, VM_OPERATOR, "VirtualMachineClass", document.name),
    )
    return NamespaceFacts(
        going="deletionTimestamp" in namespace["metadata"],
        storage_classes=_storage_classes(quotas) if quotas else None,
        virtual_machine_classes=None if classes is None else _names(classes),
    )


def _names(objects: Iterable[Object]) -> frozenset[str]:
    return frozenset(str(item["metadata"]["name"]) for item in objects)


async def listed(api: KubernetesAPI, api_version: str, kind: str, namespace: str) -> list[Object] | None:
    """The objects of a kind in a namespace; None where they cannot be listed in a namespace, or not by this user."""
    resource = await api.resource(api_version, kind)
    if resource is None or not resource.namespaced:
        return None
    try:
        return await api.list(api_version, kind, namespace)
    except KubernetesRefusal as refusal:
        if refusal.status == 403:
            return None
        raise


def _storage_classes(quotas: Iterable[Object]) -> frozenset[str] | None:
    """Those that the namespace's quotas name; None where they name none: the limits may be kept otherwise."""
    hard = [name for quota in quotas for name in (quota.get("spec") or {}).get("hard") or ()]
    return frozenset(name.removesuffix(OF_STORAGE_CLASS) for name in hard if name.endswith(OF_STORAGE_CLASS)) or None


def handing_over(estate: Estate, recorded: Sequence[Recorded]) -> Iterator[PacificError]:
    """One error for each external document whose object is this stack's own and would now be deleted."""
    finder = NodeFinder()
    for resource in recorded:
        node = finder.node(resource["urn"], resource.get("parent"))
        document = estate.get(node or "", ExternalDocument)
        owned = resource["type"] in _OWNED and not resource.get("external")
        kept = resource.get("retainOnDelete") or (resource.get("inputs") or {}).get("deletionPolicy") == "Retain"
        if document is not None and owned and not kept:
            yield PacificError(
                f"{document.id} is this stack's own: as an external one it would be deleted",
                place=document.place(("spec", "external")),
                fix=_RETAINED
                if resource["type"] != "pacific:vcenter:VirtualMachineClass"
                else _FORGOTTEN.format(resource["urn"]),
            )


_RETAINED = "set deletionPolicy: Retain in place of external, pacific up, and then write external: true"
_FORGOTTEN = "pulumi state delete '{}', which leaves it in vCenter"
