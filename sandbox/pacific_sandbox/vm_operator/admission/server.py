"""Serves the webhooks at one local port."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pacific_sandbox.certificates import KeyPair
from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.ports import listening_socket
from pacific_sandbox.vm_operator.admission.review import Lookups, Mutation, Rule, mutate, validate
from pacific_sandbox.vm_operator.admission.webhooks import CONVERSION_PATH, QUOTA_PATH, WEBHOOKS
from pacific_sandbox.web_server import WebServer

_START_WITHIN = 60.0
Answer = Callable[[Object], Awaitable[Object]]
"""From an AdmissionReview with a request to one with a response."""


def admission_app(lookups: Lookups, quota: Answer, conversion: Answer) -> Starlette:
    """The webhooks as an ASGI application; ``conversion`` answers ConversionReviews."""
    routes = [
        Route(QUOTA_PATH, _endpoint(quota), methods=["POST"]),
        Route(CONVERSION_PATH, _endpoint(conversion), methods=["POST"]),
    ]
    for webhook in WEBHOOKS:
        validating = _validating(webhook.rules, lookups)
        routes.append(Route(webhook.validating_path, _endpoint(validating), methods=["POST"]))
        if webhook.mutation is not None:
            mutating = _mutating(webhook.mutation, lookups)
            routes.append(Route(webhook.mutating_path, _endpoint(mutating), methods=["POST"]))
    return Starlette(routes=routes)


@dataclass(frozen=True)
class AdmissionEndpoint:
    """Where the API server asks."""

    port: int
    tls: KeyPair


class AdmissionServer:
    """The webhooks at 127.0.0.1, for the API server alone."""

    def __init__(self, app: Starlette, endpoint: AdmissionEndpoint, ready: Callable[[], Awaitable[None]]) -> None:
        """``ready`` returns when the rules know the Supervisor: until then nothing is answered."""
        self._app, self._port, self._tls, self._ready = app, endpoint.port, endpoint.tls, ready

    async def run(self) -> None:
        """Serve until cancelled."""
        await self._ready()
        server = WebServer("admission webhooks", self._app, listening_socket(self._port), self._tls)
        await server.start(_START_WITHIN)
        try:
            await server.wait()
        finally:
            await server.stop()


def _validating(rules: Sequence[Rule], lookups: Lookups) -> Answer:
    async def answer(review: Object) -> Object:
        return validate(review, rules, lookups)

    return answer


def _mutating(mutation: Mutation, lookups: Lookups) -> Answer:
    async def answer(review: Object) -> Object:
        return mutate(review, mutation, lookups)

    return answer


def _endpoint(answer: Answer) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return JSONResponse(await answer(await request.json()))

    return endpoint
