"""ASGI middleware that has the declared faults of vCenter's APIs happen."""

import asyncio
import re

from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pacific_sandbox.faults.api_fault import ApiFault, ApiRequest
from pacific_sandbox.faults.fault_gate import FaultGate
from pacific_sandbox.vcenter.vapi_error import VapiError, error_response
from pacific_sandbox.web_server import close_connection

_REST = ("/api/", "/rest/")
_ERROR_TYPES = {
    400: "INVALID_REQUEST",
    401: "UNAUTHENTICATED",
    403: "UNAUTHORIZED",
    404: "NOT_FOUND",
    500: "INTERNAL_SERVER_ERROR",
    503: "SERVICE_UNAVAILABLE",
    504: "TIMED_OUT",
}
_OPERATION = re.compile(rb"<(?:[\w.-]+:)?Body[^>]*>\s*<(?:[\w.-]+:)?([\w.-]+)")
_SOAP_FAULT = (
    '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><soapenv:Fault>'
    "<faultcode>ServerFaultCode</faultcode><faultstring>{reason}</faultstring><detail>"
    '<RuntimeFaultFault xmlns="urn:vim25" xsi:type="SystemError"><reason>{reason}</reason></RuntimeFaultFault>'
    "</detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>"
)


class Faults:
    """Wraps vCenter's application. Costs next to nothing while nothing is declared."""

    def __init__(self, app: ASGIApp, gate: FaultGate) -> None:
        self._app = app
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        api = "rest" if path.startswith(_REST) else "soap"
        if not self._gate.wants(api):
            await self._app(scope, receive, send)
            return
        if api == "soap":
            body, receive = await _read(receive)
            path = f"{path}/{operation(body)}"
        decision = self._gate.meet(ApiRequest(api, scope["method"], path))
        if decision.delay:
            await asyncio.sleep(decision.delay)
        fault = decision.ending
        if fault is None:
            await self._app(scope, receive, send)
        elif fault.effect == "hang":
            while (await receive())["type"] != "http.disconnect":
                pass
        elif fault.effect == "lose":
            await self._app(scope, receive, _nowhere)
            await close_connection(scope, receive)
        else:
            await refusal(fault, scope["path"], api)(scope, receive, send)


def operation(envelope: bytes) -> str:
    """The operation that a SOAP envelope asks for; empty where it asks for none."""
    match = _OPERATION.search(envelope)
    return match.group(1).decode() if match else ""


def refusal(fault: ApiFault, path: str, api: str) -> Response:
    """The answer of ``fail`` and ``limit``, in the form of the API."""
    if fault.effect == "limit":
        # As vCenter's own proxy (Envoy) puts it.
        return PlainTextResponse("local_rate_limited", 429, {"Retry-After": f"{fault.value:g}"})
    reason = f"fault {fault.id} of the sandbox: {fault.status}"
    if api == "soap":
        return Response(_SOAP_FAULT.format(reason=reason), fault.status, media_type="text/xml")
    return error_response(VapiError(fault.status, _ERROR_TYPES.get(fault.status, "ERROR"), reason), path)


async def _read(receive: Receive) -> tuple[bytes, Receive]:
    """The whole body, and a ``receive`` that gives it once more."""
    messages: list[Message] = []
    while True:
        message = await receive()
        messages.append(message)
        if message["type"] != "http.request" or not message.get("more_body"):
            break
    replay = iter(messages)

    async def again() -> Message:
        return next(replay, None) or await receive()

    return b"".join(message.get("body", b"") for message in messages), again


async def _nowhere(_message: Message) -> None:
    """An answer that is lost."""
