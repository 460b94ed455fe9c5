"""Who may read the pages: only this computer's user, by a token that the command has printed. Pure but for the token.

The token comes once in the address and is a cookie from then on, so that it stays out of links and of the browser's
history. A page of another origin can neither read anything here nor have anything done: nothing can be done.
"""

import hmac
import secrets
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from pacific_infra.view.sight import EVERYTHING, Sight

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
TOKEN = "token"  # noqa: S105 - the name of the parameter
_SAME = ("same-origin", "none")
"""What browsers say of requests that come from these pages, or from the user's own hand."""
Verdict = Literal["pass", "log in", "no token", "foreign host", "foreign origin", "method"]
REFUSALS: Mapping[Verdict, tuple[int, str]] = {
    "no token": (401, "Open the address that pacific view has printed: it has the token that this page asks for."),
    "foreign host": (421, "This page answers to 127.0.0.1 and localhost alone."),
    "foreign origin": (403, "This request comes from another page; nothing is shown to it."),
    "method": (405, "This page is to be read: only GET and HEAD are answered."),
}


async def _always() -> bool:
    return True


@dataclass(frozen=True)
class Visit:
    """A request that is let through."""

    sight: Sight
    user: str = ""
    """Who has logged in; empty: who runs the command."""
    lasts: Callable[[], Awaitable[bool]] = _always
    """Whether they still may see it, for a page that waits for news."""


class Entry(Protocol):
    """Decides who is let in."""

    @property
    def address(self) -> str:
        """What to open in a browser."""
        ...

    async def admit(self, request: Request) -> Visit | Response:
        """What the request may see, or the answer to it."""
        ...

    async def close(self) -> None:
        """Let go of whom it has let in."""


@dataclass(frozen=True)
class Guard:
    """Judges requests to one port."""

    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    @property
    def cookie(self) -> str:
        """The cookie's name. Browsers share cookies among the ports of a host."""
        return f"pacific-view-{self.port}"

    @property
    def address(self) -> str:
        """What to open in a browser."""
        return f"http://127.0.0.1:{self.port}/?{TOKEN}={self.token}"

    @property
    def set_cookie(self) -> str:
        """The header's value by which a browser keeps the token."""
        return f"{self.cookie}={self.token}; Path=/; HttpOnly; SameSite=Strict"

    def judge(self, method: str, headers: Mapping[str, str], query: str, cookies: Mapping[str, str]) -> Verdict:
        """``headers``: with lower-case names. ``log in``: the token is in the address and becomes a cookie."""
        refused = foreign(headers, {f"http://127.0.0.1:{self.port}", f"http://localhost:{self.port}"})
        if refused is not None:
            return refused
        if method not in ("GET", "HEAD"):
            return "method"
        if any(self._is_token(value) for name, value in parse_qsl(query) if name == TOKEN):
            return "log in"
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        known = self._is_token(cookies.get(self.cookie, "")) or self._is_token(bearer)
        return "pass" if known else "no token"

    async def admit(self, request: Request) -> Visit | Response:
        """Everything to who has the token; to others why not."""
        query = request.scope.get("query_string", b"").decode("latin-1")
        verdict = self.judge(request.method, request.headers, query, request.cookies)
        if verdict == "pass":
            return Visit(EVERYTHING)
        if verdict == "log in":
            address = without_token(request.url.path, query)
            return RedirectResponse(address, 303, headers={"Set-Cookie": self.set_cookie})
        return refusal(verdict)

    async def close(self) -> None:
        """Nothing is held."""

    def _is_token(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(), self.token.encode())


def foreign(headers: Mapping[str, str], origins: Collection[str], *, linked: bool = False) -> Verdict | None:
    """Why a request is of somebody else's page; None: it is not. ``origins``: of the pages here.

    ``linked``: a link on another page may lead here, in a window of its own.
    """
    host, origin = headers.get("host", ""), headers.get("origin", "")
    if host not in {address.partition("//")[2] for address in origins}:
        return "foreign host"
    if origin and origin not in origins:
        return "foreign origin"
    follows = linked and headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    if headers.get("sec-fetch-site", "none") not in _SAME and not follows:
        return "foreign origin"
    return None


def refusal(verdict: Verdict) -> Response:
    """The answer to what is not let through."""
    status, text = REFUSALS[verdict]
    return PlainTextResponse(f"{text}\n", status)


def without_token(path: str, query: str) -> str:
    """The address to go on with, below this host."""
    rest = urlencode([(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name != TOKEN])
    # Two slashes at the beginning would be another host.
    return f"/{path.lstrip('/')}" + (f"?{rest}" if rest else "")
