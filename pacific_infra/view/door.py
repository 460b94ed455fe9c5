"""The way in from other computers: a login at vCenter, then a cookie that is a random id and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from pacific_infra.errors import PacificError
from pacific_infra.vcenter.errors import Unauthenticated
from pacific_infra.view import pages
from pacific_infra.view.guard import Visit, foreign, refusal
from pacific_infra.view.sight import Sight
from pacific_infra.view.visitors import Visitors

LOGIN, LOGOUT = "/login", "/logout"
LONGEST_FORM = 8192
"""Bytes of a login."""
NOTHING = Sight(frozenset(), infrastructure=False)


@dataclass(frozen=True)
class Door:
    """Lets in who has logged in at vCenter, over TLS."""

    port: int
    hosts: Sequence[str]
    """Names and addresses by which browsers reach the page, ``NAME:PORT`` where it is another port than its own."""
    visitors: Visitors = field(repr=False)

    @property
    def cookie(self) -> str:
        """The cookie's name: browsers take it from this host alone, over TLS. They share cookies among ports."""
        return f"__Host-pacific-view-{self.port}"

    @property
    def origins(self) -> Sequence[str]:
        """The origins of the pages here, as browsers send them."""
        return [_origin(host, self.port) for host in self.hosts]

    @property
    def address(self) -> str:
        """What to open in a browser."""
        return f"{self.origins[0]}/"

    async def admit(self, request: Request) -> Visit | Response:
        """What vCenter lets the user see; the login to who has not logged in."""
        refused = self._refusal(request)
        if refused is not None:
            return refused
        path = request.url.path
        if request.method == "POST":
            return await self._log_in(request) if path == LOGIN else await self._log_out(request)
        if path.startswith("/static/"):
            return Visit(NOTHING)
        if path == LOGIN:
            return self._form(local(request.query_params.get("next", "/")))
        identifier = request.cookies.get(self.cookie, "")
        visitor = await self.visitors.visitor(identifier, waits=path == "/changes")
        if visitor is None:
            return self._to_login(request)

        async def lasts() -> bool:
            return await self.visitors.visitor(identifier, waits=True) is not None

        return Visit(visitor.sight, visitor.user, lasts)

    def _refusal(self, request: Request) -> Response | None:
        method = request.method
        refused = foreign(request.headers, self.origins, linked=method == "GET")
        if refused == "foreign host":
            return PlainTextResponse(f"This page answers to {', '.join(self.hosts)} alone.\n", 421)
        if refused is not None:
            return refusal(refused)
        # Browsers say of each form from where it is sent.
        sent = method == "POST" and request.url.path in (LOGIN, LOGOUT) and "origin" in request.headers
        return None if sent or method in ("GET", "HEAD") else refusal("method")

    async def close(self) -> None:
        """Log everybody out."""
        await self.visitors.close()

    def _to_login(self, request: Request) -> Response:
        path = request.url.path
        if path in ("/view.json", "/metrics", "/changes"):
            return PlainTextResponse(f"Log in at {self.address[:-1]}{LOGIN} first.\n", 401)
        query = f"?{request.url.query}" if request.url.query else ""
        address = f"{LOGIN}?next={quote(local(path + query), safe='/')}"
        if "hx-request" in request.headers:
            # A page that renews itself goes to the login as a whole.
            return Response(status_code=401, headers={"HX-Redirect": address})
        return RedirectResponse(address, 303)

    def _form(self, address: str, problem: str = "", username: str = "", status: int = 200) -> Response:
        return HTMLResponse(pages.login(address, problem, username), status)

    async def _log_in(self, request: Request) -> Response:
        values = await _form_of(request)
        username, password = values.get("username", "").strip(), values.get("password", "")
        address = local(values.get("next", "/"))
        if not username or not password:
            return self._form(address, "Give your name and your password.", username, 400)
        try:
            identifier = await self.visitors.log_in(username, password)
        except Unauthenticated:
            return self._form(address, "vCenter refuses this name or this password.", username, 401)
        except PacificError as error:
            return self._form(address, f"vCenter cannot be asked now: {error.problem}.", username, 503)
        cookie = f"{self.cookie}={identifier}; Path=/; Secure; HttpOnly; SameSite=Lax"
        return RedirectResponse(address, 303, headers={"Set-Cookie": cookie})

    async def _log_out(self, request: Request) -> Response:
        await self.visitors.log_out(request.cookies.get(self.cookie, ""))
        cookie = f"{self.cookie}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"
        return RedirectResponse(LOGIN, 303, headers={"Set-Cookie": cookie})


def _origin(host: str, port: int) -> str:
    name, _, number = host.rpartition(":")
    if ":" in name:
        name = f"[{host}]"
    elif number.isdecimal() and name:
        port = int(number)
    else:
        name = host
    # Browsers leave out the port that they would take anyhow.
    return f"https://{name}" if port == 443 else f"https://{name}:{port}"


def local(address: str) -> str:
    """The address, as one below this host: what it names elsewhere is not gone to."""
    return "/" + address.replace("\\", "/").lstrip("/")


async def _form_of(request: Request) -> dict[str, str]:
    content = b""
    async for part in request.stream():
        content += part
        if len(content) > LONGEST_FORM:
            return {}
    return dict(parse_qsl(content.decode("utf-8", "replace")))
