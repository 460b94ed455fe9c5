"""The Kubernetes of one workload cluster on this computer: a real control plane, nodes and pods that are simulated."""

import asyncio
import base64
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pacific_sandbox.certificates import CertificateAuthority, KeyPair, signing_key
from pacific_sandbox.cluster_api import programs
from pacific_sandbox.cluster_api.cluster_pods import ClusterPods
from pacific_sandbox.files import private_directory, write_json
from pacific_sandbox.kubernetes_api import KubernetesAPI, KubernetesError, KubernetesUnreachable, Object
from pacific_sandbox.ports import Ports
from pacific_sandbox.processes.processes import SandboxProcess, accepts_connections
from pacific_sandbox.reconcile.addresses import AddressPool
from pacific_sandbox.reconcile.conditions import with_transitions
from pacific_sandbox.reconcile.times import rfc3339
from pacific_sandbox.reconcile.watched_objects import WatchedObjects
from pacific_sandbox.spherelet.nodes import NODES
from pacific_sandbox.spherelet.pod_objects import PodObjects
from pacific_sandbox.spherelet.simulated_runtime import SimulatedRuntime
from pacific_sandbox.supervisor import resources
from pacific_sandbox.supervisor.programs import API_NAMES, kubeconfig

_READY_WITHIN = 120.0
_GRACE = 0.3
"""Seconds until a process is killed: it keeps nothing that is not in etcd."""
_AGAIN = 5.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ClusterDescription:
    """What the control plane of a cluster is started with."""

    name: str
    """NAMESPACE/NAME."""
    prefix: str
    """Where it keeps its data in etcd."""
    host: str
    """Address of the load balancer in front of its control plane; its certificate names that, too."""
    pods: str
    services: str
    service_address: str
    """The first address of ``services``: that of the Service ``kubernetes``."""


