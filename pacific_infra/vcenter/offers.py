"""What a vCenter and its Supervisors offer to documents: names with what is to be known of each.

vCenter is asked by REST; of a Supervisor its Kubernetes API is asked. Kinds are those of VM Operator
(github.com/vmware-tanzu/vm-operator), of Cluster API, and of the VMware Kubernetes Service as `kubectl get` shows them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pacific_infra.errors import PacificError
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.errors import NotFound, Unauthorized, VCenterError
from pacific_infra.vcenter.inventory import Inventory
from pacific_infra.vcenter.kubernetes_api import KubernetesAPI, Object
from pacific_infra.vcenter.kubernetes_refusal import KubernetesRefusal
from pacific_infra.vcenter.reading import lower_names
from pacific_infra.vcenter.supervisor_services import list_services, list_versions
from pacific_infra.vcenter.supervisors import list_supervisors
from pacific_infra.vcenter.version import read_version
from pacific_infra.vcenter.virtual_machine_classes import read_virtual_machine_classes


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing that documents can name."""

    name: str
    place: str = ""
    """The Supervisor that has it, with the namespace where it is in one, or the service that a version is of; empty:
    vCenter."""
    details: Mapping[str, str] = field(default_factory=dict)
    """What is to be known of it, in words."""
    identifier: str = ""
    """Another name that documents may write in its place."""


@dataclass
class Offers:
    """What there is, by section, and why the rest is not known."""

    sections: dict[str, list[Offer]] = field(default_factory=dict)
    not_read: dict[str, dict[str, str]] = field(default_factory=dict)
    """Reasons by section, by Supervisor; of vCenter's own by the empty text."""

    def names(self, section: str) -> list[str]:
        """The names of a section, each once."""
        return list(dict.fromkeys(offer.name for offer in self.sections.get(section, ())))

    def names_in_documents(self, section: str) -> list[str]:
        """The names of a section as documents write them: a Kubernetes release is named by its version."""
        if section != "kubernetes-releases":
            return self.names(section)
        return list(dict.fromkeys(offer.details.get("version", offer.name) for offer in self.sections.get(section, ())))

    def reasons(self, section: str) -> list[str]:
        """Why a section is not known, or not all of it."""
        return [f"{place}: {why}" if place else why for place, why in self.not_read.get(section, {}).items()]

    def add(self, section: str, answer: "Answer", place: str = "") -> None:
        """Take in what a section has at a place."""
        if answer.reason is not None:
            self.not_read.setdefault(section, {})[place] = answer.reason
        if answer.offers or answer.reason is None:
            self.sections.setdefault(section, []).extend(answer.offers)


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
    return [
        Offer(str(item["name"]), details=_known({"type": item.get("type")}), identifier=str(item["network"]))
        for item in answer
    ]


async def _services(client: VCenterClient) -> list[Offer]:
    return [
        Offer(
            str(item["supervisor_service"]),
            details=_known({"title": item.get("display_name"), "state": item.get("state")}),
        )
        for item in await list_services(client)
    ]


async def _service_versions(client: VCenterClient) -> list[Offer]:
    services = [str(item["supervisor_service"]) for item in await list_services(client)]
    lists = await asyncio.gather(*(list_versions(client, service) for service in services))
    return [
        Offer(str(item["version"]), service, _known({"state": item.get("state")}))
        for service, versions in zip(services, lists, strict=True)
        for item in versions
    ]


def _inventory(kind: str) -> Callable[[VCenterClient], Awaitable[list[Offer]]]:
    async def read(client: VCenterClient) -> list[Offer]:
        named = await Inventory(client).names(kind)
        return [Offer(name, identifier="" if name == key else key) for key, name in named.items()]

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
    "service-versions": _service_versions,
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
LIBRARY_ITEMS = "library-items"
"""Section of what content libraries hold; the place of each is its library."""
MOST_ITEMS = 500
"""Items of a library that are looked through."""
ON_SUPERVISORS = tuple(_KINDS)
"""Sections that Supervisors answer."""
SECTIONS = (*IN_VCENTER, *ON_SUPERVISORS)


class Answer(NamedTuple):
    """What a section has at one place."""

    offers: Sequence[Offer] = ()
    reason: str | None = None
    """Why it is not known, or not all of it."""


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


async def offers_of_libraries(client: VCenterClient, libraries: Iterable[str], offers: Offers) -> None:
    """Add the items of content libraries, by name or identifier, in the section LIBRARY_ITEMS. A VM image of a library
    has the name of its item. Raises VCenterError where vCenter does not answer at all.
    """
    inventory = Inventory(client)
    for library in libraries:
        offers.add(LIBRARY_ITEMS, await _items_of(client, inventory, library), library)


async def _items_of(client: VCenterClient, inventory: Inventory, library: str) -> Answer:
    try:
        key = await inventory.identifier("content library", library)
        identifiers = await client.get("/content/library/item", {"library_id": key}) or []
        if len(identifiers) > MOST_ITEMS:
            return Answer(reason=f"it has more than {MOST_ITEMS} items")
        items = await asyncio.gather(*(client.get(f"/content/library/item/{identifier}") for identifier in identifiers))
    except (Unauthorized, NotFound):
        return Answer(reason="the user may not read its items")
    except VCenterError:
        raise
    except PacificError as error:
        return Answer(reason=error.problem)
    return Answer([Offer(str(item["name"]), library) for item in items])


async def _ask(client: VCenterClient, section: str) -> Answer:
    try:
        return Answer(sorted(await IN_VCENTER[section](client), key=lambda offer: (offer.name, offer.place)))
    except Unauthorized:
        return Answer(reason="the user may not read this")
    except NotFound:
        return Answer(reason="this vCenter does not know it")


async def _ask_supervisor(api: KubernetesAPI, supervisor: str, namespaces: Sequence[str], section: str) -> Answer:
    offers: dict[tuple[str, str], Offer] = {}
    served, reason = False, None
    for kind in _KINDS[section]:
        try:
            items = await _listed(api, kind, namespaces)
        except PacificError as error:
            reason = "the user may not read this" if isinstance(error, KubernetesRefusal) else error.problem
            continue
        served = served or items is not None
        for item in items or ():
            name, namespace = str(kind.name(item)), item["metadata"].get("namespace")
            place = f"{supervisor}/{namespace}" if namespace else supervisor
            identifier = str(item["metadata"]["name"])
            details = _known(kind.details(item))
            offers.setdefault((name, place), Offer(name, place, details, "" if identifier == name else identifier))
    if reason is None and not served:
        reason = "the Supervisor does not serve it"
    return Answer(sorted(offers.values(), key=lambda offer: (offer.name, offer.place)), reason)


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
