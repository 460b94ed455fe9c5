"""The pages over HTTP, from the first moment on.

It imports little: what reads documents and record is imported while it answers.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pacific_infra.errors import PacificError
from pacific_infra.text import visible
from pacific_infra.view.guard import HEADERS, Entry, Guard, Visit

if TYPE_CHECKING:
    from pacific_infra.view.collector import Collector, Inputs

BACKLOG = 512
"""Browsers that may come at once."""
FOR_PROGRAMS = ("/view.json", "/metrics", "/changes")
_READING = "reading the documents and the record"


class Guarded:
    """Lets requests through that the entry passes, and puts its headers on every answer."""

    def __init__(self, app: ASGIApp, entry: Entry) -> None:
        self._app = app
        self._entry = entry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request. What is no HTTP has no answer here."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            await self._entry.close()
            return
        if scope["type"] != "http":
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                extra_headers = [(name.lower().encode(), text.encode()) for name, text in HEADERS.items()]
                message["headers"] = [*message.get("headers", ()), *extra_headers]
            await send(message)

        request = Request(scope, receive)
        admitted = await self._entry.admit(request)
        answer: ASGIApp = admitted if isinstance(admitted, Response) else self._app
        if isinstance(admitted, Visit):
            request.state.visit = admitted
        await answer(scope, receive, send_guarded)


class Opening:
    """Says that documents and record are being read, until they are; then the pages."""

    def __init__(self, stack: str, begin: "Callable[[], Inputs]", failed: Callable[[], object]) -> None:
        """``begin``: gives what the pages are made of, in a thread. ``failed`` is called where there will be none."""
        self.problem: BaseException | None = None
        """Why there are no pages."""
        self._stack = stack
        self._begin = begin
        self._failed = failed
        self._began = time.monotonic()
        self._pages: ASGIApp | None = None
        self._static = StaticFiles(directory=Path(__file__).parent / "static")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the server's own life."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif self._pages is not None:
            await self._pages(scope, receive, send)
        else:
            await self._answer(scope["path"])(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        collecting = asyncio.create_task(self._collect())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        collecting.cancel()
        await asyncio.gather(collecting, return_exceptions=True)
        await send({"type": "lifespan.shutdown.complete"})

    async def _collect(self) -> None:
        try:
            collector, pages = await asyncio.to_thread(self._open)
            collecting = asyncio.create_task(collector.run())
            first = asyncio.create_task(collector.newer_than(0))
            try:
                await asyncio.wait({collecting, first}, return_when=asyncio.FIRST_COMPLETED)
                self._pages = pages
                await collecting
            finally:
                for task in (first, collecting):
                    task.cancel()
                    with suppress(asyncio.CancelledError):
                        await task
        except Exception as error:  # noqa: BLE001 - it is raised again where the command is
            self.problem = error
            self._failed()

    def _open(self) -> "tuple[Collector, ASGIApp]":
        from pacific_infra.view.collector import Collector  # noqa: PLC0415 - it imports the documents' models
        from pacific_infra.view.server import pages_of  # noqa: PLC0415

        collector = Collector(self._begin())
        return collector, pages_of(collector)

    def _answer(self, path: str) -> ASGIApp:
        if path.startswith("/static/"):
            return _below(self._static)
        if path in FOR_PROGRAMS:
            return PlainTextResponse(f"{_READING}\n", 503, headers={"Retry-After": "1"})
        text = (Path(__file__).parent / "templates" / "reading.html").read_text(encoding="utf-8")
        seconds = int(time.monotonic() - self._began)
        for name, value in (("stack", self._stack), ("seconds", str(seconds))):
            text = text.replace(f"{{{{ {name} }}}}", escape(visible(value)))
        return HTMLResponse(text)


def _below(app: ASGIApp) -> ASGIApp:
    async def static(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "root_path": "/static"}, receive, send)

    return static


@dataclass(frozen=True)
class Shared:
    """How the page is shown to other computers."""

    address: str
    """What it listens on."""
    hosts: Sequence[str]
    """Names and addresses by which browsers reach it."""
    certificate: Path
    key: Path
    """PEM files of the server."""


def serve(
    stack: str,
    begin: "Callable[[], Inputs]",
    port: int,
    say: Callable[[str], object],
    shared: Shared | None = None,
) -> None:
    """Show the pages until Ctrl-C, to this computer's user; ``shared``: to all whom vCenter lets log in.

    ``stack``: PROJECT/STACK. ``begin`` reads the documents. Raises PacificError(s) as it does, and where the port is
    taken or the certificate cannot be used.
    """
    if shared is None:
        listening = _listen("127.0.0.1", port)
        entry: Entry = Guard(listening.getsockname()[1])
        whom = "this computer's browser alone"
    else:
        _check_certificate(shared)
        inputs = begin()
        listening = _listen(shared.address, port)
        entry = _door(inputs, listening.getsockname()[1], shared)
        begin, whom = (lambda: inputs), "all who log in at vCenter, each with what their roles let them see"
    say(f"{stack} at {entry.address}")
    say(f"for {whom}; Ctrl-C ends it")
    opening = Opening(stack, begin, lambda: setattr(server, "should_exit", True))
    configuration = uvicorn.Config(
        Guarded(opening, entry),
        log_level="error",
        access_log=False,
        lifespan="on",
        timeout_graceful_shutdown=1,
        server_header=False,
        date_header=False,
        ssl_certfile=None if shared is None else shared.certificate,
        ssl_keyfile=None if shared is None else shared.key,
    )
    server = uvicorn.Server(configuration)
    server.run(sockets=[listening])
    if opening.problem is not None:
        raise opening.problem


def _door(inputs: "Inputs", port: int, shared: Shared) -> Entry:
    from pacific_infra.view.door import Door  # noqa: PLC0415 - only where users log in
    from pacific_infra.view.visitors import Visitors  # noqa: PLC0415

    if inputs.vcenter is None:
        fix = "leave --tls-certificate out, and forward the page's port by ssh -L"
        raise PacificError("users log in at vCenter, and this stack names none", place="--tls-certificate", fix=fix)
    return Door(port, shared.hosts, Visitors(inputs.vcenter()))


def _listen(address: str, port: int) -> socket.socket:
    listening = None
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0]
        # Without the protocol asyncio does not send what is written at once: an answer's second write waits 40 ms.
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(where)
        # A browser that comes before the server waits for it.
        listening.listen(BACKLOG)
    except OSError as error:
        if listening is None:
            fix = "name an address of this computer, or 0.0.0.0 for all of them"
            raise PacificError("no such address", place="--bind", value=address, fix=fix) from None
        listening.close()
        fix = "pacific view --port 0 takes any that is free"
        raise PacificError(f"the port cannot be had ({error.strerror})", place="--port", value=port, fix=fix) from None
    return listening


def _check_certificate(shared: Shared) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(shared.certificate, shared.key, password=lambda: "")
    except (OSError, ssl.SSLError) as error:
        raise PacificError(
            f"the certificate and its key cannot be used ({error.strerror or error})",
            place="--tls-certificate",
            value=str(shared.certificate),
            fix="name PEM files that belong together, the key without a passphrase",
        ) from None
