import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from pacific_infra.errors import PacificError
from pacific_infra.retry_after import retry_after
from pacific_infra.vcenter.client import OneLook, VCenterClient
from pacific_infra.vcenter.errors import (
    AlreadyExists,
    InvalidArgument,
    NotFound,
    Unauthenticated,
    Unauthorized,
    Unavailable,
    Unreachable,
    VCenterError,
    error_of,
)
from pacific_infra.vcenter.inventory import Inventory
from pacific_infra.vcenter.settings import VCenterSettings
from pacific_infra.vcenter.version import Version, parse_version, read_version
from tests.support.wire_double import PASSWORD, WireDouble, error

USER = "administrator@vsphere.local"


def client_on(double: WireDouble, password: str = PASSWORD, **options: Any) -> tuple[VCenterClient, list[float]]:
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    settings = VCenterSettings("vcenter.test", USER, password=password)
    return VCenterClient(settings, transport=double.transport(), sleep=sleep, **options), pauses


def test_logs_in_once_for_many_requests_at_a_time() -> None:
    async def body() -> None:
        double = WireDouble()
        client, _ = client_on(double)
        await asyncio.gather(*(client.get("/vcenter/cluster") for _ in range(20)))
        assert [path for _, path, _ in double.log].count("/session") == 1
        await client.close()
        assert double.sessions == set()

    asyncio.run(body())


def test_one_look_asks_each_thing_once_and_does_not_repeat_what_was_refused() -> None:
    async def body() -> None:
        double = WireDouble()
        settings = VCenterSettings("vcenter.test", USER, password=PASSWORD)
        async with OneLook(settings, patience=1.0, transport=double.transport()) as client:
            first, second = await asyncio.gather(client.get("/vcenter/cluster"), client.get("/vcenter/cluster"))
            assert first == second == await client.get("/vcenter/cluster")
            await client.get("/vcenter/cluster", {"names": "cluster-01"})
            for _ in range(2):
                assert await client.find("/vcenter/namespaces/instances/v2/nowhere") is None
        paths = [path.rpartition("/")[2] for _, path, _ in double.log]
        assert paths == ["session", "cluster", "cluster?names=cluster-01", "nowhere", "session"]
        assert double.sessions == set()

    asyncio.run(body())


def test_falls_back_to_the_old_session_path() -> None:
    async def body() -> None:
        double = WireDouble(old_session_path=True)
        client, _ = client_on(double)
        assert await client.get("/vcenter/cluster")
        assert [path for _, path, _ in double.log][:2] == ["/session", "/rest/com/vmware/cis/session"]

    asyncio.run(body())


def test_an_ended_session_is_renewed_once_in_mid_run() -> None:
    async def body() -> None:
        double = WireDouble()
        client, _ = client_on(double)
        await client.get("/vcenter/cluster")
        double.sessions.clear()
        answers = await asyncio.gather(*(client.get("/vcenter/cluster") for _ in range(5)))
        assert all(answers)
        assert [path for _, path, _ in double.log].count("/session") == 2

    asyncio.run(body())


def test_wrong_password_is_one_sentence_with_the_fix() -> None:
    async def body() -> None:
        client, _ = client_on(WireDouble(), password="wrong")
        with pytest.raises(Unauthenticated) as caught:
            await client.get("/vcenter/cluster")
        assert str(caught.value) == (
            "vCenter vcenter.test refuses the password of administrator@vsphere.local: fix: set pacific:password "
            "(as a secret) or pacific:passwordFile to the right one"
        )

    asyncio.run(body())


@pytest.mark.parametrize(("header", "pause"), [({"retry-after": "7"}, 7.0), ({}, 0.5), ({"retry-after": "900"}, None)])
@pytest.mark.parametrize("status", [429, 503])
def test_busy_is_retried_as_vcenter_asks(status: int, header: dict[str, str], pause: float | None) -> None:
    async def body() -> None:
        double = WireDouble()
        client, pauses = client_on(double)
        await client.get("/vcenter/cluster")
        double.failures.append(httpx2.Response(status, headers=header))
        if pause is None:
            with pytest.raises(Unavailable, match="vCenter is still busy"):
                await client.get("/vcenter/cluster")
        else:
            assert await client.get("/vcenter/cluster")
            assert pauses == [pause]

    asyncio.run(body())


