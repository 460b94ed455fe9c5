"""One vCenter over HTTPS: session, retries and deadlines, so that the areas' files only name paths and bodies."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Self

import httpx2

from pacific_infra.errors import PacificError
from pacific_infra.retry_after import retry_after
from pacific_infra.vcenter.errors import NotFound, Unauthenticated, Unavailable, Unreachable, VCenterError, error_of
from pacific_infra.vcenter.reading import lower_names
from pacific_infra.vcenter.settings import VCenterSettings

SESSION_HEADER = "vmware-api-session-id"
_BUSY = (429, 503)
"""The request was not carried out, so any request is repeated."""
_FAILED = (500, 502, 504)
"""The request may have been carried out, so only idempotent requests are repeated."""
NO_SUCH_PATH = 404
_ATTEMPTS = 6
_RENEWALS = 3
_LONGEST_PAUSE = 30.0
_FIRST_ANSWER = 15.0
"""Seconds that the first attempt of an idempotent request waits for its answer; each further attempt twice as long."""
_REPEATABLE = ("GET", "PUT", "PATCH")
"""PATCH too, because every body that is sent sets values and adds none."""


class VCenterClient:
    """A client of one vCenter. It logs in at its first request, once, and again when the session has ended.

    As an asynchronous context manager it is closed at the end.

    ``transport``: another way to send requests, for tests. ``sleep``: how to pause between attempts.
    """

    def __init__(
        self,
        settings: VCenterSettings,
        *,
        transport: httpx2.AsyncBaseTransport | None = None,
        request_timeout: float = 60.0,
        patience: float = 240.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        on_wait: Callable[[str, float], object] | None = None,
    ) -> None:
        """``request_timeout``: how long one attempt may take, in seconds.

        ``on_wait``: called before each further attempt with what does not answer and the seconds left.
        """
        self.settings = settings
        self._transport = transport
        self._request_timeout = request_timeout
        self.patience = patience
        """Seconds for all attempts of a request."""
        self._sleep = sleep
        self._on_wait = on_wait
        self._http: httpx2.AsyncClient | None = None
        self._session: str | None = None
        self._login = asyncio.Lock()
        self.requests = 0
        """How many requests have been sent so far."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        """GET ``/api`` + ``path``; None for an empty answer."""
        return await self.request("GET", path, params=params)

    async def find(self, path: str) -> dict[str, Any] | None:
        """The object at ``/api`` + ``path``, with lower-case names; None where it does not exist, or is no object."""
        try:
            answer = lower_names(await self.get(path))
        except NotFound:
            return None
        return answer if isinstance(answer, dict) else None

    async def post(
        self, path: str, body: Any = None, params: Mapping[str, str] | None = None, *, repeatable: bool = False
    ) -> Any:
        """POST ``body`` to ``/api`` + ``path``. ``repeatable``: the request is idempotent."""
        return await self.request("POST", path, body=body, params=params, repeatable=repeatable)

    async def patch(self, path: str, body: Any) -> Any:
        """PATCH ``/api`` + ``path`` with ``body``."""
        return await self.request("PATCH", path, body=body)

    async def delete(self, path: str, *, repeatable: bool = True) -> Any:
        """DELETE ``/api`` + ``path``. ``repeatable``: as no other object can get the path meanwhile."""
        return await self.request("DELETE", path, repeatable=repeatable)

    async def remove(self, path: str, *, repeatable: bool = True) -> bool:
        """Delete the object at ``/api`` + ``path``; False where it does not exist. ``repeatable``: as of ``delete``."""
        try:
            await self.delete(path, repeatable=repeatable)
        except NotFound:
            return False
        return True

    async def request(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        params: Mapping[str, str] | None = None,
        repeatable: bool = False,
    ) -> Any:
        """The decoded answer. Raises a VCenterError; a session that has ended is renewed, up to three times."""
        for renewals_left in reversed(range(_RENEWALS + 1)):
            session = await self._current_session()
            try:
                headers = {SESSION_HEADER: session}
                return await self._send(method, f"/api{path}", headers, body=body, params=params, repeatable=repeatable)
            except Unauthenticated:
                if not renewals_left:
                    raise
                if self._session == session:
                    self._session = None
        raise AssertionError("unreachable")

    async def soap(self, envelope: str) -> str:
        """The answer of ``/sdk`` to a SOAP ``envelope`` that needs no session and changes nothing."""
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '"urn:vim25"'}
        response = await self._exchange("POST", "/sdk", headers, repeatable=True, content=envelope.encode())
        return response.text

    async def close(self) -> None:
        """End the session and the connections. A session that cannot be ended times out."""
        http, session, self._http, self._session = self._http, self._session, None, None
        if http is None:
            return
        try:
            if session is not None:
                await http.request("DELETE", "/api/session", headers={SESSION_HEADER: session}, timeout=5.0)
        except (httpx2.HTTPError, OSError):
            pass
        finally:
            await http.aclose()

    async def _current_session(self) -> str:
        async with self._login:
            if self._session is None:
                self._session = await self._log_in()
            return self._session

    async def _log_in(self) -> str:
        password = self.settings.read_password()
        basic = httpx2.BasicAuth(self.settings.username, password)
        for path in ("/api/session", "/rest/com/vmware/cis/session"):
            try:
                answer = await self._send("POST", path, {}, auth=basic)
            except VCenterError as error:
                if error.status == NO_SUCH_PATH:
                    continue
                if not isinstance(error, Unauthenticated):
                    raise
                raise Unauthenticated(
                    f"vCenter {self.settings.server} refuses the password of {self.settings.username}",
                    status=401,
                    error_type=error.error_type,
                    fix="set pacific:password (as a secret) or pacific:passwordFile to the right one",
                ) from error
            return str(answer["value"] if isinstance(answer, dict) else answer)
        raise Unreachable(
            f"{self.settings.server} does not answer as a vCenter", fix="check the address in pacific:server"
        )

    async def _send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        *,
        body: Any = None,
        params: Mapping[str, str] | None = None,
        auth: httpx2.Auth | None = None,
        repeatable: bool = False,
    ) -> Any:
        # A login can be repeated: a session whose answer was lost times out.
        repeatable = repeatable or method in _REPEATABLE or auth is not None
        response = await self._exchange(
            method, path, headers, repeatable=repeatable, json=body, params=params, auth=auth
        )
        if not response.is_success:
            raise error_of(method, path, response.status_code, response.content)
        if not response.content.strip():
            return None
        try:
            return response.json()
        except ValueError as error:
            raise Unreachable(
                f"what answers at {self.settings.server} is not vCenter: its answer to {method} {path} is not JSON",
                fix="check pacific:server and what stands before vCenter",
                sent=True,
            ) from error

    async def _exchange(
        self, method: str, path: str, headers: Mapping[str, str], *, repeatable: bool, **content: Any
    ) -> httpx2.Response:
        clock = asyncio.get_running_loop().time
        end = clock() + self.patience
        for attempt in range(1, _ATTEMPTS + 1):
            pause = _pause(attempt)
            answer_within = _FIRST_ANSWER * 2.0 ** (attempt - 1) if repeatable else self._request_timeout
            timeout = max(0.1, min(answer_within, self._request_timeout, end - clock()))
            try:
                self.requests += 1
                # The library's time-out is that of one part of an answer.
                async with asyncio.timeout(self._request_timeout):
                    response = await self._client().request(
                        method, path, headers=dict(headers), timeout=timeout, **content
                    )
            except (httpx2.RequestError, TimeoutError) as error:
                unsent = isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout)
                last = attempt == _ATTEMPTS or clock() >= end
                if last or _certificate_problem(error) is not None or not (unsent or repeatable):
                    raise self._unreachable(error, sent=not unsent) from error
                if self._on_wait is not None:
                    reason = str(error) or type(error).__name__
                    left = self._given_up_in(attempt, end - clock(), unsent=unsent)
                    self._on_wait(f"vCenter {self.settings.server} does not answer ({reason})", left)
            else:
                busy = response.status_code in _BUSY
                if not busy and not (repeatable and response.status_code in _FAILED):
                    return response
                pause = retry_after(response.headers) or pause
                if attempt == _ATTEMPTS or clock() + pause > end:
                    if not busy:
                        return response
                    raise _busy(method, path, response)
            await self._sleep(pause)
        raise AssertionError("unreachable")

    def _given_up_in(self, attempt: int, left: float, *, unsent: bool) -> float:
        """Seconds for which the attempts after ``attempt`` last at most; those that are refused last their pauses."""
        rest = range(attempt + 1, _ATTEMPTS + 1)
        pauses = sum(_pause(number - 1) for number in rest)
        answers = 0.0 if unsent else sum(min(self._request_timeout, _FIRST_ANSWER * 2.0 ** (n - 1)) for n in rest)
        return min(left, pauses + answers)

    def _client(self) -> httpx2.AsyncClient:
        if self._http is None:
            self._http = httpx2.AsyncClient(
                base_url=f"https://{self.settings.server}",
                verify=self._transport is not None or _tls(self.settings),
                transport=self._transport,
                limits=httpx2.Limits(max_connections=32, max_keepalive_connections=32, keepalive_expiry=60.0),
                trust_env=False,
            )
        return self._http

    def _unreachable(self, error: Exception, *, sent: bool) -> Unreachable:
        server = self.settings.server
        if (why := _certificate_problem(error)) is not None:
            return Unreachable(
                f"the certificate of vCenter {server} cannot be verified: {why}",
                fix="renew it in vCenter"
                if "expired" in why
                else "name the PEM bundle of its certificate authority in pacific:caFile",
            )
        reason = str(error) or type(error).__name__
        return Unreachable(
            f"vCenter {server} cannot be reached: {reason}",
            fix="check pacific:server and that vCenter is up; for the sandbox: pacific sandbox up",
            sent=sent,
        )


class OneLook(VCenterClient):
    """A client that asks each thing once and keeps the answer, for who looks once at all there is."""

    def __init__(
        self, settings: VCenterSettings, *, patience: float, transport: httpx2.AsyncBaseTransport | None = None
    ) -> None:
        """``patience``: seconds for all attempts of a request."""
        super().__init__(settings, patience=patience, transport=transport)
        self._answers: dict[tuple[str, frozenset[tuple[str, str]]], asyncio.Task[Any]] = {}

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        """The first answer to this request, or its error. Do not change it."""
        question = path, frozenset((params or {}).items())
        if question not in self._answers:
            self._answers[question] = asyncio.create_task(super().get(path, params))
        return await asyncio.shield(self._answers[question])


def _pause(attempt: int) -> float:
    """Seconds between ``attempt`` and the next one."""
    return min(_LONGEST_PAUSE, 0.25 * 2.0**attempt)


def _tls(settings: VCenterSettings) -> ssl.SSLContext:
    if settings.insecure:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    try:
        return ssl.create_default_context(cafile=None if settings.ca_file is None else str(settings.ca_file))
    except (OSError, ssl.SSLError) as error:
        raise PacificError(
            "cannot read the certificate authorities",
            value=str(settings.ca_file),
            fix="name a PEM bundle in pacific:caFile",
        ) from error


def _certificate_problem(error: BaseException | None) -> str | None:
    """Why the server's certificate was refused, in the words of OpenSSL; None where it was not."""
    why = None
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error.verify_message
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            why = str(error)
        error = error.__cause__ or error.__context__
    return why


def _busy(method: str, path: str, response: httpx2.Response) -> Unavailable:
    error = error_of(method, path, response.status_code, response.content)
    return Unavailable(
        f"vCenter is still busy: {error.problem}",
        status=response.status_code,
        error_type=error.error_type,
        fix="run the same command again later",
    )
