"""What the daemon of a sandbox runs: the simulated vCenter, the login service, and the programs under them."""

from collections.abc import Callable

from pacific_sandbox.certificates import CertificateAuthority
from pacific_sandbox.configuration import VCENTER_VERSIONS, SandboxConfiguration
from pacific_sandbox.faults.decisions import FaultDecisions
from pacific_sandbox.faults.declared_faults import FaultsFile
from pacific_sandbox.faults.fault_gate import FaultGate
from pacific_sandbox.faults.middleware import Faults
from pacific_sandbox.files import private_directory
from pacific_sandbox.layout import Layout
from pacific_sandbox.ports import Ports, listening_socket
from pacific_sandbox.processes.processes import Processes
from pacific_sandbox.supervisor.control_plane import SandboxControlPlanes, Surroundings
from pacific_sandbox.supervisor.controllers_file import SimulatorAddress
from pacific_sandbox.supervisor.login import LoginService
from pacific_sandbox.users import ADMINISTRATOR, create_users
from pacific_sandbox.vcenter import VCenterConfiguration, create_app
from pacific_sandbox.web_server import WebServer

_SIMULATOR_WITHIN = 60.0
_VCENTER_WITHIN = 60.0
_SIMULATOR = "vcenter-simulator"


class Services:
    """Everything in one sandbox."""

    def __init__(self, layout: Layout, configuration: SandboxConfiguration, changed: Callable[[], None]) -> None:
        self._layout = layout
        self._configuration = configuration
        self._servers: list[WebServer] = []
        self._control_planes: SandboxControlPlanes | None = None
        self.processes = Processes(layout, changed)

    async def start(self) -> str:
        """Start it all; returns the vCenter's address ``127.0.0.1:port``. Raises PacificError."""
        layout = self._layout
        create_users(layout.users, layout.administrator_password)
        authority = CertificateAuthority.open(layout.certificates)
        tls = authority.server()
        ports = Ports(layout.ports)
        names = ("vcenter", "login", _SIMULATOR)
        vcenter_port, login_port, simulator_port = (ports.choose(name) for name in names)

        async def _has_inventory() -> bool:
            # It listens before, but then its inventory is not complete.
            return simulator.has_said(b'{"url":')

        simulator = self.processes.add(
            _SIMULATOR,
            [
                str(self._configuration.vcenter_simulator),
                f"--listen=127.0.0.1:{simulator_port}",
                f"--tls-cert-file={tls.certificate}",
                f"--tls-private-key-file={tls.key}",
                f"--username={ADMINISTRATOR}",
                f"--password-file={layout.administrator_password}",
                f"--hosts={self._configuration.hosts}",
                f"--directory={private_directory(layout.root / 'simulator')}",
                f"--faults={layout.faults}",
            ],
            _has_inventory,
        )
        await simulator.start(_SIMULATOR_WITHIN)
        faults = FaultGate(FaultsFile(layout.faults), layout.applied_faults)
        # Read at each login, so that the next `up` can change it.
        login = LoginService(layout.users, lambda: SandboxConfiguration.read(layout.mark).token_lifetime)
        await self._serve(
            WebServer("login service", FaultDecisions(login.app, faults), listening_socket(login_port), tls)
        )
        self._control_planes = SandboxControlPlanes(
            Surroundings(
                layout=layout,
                ports=ports,
                processes=self.processes,
                authority=authority,
                login=login,
                login_url=f"https://127.0.0.1:{login_port}",
                simulator=SimulatorAddress(
                    url=f"https://127.0.0.1:{simulator_port}/sdk",
                    username=ADMINISTRATOR,
                    password_file=layout.administrator_password,
                    ca_file=authority.certificate_file,
                ),
                control_plane=self._configuration.control_plane,
                vm_operator=self._configuration.vm_operator,
                faults=faults,
                crx=self._configuration.crx,
            )
        )
        configuration = VCenterConfiguration(
            version=VCENTER_VERSIONS[SandboxConfiguration.read(layout.mark).vcenter_version],
            directory=layout.vcenter,
            users=layout.users,
            simulator_url=f"https://127.0.0.1:{simulator_port}",
            simulator_username=ADMINISTRATOR,
            simulator_password_file=layout.administrator_password,
            ca_file=authority.certificate_file,
        )
        vcenter = Faults(create_app(configuration, self._control_planes), faults)
        await self._serve(WebServer("vCenter", vcenter, listening_socket(vcenter_port), tls))
        return f"127.0.0.1:{vcenter_port}"

    async def stop(self) -> None:
        """Stop it all, the vCenter first."""
        for server in reversed(self._servers):
            await server.stop()
        if self._control_planes is not None:
            await self._control_planes.stop()
        # The simulator would wait for open connections; it keeps nothing.
        await self.processes.stop_all(grace=1.0)

    async def _serve(self, server: WebServer) -> None:
        self._servers.append(server)
        await server.start(_VCENTER_WITHIN)
