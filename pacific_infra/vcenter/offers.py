"""What a vCenter and its Supervisors offer to documents: names with what is to be known of each.

vCenter is asked by REST; of a Supervisor its Kubernetes API is asked. Kinds of releases and classes are VMware's:
https://developer.broadcom.com/xapis/vmware-vsphere-kubernetes-service-api, VM Operator's, and Cluster API's.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pacific_infra.errors import PacificError
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.errors import NotFound, Unauthorized
from pacific_infra.vcenter.inventory import Inventory
from pacific_infra.vcenter.kubernetes_api import KubernetesAPI, Object
from pacific_infra.vcenter.kubernetes_refusal import KubernetesRefusal
from pacific_infra.vcenter.reading import lower_names
from pacific_infra.vcenter.supervisor_services import list_services
from pacific_infra.vcenter.supervisors import list_supervisors
from pacific_infra.vcenter.version import read_version
from pacific_infra.vcenter.virtual_machine_classes import read_virtual_machine_classes


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing that documents can name."""

    name: str
    place: str = ""
    """The Supervisor that has it, with the namespace where it is in one; empty: vCenter."""
    details: Mapping[str, str] = field(default_factory=dict)
    """What is to be known of it, in words."""


@dataclass
class Offers:
    """What there is, by section, and why the rest is not known."""

    sections: dict[str, list[Offer]] = field(default_factory=dict)
    not_read: dict[str, list[str]] = field(default_factory=dict)
    """Reasons by section, each with the Supervisor where it is one's."""

    def names(self, section: str) -> list[str]:
        """The names of a section, each once."""
        return list(dict.fromkeys(offer.name for offer in self.sections.get(section, ())))

    def names_in_documents(self, section: str) -> list[str]:
        """The names of a section as documents write them: a Kubernetes release is named by its version."""
        if section != "kubernetes-releases":
            return self.names(section)
        return list(dict.fromkeys(offer.details.get("version", offer.name) for offer in self.sections.get(section, ())))

    def add(self, section: str, answer: "Sequence[Offer] | str", place: str = "") -> None:
        """Take in what a section has, or the reason why that is not known."""
        if isinstance(answer, str):
            self.not_read.setdefault(section, []).append(f"{place}: {answer}" if place else answer)
        else:
            self.sections.setdefault(section, []).extend(answer)


async def _versions(client: VCenterClient) -> list[Offer]:
    version = await read_version(client)
    return [Offer(str(version) if version else "unknown", details={"product": "vCenter"})]


async def _supervisors(client: VCenterClient) -> list[Offer]:
    return [
        Offer(
            str(info["name"]),
            details=_known(
                {
                    "state": info.get("config_status"),
                    "Kubernetes": info.get("kubernetes_status"),
                    "endpoint": info.get("apiendpoint"),
                }
            ),
        )
        for info in (await list_supervisors(client)).values()
    ]


async def _virtual_machine_classes(client: VCenterClient) -> list[Offer]:
    return [
        Offer(
            str(info["id"]),
            details=_known(
                {
                    "cpus": info.get("cpu_count"),
                    "memory": f"{info['memory_mb']}Mi" if info.get("memory_mb") else None,
                    "reserved cpu": _percent(info.get("cpu_reservation")),
                    "reserved memory": _percent(info.get("memory_reservation")),
                }
            ),
        )
        for info in await read_virtual_machine_classes(client)
    ]


async def _networks(client: VCenterClient) -> list[Offer]:
    answer = lower_names(await client.get("/vcenter/network")) or []
    return [Offer(str(item["name"]), details=_known({"type": item.get("type")})) for item in answer]


async def _services(client: VCenterClient) -> list[Offer]:
    return [
        Offer(
            str(item["supervisor_service"]),
            details=_known({"title": item.get("display_name"), "state": item.get("state")}),
        )
        for item in await list_services(client)
    ]


def _inventory(kind: str) -> Callable[[VCenterClient], Awaitable[list[Offer]]]:
    async def read(client: VCenterClient) -> list[Offer]:
        return [Offer(name) for name in await Inventory(client).names(kind)]

    return read


IN_VCENTER: Mapping[str, Callable[[VCenterClient], Awaitable[list[Offer]]]] = {
    "versions": _versions,
    "supervisors": _supervisors,
    "clusters": _inventory("cluster"),
    "zones": _inventory("zone"),
    "networks": _networks,
    "storage-policies": _inventory("storage policy"),
    "virtual-machine-classes": _virtual_machine_classes,
    "content-libraries": _inventory("content library"),
    "services": _services,
}
"""Sections that vCenter answers."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of objects that a Supervisor has, in the versions to ask for, newest first."""

    kind: str
    versions: tuple[str, ...]
    details: Callable[[Object], Mapping[str, Any]] = lambda _: {}
    name: Callable[[Object], Any] = lambda item: item["metadata"]["name"]


