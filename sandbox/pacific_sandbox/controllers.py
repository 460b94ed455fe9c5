"""The Supervisor's own controllers as one process: Spherelet of each host, VM Operator, the load balancer of Services,
Knative, Cluster API, and a stand-in for External Secrets.

``python -m pacific_sandbox.controllers --configuration FILE``. It ends at SIGTERM, or when its parent is gone.
"""

import argparse
import asyncio
import contextlib
import json
import logging
import os
import signal
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any, Self

from pacific_infra.errors import PacificError
from pacific_sandbox.certificates import KeyPair
from pacific_sandbox.cluster_api.clusters import Clusters
from pacific_sandbox.cluster_api.definitions import CLUSTER_LABEL, CLUSTERS
from pacific_sandbox.cluster_api.kubernetes_clusters import KubernetesClusters
from pacific_sandbox.cluster_api.programs import Etcd
from pacific_sandbox.crx.image_store import ImageStore
from pacific_sandbox.crx.machine_command import MachineFiles
from pacific_sandbox.crx.machines import Machines
from pacific_sandbox.crx.qemu_runtime import QemuRuntime
from pacific_sandbox.external_secrets.controller import external_secrets
from pacific_sandbox.guests.qemu_guests import QemuGuests
from pacific_sandbox.knative.knative import knative
from pacific_sandbox.kubernetes_api import KubernetesAPI
from pacific_sandbox.load_balancer import SERVICES, LoadBalancer
from pacific_sandbox.pod_network.pod_network import PodNetwork
from pacific_sandbox.pod_network.router import NetworkPlan
from pacific_sandbox.process_pods.process_images import ProcessImages
from pacific_sandbox.process_pods.process_runtime import ProcessRuntime
from pacific_sandbox.reconcile.addresses import AddressPool
from pacific_sandbox.reconcile.events import EventRecorder
from pacific_sandbox.reconcile.placement import Placement
from pacific_sandbox.reconcile.watched_objects import WatchedObjects
from pacific_sandbox.spherelet.kubelet_api.server import KubeletAPI, KubeletTLS
from pacific_sandbox.spherelet.maintenance import Maintenance
from pacific_sandbox.spherelet.nodes import Nodes
from pacific_sandbox.spherelet.pod_objects import PodObjects
from pacific_sandbox.spherelet.pod_runtime import PodRuntime
from pacific_sandbox.spherelet.pods import PODS, Pods
from pacific_sandbox.spherelet.simulated_runtime import SimulatedRuntime
from pacific_sandbox.supervisor import resources
from pacific_sandbox.vcenter_client.inventory import VCenterInventory
from pacific_sandbox.vcenter_client.session import VCenterConnection
from pacific_sandbox.vm_operator.admission.server import AdmissionEndpoint
from pacific_sandbox.vm_operator.guest_runtime import GuestRuntime, SimulatedGuests
from pacific_sandbox.vm_operator.machine_operations import MachineOperations
from pacific_sandbox.vm_operator.vm_operator import Runner, Shared, vm_operator

_INGRESS_NETWORK = "10.244.32.0/22"
_PARENT_LOOK = 2.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RuntimeConfiguration:
    """Where the runtime ``qemu`` finds what it needs, and keeps what it makes."""

    machines: Path
    """The toolchain's folder of CRX machines."""
    images: Path
    directory: Path


@dataclass(frozen=True)
class ProcessesConfiguration:
    """Where pods that run as processes find their images, and keep what they make."""

    images: Path
    directory: Path


@dataclass(frozen=True)
class ClustersConfiguration:
    """What the Kubernetes of workload clusters is started with."""

    program: Path
    """The one with the Kubernetes components."""
    etcd: Etcd
    directory: Path


