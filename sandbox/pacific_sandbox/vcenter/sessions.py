"""Sessions of the REST API: ``/api/session``, and ``/rest/com/vmware/cis/session`` of older clients."""

import base64
import binascii
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pacific_sandbox.users import ADMINISTRATORS, User, authenticate
from pacific_sandbox.vcenter.replies import done, no_operation, reply
from pacific_sandbox.vcenter.vapi_error import unauthenticated

HEADER = "vmware-api-session-id"
OLD_PATH = "/rest/com/vmware/cis/session"


@dataclass
class Session:
    """A login that has succeeded."""

    user: User
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    last_accessed: datetime = field(default_factory=lambda: datetime.now(UTC))
    used: float = field(default_factory=time.monotonic)

    @property
    def is_administrator(self) -> bool:
        return ADMINISTRATORS in self.user.groups


class Sessions:
    """The sessions there are. They end after ``idle`` seconds without a request, and with the process."""

    def __init__(self, users: Path, idle: float) -> None:
        self._users = users
        self._idle = idle
        self._sessions: dict[str, Session] = {}

    def token(self, request: Request) -> str:
        """What the request gives as its session, by header or cookie; empty where it gives none."""
        return request.headers.get(HEADER) or request.cookies.get(HEADER) or ""

    def find(self, request: Request) -> Session | None:
        """The session of a request, which is thereby used."""
        now = time.monotonic()
        for token in [token for token, session in self._sessions.items() if now - session.used > self._idle]:
            del self._sessions[token]
        session = self._sessions.get(self.token(request))
        if session is not None:
            session.used = now
            session.last_accessed = datetime.now(UTC)
        return session

    def create(self, request: Request) -> str:
        """Log in by basic authentication. Raises VapiError UNAUTHENTICATED."""
        name, password = _basic(request.headers.get("authorization", ""))
        user = authenticate(self._users, name, password)
        if user is None:
            raise unauthenticated("Authentication failed: invalid user name or password.")
        token = secrets.token_hex(16)
        self._sessions[token] = Session(user)
        return token

    def delete(self, request: Request) -> None:
        self._sessions.pop(self.token(request), None)

    def routes(self) -> list[Route]:
        return [
            Route("/api/session", self._endpoint, methods=["POST", "GET", "DELETE"]),
            Route(OLD_PATH, self._endpoint, methods=["POST", "GET", "DELETE"]),
        ]

    async def _endpoint(self, request: Request) -> Response:
        old = request.url.path == OLD_PATH
        read = request.method == "GET" or request.query_params.get("~action") == "get"
        if request.method == "POST" and not read:
            if request.query_params:
                raise no_operation(request)
            token = self.create(request)
            response = reply({"value": token} if old else token, 200 if old else 201)
            if old and request.headers.get("vmware-use-header-authn") != "true":
                response.set_cookie(HEADER, token, path="/rest", secure=True, httponly=True)
            return response
        session = self.find(request)
        if session is None:
            raise unauthenticated()
        if not read:
            self.delete(request)
            return Response(status_code=200) if old else done()
        info = {
            "user": session.user.principal,
            "created_time": _timestamp(session.created),
            "last_accessed_time": _timestamp(session.last_accessed),
        }
        return reply({"value": info} if old else info)


def _timestamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _basic(header: str) -> tuple[str, str]:
    scheme, _, encoded = header.partition(" ")
    try:
        text = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise unauthenticated("The Authorization header cannot be read.") from None
    if scheme.lower() != "basic" or ":" not in text:
        raise unauthenticated("Basic authentication required.")
    name, _, password = text.partition(":")
    return name, password
