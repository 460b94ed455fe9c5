"""The pages over HTTP, on this computer alone; each page is told when there is news of what it shows."""

import asyncio
import json
import socket
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pacific_infra.errors import PacificError
from pacific_infra.text import visible
from pacific_infra.view import pages
from pacific_infra.view.collector import Collector, Inputs
from pacific_infra.view.guard import HEADERS, REFUSALS, Guard, without_token
from pacific_infra.view.metrics import metrics_text
from pacific_infra.view.model import View, view_json

HEARTBEAT = 15.0
"""Seconds after which a page that waits for news is told that the server is still there."""
KEPT_PAGES = 200
"""Rendered pages that are kept: many browsers that show one page have it rendered once."""
PAGES: Mapping[str, tuple[str, Callable[..., dict[str, Any]]]] = {
    "/": ("overview", pages.overview),
    "/supervisors": ("supervisors", pages.supervisors),
    "/namespaces": ("namespaces", pages.namespaces),
    "/namespaces/{name}": ("namespace", pages.namespace),
    "/documents": ("documents", pages.documents),
    "/documents/{name:path}": ("document", pages.document),
    "/graph": ("graph", pages.graph),
    "/events": ("events", pages.events),
    "/drift": ("drift", pages.drift),
    "/converge": ("converge", pages.converge),
    "/history": ("history", pages.history),
    "/history/{number}": ("run", pages.run),
}
"""By address: the template, and what it shows of the view."""


class Guarded:
    """Lets requests through that the guard passes, and puts its headers on every answer."""

    def __init__(self, app: ASGIApp, guard: Guard) -> None:
        self._app = app
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request. What is no HTTP has no answer here."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                extra_headers = [(name.lower().encode(), text.encode()) for name, text in HEADERS.items()]
                message["headers"] = [*message.get("headers", ()), *extra_headers]
            await send(message)

        request = Request(scope)
        query = scope.get("query_string", b"").decode("latin-1")
        verdict = self._guard.judge(scope["method"], Headers(scope=scope), query, request.cookies)
        answer: ASGIApp = self._app
        if verdict == "log in":
            address = without_token(scope["path"], query)
            answer = RedirectResponse(address, 303, headers={"Set-Cookie": self._guard.set_cookie})
        elif verdict != "pass":
            status, text = REFUSALS[verdict]
            answer = PlainTextResponse(f"{text}\n", status)
        await answer(scope, receive, send_guarded)


class Server:
    """The pages of one collector."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._rendered: OrderedDict[tuple[int, str], Response] = OrderedDict()

    def routes(self) -> list[Route | Mount]:
        """All addresses."""
        static = StaticFiles(directory=Path(__file__).parent / "static")
        return [
            *(Route(path, self._page(*page), methods=["GET"]) for path, page in PAGES.items()),
            Route("/view.json", self._json),
            Route("/metrics", self._metrics),
            Route("/changes", self._changes),
            Mount("/static", static),
        ]

    def _page(self, template: str, show: Callable[..., dict[str, Any]]) -> Callable[[Request], Any]:
        async def page(request: Request) -> Response:
            view = self._collector.view
            key = (self._collector.version, str(request.url))
            if key not in self._rendered:
                self._rendered[key] = self._render(view, template, show, request)
                while len(self._rendered) > KEPT_PAGES:
                    self._rendered.popitem(last=False)
            return self._rendered[key]

        return page

    def _render(self, view: View, template: str, show: Callable[..., dict[str, Any]], request: Request) -> Response:
        query = dict(request.query_params)
        status = 200
        try:
            values = show(view, query, *request.path_params.values())
        except pages.NotThere as error:
            template, status, values = "not_there", 404, {"title": "Not there", "problem": str(error)}
        text = pages.render(template, view, query, values)
        return Response(text, status, media_type="text/html; charset=utf-8")

    async def _json(self, _request: Request) -> Response:
        return JSONResponse(json.loads(json.dumps(view_json(self._collector.view), default=str)))

    async def _metrics(self, _request: Request) -> Response:
        text = metrics_text(self._collector.view)
        return PlainTextResponse(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    async def _changes(self, _request: Request) -> Response:
        return StreamingResponse(self._news(), media_type="text/event-stream")

    async def _news(self) -> AsyncIterator[str]:
        version = self._collector.version
        yield f"event: begin\ndata: {version}\n\n"
        while True:
            try:
                async with asyncio.timeout(HEARTBEAT):
                    version = await self._collector.newer_than(version)
            except TimeoutError:
                yield ": still there\n\n"
                continue
            yield f"event: change\ndata: {version}\n\n"


def application(collector: Collector, guard: Guard, *, collects: bool = True) -> ASGIApp:
    """The pages with their guard. ``collects``: the collector runs for as long as the application does."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(collector.run()) if collects else None
        yield
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    app = Starlette(routes=Server(collector).routes(), lifespan=lifespan, exception_handlers={404: _not_there})
    return Guarded(app, guard)


async def _not_there(request: Request, _error: Exception) -> Response:
    return PlainTextResponse(f"there is no page {visible(request.url.path)}\n", 404)


def serve(inputs: Inputs, port: int, say: Callable[[str], object]) -> None:
    """Show the pages until Ctrl-C. Raises PacificError where the port is taken."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
    except OSError as error:
        listening.close()
        fix = "pacific view --port 0 takes any that is free"
        raise PacificError(f"the port cannot be had ({error.strerror})", place="--port", value=port, fix=fix) from None
    guard = Guard(listening.getsockname()[1])
    say(f"{inputs.stack} at {guard.address}")
    say("for this computer's browser alone; Ctrl-C ends it")
    app = application(Collector(inputs), guard)
    configuration = uvicorn.Config(
        app, log_level="error", access_log=False, timeout_graceful_shutdown=1, server_header=False, date_header=False
    )
    uvicorn.Server(configuration).run(sockets=[listening])
