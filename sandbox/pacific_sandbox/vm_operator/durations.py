"""Durations as Go writes them. Pure."""

import re

_PART = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}


def seconds_of_duration(text: str) -> float:
    """``1m30s`` in seconds. What is no duration is 0: the API server does not let it in."""
    return sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))
