"""Who may read the pages: only this computer's user, by a token that the command has printed. Pure but for the token.

The token comes once in the address and is a cookie from then on, so that it stays out of links and of the browser's
history. A page of another origin can neither read anything here nor have anything done: nothing can be done.
"""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl, urlencode

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
        hosts = {f"127.0.0.1:{self.port}", f"localhost:{self.port}"}
        if headers.get("host", "") not in hosts:
            return "foreign host"
        if headers.get("origin", "") not in ("", *(f"http://{host}" for host in hosts)):
            return "foreign origin"
        if headers.get("sec-fetch-site", "none") not in _SAME:
            return "foreign origin"
        if method not in ("GET", "HEAD"):
            return "method"
        if any(self._is_token(value) for name, value in parse_qsl(query) if name == TOKEN):
            return "log in"
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        known = self._is_token(cookies.get(self.cookie, "")) or self._is_token(bearer)
        return "pass" if known else "no token"

    def _is_token(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(), self.token.encode())


def without_token(path: str, query: str) -> str:
    """The address to go on with, below this host."""
    rest = urlencode([(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name != TOKEN])
    # Two slashes at the beginning would be another host.
    return f"/{path.lstrip('/')}" + (f"?{rest}" if rest else "")
