"""The login service of the Supervisors: ``/wcp/login`` for users, and token reviews for their kube-apiservers.

On a Supervisor this is the authentication proxy at port 443 of its address. A token is a JSON Web Token signed by a key
of its Supervisor; it names the user and the groups as they were at login, and ends after a while (10 hours by default).
"""

import base64
import binascii
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pacific_sandbox.certificates import KeyPair
from pacific_sandbox.users import User, authenticate

_ALGORITHM = "ES256"


@dataclass(frozen=True)
class SupervisorLogin:
    """What the login service knows of one Supervisor."""

    address: str
    """``127.0.0.1:port`` of its front."""
    signing: KeyPair
    workloads: Callable[[str, Sequence[str]], Awaitable[Sequence[str]]]
    """The namespaces that a user (``sso:user@domain``) or one of the groups has a role in."""


class LoginService:
    """One service for all Supervisors of a sandbox; the first part of the path is the Supervisor's identifier."""

    def __init__(self, users: Path, token_lifetime: Callable[[], float]) -> None:
        self._users = users
        self._token_lifetime = token_lifetime
        self._supervisors: dict[str, SupervisorLogin] = {}
        self.app = Starlette(
            routes=[
                Route("/{supervisor}/wcp/login", self._login, methods=["POST"]),
                Route("/{supervisor}/wcp/loginbanner", self._login_banner),
                Route("/{supervisor}/wcp/workloads", self._workloads),
                Route("/{supervisor}/tokenreview", self._token_review, methods=["POST"]),
            ]
        )

    def add(self, supervisor: str, login: SupervisorLogin) -> None:
        """Serve a Supervisor."""
        self._supervisors[supervisor] = login

    def remove(self, supervisor: str) -> None:
        """Serve it no longer."""
        self._supervisors.pop(supervisor, None)

    async def _login(self, request: Request) -> Response:
        supervisor = request.path_params["supervisor"]
        login = self._supervisors.get(supervisor)
        if login is None:
            return JSONResponse({"error": "the Supervisor is not ready"}, 503)
        name, password = _basic_credentials(request.headers.get("authorization", ""))
        user = authenticate(self._users, name, password)
        if user is None:
            return _unauthorized()
        token = issue_token(user, supervisor, login.signing, self._token_lifetime())
        return JSONResponse({"session_id": token})

    async def _login_banner(self, request: Request) -> Response:
        return JSONResponse({"banner": ""})

    async def _workloads(self, request: Request) -> Response:
        supervisor = request.path_params["supervisor"]
        login = self._supervisors.get(supervisor)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        claims = read_token(token, supervisor, login.signing) if login and scheme.lower() == "bearer" else None
        if login is None or claims is None:
            return _unauthorized()
        namespaces = await login.workloads(f"sso:{claims['sub']}", _groups(claims))
        host, _, port = login.address.partition(":")
        return JSONResponse(
            [
                {"namespace": name, "master_host": host, "control_plane_api_server_port": int(port)}
                for name in namespaces
            ]
        )

    async def _token_review(self, request: Request) -> Response:
        supervisor = request.path_params["supervisor"]
        review = await request.json()
        login = self._supervisors.get(supervisor)
        claims = read_token(review["spec"].get("token", ""), supervisor, login.signing) if login else None
        status: dict[str, Any] = {"authenticated": False}
        if claims is not None:
            user = {"username": f"sso:{claims['sub']}", "uid": claims["sub"], "groups": _groups(claims)}
            status = {"authenticated": True, "user": user}
        answer = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "metadata": {}, "status": status}
        return JSONResponse(answer)


def issue_token(user: User, supervisor: str, signing: KeyPair, lifetime: float) -> str:
    """A token for ``user`` at ``supervisor`` that ends in ``lifetime`` seconds."""
    now = time.time()
    claims = {
        "iss": f"https://{user.domain}/sandbox",
        "aud": supervisor,
        "sub": user.principal,
        "domain": user.domain,
        "username": user.name,
        "group_names": list(user.group_principals),
        "iat": int(now),
        "exp": int(now + lifetime),
        "jti": str(uuid.uuid4()),
    }
    return jwt.encode(claims, signing.key.read_text(), algorithm=_ALGORITHM)


def read_token(token: str, supervisor: str, signing: KeyPair) -> dict[str, Any] | None:
    """The claims of a token, or None where it is not of this Supervisor, is changed or has ended."""
    required = ["exp", "sub", "aud"]
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            signing.certificate.read_text(),
            algorithms=[_ALGORITHM],
            audience=supervisor,
            options={"require": required},
        )
    except jwt.InvalidTokenError:
        return None
    return claims


def _groups(claims: dict[str, Any]) -> list[str]:
    return [f"sso:{group}" for group in claims.get("group_names", ())]


def _unauthorized() -> Response:
    headers = {"WWW-Authenticate": 'Basic realm="Supervisor"'}
    return JSONResponse({"error": "Unauthorized"}, 401, headers=headers)


def _basic_credentials(header: str) -> tuple[str, str]:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        name, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, password
