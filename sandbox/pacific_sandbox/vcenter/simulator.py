"""The way to vcsim's HTTP side: what the simulated vCenter does not answer itself goes there as it is."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx2
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from pacific_sandbox.vcenter.configuration import VCenterConfiguration
from pacific_sandbox.vcenter.replies import no_operation
from pacific_sandbox.vcenter.sessions import HEADER, OLD_PATH
from pacific_sandbox.vcenter.vapi_error import invalid_argument, not_found, unavailable

_HOP_BY_HOP = frozenset({"connection", "keep-alive", "te", "trailers", "transfer-encoding", "upgrade", "host"})
_KEPT_IN_MEMORY = 2**20
"""Bytes of a request up to which it can be sent a second time."""


class Simulator:
    """vcsim. It keeps one REST session there and puts it in the place of the clients' own."""

    def __init__(self, configuration: VCenterConfiguration) -> None:
        self._username = configuration.simulator_username
        self._password_file = configuration.simulator_password_file
        self._http = httpx2.AsyncClient(
            base_url=configuration.simulator_url,
            verify=ssl.create_default_context(cafile=str(configuration.ca_file)),
            timeout=httpx2.Timeout(30.0, read=None),
            limits=httpx2.Limits(max_connections=256),
            trust_env=False,
            follow_redirects=False,
            # Sessions are the clients' own: none is kept here and sent with the next client's request.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        )
        self._session: str | None = None
        self._login = asyncio.Lock()

    async def close(self) -> None:
        await self._http.aclose()

    async def get(self, path: str, parameters: Mapping[str, str] | None = None) -> Any:
        """``value`` of ``/rest`` + ``path``; None where there is no such thing. Raises VapiError."""
        request = self._http.build_request("GET", f"/rest{path}", params=parameters, timeout=30.0)
        response = await self._send_with_session(request, repeatable=True)
        await response.aread()
        if response.status_code == 404:
            return None
        if not response.is_success:
            raise unavailable(f"The inventory answered {response.status_code} to {path}.")
        return response.json()["value"]

    async def change(self, method: str, path: str, body: Any = None) -> Any:
        """``value`` of the answer of ``/rest`` + ``path`` to a change. Raises VapiError as vcsim says it."""
        request = self._http.build_request(method, f"/rest{path}", json=body, timeout=30.0)
        response = await self._send_with_session(request, repeatable=True)
        await response.aread()
        if not response.is_success:
            kind = {400: invalid_argument, 404: not_found}.get(response.status_code, unavailable)
            raise kind(f"The content library service answered {response.status_code}: {response.text.strip()[:200]}")
        return response.json().get("value") if response.content.strip() else None

    async def log_in(self) -> None:
        """Make a new session. Raises VapiError SERVICE_UNAVAILABLE where vcsim does not answer, or refuses."""
        async with self._login:
            password = await asyncio.to_thread(self._password_file.read_text)
            basic = httpx2.BasicAuth(self._username, password.splitlines()[0])
            try:
                response = await self._http.post(OLD_PATH, auth=basic, headers={"vmware-use-header-authn": "true"})
            except httpx2.TransportError as error:
                raise unavailable(f"The inventory does not answer: {error}.") from error
            if not response.is_success:
                raise unavailable(f"The inventory refused the login: {response.status_code}.")
            self._session = str(response.json()["value"])

    async def pass_on(self, request: Request, *, with_session: bool) -> Response:
        """Send a request on, streaming, and its answer back. Raises VapiError SERVICE_UNAVAILABLE.

        ``with_session``: in the name of this server's own session.
        """
        length = request.headers.get("content-length", "0" if request.method in ("GET", "HEAD", "DELETE") else "")
        small = length.isdigit() and int(length) <= _KEPT_IN_MEMORY
        content: bytes | AsyncIterator[bytes] = await request.body() if small else request.stream()
        dropped = _HOP_BY_HOP | ({HEADER, "cookie", "authorization"} if with_session else set())
        headers = [(name, value) for name, value in request.headers.items() if name not in dropped]
        url = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        onward = self._http.build_request(request.method, url, headers=headers, content=content)
        answer = await (self._send_with_session(onward, repeatable=small) if with_session else self._send(onward))
        if answer.status_code == 404 and request.url.path.startswith("/api/"):
            await answer.aclose()
            raise no_operation(request)
        response = StreamingResponse(answer.aiter_raw(), answer.status_code, background=BackgroundTask(answer.aclose))
        response.raw_headers = [
            (name.lower(), value) for name, value in answer.headers.raw if name.lower().decode() not in _HOP_BY_HOP
        ]
        return response

    async def _send_with_session(self, request: httpx2.Request, *, repeatable: bool) -> httpx2.Response:
        if self._session is None:
            await self.log_in()
        request.headers[HEADER] = str(self._session)
        response = await self._send(request)
        if response.status_code == 401 and repeatable:
            # vcsim has been started again, or the session has idled out.
            await response.aclose()
            await self.log_in()
            request.headers[HEADER] = str(self._session)
            response = await self._send(request)
        return response

    async def _send(self, request: httpx2.Request) -> httpx2.Response:
        try:
            return await self._http.send(request, stream=True)
        except httpx2.TransportError as error:
            raise unavailable(f"The inventory does not answer: {error}.") from error
