"""Times as Kubernetes writes them."""

from datetime import UTC, datetime


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
