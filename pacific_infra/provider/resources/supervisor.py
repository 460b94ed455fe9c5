"""``pacific:vcenter:Supervisor`` in vCenter."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pacific_infra.errors import PacificError
from pacific_infra.provider.checking import Failure
from pacific_infra.provider.comparing import Change, changes, value_at, with_identifiers
from pacific_infra.provider.models.model import V9_0
from pacific_infra.provider.models.registry import KINDS
from pacific_infra.provider.ownership import ClusterMarks, Owner
from pacific_infra.provider.resources.existing_object import ExistingObject, check_nothing_foreign_on
from pacific_infra.provider.resources.resource import Incomplete, Request, Resource, Values, removal_progress
from pacific_infra.provider.resources.retrying import create_or_find, delete_with_retries
from pacific_infra.provider.resources.supervisor_edge import SupervisorEdge
from pacific_infra.provider.resources.supervisor_edge_settings import (
    EDGE,
    PRIVATE_KEY,
    VIP_SUBNETS,
    edge_refusals,
)
from pacific_infra.provider.resources.supervisor_paths import is_within, without_value
from pacific_infra.provider.resources.supervisor_settings import (
    CLIENT_ADDRESSES,
    FILE_VOLUMES,
    SupervisorSettings,
    changeable,
    places,
    setting_of,
)
from pacific_infra.provider.resources.supervisor_zone_rules import zone_refusals
from pacific_infra.provider.resources.supervisor_zones import SupervisorZones
from pacific_infra.provider.session import Session
from pacific_infra.provider.waiting import Progress
from pacific_infra.provider.wire import request_body
from pacific_infra.vcenter.errors import (
    AlreadyExists,
    InvalidArgument,
    NotAllowed,
    NotFound,
    Unauthorized,
    message_texts,
)
from pacific_infra.vcenter.supervisors import (
    delete_supervisor,
    enable_on_compute_cluster,
    enable_on_zones,
    enable_vsphere_pods,
    list_supervisors,
    read_supervisor,
    read_topology,
    read_unmet_conditions,
    read_vsphere_pods_enabled,
)
from pacific_infra.vcenter.version import Version
from pacific_infra.vcenter.zones import read_zone

_LONGEST_PAUSE = 10.0
_LATER = (FILE_VOLUMES, CLIENT_ADDRESSES, f"{EDGE}.{PRIVATE_KEY}", f"{EDGE}.{VIP_SUBNETS}")
"""Settings that the specification of a new Supervisor does not have."""


def with_dhcp(values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` with DHCP where a network does not say how its addresses are given out: that is what vCenter does.

    Source: ``ip_management`` of the networks and ``dhcp_enabled`` of IPManagement in vCenter's namespace_management.
    """
    filled = dict(values)
    for part in ("controlPlane", "workloads"):
        network = value_at(values, f"{part}.network")
        if isinstance(network, Mapping):
            addresses = network.get("ipManagement")
            if addresses is None or isinstance(addresses, Mapping):
                management = {"dhcpEnabled": True, **(addresses or {})}
                filled[part] = {**values[part], "network": {**network, "ipManagement": management}}
    return filled


