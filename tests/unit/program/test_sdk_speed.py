"""The SDK made faster: the same outcomes, the first error first, and the SDK's texts that were read."""

import asyncio
from collections.abc import Callable, Coroutine
from itertools import permutations, product
from typing import Any

import pulumi
import pytest
from pulumi.runtime import resource, resource_cycle_breaker, rpc, stack
from pulumi.runtime.rpc_manager import RPCManager
from pulumi.runtime.settings import SETTINGS

from pacific_infra.sdk_speed import declare_dependency, is_known, quick_sdk, wait_for_rpcs

Work = Callable[[], Coroutine[Any, Any, None]]


@pytest.fixture(autouse=True)
def settings_of_its_own() -> None:
    # Settings are of the context, which each loop copies.
    SETTINGS.rpc_manager = RPCManager()
    SETTINGS.outputs = set()


@pytest.mark.parametrize("text", [stack.wait_for_rpcs, resource_cycle_breaker, resource._get_stack_trace])
def test_the_installed_sdk_has_the_texts_that_were_read(text: object) -> None:
    """A newer SDK fails here: read its text, and note its digest where our replacement still fits, or delete ours."""
    assert is_known(text)


def test_the_sdk_is_as_before_after_the_block() -> None:
    names = [
        (stack, "wait_for_rpcs"),
        (rpc, "declare_dependency"),
        (resource, "_get_stack_trace"),
        (pulumi.log, "debug"),
    ]
    before = [getattr(module, name) for module, name in names]
    with quick_sdk(positions=False), quick_sdk():
        assert stack.wait_for_rpcs is wait_for_rpcs
        assert not resource._get_stack_trace().frames
    assert [getattr(module, name) for module, name in names] == before


class Needing:
    """Stands for a resource."""


def test_a_cycle_of_resources_is_refused_and_all_else_is_declared() -> None:
    """All orders of declaring two edges each of four resources, against the SDK's own answers."""
    for edges in product(permutations(range(4), 2), repeat=3):
        managed, foreign = [Needing() for _ in range(4)], [Needing() for _ in range(4)]
        for left, right in edges:
            expected = resource_cycle_breaker.declare_dependency(foreign[left], foreign[right])  # type: ignore[arg-type]
            assert declare_dependency(managed[left], managed[right]) == expected, edges


def test_a_resource_does_not_need_itself() -> None:
    assert not declare_dependency(alone := Needing(), alone)


def test_debug_messages_of_a_program_are_sent_those_of_the_sdk_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    monkeypatch.setattr(pulumi.log, "debug", sent.append)
    with quick_sdk():
        pulumi.log.debug("of the program")
        exec("log.debug('of the SDK')", {"__name__": "pulumi.runtime.rpc", "log": pulumi.log})  # noqa: S102
    assert sent == ["of the program"]


def run(*outputs: Work) -> list[str]:
    """Wait for the outputs; the names of those that completed, in their order."""
    completed: list[str] = []

    async def main() -> None:
        for work in outputs:
            task = asyncio.ensure_future(work())
            task.set_name(work.__name__)
            task.add_done_callback(lambda task: completed.append(task.get_name()))
            SETTINGS.outputs.add(task)
        await wait_for_rpcs()

    asyncio.run(main())
    return completed


def test_all_outputs_are_waited_for_those_that_come_late_too() -> None:
    async def late() -> None:
        await asyncio.sleep(0)

    async def first() -> None:
        await asyncio.sleep(0.01)
        SETTINGS.outputs.add(asyncio.ensure_future(late()))

    async def second() -> None:
        await asyncio.sleep(0)

    assert sorted(run(first, second)) == ["first", "second"]
    assert not SETTINGS.outputs


def test_the_error_of_one_ends_the_wait_for_others() -> None:
    async def never() -> None:
        await asyncio.Event().wait()

    async def fails() -> None:
        await asyncio.sleep(0)
        raise ValueError("it cannot be made")

    with pytest.raises(ValueError, match="it cannot be made"):
        run(never, fails)


def test_the_error_of_an_output_that_came_later_is_not_kept_back_by_one_that_never_ends() -> None:
    async def fails() -> None:
        raise ValueError("it cannot be made")

    async def never() -> None:
        SETTINGS.outputs.add(asyncio.ensure_future(fails()))
        await asyncio.Event().wait()

    with pytest.raises(ValueError, match="it cannot be made"):
        run(never)


def test_the_error_of_a_call_names_its_cause() -> None:
    cause = RuntimeError("the engine said no")

    async def main() -> None:
        async def call() -> None:
            raise ValueError("register failed")

        SETTINGS.rpc_manager.unhandled_exception = cause
        SETTINGS.rpc_manager.rpcs.append(asyncio.ensure_future(call()))
        await wait_for_rpcs()

    with pytest.raises(ValueError, match="register failed") as error:
        asyncio.run(main())
    assert error.value.__cause__ is cause