class KubernetesCluster:
    """One cluster; ``changed`` is called whenever a process of it starts, is ready, or ends."""

    def __init__(
        self,
        description: ClusterDescription,
        directory: Path,
        program: Path,
        etcd: programs.Etcd,
        changed: Callable[[], None],
    ) -> None:
        self._description, self._directory = description, directory
        self._program, self._etcd, self._changed = program, etcd, changed
        self._processes: dict[str, SandboxProcess] = {}
        self._task: asyncio.Task[None] | None = None
        self._storage_classes: Sequence[Object] = ()
        self._nodes: dict[str, Object] = {}
        """What was last written of each node."""
        ports = Ports(private_directory(directory) / "ports.json")
        self._ports = {name: ports.choose(name) for name in programs.COMPONENTS}
        # One for all: two threads would make two authorities in one folder.
        self._authority = CertificateAuthority.open(directory / "certificates")
        self._api: KubernetesAPI | None = None

    @property
    def server(self) -> str:
        """URL of its API on this computer."""
        return f"https://127.0.0.1:{self._ports['kube-apiserver']}"

    @property
    def answers(self) -> bool:
        """Whether all of its processes run, and its API server has said that it is ready."""
        states = [self._processes[name].status.state for name in programs.COMPONENTS if name in self._processes]
        return len(states) == len(programs.COMPONENTS) and all(state == "running" for state in states)

    def start(self) -> None:
        """Start it, if it does not run or start already."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name=f"cluster {self._description.name}")

    async def stop(self) -> None:
        """End its processes; its data stay."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None

    def administrator(self, cluster: str) -> Object:
        """The kubeconfig of its administrator, with all that it needs in it."""
        pair = self._administrator()
        user = {"client-certificate-data": _encoded(pair.certificate), "client-key-data": _encoded(pair.key)}
        server = {"server": self.server, "certificate-authority-data": _encoded(self._authority.certificate_file)}
        context = f"{cluster}-admin@{cluster}"
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": cluster, "cluster": server}],
            "users": [{"name": f"{cluster}-admin", "user": user}],
            "contexts": [{"name": context, "context": {"cluster": cluster, "user": f"{cluster}-admin"}}],
            "current-context": context,
        }

    async def keep_storage_classes(self, storage_classes: Sequence[Object]) -> None:
        """Make its StorageClasses those that are ``wanted``; nothing while its API does not answer."""
        api = self._api
        if api is None or not self.answers or self._storage_classes == storage_classes:
            return
        names = {storage_class["metadata"]["name"] for storage_class in storage_classes}
        for storage_class in await api.list(resources.STORAGE_CLASSES):
            if storage_class["metadata"]["name"] not in names:
                await api.delete(resources.STORAGE_CLASSES, storage_class["metadata"]["name"])
        for storage_class in storage_classes:
            await api.apply(resources.STORAGE_CLASSES, storage_class)
        self._storage_classes = storage_classes

    async def keep_nodes(self, desired: Mapping[str, tuple[Object, Object]]) -> set[str]:
        """Make its nodes those that are ``wanted`` (node and status by name), delete others with their pods.

        The names of those that are there; none while its API does not answer.
        """
        api = self._api
        if api is None or not self.answers:
            return set()
        current = {node["metadata"]["name"]: node for node in await api.list(NODES)}
        for name in current.keys() - desired.keys():
            for pod in await api.list(resources.PODS, field_selector=f"spec.nodeName={name}"):
                metadata = pod["metadata"]
                await api.delete(resources.PODS, metadata["name"], metadata["namespace"], grace_period_seconds=0)
            await api.delete(NODES, name)
            self._nodes.pop(name, None)
        for name, (node, status) in desired.items():
            reported = {**node, "status": status}
            if name not in current or self._nodes.get(name) != reported:
                await _write_node(api, node, status)
                self._nodes[name] = reported
        return set(desired)

    async def _run(self) -> None:
        try:
            async with AsyncExitStack() as closing:
                closing.push_async_callback(self._end)
                files = await asyncio.to_thread(self._write_files)
                api = KubernetesAPI.from_kubeconfig(self._directory / "admin.kubeconfig", field_manager="kubelet")
                self._api = await closing.enter_async_context(api)
                await self._start_parts(api, files)
                await self._serve_pods(api)
        except Exception as error:  # noqa: BLE001 - one cluster's error stops no other
            _log.warning("cluster %s: %s; it is started again", self._description.name, error)
            asyncio.get_running_loop().call_later(_AGAIN, self._changed)

    async def _end(self) -> None:
        self._api = None
        processes, self._processes = self._processes, {}
        await asyncio.gather(*(process.stop(_GRACE) for process in processes.values()))

    async def _start_parts(self, api: KubernetesAPI, files: programs.ClusterFiles) -> None:
        program, ports, description = self._program, self._ports, self._description

        async def ready() -> bool:
            try:
                return await api.raw("GET", "/readyz") == "ok"
            except (KubernetesError, KubernetesUnreachable):
                return False

        server = programs.kube_apiserver(
            program, files, ports, self._etcd, prefix=description.prefix, services=description.services
        )
        await self._process("kube-apiserver", server, ready).start(_READY_WITHIN)
        manager = programs.kube_controller_manager(program, files, ports)
        scheduler = programs.kube_scheduler(program, files, ports)
        await asyncio.gather(
            *(
                self._process(name, command, partial(accepts_connections, ports[name])).start(_READY_WITHIN)
                for name, command in (("kube-controller-manager", manager), ("kube-scheduler", scheduler))
            )
        )

    def _process(self, name: str, command: Sequence[str], ready: Callable[[], Awaitable[bool]]) -> SandboxProcess:
        log = self._directory / "logs" / f"{name}.log"
        process = SandboxProcess(
            f"{self._description.name} {name}",
            command,
            ready,
            log,
            environment=programs.ENVIRONMENT,
            changed=self._changed,
        )
        self._processes[name] = process
        return process

    async def _serve_pods(self, api: KubernetesAPI) -> None:
        pods = WatchedObjects(api, resources.PODS, field_selector="spec.nodeName!=")
        claims = WatchedObjects(api, resources.PERSISTENT_VOLUME_CLAIMS)
        addresses = AddressPool(self._description.pods, "a pod")
        served = ClusterPods(api, SimulatedRuntime(), pods=pods, objects=PodObjects(api, claims), addresses=addresses)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(claims.run())
                tasks.create_task(pods.run())
        finally:
            served.close()

    def _administrator(self) -> KeyPair:
        return self._authority.client("admin", "kubernetes-admin", ["system:masters"])

    def _write_files(self) -> programs.ClusterFiles:
        authority = self._authority

        def config(name: str, pair: KeyPair) -> Path:
            path = self._directory / f"{name}.kubeconfig"
            write_json(path, kubeconfig(self.server, authority.certificate_file, pair))
            return path

        config("admin", self._administrator())
        manager = authority.client("manager", "system:kube-controller-manager", ["system:masters"])
        addresses = [self._description.host, self._description.service_address]
        return programs.ClusterFiles(
            ca_file=authority.certificate_file,
            server=authority.server("kubernetes", API_NAMES, addresses),
            service_account=signing_key(self._directory / "service-account"),
            controller_manager_kubeconfig=config("kube-controller-manager", manager),
            scheduler_kubeconfig=config("kube-scheduler", authority.client("scheduler", "system:kube-scheduler")),
        )


async def _write_node(api: KubernetesAPI, node: Object, status: Object) -> None:
    name = node["metadata"]["name"]
    current = await api.apply(NODES, node)
    now = rfc3339(time.time())
    conditions = with_transitions(status["conditions"], current.get("status", {}).get("conditions", ()), now)
    reported = {**status, "conditions": [{**condition, "lastHeartbeatTime": now} for condition in conditions]}
    await api.patch(NODES, name, {"status": reported}, subresource="status")
    # The API server has put the taint of a node that is not ready on a new one.
    await api.patch(NODES, name, {"spec": {"taints": node["spec"]["taints"]}})


def _encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
