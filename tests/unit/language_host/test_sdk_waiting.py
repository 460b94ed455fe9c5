"""The SDK's wait in linear time: the same outcomes, the first error first, and the SDK's text that it was read from."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from pulumi.runtime import stack
from pulumi.runtime.rpc_manager import RPCManager
from pulumi.runtime.settings import SETTINGS

from pacific_infra.language_host.sdk_waiting import wait_for_rpcs, wait_in_linear_time

Work = Callable[[], Coroutine[Any, Any, None]]


@pytest.fixture(autouse=True)
def restored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack, "wait_for_rpcs", stack.wait_for_rpcs)
    # Settings are of the context, which each loop copies.
    SETTINGS.rpc_manager = RPCManager()
    SETTINGS.outputs = set()


def test_the_installed_sdk_waits_as_the_one_that_was_read() -> None:
    """A newer SDK fails here: read its wait_for_rpcs, and add its digest where ours still fits, or delete ours."""
    assert wait_in_linear_time()
    assert stack.wait_for_rpcs is wait_for_rpcs


def run(*outputs: Work) -> list[str]:
    """Wait for the outputs; the names of those that completed, in their order."""
    completed: list[str] = []

    async def main() -> None:
        for work in outputs:
            task = asyncio.ensure_future(work())
            task.add_done_callback(lambda _task, name=work.__name__: completed.append(name))
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
