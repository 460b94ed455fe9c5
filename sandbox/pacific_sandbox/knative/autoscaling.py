"""How many pods a revision needs: from the requests that it has now and had in its window."""

import math
import re
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import Self

from pacific_sandbox.kubernetes_api import Object

_PREFIX = "autoscaling.knative.dev/"
_TARGET = 100
"""Requests for one pod where the revision has no limit: Knative's container-concurrency-target-default."""
_UTILIZATION = 0.7
"""Share of the limit to aim at: Knative's container-concurrency-target-percentage."""
_DURATION = re.compile(r"(?:(\d+)m)?(?:(\d+)s)?")


@dataclass(frozen=True)
class ScaleBounds:
    """What the annotations of a revision's template say."""

    minimum: int = 0
    maximum: int = 0
    """0: no limit"""
    window: float = 60.0
    """Seconds without a request after which pods go."""
    target: float = _TARGET * _UTILIZATION

    @classmethod
    def of(cls, service: Object) -> Self:
        """Read them; what is no number counts as not given."""
        template = service["spec"]["template"]
        annotations = template.get("metadata", {}).get("annotations") or {}

        def number(name: str) -> int:
            text = annotations.get(_PREFIX + name, "0")
            return int(text) if text.isdigit() else 0

        limit = template["spec"].get("containerConcurrency", 0) or _TARGET
        duration = _DURATION.fullmatch(annotations.get(_PREFIX + "window", ""))
        minutes, seconds = duration.groups("0") if duration else ("1", "0")
        window = int(minutes) * 60 + int(seconds)
        return cls(number("min-scale"), number("max-scale"), float(window or 60), max(1.0, limit * _UTILIZATION))


class Traffic:
    """The requests of each revision: those in flight, and the most in flight of the last moments."""

    def __init__(self) -> None:
        self._in_flight: dict[str, int] = defaultdict(int)
        self._peaks: dict[str, deque[tuple[float, int]]] = defaultdict(deque)

    def change(self, revision: str, by: int, now: float) -> None:
        """A request has come (1) or is answered (-1)."""
        peaks = self._peaks[revision]
        # Until now as many were in flight as before; only later ones that are higher matter.
        while peaks and peaks[-1][1] <= self._in_flight[revision]:
            peaks.pop()
        if self._in_flight[revision]:
            peaks.append((now, self._in_flight[revision]))
        self._in_flight[revision] += by

    def begin(self, revision: str, now: float) -> None:
        """The revision is ready: at the first time its pod stays for a window, as after a request."""
        if revision not in self._peaks:
            self._peaks[revision].append((now, 1))

    def peak(self, revision: str, window: float, now: float) -> int:
        """The most requests that were in flight at one time in the last ``window`` seconds."""
        peaks = self._peaks[revision]
        while peaks and peaks[0][0] <= now - window:
            peaks.popleft()
        return max([self._in_flight[revision], *(count for _, count in peaks)])

    def quiet_in(self, revision: str, window: float, now: float) -> float | None:
        """Seconds after which the peak may be lower; None where nothing was asked in the window."""
        peaks = self._peaks[revision]
        return max(peaks[0][0] + window - now, 0.05) if peaks else None

    def forget(self, revision: str) -> None:
        """The revision is gone."""
        self._in_flight.pop(revision, None)
        self._peaks.pop(revision, None)


def wanted_pods(bounds: ScaleBounds, peak: int) -> int:
    """Pods for ``peak`` requests at one time."""
    desired = max(math.ceil(peak / bounds.target), bounds.minimum)
    return min(desired, bounds.maximum) if bounds.maximum else desired
