"""Reads the actual objects of the recorded resources, and the last warning about each, for their health."""

import asyncio
import base64
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from pacific_infra.converge.claims import Recorded
from pacific_infra.converge.earlier_secrets import CONTROLLERS, earlier_values, secrets_of_variables
from pacific_infra.converge.health import Health, Object, health_of
from pacific_infra.converge.lost import KUBERNETES, SUPERVISOR, RecordedCluster, held_by, provider_of, recorded_clusters
from pacific_infra.errors import PacificError
from pacific_infra.record.urns import split_urn
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.kubernetes_api import KubernetesAPI
from pacific_infra.vcenter.namespaces import read_namespace
from pacific_infra.vcenter.supervisors import read_supervisor
from pacific_infra.vcenter.user_namespaces import find_endpoint
from pacific_infra.vcenter.virtual_machine_classes import read_virtual_machine_class

if TYPE_CHECKING:
    from pacific_infra.provider.session import Session

PATIENCE = 10.0
"""Seconds until a vCenter that does not answer is taken for silent."""
_VCENTER: Mapping[str, tuple[str, Callable[[VCenterClient, str], Awaitable[Object | None]]]] = {
    SUPERVISOR: ("Supervisor", read_supervisor),
    "pacific:vcenter:Namespace": ("vSphere Namespace", read_namespace),
    "pacific:vcenter:VirtualMachineClass": ("VM class", read_virtual_machine_class),
}
"""By type token: the name of the rule, and who reads it."""
_PREFIX = "pacific:vcenter:"
_PLAIN = frozenset({"ConfigMap", "LimitRange", "NetworkPolicy", "Role", "RoleBinding", "Secret", "ServiceAccount"})
"""Kinds that are healthy if they exist, so reading their metadata is enough."""


@dataclass(frozen=True)
class KubernetesObject:
    """A recorded object of a Kubernetes API."""

    urn: str
    api_version: str
    kind: str
    namespace: str
    name: str

    @property
    def rule(self) -> str:
        """The name of its rule in the table of health."""
        return "Knative Service" if self.api_version.startswith("serving.knative.dev/") else self.kind


@dataclass
class Live:
    """The actual objects of a stack's resources."""

    health: dict[str, Health] = field(default_factory=dict)
    """By URN; without resources that have no object, such as components and providers."""
    warnings: dict[str, str] = field(default_factory=dict)
    """The last warning event about a resource or what belongs to it, by URN."""


def kubernetes_objects(resources: Iterable[Recorded]) -> dict[str, list[KubernetesObject]]:
    """The objects by the URN of their provider, without external ones."""
    objects: dict[str, list[KubernetesObject]] = defaultdict(list)
    for resource in resources:
        if (
            not resource["type"].startswith("kubernetes:")
            or resource.get("external")
            or not resource.get("id")
            or resource.get("delete")
        ):
            continue
        version, _, kind = resource["type"].removeprefix("kubernetes:").partition(":")
        namespace, _, name = str(resource["id"]).rpartition("/")
        objects[provider_of(resource)].append(
            KubernetesObject(
                resource["urn"], version.removeprefix("core/"), kind.removesuffix("Patch"), namespace, name
            )
        )
    return objects


def last_warnings(events: Iterable[Object], names: Collection[str]) -> dict[str, str]:
    """``Reason: message`` of the last warning about each of ``names`` or what was made from it, such as its pods.

    Each event is looked at once: what it is about was made from an object whose name it begins with, up to a hyphen.
    """
    last: dict[str, tuple[str, Object]] = {}
    for event in events:
        if event.get("type") != "Warning":
            continue
        about = str((event.get("involvedObject") or {}).get("name"))
        time = str(event.get("lastTimestamp") or event.get("eventTime") or "")
        for end in (index for index, sign in enumerate(f"{about}-") if sign == "-"):
            name = about[:end]
            if name in names and (name not in last or time > last[name][0]):
                last[name] = (time, event)
    return {
        name: f"{event.get('reason')}: {' '.join(str(event.get('message')).split())}"
        for name, (_, event) in last.items()
    }


