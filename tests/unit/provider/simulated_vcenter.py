"""The provider on the simulated vCenter of the sandbox, both in this process: the whole REST API, in versions."""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
from conftest import Engine, RecordingLog, no_sleep, values
from pulumi.provider.experimental import provider as sdk
from wire_double import PASSWORD

from pacific_infra.provider.configuration import Configuration
from pacific_infra.provider.provider import PacificProvider
from pacific_infra.sandbox.certificates import CertificateAuthority
from pacific_infra.sandbox.vcenter import VCenterConfiguration, create_app
from pacific_infra.vcenter.client import VCenterClient

sys.path.insert(0, str(Path(__file__).parents[1] / "sandbox_vcenter"))

from vcenter_doubles import ControlPlanesDouble, InventoryDouble

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
}


class Site:
    """A vCenter of some version with a client of its own, for what people do by hand, and any number of engines."""

    def __init__(self, app: Any, folder: Path) -> None:
        self._app = app
        self._folder = folder
        self._engines: list[Engine] = []
        self.sent: list[tuple[str, str, Any]] = []
        """Method, path and body of each request of the engines, sessions and look-ups left out."""
        self.exchanged: list[tuple[str, str, Any, httpx2.Response]] = []
        """Method, path, body and reply of every request of the engines, sessions left out."""
        self.by_hand = self._client(Configuration(server="vcenter.test", username=USER, password=PASSWORD), seen=False)
        self._clients = [self.by_hand]

    async def engine(self, stack: str = "dev", **configuration: Any) -> Engine:
        """A configured provider."""
        log = RecordingLog()

        def make_client(made: Configuration) -> VCenterClient:
            client = self._client(made, seen=True)
            self._clients.append(client)
            return client

        provider = PacificProvider(log, make_client=make_client, first_pause=0.01)
        variables = {
            **{"server": "vcenter.test", "username": USER, "password": PASSWORD},
            **{"waitTimeout": "10", "errorGrace": "5", **configuration},
        }
        await provider.configure(sdk.ConfigureRequest({}, values(variables), True, True))
        return Engine(None, provider, log, stack)  # type: ignore[arg-type]

    async def close(self) -> None:
        """End the sessions."""
        for client in self._clients:
            await client.close()

    def _client(self, made: Configuration, *, seen: bool) -> VCenterClient:
        app = httpx2.ASGITransport(self._app)

        class Transport(httpx2.AsyncBaseTransport):
            async def handle_async_request(inner, request: httpx2.Request) -> httpx2.Response:  # noqa: N805
                reply = await app.handle_async_request(request)
                if seen and "session" not in request.url.path:
                    body = json.loads(request.content) if request.content else None
                    path = request.url.raw_path.decode().removeprefix("/api")
                    await reply.aread()
                    self.exchanged.append((request.method, path, body, reply))
                    if request.method != "GET":
                        self.sent.append((request.method, path, body))
                return reply

        return VCenterClient(made.settings(), transport=Transport(), sleep=no_sleep)


@asynccontextmanager
async def simulated(folder: Path, version: str = "9.1") -> AsyncIterator[Site]:
    """A vCenter of ``version`` with its state in ``folder``."""
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
        resynchronization=0.05,
        first_retry=0.02,
    )
    app = create_app(configuration, ControlPlanesDouble(), InventoryDouble())
    async with app.router.lifespan_context(app):
        site = Site(app, folder)
        yield site
        await site.close()


async def with_supervisor(site: Site) -> Engine:
    """An engine on a site with one Supervisor, ``supervisor-01``."""
    engine = await site.engine()
    await engine.create("Supervisor", "supervisor-01", SUPERVISOR)
    site.sent.clear()
    return engine
