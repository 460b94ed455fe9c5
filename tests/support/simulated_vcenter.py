"""The provider on the simulated vCenter of the sandbox, both in this process: the whole REST API, in versions."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
from pulumi.provider.experimental import provider as sdk

from pacific_infra.provider.configuration import Configuration
from pacific_infra.provider.provider import PacificProvider
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.settings import VCenterSettings
from pacific_infra.vcenter.supervisor_objects import SupervisorObject
from pacific_sandbox.certificates import CertificateAuthority
from pacific_sandbox.faults.api_fault import ApiFault, ApiRequest
from pacific_sandbox.faults.decision import Decision
from pacific_sandbox.faults.declared_faults import FaultsFile
from pacific_sandbox.faults.fault_gate import FaultGate
from pacific_sandbox.faults.middleware import Faults
from pacific_sandbox.vcenter import VCenterConfiguration, create_app
from tests.support.provider_engine import Engine, RecordingLog, no_sleep, values
from tests.support.vcenter_doubles import ControlPlanesDouble, InventoryDouble
from tests.support.wire_double import PASSWORD

VERSIONS = {"8.0.3": (8, 0, 3), "9.0": (9, 0, 0), "9.1": (9, 1, 0)}
USER = "administrator@vsphere.local"
MANAGEMENT = "/vcenter/namespace-management"
SUPERVISOR: dict[str, Any] = {
    "cluster": "cluster-01",
    "controlPlane": {
        "network": {"backing": {"backing": "NETWORK", "network": "management"}},
        "size": "TINY",
        "storagePolicy": "gold",
    },
    "workloads": {"network": {"networkType": "VSPHERE", "vsphere": {"dvpg": "workload-01"}}, "edge": {}},
    "deletionPolicy": "Delete",
}


class CountingGate(FaultGate):
    """Counts the requests that met a fault."""

    met = 0

    def meet(self, request: ApiRequest) -> Decision:
        decision = super().meet(request)
        self.met += len(decision.applied)
        return decision


class Site:
    """A vCenter of some version with a client of its own, for what people do by hand, and any number of engines."""

    def __init__(
        self, app: Any, folder: Path, sleep: Callable[[float], Awaitable[None]], planes: ControlPlanesDouble
    ) -> None:
        self._faults = FaultsFile(folder / "faults.json")
        self._healthy = app
        self._gate = CountingGate(self._faults, folder / "applied-faults.json")
        self._app = Faults(app, self._gate)
        self._sleep = sleep
        self.planes = planes
        self._engines: list[Engine] = []
        self.objects: list[SupervisorObject] = []
        """What is in namespaces of Supervisors."""
        self.sent: list[tuple[str, str, Any]] = []
        """Method, path and body of each request of the engines, sessions, look-ups and tags left out."""
        self.exchanged: list[tuple[str, str, Any, httpx2.Response]] = []
        """Method, path, body and reply of every request of the engines, sessions left out."""
        self.by_hand = self._client(Configuration(server="vcenter.test", username=USER, password=PASSWORD), seen=False)
        self._clients = [self.by_hand]

    async def engine(self, stack: str = "dev", **configuration: Any) -> Engine:
        """A configured provider."""
        log = RecordingLog()

        def make_client(result: Configuration) -> VCenterClient:
            client = self._client(result, seen=True)
            self._clients.append(client)
            return client

        provider = PacificProvider(log, make_client=make_client, first_pause=0.01, objects_in=self._objects_in)
        variables = {
            **{"server": "vcenter.test", "username": USER, "password": PASSWORD},
            **{"waitTimeout": "10", "errorGrace": "5", **configuration},
        }
        await provider.configure(sdk.ConfigureRequest({}, values(variables), True, True))
        return Engine(None, provider, log, stack)  # type: ignore[arg-type]

    async def _objects_in(
        self, endpoint: str, settings: VCenterSettings, namespaces: Iterable[str]
    ) -> list[SupervisorObject]:
        del endpoint, settings
        return [item for item in self.objects if item.namespace in namespaces]

    def client(self, settings: VCenterSettings) -> VCenterClient:
        """A client with another login; who asked for it closes it."""
        login: dict[str, Any] = {
            "server": settings.server,
            "username": settings.username,
            "password": settings.read_password(),
        }
        return self._client(Configuration(**login), seen=True)

    def declare(self, **values: Any) -> None:
        """What ``pacific sandbox fault api`` does."""
        with self._faults.changing() as change:
            fault = ApiFault(id=str(change.declared.last + 1), api="rest", **values)
            change.declared = change.declared.with_api(fault)

    def applied(self) -> int:
        """How many requests met a fault since the start."""
        return self._gate.met

    def clear(self) -> None:
        """End the declared faults."""
        with self._faults.changing() as change:
            change.declared = change.declared.cleared()

    async def close(self) -> None:
        """End the sessions."""
        for client in self._clients:
            await client.close()

    def _client(self, configuration: Configuration, *, seen: bool) -> VCenterClient:
        class Transport(httpx2.AsyncBaseTransport):
            async def handle_async_request(inner, request: httpx2.Request) -> httpx2.Response:  # noqa: N805
                reply = await _answer(self._app if seen else self._healthy, request)
                if seen and "session" not in request.url.path:
                    body = json.loads(request.content) if request.content else None
                    path = request.url.raw_path.decode().removeprefix("/api")
                    await reply.aread()
                    self.exchanged.append((request.method, path, body, reply))
                    if request.method != "GET" and "/cis/tagging/" not in path:
                        self.sent.append((request.method, path, body))
                return reply

        return VCenterClient(configuration.settings(), transport=Transport(), sleep=self._sleep)


async def _answer(app: Any, request: httpx2.Request) -> httpx2.Response:
    """What a server would: httpx2's own transport knows neither timeouts nor connections that are closed."""
    closed = asyncio.Event()

    class Connection:
        abort = closed.set

    async def with_connection(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "state": {"connection": Connection}}, receive, send)

    answering = asyncio.create_task(httpx2.ASGITransport(with_connection).handle_async_request(request))
    closing = asyncio.create_task(closed.wait())
    try:
        within = request.extensions["timeout"]["read"]
        done, _ = await asyncio.wait({answering, closing}, timeout=within, return_when=asyncio.FIRST_COMPLETED)
    finally:
        closing.cancel()
    if answering in done:
        return answering.result()
    answering.cancel()
    raise httpx2.ReadError("connection closed") if done else httpx2.ReadTimeout("no answer in time")


