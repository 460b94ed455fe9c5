"""A Supervisor's control plane on this computer: real Kubernetes components, and what vCenter keeps in them."""

import asyncio
import contextlib
import logging
import shutil
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pacific_infra.errors import PacificError
from pacific_sandbox.certificates import CertificateAuthority, KeyPair, signing_key
from pacific_sandbox.cluster_api.catalogue import catalogue_definitions, catalogue_objects
from pacific_sandbox.cluster_api.definitions import definitions as cluster_definitions
from pacific_sandbox.control_plane_protocol import NamespaceDescription, NamespaceUse, SupervisorDescription
from pacific_sandbox.external_secrets.definitions import definitions as external_secrets_definitions
from pacific_sandbox.faults.decisions import PATH as FAULT_DECISIONS
from pacific_sandbox.faults.fault_gate import FaultGate
from pacific_sandbox.files import private_directory, write_json
from pacific_sandbox.gateway_api import definitions as gateway_definitions
from pacific_sandbox.knative.definitions import definitions as knative_definitions
from pacific_sandbox.kubernetes_api import KubernetesAPI, KubernetesError, KubernetesUnreachable, Object, Resource
from pacific_sandbox.layout import Layout
from pacific_sandbox.ports import Ports
from pacific_sandbox.processes.processes import Processes, accepts_connections
from pacific_sandbox.supervisor import programs
from pacific_sandbox.supervisor.bootstrap import bootstrap
from pacific_sandbox.supervisor.controllers_file import SimulatorAddress, controllers_configuration
from pacific_sandbox.supervisor.custom_resource_definitions import read_definitions
from pacific_sandbox.supervisor.login import LoginService, SupervisorLogin
from pacific_sandbox.supervisor.namespaces import Namespaces
from pacific_sandbox.supervisor.resources import VIRTUAL_MACHINES
from pacific_sandbox.supervisor.volumes import provide_volumes
from pacific_sandbox.vm_operator.admission import webhooks
from pacific_sandbox.vm_operator.admission.review import CONTROLLERS_USER

_READY_WITHIN = 60.0
_CONTROLLERS = "pacific_sandbox.controllers"
_ADMISSION, _ACTIVATOR = "admission", "activator"
_PORTS = (
    "etcd",
    "etcd-peer",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "front",
    _ADMISSION,
    _ACTIVATOR,
)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Surroundings:
    """What a control plane shares with the rest of its sandbox."""

    layout: Layout
    ports: Ports
    processes: Processes
    authority: CertificateAuthority
    login: LoginService
    login_url: str
    """``https://127.0.0.1:port`` of the login service."""
    simulator: SimulatorAddress
    control_plane: Path
    """The program with etcd and the Kubernetes components."""
    vm_operator: Path
    """VM Operator's module folder."""
    faults: FaultGate
    crx: Path | None
    """What CRX machines are made of; None: pods are simulated."""