_VM_OPERATOR = tuple(f"vmoperator.vmware.com/v1alpha{number}" for number in (6, 5, 4, 3, 2))


def _status(item: Object, *path: str) -> Any:
    value: Any = item.get("status") or {}
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _image(item: Object) -> Mapping[str, Any]:
    return {
        "identifier": item["metadata"]["name"],
        "system": _status(item, "osInfo", "type"),
        "version": _status(item, "productInfo", "fullVersion"),
    }


def _image_name(item: Object) -> Any:
    return _status(item, "name") or item["metadata"]["name"]


_KINDS: Mapping[str, tuple[_Kind, ...]] = {
    "images": (
        _Kind("ClusterVirtualMachineImage", _VM_OPERATOR, _image, _image_name),
        _Kind("VirtualMachineImage", _VM_OPERATOR, _image, _image_name),
    ),
    "storage-classes": (_Kind("StorageClass", ("storage.k8s.io/v1",)),),
    "cluster-classes": (_Kind("ClusterClass", ("cluster.x-k8s.io/v1beta2", "cluster.x-k8s.io/v1beta1")),),
    "kubernetes-releases": (
        _Kind(
            "KubernetesRelease",
            ("kubernetes.vmware.com/v1alpha1",),
            lambda item: {"version": (item.get("spec") or {}).get("version")},
        ),
        _Kind(
            "TanzuKubernetesRelease",
            ("run.tanzu.vmware.com/v1alpha3", "run.tanzu.vmware.com/v1alpha2"),
            lambda item: {"version": (item.get("spec") or {}).get("version")},
        ),
    ),
}
ON_SUPERVISORS = tuple(_KINDS)
"""Sections that Supervisors answer."""
SECTIONS = (*IN_VCENTER, *ON_SUPERVISORS)
Answer: TypeAlias = Sequence[Offer] | str


async def offers_of_vcenter(client: VCenterClient, sections: Iterable[str], offers: Offers) -> None:
    """Add those of ``sections`` that vCenter answers. Raises VCenterError where it does not answer at all."""
    chosen = [section for section in sections if section in IN_VCENTER]
    for section, answer in zip(
        chosen, await asyncio.gather(*(_ask(client, section) for section in chosen)), strict=True
    ):
        offers.add(section, answer)


async def offers_of_supervisor(
    api: KubernetesAPI, supervisor: str, namespaces: Sequence[str], sections: Iterable[str], offers: Offers
) -> None:
    """Add those of ``sections`` that a Supervisor answers.

    ``namespaces``: where to look for what is in namespaces, if the user may not list it in all of them.
    """
    chosen = [section for section in sections if section in _KINDS]
    results = await asyncio.gather(*(_ask_supervisor(api, supervisor, namespaces, section) for section in chosen))
    for section, answer in zip(chosen, results, strict=True):
        offers.add(section, answer, supervisor)


async def _ask(client: VCenterClient, section: str) -> Answer:
    try:
        return sorted(await IN_VCENTER[section](client), key=lambda offer: offer.name)
    except Unauthorized:
        return "the user may not read this"
    except NotFound:
        return "this vCenter does not know it"


async def _ask_supervisor(api: KubernetesAPI, supervisor: str, namespaces: Sequence[str], section: str) -> Answer:
    offers: dict[tuple[str, str], Offer] = {}
    reason = "the Supervisor does not serve it"
    for kind in _KINDS[section]:
        try:
            items = await _listed(api, kind, namespaces)
        except PacificError as error:
            reason = "the user may not read this" if isinstance(error, KubernetesRefusal) else error.problem
            continue
        for item in items or ():
            namespace = item["metadata"].get("namespace")
            place = f"{supervisor}/{namespace}" if namespace else supervisor
            offer = Offer(str(kind.name(item)), place, _known(kind.details(item)))
            offers.setdefault((offer.name, place), offer)
        reason = reason if items is None else ""
    return reason if reason and not offers else sorted(offers.values(), key=lambda offer: (offer.name, offer.place))


async def _listed(api: KubernetesAPI, kind: _Kind, namespaces: Sequence[str]) -> list[Object] | None:
    """All objects of a kind that the user may read; None where no version of it is served."""
    for version in kind.versions:
        resource = await api.resource(version, kind.kind)
        if resource is None:
            continue
        try:
            return await api.list(version, kind.kind)
        except KubernetesRefusal as refusal:
            if refusal.status != 403 or not resource.namespaced or not namespaces:
                raise
        lists = await asyncio.gather(*(api.list(version, kind.kind, namespace) for namespace in namespaces))
        return [item for items in lists for item in items]
    return None


def _known(details: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in details.items() if value not in (None, "")}


def _percent(value: Any) -> str | None:
    return f"{value}%" if value else None