def test_a_date_until_which_to_wait_is_one_of_the_servers_clock() -> None:
    headers = {"retry-after": "Sun, 29 Nov 2026 10:00:07 GMT", "date": "Sun, 29 Nov 2026 10:00:00 GMT"}
    assert retry_after(headers) == 7
    assert retry_after({**headers, "date": "Sun, 29 Nov 2026 11:00:00 GMT"}) == 0
    assert retry_after({"retry-after": "soon"}) is None


def test_busy_for_ever_ends() -> None:
    async def body() -> None:
        double = WireDouble()
        client, pauses = client_on(double)
        await client.get("/vcenter/cluster")
        double.failures.extend(error(503, "SERVICE_UNAVAILABLE", "Starting.") for _ in range(50))
        with pytest.raises(Unavailable) as caught:
            await client.post("/vcenter/namespaces/instances/v2", {})
        assert str(caught.value) == (
            "vCenter is still busy: vCenter refused POST /api/vcenter/namespaces/instances/v2: Starting.: fix: run the "
            "same command again later"
        )
        assert len(pauses) == 5

    asyncio.run(body())


def test_a_read_is_repeated_after_a_lost_answer_and_a_create_is_not() -> None:
    async def body() -> None:
        double = WireDouble()
        client, _ = client_on(double)
        await client.get("/vcenter/cluster")
        double.failures.append(httpx2.ReadError("connection reset"))
        assert await client.get("/vcenter/cluster")
        double.failures.append(httpx2.ReadError("connection reset"))
        with pytest.raises(Unreachable) as caught:
            await client.post("/vcenter/namespaces/instances/v2", {})
        assert caught.value.sent

    asyncio.run(body())


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("status", [500, 502, 504])
def test_what_can_be_repeated_is_after_a_failure_of_vcenter(method: str, status: int) -> None:
    async def body() -> None:
        double = WireDouble()
        client, pauses = client_on(double)
        await client.get("/vcenter/cluster")
        double.failures.extend([httpx2.Response(status), httpx2.Response(200, json="done")])
        ask = client.delete("/vcenter/x") if method == "DELETE" else client.request(method, "/vcenter/x")
        assert await ask == "done"
        assert pauses == [0.5]

    asyncio.run(body())


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_create_or_a_deletion_by_a_name_is_not_repeated_after_a_failure_of_vcenter(status: int) -> None:
    async def body() -> None:
        double = WireDouble()
        client, _ = client_on(double)
        await client.get("/vcenter/cluster")
        double.failures.append(httpx2.Response(status))
        with pytest.raises(Unavailable):
            await client.post("/vcenter/x", {})
        double.failures.append(httpx2.Response(status))
        with pytest.raises(Unavailable):
            await client.remove("/vcenter/x", repeatable=False)

    asyncio.run(body())


def test_a_request_that_hangs_is_given_up_soon_and_asked_again() -> None:
    async def body() -> None:
        double, waited = WireDouble(), []

        def handle(request: httpx2.Request) -> httpx2.Response:
            if request.url.path == "/api/session":
                return double.handle(request)
            waited.append(request.extensions["timeout"]["read"])
            if len(waited) < 4:
                raise httpx2.ReadTimeout("no answer", request=request)
            return httpx2.Response(200, json="done")

        settings = VCenterSettings("vcenter.test", USER, password=PASSWORD)
        client = VCenterClient(settings, transport=httpx2.MockTransport(handle), sleep=lambda _: asyncio.sleep(0))
        assert await client.get("/vcenter/x") == "done"
        assert waited == pytest.approx([15.0, 30.0, 60.0, 60.0])

    asyncio.run(body())


