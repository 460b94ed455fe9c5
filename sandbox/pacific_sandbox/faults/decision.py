"""What the declared faults do to one request. Pure but for the random numbers, which each fault draws in order."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pacific_sandbox.faults.api_fault import ApiFault, ApiRequest


@dataclass
class Use:
    """How a fault has been used so far."""

    draws: random.Random
    applied: int = 0


@dataclass(frozen=True)
class Decision:
    """A request waits for ``delay`` seconds and then meets ``ending``, or is answered as always where that is None."""

    delay: float = 0.0
    ending: ApiFault | None = None
    applied: Sequence[str] = field(default_factory=tuple)
    """The faults that were applied, by identifier."""


def decide(request: ApiRequest, faults: Sequence[ApiFault], use: Callable[[ApiFault], Use]) -> Decision:
    """Delays add up; the first fault that does not only delay is the end of the request."""
    delay, applied = 0.0, []
    for fault in faults:
        if not fault.meets(request):
            continue
        used = use(fault)
        # Drawn even where the count is used up, so that which requests are met does not depend on it.
        met = used.draws.random() < fault.probability
        if not met or (fault.count is not None and used.applied >= fault.count):
            continue
        used.applied += 1
        applied.append(fault.id)
        if fault.effect != "slow":
            return Decision(delay, fault, tuple(applied))
        delay += fault.value or 0.0
    return Decision(delay, None, tuple(applied))
