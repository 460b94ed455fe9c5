"""One HTTPS server for each node, on 127.0.0.1, for the kube-apiserver alone."""

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import web

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.ports import listening_socket
from pacific_sandbox.reconcile.watched_objects import WatchedObjects
from pacific_sandbox.spherelet.kubelet_api.channels import run_command
from pacific_sandbox.spherelet.kubelet_api.logs import log_request, unavailable
from pacific_sandbox.spherelet.kubelet_api.port_forward import forward_ports
from pacific_sandbox.spherelet.kubelet_api.statistics import summary
from pacific_sandbox.spherelet.pod_runtime import PodRuntime, RuntimeCannot
from pacific_sandbox.vcenter_client.inventory import VCenterInventory

CLIENT: Final = "kube-apiserver-kubelet-client"
"""Common name of the one client that is let in."""
_SHUTDOWN_SECONDS = 1.0


@dataclass(frozen=True)
class KubeletTLS:
    """Files, PEM."""

    certificate: Path
    key: Path
    client_ca: Path


class KubeletAPI:
    """The servers of all nodes of one Supervisor. Each node has a port of its own; requests are told apart by it."""

    def __init__(self, tls: KubeletTLS, pods: WatchedObjects, inventory: VCenterInventory, runtime: PodRuntime) -> None:
        self._tls = tls
        self._pods, self._inventory, self._runtime = pods, inventory, runtime
        self._runner: web.AppRunner | None = None
        self._context: ssl.SSLContext | None = None
        self._ports: dict[str, int] = {}
        self._nodes: dict[int, str] = {}

    async def port(self, node: str) -> int:
        """The port at which the node is served; from the first question on."""
        if node not in self._ports:
            listener = listening_socket(0)
            number: int = listener.getsockname()[1]
            self._ports[node], self._nodes[number] = number, node
            await web.SockSite(await self._started(), listener, ssl_context=self._context).start()
        return self._ports[node]

    async def close(self) -> None:
        """End all servers."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _started(self) -> web.AppRunner:
        if self._runner is None:
            self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(self._tls.client_ca))
            self._context.load_cert_chain(self._tls.certificate, self._tls.key)
            self._context.verify_mode = ssl.CERT_REQUIRED
            app = web.Application(middlewares=[_only_the_api_server])
            app.add_routes(
                [
                    web.get("/healthz", self._healthy),
                    web.get("/pods", self._list_pods),
                    web.get("/stats/summary", self._summary),
                    web.get("/containerLogs/{namespace}/{pod}/{container}", self._logs),
                    web.route("*", "/exec/{namespace}/{pod}/{container}", self._exec),
                    web.route("*", "/attach/{namespace}/{pod}/{container}", self._cannot),
                    web.route("*", "/portForward/{namespace}/{pod}", self._port_forward),
                ]
            )
            # A follower of a log who leaves is noticed at once, not with the next line.
            self._runner = web.AppRunner(
                app, access_log=None, handler_cancellation=True, shutdown_timeout=_SHUTDOWN_SECONDS
            )
            await self._runner.setup()
        return self._runner

    async def _healthy(self, _: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def _list_pods(self, request: web.Request) -> web.Response:
        return web.json_response({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": self._of(request)})

    async def _summary(self, request: web.Request) -> web.Response:
        host = self._inventory.host_named(self._node(request))
        if host is None:
            raise web.HTTPNotFound(text="the host is not in the inventory any more")
        return web.json_response(summary(host, self._of(request), self._inventory))

    async def _logs(self, request: web.Request) -> web.StreamResponse:
        pod, container = self._pod(request), request.match_info["container"]
        try:
            log_range = log_request(container, request.query)
        except ValueError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        problem = unavailable(pod, container, previous=log_range.previous)
        if problem is not None:
            raise web.HTTPBadRequest(text=problem)
        answer = web.StreamResponse(headers={"Content-Type": "text/plain"})
        try:
            async for part in self._runtime.logs(pod, log_range):
                if not answer.prepared:
                    await answer.prepare(request)
                await answer.write(part)
        except RuntimeCannot as error:
            if answer.prepared:
                raise
            raise web.HTTPBadRequest(text=str(error)) from None
        if not answer.prepared:
            await answer.prepare(request)
        await answer.write_eof()
        return answer

    async def _exec(self, request: web.Request) -> web.StreamResponse:
        return await run_command(request, self._pod(request), self._runtime)

    async def _port_forward(self, request: web.Request) -> web.StreamResponse:
        return await forward_ports(request, self._pod(request), self._runtime)

    async def _cannot(self, _: web.Request) -> web.Response:
        text = "the sandbox's Spherelet serves logs, exec and port-forward, not attach"
        return web.Response(status=400, text=text)

    def _node(self, request: web.Request) -> str:
        assert request.transport is not None  # noqa: S101 - the handler runs while the connection is there
        return self._nodes[request.transport.get_extra_info("sockname")[1]]

    def _of(self, request: web.Request) -> list[Object]:
        node = self._node(request)
        return [pod for pod in self._pods.list() if pod["spec"].get("nodeName") == node]

    def _pod(self, request: web.Request) -> Object:
        namespace, name = request.match_info["namespace"], request.match_info["pod"]
        pod = self._pods.get((namespace, name))
        if pod is None or pod["spec"].get("nodeName") != self._node(request):
            raise web.HTTPNotFound(text=f'pod "{name}" does not exist')
        return pod


@web.middleware
async def _only_the_api_server(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    certificate = request.transport.get_extra_info("peercert") if request.transport is not None else None
    subject = dict(part for parts in (certificate or {}).get("subject", ()) for part in parts)
    if subject.get("commonName") != CLIENT:
        raise web.HTTPForbidden(text="only the kube-apiserver is let in")
    return await handler(request)