class SupervisorResource(Resource):
    """A Supervisor, known by the identifier that vCenter gives it."""

    kind = next(kind for kind in KINDS if kind.name == "Supervisor")

    def rules(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Sequence[Failure]:
        problems: list[Failure] = []
        if old.get("vspherePodsEnabled") is True and new.get("vspherePodsEnabled") in (False, None):
            problems.append(("vspherePodsEnabled", "vSphere Pods cannot be disabled again; allowed: true"))
        return problems

    def with_defaults(self, values: Values) -> Values:
        """With an empty edge: a state without an edge is an imported one, since vCenter does not show it."""
        workloads = values.get("workloads")
        if not isinstance(workloads, Mapping):
            return values
        return {**values, "workloads": {"edge": {}, **workloads}}

    async def refusals(self, session: Session, old: Values, new: Values) -> Sequence[Failure]:
        """Each change that vCenter, in its version, does not allow on a running Supervisor."""
        version = await session.version()
        replaced = any(change.replace for change in self.differences(new, old, version))
        wrong = await zone_refusals(session, {} if replaced else old, new)
        if wrong or not old or self._is_imported(old) or replaced:
            return wrong
        model, inventory = self.kind.inputs, session.inventory
        desired, current = [await with_identifiers(with_dhcp(values), model, inventory) for values in (new, old)]
        allowed = f"allowed: {', '.join(setting.path for setting in changeable(version))}"
        problems: list[Failure] = []
        for change in changes(desired, current, model):
            for place in places(change.path, version, desired, current):
                if is_within(place, EDGE):
                    problems.extend(edge_refusals(place, current, desired, version))
                elif change.top in ("controlPlane", "workloads") and setting_of(place, version) is None:
                    problems.append((place, f"cannot be changed on a running Supervisor; {allowed}"))
        return list(dict.fromkeys(problems))

    def differences(
        self, new: Mapping[str, Any], old: Mapping[str, Any], version: Version | None = None
    ) -> Iterator[Change]:
        """Without what vCenter does not show of an imported Supervisor. Added zones need no replacement."""
        if not self._is_imported(old):
            new, old = with_dhcp(new), with_dhcp(old)
        for change in super().differences(new, old, version):
            if self._is_imported(old) and change.kind == "add" and self._is_unobserved(change, new, version):
                continue
            grows = change.top == "zones" and self._grows(new, old, version)
            yield replace(change, replace=False) if grows else change

    @staticmethod
    def _grows(new: Mapping[str, Any], old: Mapping[str, Any], version: Version | None) -> bool:
        """Whether zones are only added to the control plane, which is possible on a running Supervisor (9.0)."""
        desired, current = new.get("zones"), old.get("zones")
        if not (isinstance(desired, list) and isinstance(current, list) and current):
            return False
        return (version is None or version >= V9_0) and all(zone in desired for zone in current)

    @staticmethod
    def _is_unobserved(change: Change, new: Mapping[str, Any], version: Version | None) -> bool:
        """Whether the changed value is one that an import cannot read, or vCenter's default."""
        setting = setting_of(change.path, version)
        if change.top == "vspherePodsEnabled":
            return new["vspherePodsEnabled"] is False
        if change.top not in ("controlPlane", "workloads"):
            return False
        value = value_at(new, change.path)
        return setting is None or value in ([], "") or (setting.default is not None and value == setting.default)

    @staticmethod
    def _is_imported(state: Mapping[str, Any]) -> bool:
        """Whether ``state`` comes from an import: vCenter does not show the load balancer, so it has no edge."""
        return "edge" not in (state.get("workloads") or {})

    def deletes_first(self, replaces: Sequence[str], new: Values, old: Values) -> bool:
        """A cluster runs one Supervisor, so a new name alone does not allow a second one."""
        return "name" not in replaces or "cluster" in old

    def known_outputs(self, inputs: Values, old: Mapping[str, Any] | None) -> Values:
        del inputs
        names = ("supervisor", "clusterId", "endpoint", "configStatus", "kubernetesStatus")
        return {} if old is None else {name: old[name] for name in names if name in old}

    async def existing_object(self, session: Session, inputs: Values) -> ExistingObject | None:
        name, desired = inputs["name"], await self._clusters(session, inputs)
        for key, info in (await list_supervisors(session.client)).items():
            if info.get("config_status") == "REMOVING":
                continue
            clusters = [cluster for _, zone in await read_topology(session.client, key) for cluster in zone]
            if info["name"] != name and not desired & {*clusters}:
                continue
            names = [await session.inventory.name("cluster", cluster) for cluster in clusters]
            # An interrupted run may have bound more zones, or only some of them: one common cluster is enough.
            same = info["name"] == name and desired & {*clusters}
            return ExistingObject(
                f"the Supervisor {info['name']}",
                f"pulumi import {self.kind.token} NAME {info['name']}",
                await ClusterMarks(session.client).owner(clusters),
                "" if same else f"on {', '.join(names)}",
                tagged=True,
            )
        return None

    @staticmethod
    async def _clusters(session: Session, inputs: Values) -> set[str]:
        """The known clusters of the control plane, by identifier."""
        cluster, zones = inputs.get("cluster"), inputs.get("zones") or []
        if isinstance(cluster, str):
            return {await session.inventory.identifier("cluster", cluster, place="cluster")}
        infos = [await read_zone(session.client, zone) for zone in zones if isinstance(zone, str)]
        return {str(cluster) for info in infos if info is not None for cluster in info["clusters"]}

    async def create(self, request: Request, inputs: Values) -> tuple[str, Values]:
        session = request.session
        cluster = inputs.get("cluster")
        cluster_id = await session.inventory.identifier("cluster", cluster, place="cluster") if cluster else None
        body = await request_body(inputs, self.kind.inputs, session.inventory)
        supervisor, adopted = await self._enable_or_adopt(request, inputs, cluster_id, body)
        try:
            await self._wait_until_running(request, supervisor, inputs["name"])
            late = [path for path in _LATER if value_at(inputs, path) is not None]
            if adopted or late:
                before = await self._state(request, supervisor, inputs) if adopted else inputs
                for path in late:
                    before = without_value(before, path)
                await self._send_differences(request, supervisor, before, inputs)
            await self._update_zones(request, supervisor, inputs)
            await self._enable_pods(request, supervisor, inputs)
            return supervisor, await self._state(request, supervisor, inputs)
        except PacificError as error:
            state = {**inputs, "supervisor": supervisor, "clusterId": cluster_id or ""}
            raise Incomplete(supervisor, state, error) from error

    async def read(
        self, request: Request, identifier: str, state: Mapping[str, Any] | None
    ) -> tuple[str, Values] | None:
        supervisor = identifier
        if state is None:
            supervisors = await list_supervisors(request.session.client)
            supervisor = next((key for key, info in supervisors.items() if info["name"] == identifier), identifier)
        if await read_supervisor(request.session.client, supervisor) is None:
            return None
        return supervisor, await self._state(request, supervisor, self.declared_inputs(state))

    async def update(self, request: Request, identifier: str, state: Values, inputs: Values) -> Values:
        clusters = await SupervisorZones(request, identifier).clusters(inputs.get("cluster"))
        await ClusterMarks(request.session.client).claim(clusters, Owner.of_urn(request.urn))
        await self._wait_until_running(request, identifier, inputs["name"])
        await self._send_differences(request, identifier, state, inputs)
        await self._update_zones(request, identifier, inputs)
        await self._enable_pods(request, identifier, inputs)
        return await self._state(request, identifier, inputs)

    async def _send_differences(self, request: Request, supervisor: str, state: Values, inputs: Values) -> None:
        """Send the differences between ``state`` and ``inputs``, and wait until they have taken effect."""
        model, inventory = self.kind.inputs, request.session.inventory
        new, old = [await with_identifiers(values, model, inventory) for values in (inputs, state)]
        version = await request.session.version()
        differences = self.differences(new, old, version)
        paths = [place for change in differences for place in places(change.path, version, new, old)]
        client = request.session.client
        cluster = (await SupervisorZones(request, supervisor).clusters(inputs.get("cluster")))[0]
        if await SupervisorSettings(client, inventory, supervisor, cluster, version).update(inputs, paths):
            await self._wait_until_running(request, supervisor, inputs["name"])
        if await SupervisorEdge(client, inventory, supervisor, cluster, version).update(inputs, paths):
            await self._wait_until_running(request, supervisor, inputs["name"])

    async def _update_zones(self, request: Request, supervisor: str, inputs: Values) -> None:
        if await SupervisorZones(request, supervisor).update(inputs, inputs["name"]):
            await self._wait_until_running(request, supervisor, inputs["name"])

    async def delete(self, request: Request, identifier: str, state: Values) -> None:
        client, name = request.session.client, str(state.get("name"))
        if state.get("deletionPolicy") == "Retain":
            text = f"the Supervisor {state.get('name')} stays with all its namespaces: its deletionPolicy is Retain"
            await request.session.log.info(request.urn, text)
            return
        info = await read_supervisor(client, identifier)
        if info is None:
            return
        if info.get("config_status") != "REMOVING":
            stack, marks = Owner.of_urn(request.urn), ClusterMarks(client)
            clusters = await SupervisorZones(request, identifier).clusters(None)
            if await self.is_owned_elsewhere(request, f"the Supervisor {name}", await marks.owner(clusters)):
                return
            await check_nothing_foreign_on(request.session, identifier, name, stack)
            # Released before the deletion: a leftover mark would give the cluster's next Supervisor to this stack.
            await marks.release(clusters, stack)
        await delete_with_retries(
            lambda: delete_supervisor(client, identifier, str(state.get("clusterId"))),
            lambda: read_supervisor(client, identifier),
            request.session.first_pause,
        )
        await self._wait_until_removed(request, identifier, name)

    async def _enable_or_adopt(
        self, request: Request, inputs: Values, cluster: str | None, body: dict[str, Any]
    ) -> tuple[str, bool]:
        client, name = request.session.client, inputs["name"]
        existing = await self._find_by_name(request, name)
        if existing is not None and existing[1].get("config_status") == "REMOVING":
            await self._wait_until_removed(request, existing[0], name)
            existing = None
        owner, marks = Owner.of_urn(request.urn), ClusterMarks(client)
        clusters = sorted(await self._clusters(request.session, inputs))
        if existing is None:
            # Marked before the Supervisor exists, so that a Supervisor of an interrupted run is recognised.
            claimed = await marks.claim(clusters, owner)

            async def enable() -> tuple[str, dict[str, Any]]:
                if cluster is not None:
                    return await enable_on_compute_cluster(client, cluster, body), {}
                return await enable_on_zones(client, body), {}

            try:
                begun, refused = await create_or_find(
                    enable, lambda: self._find_by_name(request, name), request.session.first_pause
                )
            except (AlreadyExists, InvalidArgument, NotAllowed, NotFound, Unauthorized):
                # vCenter has refused the request, so there is no Supervisor to mark.
                await marks.release(claimed, owner)
                raise
            if refused is None:
                return begun[0], False
            existing = begun
        await self.check_existing(request, inputs)
        await marks.claim(clusters, owner)
        return existing[0], True

    async def _find_by_name(self, request: Request, name: str) -> tuple[str, dict[str, Any]] | None:
        supervisors = await list_supervisors(request.session.client)
        return next(((key, info) for key, info in supervisors.items() if info["name"] == name), None)

    async def _wait_until_running(self, request: Request, supervisor: str, name: str) -> None:
        client = request.session.client

        async def progress() -> Progress:
            info = await read_supervisor(client, supervisor)
            if info is None:
                raise PacificError(f"the Supervisor {name} no longer exists", fix="run the same command again")
            status, kubernetes = str(info.get("config_status")), str(info.get("kubernetes_status"))
            done = status == "RUNNING" and kubernetes == "READY"
            unmet = [] if done else await read_unmet_conditions(client, supervisor)
            return Progress(
                done=done,
                waits_for=f"state {status}, Kubernetes {kubernetes}" + (f", {', '.join(unmet)}" if unmet else ""),
                failed=status == "ERROR" or (status == "RUNNING" and kubernetes == "ERROR"),
                messages=message_texts(info.get("messages")),
            )

        await request.wait(f"Supervisor {name}", progress, _LONGEST_PAUSE)

    async def _wait_until_removed(self, request: Request, supervisor: str, name: str) -> None:
        client = request.session.client
        await request.wait(
            f"Supervisor {name} to be removed",
            lambda: removal_progress(lambda: read_supervisor(client, supervisor)),
            _LONGEST_PAUSE,
        )

    async def _enable_pods(self, request: Request, supervisor: str, inputs: Values) -> None:
        """Enable vSphere Pods where they are declared and not yet enabled."""
        if not inputs.get("vspherePodsEnabled"):
            return
        client = request.session.client
        cluster = (await SupervisorZones(request, supervisor).clusters(inputs.get("cluster")))[0]
        if await read_vsphere_pods_enabled(client, supervisor, cluster):
            return
        await enable_vsphere_pods(client, supervisor, cluster)
        await self._wait_until_running(request, supervisor, inputs["name"])

    async def _state(self, request: Request, supervisor: str, declared: Values | None) -> Values:
        session = request.session
        info = await read_supervisor(session.client, supervisor)
        if info is None:
            raise PacificError(f"the Supervisor {supervisor} no longer exists", fix="run the same command again")
        declared_cluster = (declared or {}).get("cluster")
        zones = await SupervisorZones(request, supervisor).plane_zones()
        clusters = await SupervisorZones(request, supervisor).clusters(declared_cluster, zones)
        version = await session.version()
        settings = SupervisorSettings(session.client, session.inventory, supervisor, clusters[0], version)
        values = await settings.observed_settings(declared)
        edge = SupervisorEdge(session.client, session.inventory, supervisor, clusters[0], version)
        values = await edge.observed_settings(values)
        if declared is None or declared.get("zoneBindings") is not None:
            bindings = await SupervisorZones(request, supervisor).observed_bindings(
                (declared or {}).get("zoneBindings")
            )
            if bindings or declared is not None:
                values["zoneBindings"] = bindings
        if declared is None:
            for name, network in zip(("controlPlane", "workloads"), await settings.networks(), strict=True):
                part = values.get(name) or {}
                values[name] = {**part, "network": {**network, **(part.get("network") or {})}}
        values["name"] = str(info["name"])
        if "cluster" in declared if declared is not None else len(zones) == 1:
            same = (
                declared_cluster is not None
                and await session.inventory.identifier("cluster", declared_cluster) == clusters[0]
            )
            values["cluster"] = declared_cluster if same else await session.inventory.name("cluster", clusters[0])
        else:
            names = [zone for zone, _ in zones]
            order = (declared or {}).get("zones", names)
            values["zones"] = sorted(names, key=order.index) if set(names) <= set(order) else names
        if declared is None or "vspherePodsEnabled" in declared:
            pods = await read_vsphere_pods_enabled(session.client, supervisor, clusters[0])
            if pods is not None and (declared is not None or pods):
                values["vspherePodsEnabled"] = pods
        # An import declares nothing: the default.
        values.setdefault("deletionPolicy", "Retain")
        return {
            **values,
            "supervisor": supervisor,
            "clusterId": clusters[0],
            "endpoint": str(info.get("apiendpoint") or ""),
            "configStatus": str(info.get("config_status")),
            "kubernetesStatus": str(info.get("kubernetes_status")),
        }
