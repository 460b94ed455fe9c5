"""How tests wait: for what they await, and never for how long it takes."""

import time
from collections.abc import Callable
from typing import Any

import pytest

PATIENCE = 300.0
"""Seconds after which what did not happen counts as not happening; no test is about how long something takes."""


def wait_until(subject: str, condition: Callable[[], Any]) -> Any:
    """The first true value of ``condition``; the test fails where there is none for PATIENCE.

    A condition that takes long, as one that starts a program, is asked half of the time: what is awaited needs the
    computer too.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        began = time.monotonic()
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            pytest.fail(f"{subject}: not within {PATIENCE:.0f} s, last {value!r}")
        time.sleep(min(1.0, max(0.1, time.monotonic() - began)))
