"""The one address of all functions: it holds a request until a pod of the function is ready, and hands it on."""

import asyncio
import json
import logging
import time
from collections import Counter
from collections.abc import Callable

import aiohttp
from aiohttp import web

from pacific_sandbox.knative.autoscaling import Traffic
from pacific_sandbox.knative.definitions import REVISION_LABEL
from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.pod_network.computer_ports import PORTS_ANNOTATION
from pacific_sandbox.ports import listening_socket
from pacific_sandbox.reconcile.conditions import is_true
from pacific_sandbox.reconcile.watched_objects import Key, WatchedObjects

INTERNAL = "svc.cluster.local"
DOMAIN = "localhost"
"""What follows NAME.NAMESPACE in a URL: names that lead to this computer by RFC 6761."""
_LARGEST = 32 * 2**20
"""Bytes of a request's body."""
_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "te", "trailers", "transfer-encoding", "upgrade", "content-length", "content-encoding"}
)
_log = logging.getLogger(__name__)


class Activator:
    """An HTTP server at 127.0.0.1. A pod that is simulated runs no program: for it the activator answers itself."""

    def __init__(
        self, port: int, *, services: WatchedObjects, pods: WatchedObjects, traffic: Traffic, simulated: bool
    ) -> None:
        self._port, self._services, self._pods, self._traffic = port, services, pods, traffic
        self._simulated = simulated
        self._busy: Counter[str] = Counter()
        """Requests in flight by pod's uid."""
        self._waiting: set[asyncio.Future[None]] = set()
        self._look_at: Callable[[Key], None] = lambda _: None
        pods.listen(lambda _pod, _exists: self._wake())

    def tell(self, look_at: Callable[[Key], None]) -> None:
        """Have ``look_at`` called with a Service's key when its number of requests has changed."""
        self._look_at = look_at

    async def run(self) -> None:
        """Serve until cancelled."""
        await self._services.wait_synced()
        app = web.Application(client_max_size=_LARGEST)
        app.router.add_route("*", "/{path:.*}", self.handle)
        runner = web.AppRunner(app, access_log=None, auto_decompress=False, handler_cancellation=True)
        await runner.setup()
        try:
            await web.SockSite(runner, listening_socket(self._port)).start()
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request, by its host name."""
        host = request.host.partition(":")[0]
        name, _, rest = host.partition(".")
        namespace, _, domain = rest.partition(".")
        service = self._services.get((namespace, name))
        if service is None or domain not in (INTERNAL, DOMAIN):
            return _text(404, f"no function answers at {host}: ask NAME.NAMESPACE.{DOMAIN}")
        labels = service["metadata"].get("labels", {})
        if domain != INTERNAL and labels.get("networking.knative.dev/visibility") == "cluster-local":
            return _text(404, f"the function {name} is internal: ask {name}.{namespace}.{INTERNAL}")
        revision = service.get("status", {}).get("latestReadyRevisionName")
        if revision is None:
            return _text(503, f"the function {name} has no ready revision")
        return await self._serve(request, service, revision)

    async def _serve(self, request: web.Request, service: Object, revision: str) -> web.StreamResponse:
        key = service["metadata"]["namespace"], service["metadata"]["name"]
        spec = service["spec"]["template"]["spec"]
        within = spec.get("timeoutSeconds", 300)
        body = await request.read()
        self._count(key, revision, 1)
        try:
            async with asyncio.timeout(within):
                pod = await self._pod(key[0], revision, spec.get("containerConcurrency", 0))
                uid = pod["metadata"]["uid"]
                try:
                    return await self._hand_on(request, body, pod)
                finally:
                    self._busy[uid] -= 1
                    if not self._busy[uid]:
                        del self._busy[uid]
                    self._wake()
        except TimeoutError:
            return _text(504, f"the function {key[1]} has not answered within {within} s")
        except aiohttp.ClientError as error:
            _log.warning("%s/%s: %s", *key, error)
            return _text(502, f"the pod of the function {key[1]} broke off: {type(error).__name__}")
        finally:
            self._count(key, revision, -1)

    def _count(self, key: Key, revision: str, by: int) -> None:
        self._traffic.change(revision, by, time.time())
        self._look_at(key)

    async def _pod(self, namespace: str, revision: str, limit: int) -> Object:
        """The ready pod with the fewest requests, once one has room; its place is taken."""
        while True:
            free = [
                pod
                for pod in self._pods.list(namespace)
                if pod["metadata"].get("labels", {}).get(REVISION_LABEL) == revision
                and self._serves(pod)
                and (not limit or self._busy[pod["metadata"]["uid"]] < limit)
            ]
            if free:
                chosen = min(free, key=lambda pod: self._busy[pod["metadata"]["uid"]])
                self._busy[chosen["metadata"]["uid"]] += 1
                return chosen
            change: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.add(change)
            try:
                await change
            finally:
                self._waiting.discard(change)

    def _serves(self, pod: Object) -> bool:
        usable = is_true(pod, "Ready") and "deletionTimestamp" not in pod["metadata"]
        return usable and (self._simulated or _address(pod) is not None)

    def _wake(self) -> None:
        for change in self._waiting:
            if not change.done():
                change.set_result(None)

    async def _hand_on(self, request: web.Request, body: bytes, pod: Object) -> web.StreamResponse:
        if self._simulated:
            summary = {
                "simulated": True,
                "pod": pod["metadata"]["name"],
                "method": request.method,
                "path": request.path,
            }
            return web.json_response({**summary, "bytes": len(body)})
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP}
        async with (
            aiohttp.ClientSession(auto_decompress=False) as client,
            client.request(
                request.method,
                f"http://{_address(pod)}{request.raw_path}",
                headers=headers,
                data=body or None,
                allow_redirects=False,
            ) as answer,
        ):
            kept = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP_BY_HOP}
            if "Content-Encoding" in answer.headers:
                kept["Content-Encoding"] = answer.headers["Content-Encoding"]
            return web.Response(status=answer.status, headers=kept, body=await answer.read())


def _address(pod: Object) -> str | None:
    """Where the function's port is on this computer; None where the pod does not say."""
    local_ports = json.loads(pod["metadata"].get("annotations", {}).get(PORTS_ANNOTATION, "{}"))
    ports = [port for container in pod["spec"]["containers"] for port in container.get("ports", ())]
    address: str | None = local_ports.get(f"{ports[0]['containerPort']}/tcp") if ports else None
    return address


def _text(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=text + "\n")
