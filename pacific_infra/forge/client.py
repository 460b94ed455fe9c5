"""Requests of a forge's REST API, repeated while the forge is away or too busy."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx2

from pacific_infra.errors import PacificError
from pacific_infra.retry_after import retry_after

PATIENCE = 120.0
"""Seconds for one request with all its repetitions."""
_BUSY = (429, 503)
"""The request was not carried out, so any request is repeated."""
_FAILED = (500, 502, 504)
"""The request may have been carried out."""
_LONGEST_PAUSE = 30.0
_PAGE = 100
_MOST_PAGES = 100


class ForgeError(PacificError):
    """The forge refused a request, or did not answer in time."""

    def __init__(self, problem: str, status: int | None) -> None:
        """``status``: of its answer; None: it gave none."""
        fix = "look at the token and its permissions" if status in (401, 403, 404) else "run the job again"
        super().__init__(problem, fix=fix)
        self.status = status


class ForgeClient:
    """The API at ``url`` with headers that say who asks. ``sleep``: how to pause between two tries."""

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        transport: httpx2.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._http = httpx2.Client(
            base_url=url, headers=dict(headers), timeout=30.0, transport=transport, follow_redirects=True
        )
        self._sleep = sleep

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        params: Mapping[str, str] | None = None,
        *,
        may_miss: bool = False,
    ) -> Any:
        """The decoded answer, None for an empty one. Raises ForgeError, with what the forge says.

        A POST whose answer is lost is not repeated: what it creates would be there twice. ``may_miss``: 404 is None.
        """
        spent, pause = 0.0, 1.0
        while True:
            status: int | None = None
            try:
                answer = self._http.request(method, path, json=body, params=params)
            except httpx2.HTTPError as error:
                problem, repeatable = str(error) or type(error).__name__, method != "POST"
            else:
                if answer.status_code < 400:
                    return answer.json() if answer.content else None
                status = answer.status_code
                if status == 404 and may_miss:
                    return None
                problem = f"{status} {_message_of(answer)}"
                repeatable = status in _BUSY or (status in _FAILED and method != "POST") or _is_limited(answer)
                pause = min(retry_after(answer.headers) or pause, _LONGEST_PAUSE)
            if not repeatable or spent + pause > PATIENCE:
                waited = f", after {spent:.0f} s" if spent else ""
                raise ForgeError(f"the forge did not do {method} {path}{waited}: {problem}", status)
            self._sleep(pause)
            spent += pause
            pause = min(2 * pause, _LONGEST_PAUSE)

    def pages(self, path: str, size_name: str, params: Mapping[str, str] | None = None) -> Iterator[Any]:
        """The items of a list, page after page. ``size_name``: how the API calls the size of a page."""
        for page in range(1, _MOST_PAGES + 1):
            items = self.request("GET", path, params={**(params or {}), size_name: str(_PAGE), "page": str(page)})
            yield from items or ()
            # A server may give less than a full page, if its own limit is lower; only an empty one is the last.
            if not items:
                return


def _message_of(answer: httpx2.Response) -> str:
    try:
        content = answer.json()
    except ValueError:
        return answer.reason_phrase
    return str(content.get("message") or content.get("error") or content) if isinstance(content, dict) else str(content)


def _is_limited(answer: httpx2.Response) -> bool:
    """Whether it is GitHub's way to say that there were too many requests."""
    return answer.status_code == 403 and answer.headers.get("x-ratelimit-remaining") == "0"
