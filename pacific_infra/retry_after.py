"""The header ``Retry-After`` of HTTP (RFC 9110, section 10.2.3)."""

import email.utils
import time
from collections.abc import Mapping


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a server asks to wait, said as a number or as a date of its own clock; None: it does not say so."""
    text = headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text)
    until = _seconds(text)
    if until is None:
        return None
    now = _seconds(headers.get("date", ""))
    return max(0.0, until - (time.time() if now is None else now))


def _seconds(date: str) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None
