"""Tells the Supervisors' fronts (tools/control-plane/faults.go) what happens to a request to the Kubernetes API."""

from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from pacific_sandbox.faults.api_fault import ApiFault, ApiRequest
from pacific_sandbox.faults.decision import Decision
from pacific_sandbox.faults.fault_gate import FaultGate

PATH = "/faults/decisions"
_REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
    504: "Timeout",
}


class FaultDecisions:
    """Answers at ``/faults/decisions?method=...&path=...``; everything else is the wrapped application's."""

    def __init__(self, app: ASGIApp, gate: FaultGate) -> None:
        self._app = app
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH:
            await self._app(scope, receive, send)
            return
        query = Request(scope).query_params
        decision = self._gate.meet(ApiRequest("kubernetes", query.get("method", ""), query.get("path", "")))
        await JSONResponse(as_json(decision))(scope, receive, send)


def as_json(decision: Decision) -> dict[str, Any]:
    """As the fronts read it: a refusal comes whole, as the kube-apiserver would put it."""
    fault = decision.ending
    if fault is None:
        return {"delay": decision.delay}
    if fault.effect not in ("fail", "limit"):
        return {"delay": decision.delay, "effect": fault.effect}
    code = 429 if fault.effect == "limit" else fault.status
    headers = {"Content-Type": "application/json"} | (
        {"Retry-After": f"{fault.value:g}"} if fault.effect == "limit" else {}
    )
    return {
        "delay": decision.delay,
        "effect": "fail",
        "status": code,
        "headers": headers,
        "body": _status(fault, code),
    }


def _status(fault: ApiFault, code: int) -> dict[str, Any]:
    known = {status.value for status in HTTPStatus}
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": f"fault {fault.id} of the sandbox: {HTTPStatus(code).phrase if code in known else code}",
        "reason": _REASONS.get(code, "Unknown"),
        "code": code,
    }
