"""Tells a webhook, and gives up in time: nobody's command fails or hangs because of a webhook."""

import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx2

from pacific_infra.notifications.notification import Form, Notification
from pacific_infra.retry_after import retry_after

WITHIN = 20.0
"""Seconds after which a webhook is given up, with all attempts."""
_ANSWER = 5.0
"""Seconds for one answer."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 8.0


@dataclass(frozen=True)
class Webhook:
    """An address, which is a secret: who knows it can write there."""

    form: Form
    url: str = field(repr=False)

    @property
    def valid(self) -> bool:
        """Whether something can be sent to it."""
        try:
            url = httpx2.URL(self.url)
        except httpx2.InvalidURL:
            return False
        return url.scheme in ("http", "https") and bool(url.host)


class Errand:
    """Something that is sent while the command goes on to its end."""

    def __init__(self, act: Callable[[], str | None], within: float = WITHIN) -> None:
        """``act``: sends it, and says what went wrong. After ``within`` seconds it is left alone."""
        self._problem: str | None = f"there was no answer within {within:.0f} s"
        self._end = time.monotonic() + within

        def run() -> None:
            try:
                self._problem = act()
            except (OSError, ValueError) as error:  # what is set for proxies or certificates is no good
                self._problem = f"nothing can be sent from here ({type(error).__name__})"

        # Not waited for by Python either: a name server that is silent cannot be interrupted.
        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()

    def wait(self) -> str | None:
        """What went wrong; None: it is there."""
        self._thread.join(max(0.0, self._end - time.monotonic()))
        return self._problem


def deliver(
    webhook: Webhook,
    notification: Notification,
    *,
    within: float = WITHIN,
    sleep: Callable[[float], object] = time.sleep,
) -> str | None:
    """Send it, again while the webhook is busy or away; what went wrong, without the address. None: it was taken.

    A redirection is not followed: it may lead to somebody else. An event that was taken and whose answer was lost is
    sent again with the same id.
    """
    if not webhook.valid:
        return "its address is not an http or https URL"
    body, end, pause, attempts = webhook.form.body(notification), time.monotonic() + within, _FIRST_PAUSE, 0
    # As OpenSSL has it: SSL_CERT_FILE names other authorities.
    with httpx2.Client(verify=ssl.create_default_context()) as client:
        while True:
            wait, attempts = pause, attempts + 1
            try:
                timeout = max(0.1, min(_ANSWER, end - time.monotonic()))
                headers = {"content-type": webhook.form.content_type}
                with client.stream("POST", webhook.url, content=body, headers=headers, timeout=timeout) as answer:
                    status = answer.status_code
                    wait = retry_after(answer.headers) or pause
            except httpx2.HTTPError as error:
                if "CERTIFICATE_VERIFY_FAILED" in str(error):
                    return "its certificate cannot be verified"
                problem = _PROBLEMS.get(type(error), "the connection was broken off")
            else:
                if status < 300:
                    return None
                problem = f"it answered {status}"
                if status not in (408, 425, 429) and status < 500:
                    return problem
            if time.monotonic() + wait > end:
                return f"{problem}, asked {attempts} times" if attempts > 1 else problem
            sleep(wait)
            pause = min(2 * pause, _LONGEST_PAUSE)


_PROBLEMS: dict[type[httpx2.HTTPError], str] = {
    httpx2.ConnectError: "it cannot be reached",
    httpx2.ConnectTimeout: "it cannot be reached",
    httpx2.ReadTimeout: "it does not answer",
    httpx2.WriteTimeout: "it does not answer",
}