@asynccontextmanager
async def simulated(
    folder: Path,
    version: str = "9.1",
    sleep: Callable[[float], Awaitable[None]] = no_sleep,
    resynchronization: float = 0.05,
) -> AsyncIterator[Site]:
    """A vCenter of ``version`` with its state in ``folder``; ``sleep`` is how clients pause before asking again."""
    (folder / "users.json").write_text(json.dumps({USER: {"password": PASSWORD, "groups": ["Administrators"]}}))
    (folder / "password").write_text("simulator\n")
    authority = CertificateAuthority.open(folder / "certificates")
    configuration = VCenterConfiguration(
        directory=folder / "vcenter",
        users=folder / "users.json",
        simulator_url="https://127.0.0.1:1",
        simulator_username=USER,
        simulator_password_file=folder / "password",
        ca_file=authority.certificate_file,
        version=VERSIONS[version],
        state_change=0.0,
        resynchronization=resynchronization,
        first_retry=0.02,
    )
    planes = ControlPlanesDouble()
    app = create_app(configuration, planes, InventoryDouble())
    async with app.router.lifespan_context(app):
        site = Site(app, folder, sleep, planes)
        yield site
        await site.close()


async def with_supervisor(site: Site) -> Engine:
    """An engine on a site with one Supervisor, ``supervisor-01``."""
    engine = await site.engine()
    await engine.create("Supervisor", "supervisor-01", SUPERVISOR)
    site.sent.clear()
    return engine