class SandboxControlPlanes:
    """Makes the control planes of one sandbox."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._created: list[SandboxControlPlane] = []

    def create(self, description: SupervisorDescription) -> "SandboxControlPlane":
        """The control plane of ``description``; nothing is started yet."""
        control_plane = SandboxControlPlane(self._surroundings, description)
        self._created.append(control_plane)
        return control_plane

    async def stop(self) -> None:
        """End the processes of all of them; their data stay."""
        await asyncio.gather(*(control_plane.stop(delete=False) for control_plane in self._created))


_RESTORED = "vmoperator.vmware.com/restored-vm"
"""Annotation of what was made by registervm."""


class SandboxControlPlane:
    """etcd, kube-apiserver, kube-controller-manager, kube-scheduler and the front of one Supervisor."""

    def __init__(self, surroundings: Surroundings, description: SupervisorDescription) -> None:
        self._surroundings = surroundings
        self._description = description
        self._directory = surroundings.layout.supervisor(description.supervisor)
        self._lock = asyncio.Lock()
        self._address: str | None = None
        self._kubernetes: KubernetesAPI | None = None
        self._namespaces: Namespaces | None = None
        self._volumes: asyncio.Task[None] | None = None
        self._reached: list[str] = []
        """The conditions that are met."""

    async def start(self) -> str:
        """Start it, or bind to it where it already runs; returns its address ``127.0.0.1:port``.

        Raises PacificError, naming the process, where one does not get ready.
        """
        async with self._lock:
            if self._address is None:
                try:
                    self._address = await self._start()
                except BaseException:
                    await self._stop()
                    raise
            return self._address

    async def stop(self, *, delete: bool) -> None:
        """End its processes; ``delete`` also removes its data."""
        async with self._lock:
            await self._stop()
            if delete:
                self._surroundings.ports.forget(self._port_name(""))
                await asyncio.to_thread(shutil.rmtree, self._directory, ignore_errors=True)

    async def _start(self) -> str:
        ports = {name: self._surroundings.ports.choose(self._port_name(name)) for name in _PORTS}
        files = await asyncio.to_thread(self._write_files, ports)
        self._reached.append("InfrastructureInitialized")
        self._kubernetes = kubernetes = KubernetesAPI.from_kubeconfig(
            self._directory / "admin.kubeconfig", field_manager="wcp"
        )
        definitions, _ = await asyncio.gather(
            asyncio.to_thread(read_definitions, self._surroundings.vm_operator, self._conversion(ports)),
            self._start_server(files, ports, kubernetes),
        )
        self._reached.append("ControlPlaneVMsDeployed")
        await asyncio.gather(
            self._start_controllers(files, ports),
            bootstrap(
                kubernetes,
                self._description,
                [
                    *definitions,
                    *knative_definitions(),
                    *cluster_definitions(self._conversion(ports)),
                    *catalogue_definitions(),
                    *gateway_definitions(),
                    *external_secrets_definitions(),
                ],
                self._webhooks(ports),
                catalogue_objects(),
            ),
        )
        self._namespaces = Namespaces(kubernetes, self._description)
        self._volumes = asyncio.create_task(provide_volumes(kubernetes, self._full_datastore))
        self._volumes.add_done_callback(_log_failure)
        # They need the definitions.
        await self._start_supervisor_controllers(ports)
        address = f"127.0.0.1:{ports['front']}"
        login = SupervisorLogin(address, signing_key(self._directory / "login"), self._namespaces.workloads)
        self._surroundings.login.add(self._description.supervisor, login)
        self._reached.append("ControlPlaneVMsConfigured")
        return address

    async def _stop(self) -> None:
        self._address = None
        self._namespaces = None
        self._reached.clear()
        self._surroundings.login.remove(self._description.supervisor)
        if self._volumes is not None:
            self._volumes.cancel()
            await asyncio.wait([self._volumes])
            self._volumes = None
        if self._kubernetes is not None:
            await self._kubernetes.close()
            self._kubernetes = None
        # Clients before servers, so that they do not complain.
        for group in (
            ("controllers", "front", "kube-controller-manager", "kube-scheduler"),
            ("kube-apiserver",),
            ("etcd",),
        ):
            # The kube-apiserver would wait a minute for open watches; it keeps nothing that is not in etcd.
            await self._surroundings.processes.remove([self._process_name(name) for name in group], grace=1.0)

    async def apply_namespace(self, namespace: NamespaceDescription) -> None:
        """Make the Kubernetes side of a vSphere Namespace as described: objects added, changed, removed."""
        await self._running().apply(namespace)

    async def delete_namespace(self, name: str) -> bool:
        """Ask for the namespace's end; True once it is gone with all that was in it."""
        return await self._running().delete(name)

    async def namespace_use(self, name: str) -> NamespaceUse:
        """What its pods, VMs and volumes ask for now."""
        return await self._running().use(name)

    async def register_machine(self, resource: Mapping[str, Any]) -> bool:
        """Make a VirtualMachine of a machine that is there; False where it is there already."""
        kubernetes = self._kubernetes
        if kubernetes is None:
            raise PacificError(f"the control plane of {self._description.name} does not run")
        metadata = resource["metadata"]
        annotations = {**metadata.get("annotations", {}), _RESTORED: ""}
        try:
            await kubernetes.create(
                VIRTUAL_MACHINES, {**resource, "metadata": {**metadata, "annotations": annotations}}
            )
        except KubernetesError as error:
            if error.reason == "AlreadyExists":
                return False
            raise
        return True

    async def conditions(self) -> Sequence[Mapping[str, Any]]:
        """Its processes as vCenter lists them, and each namespace that does not go away, with what it waits for."""
        states = {process["name"]: process["state"] for process in self._surroundings.processes.as_json()}
        names = [self._process_name(name) for name in (*programs.COMPONENTS, "controllers")]
        down = [f"{name} is {states[name]}" for name in names if states.get(name, "running") != "running"]
        conditions = [
            _condition(type_, type_ in self._reached, "" if type_ in self._reached else "Configuring")
            for type_ in ("InfrastructureInitialized", "ControlPlaneVMsDeployed", "ControlPlaneVMsConfigured")
        ]
        conditions.append(_condition("KubernetesComponentsRunning", self._address is not None and not down, *down))
        if self._namespaces is not None and not down:
            with contextlib.suppress(KubernetesError, KubernetesUnreachable):
                for name, message in (await self._namespaces.remaining()).items():
                    conditions.append(_condition(f"NamespaceDeleted/{name}", False, message, severity="INFO"))
        return conditions

    def _full_datastore(self) -> str | None:
        return self._surroundings.faults.declared().full_datastore_of(self._description.cluster_name)

    def _running(self) -> Namespaces:
        if self._namespaces is None:
            raise PacificError(
                f"the control plane of {self._description.name} does not run", fix="wait until its status is RUNNING"
            )
        return self._namespaces

    async def _start_server(
        self, files: programs.ControlPlaneFiles, ports: Mapping[str, int], kubernetes: KubernetesAPI
    ) -> None:
        surroundings = self._surroundings
        program = surroundings.control_plane
        front = programs.front(
            program,
            files,
            ports,
            login=f"{surroundings.login_url}/{self._description.supervisor}",
            faults=surroundings.layout.faults,
            decisions=f"{surroundings.login_url}{FAULT_DECISIONS}",
        )

        async def ready() -> bool:
            try:
                return await kubernetes.raw("GET", "/readyz") == "ok"
            except (KubernetesError, KubernetesUnreachable):
                return False

        await asyncio.gather(
            self._start_part("etcd", programs.etcd(program, files, ports), _listens(ports["etcd"])),
            self._start_part("kube-apiserver", programs.kube_apiserver(program, files, ports), ready),
            self._start_part("front", front, _listens(ports["front"])),
        )

    async def _start_controllers(self, files: programs.ControlPlaneFiles, ports: Mapping[str, int]) -> None:
        program = self._surroundings.control_plane
        await asyncio.gather(
            *(
                self._start_part(name, command(program, files, ports), _listens(ports[name]))
                for name, command in (
                    ("kube-controller-manager", programs.kube_controller_manager),
                    ("kube-scheduler", programs.kube_scheduler),
                )
            )
        )

    async def _start_supervisor_controllers(self, ports: Mapping[str, int]) -> None:
        command = [sys.executable, "-m", _CONTROLLERS, "--supervisor", str(self._directory)]
        # Without its webhooks nothing of VM Operator's could be written.
        await self._start_part("controllers", command, _listens(ports[_ADMISSION]))

    def _conversion(self, ports: Mapping[str, int]) -> Object:
        url = f"https://127.0.0.1:{ports[_ADMISSION]}"
        return webhooks.conversion(url, self._surroundings.authority.certificate_file.read_bytes())

    def _webhooks(self, ports: Mapping[str, int]) -> Sequence[tuple[Resource, Object]]:
        url = f"https://127.0.0.1:{ports[_ADMISSION]}"
        return webhooks.configurations(url, self._surroundings.authority.certificate_file.read_bytes())

    async def _start_part(self, name: str, command: Sequence[str], ready: Callable[[], Awaitable[bool]]) -> None:
        process = self._surroundings.processes.add(self._process_name(name), command, ready, programs.ENVIRONMENT)
        await process.start(_READY_WITHIN)

    def _write_files(self, ports: Mapping[str, int]) -> programs.ControlPlaneFiles:
        directory = private_directory(self._directory)
        authority = self._surroundings.authority
        ca_file = authority.certificate_file
        server = f"https://127.0.0.1:{ports['kube-apiserver']}"

        def client(name: str, common_name: str, *organizations: str) -> KeyPair:
            return authority.client(name, common_name, organizations)

        def kubeconfig(name: str, address: str, pair: KeyPair | None) -> Path:
            path = directory / f"{name}.kubeconfig"
            write_json(path, programs.kubeconfig(address, ca_file, pair))
            return path

        masters = "system:masters"
        kubeconfig("admin", server, client("admin", "kubernetes-admin", masters))
        authentication = directory / "authentication.json"
        write_json(authentication, programs.authentication_configuration())
        review = f"{self._surroundings.login_url}/{self._description.supervisor}/tokenreview"
        controllers = kubeconfig("controllers", server, client("controllers", CONTROLLERS_USER, masters))
        self._write_controllers_configuration(controllers, ports)
        return programs.ControlPlaneFiles(
            data=private_directory(directory / "etcd"),
            ca_file=ca_file,
            # With the names by which pods know the API server.
            server=authority.server("kubernetes", programs.API_NAMES, [programs.API_ADDRESS]),
            etcd_client=client("etcd-client", "kube-apiserver"),
            kubelet_client=client("kubelet-client", "kube-apiserver-kubelet-client"),
            service_account=signing_key(directory / "service-account"),
            authentication=authentication,
            token_webhook=kubeconfig("token-webhook", review, None),
            # With its full rights the one client serves all controllers: no token to be made for each of them.
            controller_manager_kubeconfig=kubeconfig(
                "kube-controller-manager",
                server,
                client("kube-controller-manager", "system:kube-controller-manager", masters),
            ),
            scheduler_kubeconfig=kubeconfig(
                "kube-scheduler", server, client("kube-scheduler", "system:kube-scheduler")
            ),
        )

    def _write_controllers_configuration(self, kubeconfig: Path, ports: Mapping[str, int]) -> None:
        surroundings = self._surroundings
        write_json(
            self._directory / "controllers.json",
            controllers_configuration(
                self._description,
                self._directory,
                surroundings.authority,
                surroundings.simulator,
                kubeconfig=kubeconfig,
                ports=ports,
                control_plane=surroundings.control_plane,
                images=surroundings.layout.images,
                process_images=surroundings.layout.process_images,
                crx=surroundings.crx,
            ),
        )

    def _process_name(self, component: str) -> str:
        return f"{self._description.cluster_name}-{component}"

    def _port_name(self, component: str) -> str:
        return f"supervisors/{self._description.supervisor}/{component}"


def _condition(type_: str, met: bool, *messages: str, severity: str = "WARNING") -> Mapping[str, Any]:
    """``severity``: how bad it is where it is not met."""
    text = "; ".join(message for message in messages if message)
    return {
        "type": type_,
        "status": "TRUE" if met else "FALSE",
        "reason": "" if met else "NotReady",
        "severity": "INFO" if met else severity,
        "description": text,
    }


def _listens(port: int) -> Callable[[], Awaitable[bool]]:
    return lambda: accepts_connections(port)


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        _log.error("volumes are served no longer", exc_info=task.exception())