class Trickle(httpx2.AsyncByteStream):
    """An answer of which a byte comes again and again, and never the last."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(0.01)
            yield b" "


def test_an_answer_that_never_ends_is_given_up() -> None:
    async def body() -> None:
        double, pauses = WireDouble(), list[float]()

        async def sleep(seconds: float) -> None:
            pauses.append(seconds)

        def handle(request: httpx2.Request) -> httpx2.Response:
            if request.url.path == "/api/session":
                return double.handle(request)
            return httpx2.Response(200, stream=Trickle())

        settings, transport = VCenterSettings("vcenter.test", USER, password=PASSWORD), httpx2.MockTransport(handle)
        client = VCenterClient(settings, transport=transport, request_timeout=0.2, sleep=sleep)
        with pytest.raises(Unreachable) as caught:
            await client.get("/vcenter/x")
        assert caught.value.problem == "vCenter vcenter.test cannot be reached: TimeoutError"
        assert len(pauses) == 5

    asyncio.run(body())


LOGIN_PAGE = b"<html>Sign in to the network</html>"


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        pytest.param(
            httpx2.Response(200, content=LOGIN_PAGE),
            "what answers at vcenter.test is not vCenter: its answer to GET /api/vcenter/x is not JSON",
            id="a page of a proxy",
        ),
        pytest.param(
            httpx2.Response(200, content=b'[{"name": "hal'),
            "what answers at vcenter.test is not vCenter: its answer to GET /api/vcenter/x is not JSON",
            id="half an answer",
        ),
        pytest.param(
            httpx2.Response(404, content=LOGIN_PAGE),
            "vCenter refused GET /api/vcenter/x: HTTP status 404, and the answer is not vCenter's",
            id="a proxy that does not know the path",
        ),
    ],
)
def test_an_answer_that_is_not_vcenters_never_says_that_an_object_is_missing(
    answer: httpx2.Response, problem: str
) -> None:
    async def body() -> None:
        double = WireDouble()
        client, _ = client_on(double)
        await client.get("/vcenter/cluster")
        for ask in (client.find, client.remove):
            double.failures.append(answer)
            with pytest.raises((Unreachable, Unavailable)) as caught:
                await ask("/vcenter/x")
            assert caught.value.problem == problem.replace("GET", "GET" if ask == client.find else "DELETE")
            assert "what stands before vCenter" in str(caught.value)

    asyncio.run(body())


def test_an_answer_that_cannot_be_unpacked_is_asked_for_again() -> None:
    async def body() -> None:
        double = WireDouble()
        client, pauses = client_on(double)
        await client.get("/vcenter/cluster")
        double.failures.append(httpx2.DecodingError("not gzip"))
        assert await client.get("/vcenter/cluster")
        assert pauses == [0.5]

    asyncio.run(body())


def test_a_login_whose_answer_is_lost_is_repeated() -> None:
    async def body() -> None:
        double = WireDouble()
        client, _ = client_on(double)
        double.failures.append(httpx2.ReadError("connection reset"))
        assert await client.get("/vcenter/cluster")

    asyncio.run(body())


def test_a_refused_connection_is_tried_again_also_for_a_create() -> None:
    async def body() -> None:
        double = WireDouble()
        client, pauses = client_on(double)
        double.failures.extend(httpx2.ConnectError("connection refused") for _ in range(2))
        assert await client.get("/vcenter/cluster")
        assert pauses == [0.5, 1.0]

    asyncio.run(body())


def test_not_reachable_says_where() -> None:
    async def body() -> None:
        double = WireDouble()
        client, _ = client_on(double)
        double.failures.extend(httpx2.ConnectError("connection refused") for _ in range(50))
        with pytest.raises(Unreachable) as caught:
            await client.get("/vcenter/cluster")
        assert str(caught.value) == (
            "vCenter vcenter.test cannot be reached: connection refused: fix: check pacific:server and that vCenter is "
            "up; for the sandbox: pacific sandbox up"
        )

    asyncio.run(body())


@pytest.mark.parametrize(
    ("words", "fix"),
    [
        ("certificate has expired", "renew it in vCenter"),
        (
            "unable to get local issuer certificate",
            "name the PEM bundle of its certificate authority in pacific:caFile",
        ),
    ],
)
def test_a_certificate_that_is_refused_in_mid_run_says_why_at_once(words: str, fix: str) -> None:
    async def body() -> None:
        double = WireDouble()
        client, pauses = client_on(double)
        await client.get("/vcenter/cluster")
        cause = ssl.SSLCertVerificationError()
        cause.verify_message = words
        refused = httpx2.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]")
        refused.__cause__ = cause
        double.failures.append(refused)
        with pytest.raises(Unreachable) as caught:
            await client.get("/vcenter/cluster")
        assert str(caught.value) == f"the certificate of vCenter vcenter.test cannot be verified: {words}: fix: {fix}"
        assert pauses == []

    asyncio.run(body())


def test_unreadable_certificate_authorities(tmp_path: Path) -> None:
    async def body() -> None:
        client = VCenterClient(VCenterSettings("vcenter.test", USER, "p", ca_file=tmp_path / "none.pem"))
        with pytest.raises(PacificError, match=r"cannot read the certificate authorities: got '.*none\.pem'"):
            await client.get("/vcenter/cluster")

    asyncio.run(body())


@pytest.mark.parametrize(
    ("response", "kind", "text"),
    [
        (error(404, "NOT_FOUND", "No such thing."), NotFound, "No such thing."),
        (error(400, "ALREADY_EXISTS", "There."), AlreadyExists, "There."),
        (error(400, "INVALID_ARGUMENT", "Bad."), InvalidArgument, "Bad."),
        (error(403, "UNAUTHORIZED", "No privilege."), Unauthorized, "No privilege."),
        (
            httpx2.Response(
                400,
                json={
                    "type": "com.vmware.vapi.std.errors.already_exists",
                    "value": {"messages": [{"default_message": "Old shape."}]},
                },
            ),
            AlreadyExists,
            "Old shape.",
        ),
        (httpx2.Response(500, text="<html>"), Unavailable, "HTTP status 500"),
        (httpx2.Response(418), VCenterError, "HTTP status 418"),
    ],
)
def test_errors_are_typed_with_vcenters_own_words(
    response: httpx2.Response, kind: type[VCenterError], text: str
) -> None:
    result = error_of("GET", "/api/x", response.status_code, response.content)
    assert type(result) is kind
    assert result.problem == f"vCenter refused GET /api/x: {text}"


def test_names_are_looked_up_and_listed_once() -> None:
    async def body() -> None:
        double = WireDouble()
        client, _ = client_on(double)
        inventory = Inventory(client)
        assert await inventory.identifier("cluster", "cluster-01") == "domain-c8"
        assert await inventory.identifier("cluster", "domain-c8") == "domain-c8"
        assert await inventory.identifier("content library", "linux-images") == "0f0c3f5c-0000-4000-8000-000000000001"
        assert await inventory.name("network", "dvportgroup-12") == "workload-01"
        assert await inventory.identifier("distributed switch", "dvs-7") == "dvs-7"
        assert [path for _, path, _ in double.log].count("/vcenter/cluster") == 1

    asyncio.run(body())


def test_a_name_made_meanwhile_is_found() -> None:
    async def body() -> None:
        double = WireDouble()
        client, _ = client_on(double)
        inventory = Inventory(client)
        with pytest.raises(PacificError, match="no such Supervisor in vCenter: got 's'; allowed: none"):
            await inventory.identifier("Supervisor", "s")
        summary = {"config_status": "RUNNING", "kubernetes_status": "READY", "messages": []}
        double.supervisors["id"] = {"name": "s", **summary}
        assert await inventory.identifier("Supervisor", "s") == "id"

    asyncio.run(body())


@pytest.mark.parametrize(
    ("text", "version"),
    [("9.1.0.00100", Version(9, 1, 0)), ("8.0.3", Version(8, 0, 3)), ("9.0", Version(9, 0)), ("new", None)],
)
def test_versions(text: str, version: Version | None) -> None:
    assert parse_version(text) == version


def test_version_by_soap_where_the_appliance_does_not_tell() -> None:
    async def body() -> None:
        double = WireDouble()
        client, _ = client_on(double)
        await client.get("/vcenter/cluster")
        about = "<about><name>VMware vCenter Server</name><version>8.0.3</version></about>"
        double.failures.extend([error(404, "NOT_FOUND", "no"), httpx2.Response(200, text=f"<x>{about}</x>")])
        assert await read_version(client) == Version(8, 0, 3)

    asyncio.run(body())


@pytest.mark.parametrize(
    ("error_kind", "patience", "reason", "left"),
    [
        (httpx2.ConnectError("refused"), 240.0, "refused", [15.5, 15.0, 14.0, 12.0, 8.0]),
        (httpx2.ReadTimeout(""), 240.0, "ReadTimeout", [240.0, 240.0, 194.0, 132.0, 68.0]),
        (httpx2.ConnectError("refused"), 10.0, "refused", [10.0, 10.0, 10.0, 10.0, 8.0]),
    ],
)
def test_who_waits_is_told_what_does_not_answer_and_when_it_is_given_up(
    error_kind: httpx2.TransportError, patience: float, reason: str, left: list[float]
) -> None:
    messages: list[tuple[str, int]] = []

    def fail(_request: httpx2.Request) -> httpx2.Response:
        raise error_kind

    async def no_pause(_seconds: float) -> None:
        return

    async def body() -> None:
        client = VCenterClient(
            VCenterSettings("vcenter.test", USER, password=PASSWORD),
            transport=httpx2.MockTransport(fail),
            sleep=no_pause,
            patience=patience,
            on_wait=lambda text, seconds: messages.append((text, round(seconds))),
        )
        with pytest.raises(Unreachable):
            await client.get("/vcenter/cluster")
        await client.close()

    asyncio.run(body())
    assert messages == [(f"vCenter vcenter.test does not answer ({reason})", round(seconds)) for seconds in left]
