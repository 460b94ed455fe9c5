"""Makes Pulumi's Python SDK faster where it wastes time with many resources (docs/performance.md).

``pulumi.runtime.stack.wait_for_rpcs`` asks asyncio for the first of all pending outputs, again for each that completes:
the square of their number, 9 of 13 seconds for 2,000 resources. ``declare_dependency`` walks all that a resource needs,
to see whether it needs itself. Garbage collection looks through all of it again and again: half of the time. Only texts
of the SDK that were read are replaced; a newer one is left as it is, and a test says that it is to be looked at. Needs
the standard library and ``pulumi`` alone.
"""

import asyncio
import gc
import hashlib
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

KNOWN_TEXTS = {
    "wait_for_rpcs": "c0f9027f85ad09255ded0a1908033b490f76d303a3e40b50d3cf47a69265469d",
    "resource_cycle_breaker": "58bcb372e5e36ee03b06ca0eaf28dcea9696777d5c047b9ebf9bcfe98595c516",
    "_get_stack_trace": "3943b2273016925109e1c3a7bc603db06a44ea09ff3494c29544e44bccf8dd1f",
}
"""SHA-256 of the source that was read: pulumi 3.272.0."""
_NEEDED = "_pacific_needed_by_others"
"""Attribute of a resource that another one needs."""
LOOK_AGAIN = 0.5
"""Seconds after which outputs that came meanwhile are waited for as well."""
OBJECTS = 200_000
"""New objects between two searches for dead cycles. A program builds up one great structure and ends: searching it
again and again took half of its time."""


@contextmanager
def quick_sdk(*, positions: bool = True) -> Iterator[None]:
    """The SDK is faster in the block. ``positions=False``: the engine is not told the source line of each resource, for
    documents, whose resources all come from the same lines.
    """
    from pulumi import log  # noqa: PLC0415
    from pulumi.runtime import resource, resource_cycle_breaker, rpc, stack  # noqa: PLC0415
    from pulumi.runtime.proto import source_pb2  # noqa: PLC0415

    replacements: list[tuple[Any, str, Any]] = [(log, "debug", _debug(log.debug))]
    if is_known(stack.wait_for_rpcs):
        replacements.append((stack, "wait_for_rpcs", wait_for_rpcs))
    if is_known(resource_cycle_breaker):
        replacements.append((rpc, "declare_dependency", declare_dependency))
    if not positions and is_known(resource._get_stack_trace):
        replacements.append((resource, "_get_stack_trace", source_pb2.StackTrace))
    with ExitStack() as changes:
        changes.callback(gc.set_threshold, *gc.get_threshold())
        gc.set_threshold(OBJECTS, 20, 20)
        for module, name, replacement in replacements:
            changes.callback(setattr, module, name, getattr(module, name))
            setattr(module, name, replacement)
        yield


def is_known(source: Any) -> bool:
    """Whether a function or module of the SDK has the text that was read."""
    name = source.__name__.rpartition(".")[2]
    return KNOWN_TEXTS.get(name) == hashlib.sha256(inspect.getsource(source).encode()).hexdigest()


def declare_dependency(from_resource: Any, to_resource: Any) -> bool:
    """Note that a resource needs another one; False where that would be a cycle.

    A cycle is looked for only where there may be one: a resource that no other needs lies on none. Most are new when
    they say what they need, and so such.
    """
    from pulumi.runtime import resource_cycle_breaker  # noqa: PLC0415

    if from_resource is to_resource:
        return False
    if getattr(from_resource, _NEEDED, False):
        if not resource_cycle_breaker.declare_dependency(from_resource, to_resource):
            return False
    else:
        resource_cycle_breaker._add_dep(from_resource, to_resource)
    setattr(to_resource, _NEEDED, True)
    return True


def _debug(debug: Callable[..., None]) -> Callable[..., None]:
    """``pulumi.log.debug`` without the messages of the SDK itself, four for each resource: each is a call of the engine
    that is waited for.
    """

    def debug_of_programs(*arguments: Any, **options: Any) -> None:
        if not str(sys._getframe(1).f_globals.get("__name__")).startswith("pulumi."):
            debug(*arguments, **options)

    return debug_of_programs


async def wait_for_rpcs(await_all_outstanding_tasks: bool = True) -> None:
    """Wait until no call and no output is pending. Raises the first error of either, as the SDK's function does."""
    from pulumi.runtime.settings import SETTINGS  # noqa: PLC0415

    manager = SETTINGS.rpc_manager
    while True:
        await _calls_ended(manager)
        if await_all_outstanding_tasks:
            await _outputs_known(SETTINGS)
        if not manager.rpcs:
            return


async def _calls_ended(manager: Any) -> None:
    while manager.rpcs:
        await asyncio.sleep(0)
        try:
            await manager.rpcs.pop()
        except Exception as error:
            if manager.unhandled_exception is not None:
                raise error from manager.unhandled_exception.with_traceback(manager.exception_traceback)
            raise
    if manager.unhandled_exception is not None:
        raise manager.unhandled_exception.with_traceback(manager.exception_traceback)


async def _outputs_known(settings: Any) -> None:
    while True:
        with settings.lock:
            pending = list(settings.outputs)
            settings.outputs.clear()
        if not pending:
            return
        done, waiting = await asyncio.wait(pending, timeout=LOOK_AGAIN, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            await task
        with settings.lock:
            settings.outputs.update(waiting)
