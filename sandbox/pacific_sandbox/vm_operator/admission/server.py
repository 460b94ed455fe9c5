"""Serves the webhooks at one local port, by aiohttp: each pod and each virtual machine is asked about here."""

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from aiohttp import web

from pacific_sandbox.certificates import KeyPair
from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.ports import listening_socket
from pacific_sandbox.vm_operator.admission.review import Lookups, Mutation, Rule, mutate, validate
from pacific_sandbox.vm_operator.admission.webhooks import CONVERSION_PATH, QUOTA_PATH, WEBHOOKS

_UNLIMITED = 0
"""Bytes of a review: the API server alone asks, and has a whole list converted in one."""
_KEPT_SECONDS = 120.0
"""Longer than the API server keeps a connection for its next question."""
Answer = Callable[[Object], Awaitable[Object]]
"""From an AdmissionReview with a request to one with a response."""


def admission_app(lookups: Lookups, quota: Answer, conversion: Answer) -> web.Application:
    """The webhooks as an application; ``conversion`` answers ConversionReviews."""
    app = web.Application(client_max_size=_UNLIMITED)
    app.router.add_post(QUOTA_PATH, _endpoint(quota))
    app.router.add_post(CONVERSION_PATH, _endpoint(conversion))
    for webhook in WEBHOOKS:
        app.router.add_post(webhook.validating_path, _endpoint(_validating(webhook.rules, lookups)))
        if webhook.mutation is not None:
            app.router.add_post(webhook.mutating_path, _endpoint(_mutating(webhook.mutation, lookups)))
    return app


@dataclass(frozen=True)
class AdmissionEndpoint:
    """Where the API server asks."""

    port: int
    tls: KeyPair


class AdmissionServer:
    """The webhooks at 127.0.0.1, for the API server alone."""

    def __init__(self, app: web.Application, endpoint: AdmissionEndpoint, ready: Callable[[], Awaitable[None]]) -> None:
        """``ready`` returns when the rules know the Supervisor: until then nothing is answered."""
        self._app, self._port, self._tls, self._ready = app, endpoint.port, endpoint.tls, ready

    async def run(self) -> None:
        """Serve until cancelled."""
        await self._ready()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self._tls.certificate, self._tls.key)
        runner = web.AppRunner(self._app, access_log=None, keepalive_timeout=_KEPT_SECONDS, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.SockSite(runner, listening_socket(self._port), ssl_context=context).start()
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()


def _validating(rules: Sequence[Rule], lookups: Lookups) -> Answer:
    async def answer(review: Object) -> Object:
        return validate(review, rules, lookups)

    return answer


def _mutating(mutation: Mutation, lookups: Lookups) -> Answer:
    async def answer(review: Object) -> Object:
        return mutate(review, mutation, lookups)

    return answer


def _endpoint(answer: Answer) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def endpoint(request: web.Request) -> web.Response:
        return web.json_response(await answer(json.loads(await request.read())))

    return endpoint
