"""The declared faults of APIs as a client meets them: a real server with TLS, and files that change under it."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pacific_sandbox.certificates import CertificateAuthority
from pacific_sandbox.faults.api_fault import ApiFault
from pacific_sandbox.faults.declared_faults import FaultsFile
from pacific_sandbox.faults.fault_gate import FaultGate, read_applied
from pacific_sandbox.faults.middleware import Faults
from pacific_sandbox.ports import listening_socket
from pacific_sandbox.web_server import WebServer
from tests.support.waiting import PATIENCE, wait_until

POWER_ON = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    '<PowerOnVM_Task xmlns="urn:vim25"/></soapenv:Body></soapenv:Envelope>'
)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthority:
    return CertificateAuthority.open(tmp_path_factory.mktemp("certificates"))


class Site:
    """A server that counts what it carries out, with faults in front of it."""

    def __init__(self, folder: Path) -> None:
        self.file = FaultsFile(folder / "faults.json")
        self.applied = folder / "applied.json"
        self.carried_out: list[bytes] = []

    def declare(self, effect: str, value: float | None = None, **values: Any) -> None:
        with self.file.changing() as change:
            fault = ApiFault(str(change.declared.last + 1), values.pop("api", "rest"), effect, value=value, **values)
            change.declared = change.declared.with_api(fault)

    async def answer(self, request: Request) -> Response:
        self.carried_out.append(await request.body())
        return JSONResponse({"done": True})

    @asynccontextmanager
    async def client(self, authority: CertificateAuthority) -> AsyncIterator[httpx2.AsyncClient]:
        app = Starlette(routes=[Route("/{path:path}", self.answer, methods=["GET", "POST"])])
        listener = listening_socket(0)
        server = WebServer("test", Faults(app, FaultGate(self.file, self.applied)), listener, authority.server())
        await server.start(5.0)
        context = ssl.create_default_context(cafile=str(authority.certificate_file))
        address = f"https://127.0.0.1:{listener.getsockname()[1]}"
        try:
            async with httpx2.AsyncClient(
                base_url=address, verify=context, trust_env=False, timeout=PATIENCE
            ) as client:
                yield client
        finally:
            await server.stop()


def test_each_effect_as_a_client_meets_it(authority: CertificateAuthority, tmp_path: Path) -> None:
    async def body() -> None:
        site = Site(tmp_path)
        async with site.client(authority) as client:
            assert (await client.post("/api/x", content=b"0")).status_code == 200

            site.declare("fail", 503, count=1)
            refused = await client.post("/api/x", content=b"1")
            assert (refused.status_code, refused.json()["error_type"]) == (503, "SERVICE_UNAVAILABLE")

            site.declare("limit", 7, count=1)
            limited = await client.post("/api/x", content=b"2")
            assert (limited.status_code, limited.headers["retry-after"]) == (429, "7")

            site.declare("lose", count=1)
            with pytest.raises(httpx2.TransportError):
                await client.post("/api/x", content=b"3")

            site.declare("slow", 0.5, count=1)
            with pytest.raises(httpx2.ReadTimeout):
                await client.post("/api/x", content=b"4", timeout=httpx2.Timeout(PATIENCE, read=0.2))

            site.declare("hang", count=1)
            with pytest.raises(httpx2.ReadTimeout):
                await client.post("/api/x", content=b"5", timeout=httpx2.Timeout(PATIENCE, read=0.3))

            assert (await client.post("/api/x", content=b"6")).status_code == 200
        # The client of the slow one has gone before it was its turn.
        assert [body for body in site.carried_out if body != b"4"] == [b"0", b"3", b"6"]
        counts = {"1": 1, "2": 1, "3": 1, "4": 1, "5": 1}
        await asyncio.to_thread(wait_until, "the counts", lambda: read_applied(site.applied) == counts)

    asyncio.run(body())


def test_soap_is_met_by_its_operation_and_passes_its_body_on(authority: CertificateAuthority, tmp_path: Path) -> None:
    async def body() -> None:
        site = Site(tmp_path)
        site.declare("fail", 500, api="soap", path="/sdk/PowerOnVM_Task")
        async with site.client(authority) as client:
            refused = await client.post("/sdk", content=POWER_ON)
            assert refused.status_code == 500
            assert "<faultstring>" in refused.text
            other = POWER_ON.replace("PowerOnVM_Task", "PowerOffVM_Task")
            assert (await client.post("/sdk", content=other)).status_code == 200
            assert (await client.post("/api/x", content=b"rest")).status_code == 200
        assert site.carried_out == [other.encode(), b"rest"]

    asyncio.run(body())


def test_a_file_that_breaks_leaves_what_was_declared(authority: CertificateAuthority, tmp_path: Path) -> None:
    async def body() -> None:
        site = Site(tmp_path)
        site.declare("fail", 500)
        async with site.client(authority) as client:
            assert (await client.get("/api/x")).status_code == 500
            site.file.path.write_text("{")
            assert (await client.get("/api/x")).status_code == 500
            site.file.path.unlink()
            assert (await client.get("/api/x")).status_code == 200

    asyncio.run(body())


def test_counts_outlive_the_server(authority: CertificateAuthority, tmp_path: Path) -> None:
    async def body() -> None:
        site = Site(tmp_path)
        site.declare("fail", 500, count=2)
        for statuses in ([500], [500, 200]):
            async with site.client(authority) as client:
                assert [(await client.get("/api/x")).status_code for _ in statuses] == statuses
                await asyncio.sleep(0.1)

    asyncio.run(body())
