"""The pages of one collector over HTTP; each page is told when there is news of what it shows."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from pacific_infra.text import visible
from pacific_infra.view import pages
from pacific_infra.view.collector import Collector
from pacific_infra.view.guard import Entry, Visit
from pacific_infra.view.metrics import metrics_text
from pacific_infra.view.model import View, view_json
from pacific_infra.view.serving import Guarded
from pacific_infra.view.sight import EVERYTHING, Sight, seen_with

HEARTBEAT = 15.0
"""Seconds after which a page that waits for news is told that the server is still there."""
KEPT_PAGES = 200
"""Rendered pages that are kept: many browsers that show one page have it rendered once."""
KEPT_SIGHTS = 100
"""Users with other roles than each other, of whom the last view is kept."""
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


class Lenses:
    """What each sight has of the last view, made once for all who share it."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._seen: OrderedDict[Sight, tuple[int, int, View]] = OrderedDict()
        """Version of the collector, number of the view as this sight has it, and that view."""

    def look(self, sight: Sight) -> tuple[int, View]:
        """A number that is another one when what the sight shows has changed, and the view."""
        version, view = self._collector.version, self._collector.view
        if sight == EVERYTHING:
            return version, view
        before, number, last = self._seen.get(sight, (-1, 0, None))
        if before != version or last is None:
            seen = seen_with(view, sight)
            # What has changed elsewhere is no news here.
            if last is None or replace(seen, time=last.time) != last:
                number, last = number + 1, seen
            self._seen[sight] = version, number, last
        self._seen.move_to_end(sight)
        while len(self._seen) > KEPT_SIGHTS:
            self._seen.popitem(last=False)
        return number, last


class Server:
    """The pages of one collector."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._lenses = Lenses(collector)
        self._rendered: OrderedDict[tuple[int, Sight, str, str], Response] = OrderedDict()

    def routes(self) -> list[Route | Mount]:
        """All addresses."""
        packages: list[str | tuple[str, str]] = [("pacific_infra.graph.drawing", "static")]
        static = StaticFiles(directory=Path(__file__).parent / "static", packages=packages)
        return [
            *(Route(path, self._page(*page), methods=["GET"]) for path, page in PAGES.items()),
            Route("/view.json", self._json),
            Route("/metrics", self._metrics),
            Route("/changes", self._changes),
            Mount("/static", static),
        ]

    def _page(self, template: str, show: Callable[..., dict[str, Any]]) -> Callable[[Request], Any]:
        async def page(request: Request) -> Response:
            visit: Visit = request.state.visit
            number, view = self._lenses.look(visit.sight)
            key = (number, visit.sight, visit.user, str(request.url))
            if key not in self._rendered:
                self._rendered[key] = self._render(number, view, template, show, request)
                while len(self._rendered) > KEPT_PAGES:
                    self._rendered.popitem(last=False)
            return self._rendered[key]

        return page

    def _render(
        self, number: int, view: View, template: str, show: Callable[..., dict[str, Any]], request: Request
    ) -> Response:
        query = dict(request.query_params)
        status = 200
        try:
            values = show(view, query, *request.path_params.values())
        except pages.NotThere as error:
            template, status, values = "not_there", 404, {"title": "Not there", "problem": str(error)}
        text = pages.render(template, view, query, {**values, "number": number}, request.state.visit.user)
        return Response(text, status, media_type="text/html; charset=utf-8")

    def _seen(self, request: Request) -> View:
        return self._lenses.look(request.state.visit.sight)[1]

    async def _json(self, request: Request) -> Response:
        return Response(view_json(self._seen(request)), media_type="application/json")

    async def _metrics(self, request: Request) -> Response:
        text = metrics_text(self._seen(request))
        return PlainTextResponse(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    async def _changes(self, request: Request) -> Response:
        news = self._news(request.state.visit, request.query_params.get("seen"))
        return StreamingResponse(news, media_type="text/event-stream")

    async def _news(self, visit: Visit, seen: str | None) -> AsyncIterator[str]:
        """``seen``: the number of what the page shows. It may have changed before the page listened, or between two
        connections.
        """
        version, number = self._collector.version, self._lenses.look(visit.sight)[0]
        yield f"event: begin\ndata: {number}\n\n"
        if seen not in (None, str(number)):
            yield f"event: change\ndata: {number}\n\n"
        while await visit.lasts():
            try:
                async with asyncio.timeout(HEARTBEAT):
                    version = await self._collector.newer_than(version)
            except TimeoutError:
                yield ": still there\n\n"
                continue
            before, number = number, self._lenses.look(visit.sight)[0]
            if number != before:
                yield f"event: change\ndata: {number}\n\n"


def pages_of(collector: Collector) -> ASGIApp:
    """The pages, for whom ``Guarded`` lets in."""
    return Starlette(routes=Server(collector).routes(), exception_handlers={404: _not_there})


def application(collector: Collector, entry: Entry) -> ASGIApp:
    """The pages with their entry."""
    return Guarded(pages_of(collector), entry)


async def _not_there(request: Request, _error: Exception) -> Response:
    return PlainTextResponse(f"there is no page {visible(request.url.path)}\n", 404)