@dataclass(frozen=True)
class ControllersConfiguration:
    """What the controllers of one Supervisor need to know."""

    kubeconfig: Path
    kubelet: KubeletTLS
    vcenter: VCenterConnection
    supervisor: str
    zone: str
    pod_network: str
    service_network: str
    vm_network: str
    ingress_network: str
    """Addresses of load balancers."""
    admission: AdmissionEndpoint | None = None
    """Where VM Operator's webhooks are served."""
    activator: int | None = None
    """Port at which functions are asked; None: without Knative."""
    log_level: str = "INFO"
    clusters: ClustersConfiguration | None = None
    """None: without Cluster API."""
    runtime: RuntimeConfiguration | None = None
    """None: pods are simulated."""
    processes: ProcessesConfiguration | None = None
    """None: no pod runs as processes."""

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the JSON file that the sandbox writes. Raises PacificError where it is not one."""
        try:
            document: dict[str, Any] = json.loads(path.read_text())
            vcenter, kubelet = document["vcenter"], document["kubelet_server"]
            ca_file = vcenter.get("ca_file")
            return cls(
                kubeconfig=Path(document["kubeconfig"]),
                kubelet=KubeletTLS(
                    certificate=Path(kubelet["certificate"]),
                    key=Path(kubelet["key"]),
                    client_ca=Path(kubelet["client_ca_file"]),
                ),
                vcenter=VCenterConnection(
                    url=vcenter["url"],
                    username=vcenter["username"],
                    password_file=Path(vcenter["password_file"]),
                    ca_file=Path(ca_file) if ca_file else None,
                    datacenter=document["datacenter"],
                    cluster=document["cluster_name"],
                ),
                supervisor=document["supervisor"],
                zone=document["zone"],
                pod_network=document["pod_network"],
                service_network=document["service_network"],
                vm_network=document["vm_network"],
                ingress_network=document.get("ingress_network", _INGRESS_NETWORK),
                admission=_admission(document.get("admission")),
                activator=document.get("activator"),
                log_level=document.get("log_level", "INFO"),
                clusters=_clusters(document.get("clusters")),
                runtime=_runtime(document.get("runtime") or {}),
                processes=_processes(document.get("processes")),
            )
        except OSError as error:
            problem = "cannot read the controllers' configuration"
            raise PacificError(problem, place=str(path), value=error.strerror) from None
        except (ValueError, KeyError) as error:
            raise PacificError("not a controllers' configuration", place=str(path), value=str(error)) from None


def _admission(document: dict[str, Any] | None) -> AdmissionEndpoint | None:
    if document is None:
        return None
    return AdmissionEndpoint(document["port"], KeyPair(Path(document["certificate"]), Path(document["key"])))


def _runtime(document: dict[str, Any]) -> RuntimeConfiguration | None:
    if not document.get("machines"):
        return None
    return RuntimeConfiguration(Path(document["machines"]), Path(document["images"]), Path(document["directory"]))


def _processes(document: dict[str, Any] | None) -> ProcessesConfiguration | None:
    return None if document is None else ProcessesConfiguration(Path(document["images"]), Path(document["directory"]))


def _clusters(document: dict[str, Any] | None) -> ClustersConfiguration | None:
    if document is None:
        return None
    etcd = document["etcd"]
    client = KeyPair(Path(etcd["certificate"]), Path(etcd["key"]))
    shared = Etcd(etcd["url"], Path(etcd["ca_file"]), client)
    return ClustersConfiguration(Path(document["program"]), shared, Path(document["directory"]))


def _runtimes(
    configuration: ControllersConfiguration,
    api: KubernetesAPI,
    watched: Mapping[str, WatchedObjects],
    inventory: VCenterInventory,
    events: EventRecorder,
) -> tuple[PodRuntime, GuestRuntime, Sequence[Runner]]:
    """What runs pods, what runs virtual machines, and what is to run beside them."""
    runtime = configuration.runtime
    if runtime is None:
        return SimulatedRuntime(), SimulatedGuests(), ()
    plan = NetworkPlan(
        pods=IPv4Network(configuration.pod_network),
        services=IPv4Network(configuration.service_network),
        api=api.server.removeprefix("https://"),
        functions=None if configuration.activator is None else f"127.0.0.1:{configuration.activator}",
    )
    network = PodNetwork(api, plan, **watched)
    machines = Machines(MachineFiles.of(runtime.machines), runtime.directory, network.router)
    images = ImageStore(runtime.images)
    guests = QemuGuests(
        api,
        machines=machines,
        images=images,
        network=configuration.vm_network,
        events=events,
        options=MachineOperations(inventory).options,
    )
    return QemuRuntime(api, machines=machines, images=images), guests, [network]


def _cluster_api(
    configuration: ClustersConfiguration, api: KubernetesAPI, services: WatchedObjects
) -> Sequence[Runner]:
    clusters = WatchedObjects(api, CLUSTERS)
    machines = WatchedObjects(api, resources.VIRTUAL_MACHINES, label_selector=CLUSTER_LABEL)
    kubernetes = KubernetesClusters(configuration.directory, configuration.program, configuration.etcd)
    controller = Clusters(api, clusters, machines=machines, services=services, kubernetes=kubernetes)
    return [clusters, machines, kubernetes, controller]


async def run_controllers(configuration: ControllersConfiguration) -> None:
    """Reconcile until cancelled. A restart of the API server or of vCenter is waited out."""
    async with KubernetesAPI.from_kubeconfig(configuration.kubeconfig, field_manager="spherelet") as api:
        inventory = VCenterInventory(configuration.vcenter)
        events = EventRecorder(api)
        namespaces = WatchedObjects(api, resources.NAMESPACES)
        pods = WatchedObjects(api, PODS, field_selector="spec.nodeName!=")
        claims = WatchedObjects(api, resources.PERSISTENT_VOLUME_CLAIMS)
        services = WatchedObjects(api, SERVICES)
        placement = Placement(namespaces, inventory)
        watched = {"services": services, "pods": pods, "namespaces": namespaces}
        runtime, guests, companions = _runtimes(configuration, api, watched, inventory, events)
        if (processes := configuration.processes) is not None:
            images = ProcessImages(processes.images)
            runtime = ProcessRuntime(api, runtime, images=images, directory=processes.directory)
        kubelet = KubeletAPI(configuration.kubelet, pods, inventory, runtime)
        maintenance = Maintenance(api, inventory, pods)
        controllers: list[Runner] = [
            maintenance,
            Nodes(api, inventory, configuration.zone, port=kubelet.port, maintenance=maintenance),
            Pods(
                api,
                inventory,
                runtime,
                pods=pods,
                objects=PodObjects(api, claims),
                placement=placement,
                addresses=AddressPool(configuration.pod_network, "a pod"),
                events=events,
            ),
            LoadBalancer(api, services, AddressPool(configuration.ingress_network, "a load balancer")),
        ]
        shared = Shared(api, inventory, events, placement, namespaces, pods, claims, services, configuration.vcenter)
        controllers += vm_operator(
            shared,
            network=configuration.vm_network,
            zone=configuration.zone,
            guests=guests,
            admission=configuration.admission,
        )
        controllers += external_secrets(api)
        if configuration.clusters is not None:
            controllers += _cluster_api(configuration.clusters, api, services)
        if configuration.activator is not None:
            controllers += knative(api, pods, port=configuration.activator, simulated=configuration.runtime is None)
        runners: list[Runner] = [inventory, events, namespaces, pods, claims, services, *companions, *controllers]
        async with asyncio.TaskGroup() as tasks:
            for runner in runners:
                tasks.create_task(runner.run(), name=type(runner).__name__)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the configuration and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--configuration", type=Path, help="the configuration, a JSON file")
    source.add_argument("--supervisor", type=Path, help="the Supervisor's folder, with controllers.json in it")
    options = parser.parse_args(arguments)
    path: Path = options.configuration or options.supervisor / "controllers.json"
    try:
        configuration = ControllersConfiguration.read(path)
    except PacificError as error:
        parser.exit(2, f"{error}\n")
    logging.basicConfig(
        level=configuration.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True
    )
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    code = asyncio.run(_until_asked(run_controllers(configuration)))
    # Threads may wait for vCenter's answer for a minute; nothing of theirs is worth that.
    logging.shutdown()
    os._exit(code)


async def _until_asked(work: Coroutine[Any, Any, None]) -> int:
    """Run ``work`` until SIGTERM, SIGINT or the parent's end: exit code 0; 1 where it ended by itself."""
    parent, loop, stop_requested = os.getppid(), asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop_requested.set)

    async def watch_parent() -> None:
        while os.getppid() == parent:  # noqa: ASYNC110 - nothing tells of a parent's end on every system
            await asyncio.sleep(_PARENT_LOOK)
        stop_requested.set()

    tasks = [asyncio.create_task(work), asyncio.create_task(stop_requested.wait()), asyncio.create_task(watch_parent())]
    await asyncio.wait(tasks[:2], return_when=asyncio.FIRST_COMPLETED)
    failure = tasks[0].exception() if tasks[0].done() else None
    if failure is not None:
        _log.error("controllers ended", exc_info=failure)
    for task in tasks:
        task.cancel()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(1.0):
            await asyncio.gather(*tasks, return_exceptions=True)
    return 0 if stop_requested.is_set() else 1


if __name__ == "__main__":
    main()
