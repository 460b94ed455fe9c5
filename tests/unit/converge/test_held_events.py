"""Events of a run that waits are kept, and handed on in their order when it goes on."""

import json

from pulumi.automation import EngineEvent

from pacific_infra.converge.engine_events import HeldEvents


def event(number: int) -> EngineEvent:
    return EngineEvent.from_json(json.loads(f'{{"sequence": {number}, "timestamp": 0, "cancelEvent": {{}}}}'))


def test_events_of_a_run_that_waits_are_as_if_they_had_come_when_it_goes_on() -> None:
    received: list[tuple[int, float]] = []
    held = HeldEvents(lambda event, now: received.append((event.sequence, now)))
    held.event(event(1), 5.0)
    held.event(event(2), 6.0)
    assert received == []
    held.hand_on()
    held.event(event(3), 7.0)
    assert [number for number, _ in received] == [1, 2, 3]
    assert received[0][1] > 6.0
    assert received[2][1] == 7.0