async def read_live(
    client: VCenterClient | None,
    resources: Sequence[Recorded],
    *,
    silent: Mapping[str, str],
    kubeconfigs: Mapping[str, Mapping[str, Any]],
) -> Live:
    """The health of what is recorded. What does not answer is unknown, with the reason; nothing is raised for it.

    ``client``: None where the stack has no login at vCenter. ``silent``: URNs of Supervisors and workload clusters
    that are known not to answer, each with the reason. ``kubeconfigs``: of Supervisors by the document's name, for
    where vCenter is not asked for their addresses.
    """
    reader = _Reader(client, resources, kubeconfigs)
    reader.leave_out(silent)
    await reader.read()
    return reader.live


async def api_of(
    client: VCenterClient | None,
    resources: Sequence[Recorded],
    kubeconfigs: Mapping[str, Mapping[str, Any]],
    provider: Recorded,
) -> KubernetesAPI:
    """The API that the objects of a recorded Kubernetes ``provider`` lie in. Raises PacificError."""
    return await _Reader(client, resources, kubeconfigs)._api(provider)


class _Reader:
    """Reads the objects of one stack."""

    def __init__(
        self, client: VCenterClient | None, resources: Sequence[Recorded], kubeconfigs: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self.live = Live()
        self._client = client
        self._kubeconfigs = kubeconfigs
        self._resources = resources
        self._clusters = {cluster.urn: cluster for cluster in recorded_clusters(resources)}
        self._session: Session | None = None

    def leave_out(self, silent: Mapping[str, str]) -> None:
        """Do not read these, nor the objects on them."""
        for urn, reason in silent.items():
            for resource in held_by(self._resources, urn):
                if resource["type"].startswith("kubernetes:"):
                    self.live.health[resource["urn"]] = Health("unknown", reason)

    async def read(self) -> None:
        """All that vCenter and the Kubernetes APIs have; each is asked by itself."""
        providers = {resource["urn"]: resource for resource in self._resources if resource["type"] == KUBERNETES}
        async with asyncio.TaskGroup() as group:
            for resource in self._resources:
                if (
                    self._client is not None
                    and resource["type"].startswith(_PREFIX)
                    and resource.get("id")
                    and not resource.get("delete")
                ):
                    group.create_task(self._vcenter(self._client, resource))
            for urn, objects in kubernetes_objects(self._resources).items():
                if urn in providers and not any(resource.urn in self.live.health for resource in objects):
                    group.create_task(self._kubernetes(providers[urn], objects))

    async def _vcenter(self, client: VCenterClient, recorded: Recorded) -> None:
        kind, read = _VCENTER.get(recorded["type"], (recorded["type"].removeprefix(_PREFIX), None))
        try:
            content = await (read(client, str(recorded["id"])) if read else self._as_provider(client, recorded))
            self.live.health[recorded["urn"]] = health_of(kind, content)
        except PacificError as error:
            self.live.health[recorded["urn"]] = Health("unknown", error.problem)

    async def _as_provider(self, client: VCenterClient, recorded: Recorded) -> Object | None:
        """An object as the provider reads it; the rule of its kind is that it is there."""
        # They import all that the provider can do, which only some estates need.
        from pacific_infra.provider.resources.registry import RESOURCES  # noqa: PLC0415
        from pacific_infra.provider.resources.resource import Request  # noqa: PLC0415
        from pacific_infra.provider.session import Session  # noqa: PLC0415

        resource = next(resource for resource in RESOURCES if resource.kind.token == recorded["type"])
        # One for all: it keeps what it has looked up.
        self._session = self._session or Session.reading(client)
        request = Request(self._session, recorded["urn"])
        return {} if await resource.read(request, str(recorded["id"]), None) is not None else None

    async def _kubernetes(self, provider: Recorded, objects: Sequence[KubernetesObject]) -> None:
        try:
            async with await self._api(provider) as api:
                await self._lists(api, objects)
        except PacificError as error:
            for recorded in objects:
                self.live.health.setdefault(recorded.urn, Health("unknown", error.problem))

    async def _api(self, provider: Recorded) -> KubernetesAPI:
        """The API that the provider's objects lie in: a Supervisor's, or that of a workload cluster on one."""
        inner = self._cluster(provider)
        if inner is None:
            name = split_urn(provider["urn"])[1].removesuffix("-kubernetes")
            identifier = str((provider.get("inputs") or {}).get("clusterIdentifier") or "")
            return await self._supervisor(identifier, self._kubeconfigs.get(name))
        outer = await self._supervisor(inner.supervisor, None)
        async with outer:
            secret = await outer.get("v1", "Secret", f"{inner.name}-kubeconfig", inner.namespace)
        if secret is None:
            raise PacificError(f"workload cluster {inner.id} has no kubeconfig")
        return KubernetesAPI.of_kubeconfig(yaml.safe_load(base64.b64decode(secret["data"]["value"])))

    async def _supervisor(self, identifier: str, kubeconfig: Mapping[str, Any] | None) -> KubernetesAPI:
        """The API of a Supervisor: where vCenter says that it is, else by a kubeconfig of it."""
        if self._client is None:
            if kubeconfig is None:
                raise PacificError("there is neither a login at vCenter nor a kubeconfig for it")
            return KubernetesAPI.of_kubeconfig(kubeconfig)
        if not identifier:
            raise PacificError("its Kubernetes provider names no Supervisor, so it is not read")
        # One that another stack has made is recorded by its name, and its users may not all look it up.
        return KubernetesAPI.of_supervisor(await find_endpoint(self._client, identifier), self._client.settings)

    def _cluster(self, provider: Recorded) -> RecordedCluster | None:
        """The workload cluster whose kubeconfig the provider has, through the Secret that was read."""
        needed = {
            resource["urn"]: resource.get("dependencies") or ()
            for resource in self._resources
            if resource.get("external")
        }
        for urn in (provider.get("propertyDependencies") or {}).get("kubeconfig") or ():
            for candidate in (urn, *needed.get(urn, ())):
                if candidate in self._clusters:
                    return self._clusters[candidate]
        return None

    async def _lists(self, api: KubernetesAPI, objects: Sequence[KubernetesObject]) -> None:
        """Each kind in each namespace by one list: an estate has many objects of few kinds."""
        by_list: dict[tuple[str, str, str], list[KubernetesObject]] = defaultdict(list)
        by_namespace: dict[str, list[KubernetesObject]] = defaultdict(list)
        for recorded in objects:
            by_list[recorded.api_version, recorded.kind, recorded.namespace].append(recorded)
            by_namespace[recorded.namespace].append(recorded)
        async with asyncio.TaskGroup() as group:
            for listed in by_list.values():
                group.create_task(self._list(api, listed))
            for namespace, contents in by_namespace.items():
                if namespace:
                    group.create_task(self._events(api, namespace, contents))

    async def _list(self, api: KubernetesAPI, listed: Sequence[KubernetesObject]) -> None:
        """``listed``: of one kind in one namespace."""
        first = listed[0]
        try:
            if len(listed) == 1:
                objects = [await api.get(first.api_version, first.kind, first.name, first.namespace or None)]
            else:
                plain = first.kind in _PLAIN
                objects = [*await api.list(first.api_version, first.kind, first.namespace or None, metadata_only=plain)]
        except PacificError as error:
            for recorded in listed:
                self.live.health[recorded.urn] = Health("unknown", error.problem)
            return
        by_name = {str(recorded["metadata"]["name"]): recorded for recorded in objects if recorded is not None}
        for recorded in listed:
            self.live.health[recorded.urn] = health_of(recorded.rule, by_name.get(recorded.name))
        if first.kind in CONTROLLERS:
            await self._earlier_values(api, first.namespace, listed, by_name)

    async def _earlier_values(
        self, api: KubernetesAPI, namespace: str, listed: Sequence[KubernetesObject], by_name: Mapping[str, Object]
    ) -> None:
        """Add to the reasons of controllers which pods started before a Secret of their variables changed."""
        live = [(recorded.urn, by_name[recorded.name]) for recorded in listed if recorded.name in by_name]
        reading = {urn: controller for urn, controller in live if secrets_of_variables(controller)}
        if not reading:
            return
        try:
            secrets = await api.list("v1", "Secret", namespace, metadata_only=True)
            pods = await api.list("v1", "Pod", namespace)
        except PacificError:
            return  # who may not list Secrets sees the rest all the same
        for urn, text in earlier_values(reading, pods, secrets).items():
            health = self.live.health[urn]
            self.live.health[urn] = Health(health.state, "; ".join(filter(None, (health.reason, text))))

    async def _events(self, api: KubernetesAPI, namespace: str, objects: Sequence[KubernetesObject]) -> None:
        try:
            events = await api.list("v1", "Event", namespace, field_selector="type=Warning")
        except PacificError:
            return  # who may not read events sees the rest all the same
        warnings = last_warnings(events, {recorded.name for recorded in objects})
        for recorded in objects:
            if recorded.name in warnings:
                self.live.warnings[recorded.urn] = warnings[recorded.name]
