import asyncio
from pathlib import Path

import httpx2
from starlette.responses import PlainTextResponse

from pacific_sandbox.faults.api_fault import ApiFault
from pacific_sandbox.faults.decision import Decision
from pacific_sandbox.faults.decisions import PATH, FaultDecisions, as_json
from pacific_sandbox.faults.declared_faults import FaultsFile
from pacific_sandbox.faults.fault_gate import FaultGate


def kubernetes(effect: str, value: float | None = None) -> ApiFault:
    return ApiFault("4", "kubernetes", effect, value=value)


def test_a_refusal_is_a_status_as_the_api_server_makes_it() -> None:
    answer = as_json(Decision(1.5, kubernetes("fail", 503)))
    assert (answer["delay"], answer["effect"], answer["status"]) == (1.5, "fail", 503)
    assert answer["body"] == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": "fault 4 of the sandbox: Service Unavailable",
        "reason": "ServiceUnavailable",
        "code": 503,
    }
    limited = as_json(Decision(0.0, kubernetes("limit", 3)))
    assert (limited["status"], limited["headers"]["Retry-After"]) == (429, "3")
    assert limited["body"]["reason"] == "TooManyRequests"
    assert as_json(Decision(0.0, kubernetes("fail", 599)))["body"]["reason"] == "Unknown"


def test_what_is_not_refused_is_only_named() -> None:
    assert as_json(Decision(2.0)) == {"delay": 2.0}
    assert as_json(Decision(0.0, kubernetes("lose"))) == {"delay": 0.0, "effect": "lose"}
    assert as_json(Decision(0.0, kubernetes("hang"))) == {"delay": 0.0, "effect": "hang"}


def test_a_front_asks_and_all_else_is_the_login_services(tmp_path: Path) -> None:
    async def body() -> None:
        file = FaultsFile(tmp_path / "faults.json")
        with file.changing() as change:
            fault = ApiFault("1", "kubernetes", "hang", method="PATCH", path="*/deployments/*")
            change.declared = change.declared.with_api(fault)
        app = FaultDecisions(PlainTextResponse("login"), FaultGate(file, tmp_path / "applied.json"))
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url="https://login.test") as client:
            path = "/apis/apps/v1/namespaces/shop/deployments/web"
            met = await client.get(PATH, params={"method": "PATCH", "path": path})
            assert met.json() == {"delay": 0.0, "effect": "hang"}
            other = await client.get(PATH, params={"method": "GET", "path": path})
            assert other.json() == {"delay": 0.0}
            assert (await client.get("/other")).text == "login"

    asyncio.run(body())
