import asyncio
from typing import Any

import pytest

from pacific_infra.errors import PacificError
from pacific_sandbox.kubernetes_api import KubernetesError, Object, Resource
from pacific_sandbox.reconcile.addresses import AddressPool
from pacific_sandbox.reconcile.conditions import with_transitions
from pacific_sandbox.reconcile.events import EventRecorder, event
from pacific_sandbox.reconcile.work_queue import WorkQueue
from tests.support.skipped_time import run


def test_an_owner_has_one_address_and_the_same_one_after_a_restart() -> None:
    pool = AddressPool("10.0.0.0/24", "a pod")
    first = pool.claim("a")
    assert pool.claim("a") == first
    assert pool.claim("b") != first
    assert AddressPool("10.0.0.0/24", "a pod").claim("a") == first


def test_a_wanted_address_is_given_if_it_is_free_and_of_the_network() -> None:
    pool = AddressPool("10.0.0.0/24", "a pod")
    assert pool.claim("a", "10.0.0.77") == "10.0.0.77"
    for expected in ("10.0.0.77", "10.0.1.5", "10.0.0.0", "10.0.0.1", "10.0.0.255", "nonsense"):
        assert pool.claim(expected, expected) != expected
    pool.release("a")
    assert pool.claim("b", "10.0.0.77") == "10.0.0.77"


def test_all_addresses_can_be_given_and_then_no_more() -> None:
    pool = AddressPool("10.0.0.0/29", "a pod")
    assert {pool.claim(str(owner)) for owner in range(5)} == {f"10.0.0.{last}" for last in range(2, 7)}
    with pytest.raises(PacificError) as raised:
        pool.claim("one too many")
    assert str(raised.value) == "no free address for a pod: got '10.0.0.0/29'; fix: a larger network"


def test_transition_times_change_with_the_status_only() -> None:
    before = [{"type": "A", "status": "True", "lastTransitionTime": "t0"}]
    same = with_transitions([{"type": "A", "status": "True", "message": "new"}], before, "t1")
    assert same == [{"type": "A", "status": "True", "message": "new", "lastTransitionTime": "t0"}]
    assert with_transitions([{"type": "A", "status": "False"}], before, "t1")[0]["lastTransitionTime"] == "t1"


def test_events_of_one_second_sort_by_name() -> None:
    item: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "namespace": "n", "uid": "u"},
    }
    names = [
        event(item, "R", "m", component="c", type_="Normal", host=None, sequence=0x10 + number)["metadata"]["name"]
        for number in range(3)
    ]
    assert names == sorted(names)


def test_work_on_one_key_never_overlaps_and_sees_the_last_wish() -> None:
    running: set[str] = set()
    seen: list[str] = []

    async def scenario() -> None:
        all_added = asyncio.Event()

        async def reconcile(key: str) -> float | None:
            assert key not in running
            running.add(key)
            await all_added.wait()
            running.discard(key)
            seen.append(key)
            return None

        queue: WorkQueue[str] = WorkQueue("test", reconcile)
        for _ in range(3):
            queue.add("a")
            queue.add("b")
            await asyncio.sleep(0.001)
        all_added.set()
        await asyncio.sleep(0.05)

    run(scenario())
    # Added three times while it ran: once, and once again.
    assert sorted(seen) == ["a", "a", "b", "b"]


def test_a_failure_is_tried_again_and_does_not_stop_others() -> None:
    attempts: dict[str, int] = {}

    async def reconcile(key: str) -> float | None:
        attempts[key] = attempts.get(key, 0) + 1
        if key == "bad" and attempts[key] < 3:
            raise KubernetesError(500, "InternalError", "no")
        return None

    async def scenario() -> None:
        queue: WorkQueue[str] = WorkQueue("test", reconcile)
        queue.add("bad")
        queue.add("good")
        await asyncio.sleep(0.9)

    run(scenario())
    assert attempts == {"bad": 3, "good": 1}


def test_the_sooner_of_two_delays_counts() -> None:
    times: list[float] = []

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()

        async def reconcile(_: str) -> float | None:
            times.append(loop.time() - start)
            return None

        queue: WorkQueue[str] = WorkQueue("test", reconcile)
        queue.add("a", after=5.0)
        queue.add("a", after=0.05)
        queue.add("a", after=9.0)
        await asyncio.sleep(0.15)

    run(scenario())
    assert len(times) == 1
    assert times[0] == pytest.approx(0.05, abs=0.04)


@pytest.mark.parametrize(
    "error",
    [
        KubernetesError(404, "NotFound", "no such pod"),
        KubernetesError(403, "Forbidden", "unable to create new content in namespace n because it is being terminated"),
    ],
)
def test_what_goes_is_not_tried_again(error: KubernetesError) -> None:
    attempts = 0

    async def reconcile(_: str) -> float | None:
        nonlocal attempts
        attempts += 1
        raise error

    async def scenario() -> None:
        queue: WorkQueue[str] = WorkQueue("test", reconcile)
        queue.add("a")
        await asyncio.sleep(0.4)

    run(scenario())
    assert attempts == 1


def test_events_of_many_pods_do_not_take_the_whole_api_server() -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop", "uid": "1"}}

    async def scenario() -> list[int]:
        written = []
        api: Any = CountedEvents()
        recorder = EventRecorder(api)
        task = asyncio.create_task(recorder.run())
        for number in range(2000):
            recorder.record(pod, "Started", f"Started container {number}", component="spherelet")
            await asyncio.sleep(0)
        for _ in range(3):
            await asyncio.sleep(4.0)
            written.append(api.events)
        task.cancel()
        return written

    first, *later = run(scenario())
    assert 1000 <= first <= 1250
    assert later == pytest.approx([first + 200, first + 400], abs=5)


class CountedEvents:
    def __init__(self) -> None:
        self.events = 0

    async def create(self, resource: Resource, body: Object) -> None:
        self.events += 1
