"""In which order stacks are run, and which a failure stops."""

from pacific_infra.graph.dependency_graph import graph_of_ids
from pacific_infra.graph.stack_queue import StackQueue

SHOP = graph_of_ids({"base": (), "data": ("base",), "shop": ("data",), "site": ("base",), "news": ("base",)})


def drained(queue: StackQueue) -> list[str]:
    stacks = []
    while (stack := queue.next()) is not None:
        stacks.append(stack)
    return stacks


def test_a_stack_begins_when_all_that_it_needs_are_done_and_the_longest_way_goes_first() -> None:
    queue = StackQueue(SHOP, {"base": 1, "data": 1, "shop": 5, "site": 2, "news": 3})
    assert drained(queue) == ["base"]
    queue.done("base")
    assert drained(queue) == ["data", "news", "site"]
    queue.done("data")
    assert drained(queue) == ["shop"]


def test_a_failure_stops_only_what_needs_the_stack() -> None:
    queue = StackQueue(SHOP, {})
    drained(queue)
    queue.done("base")
    drained(queue)
    queue.failed("data")
    queue.done("site")
    assert queue.stopped == {"shop": "data"}
    assert drained(queue) == []


def test_what_needs_a_stopped_stack_is_stopped_too() -> None:
    queue = StackQueue(SHOP, {})
    queue.failed("base")
    assert queue.stopped == dict.fromkeys(("data", "shop", "site", "news"), "base")
