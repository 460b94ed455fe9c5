"""Times as Kubernetes writes them."""

import re
from datetime import UTC, datetime
from typing import Final

_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)")
_SECONDS: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}


def rfc3339(seconds: float) -> str:
    """Seconds since the epoch as ``2026-01-02T03:04:05Z``."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def rfc3339_micro(seconds: float) -> str:
    """Seconds since the epoch as ``2026-01-02T03:04:05.000006Z``, a Lease's precision."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def seconds_of(text: str) -> float:
    """A time of the API in seconds since the epoch."""
    return datetime.fromisoformat(text).timestamp()


def rfc3339_nano(nanoseconds: int) -> str:
    """Nanoseconds since the epoch as ``2026-01-02T03:04:05.000000006Z``."""
    seconds, rest = divmod(nanoseconds, 10**9)
    return rfc3339(seconds).removesuffix("Z") + f".{rest:09d}Z"


def seconds_of_duration(text: str) -> float:
    """``1m30s`` in seconds. What is no duration is 0: the API server does not let it in."""
    return sum(float(number) * _SECONDS[unit] for number, unit in _DURATION.findall(text))
