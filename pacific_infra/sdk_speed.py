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
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any

KNOWN_TEXTS = {
    "wait_for_rpcs": "c0f9027f85ad09255ded0a1908033b490f76d303a3e40b50d3cf47a69265469d",
    "resource_cycle_breaker": "58bcb372e5e36ee03b06ca0eaf28dcea9696777d5c047b9ebf9bcfe98595c516",
    "_get_stack_trace": "3943b2273016925109e1c3a7bc603db06a44ea09ff3494c29544e44bccf8dd1f",
    "contains_unknowns": "1f1f335b6f48b96055607dbb5be2e53b1163e35ec88704c89a41271070017cc8",
    "create_urn": "b4efa209c920a83ac0a652e3f00fa7e987bdb7e438231fc88146f4c372c85596",
    "_resolve_depends_on": "3ab4b3f9714876de7e84ded7e65dab1bf3fa00406192a36b0c681e05717a4e63",
    "from_input": "890885e07a39174cc31780a8aa159d1f52287501515386f747e776d7249439ee",
    "all": "bdc53486535319a8b6e3d724c407d33e52a7b92f66a580bffcbe56f95cc17e8b",
    "transfer_properties": "0e7c02ffa04ff20b31cd58a4829188d173300ed40eae0cb7bb48435121c233d9",
    "do_rpc": "d4342080ab44653aacdbc4f5cb1ac9e3e1405fbb36d25f17e218125b88a58fc6",
}
"""SHA-256 of the source that was read: pulumi 3.272.0."""
_NEEDS = "_direct_computed_dependencies"
"""The SDK's attribute of a resource with those that it needs."""
_NEEDED_BY, _LEVEL = "_pacific_needed_by", "_pacific_level"
"""Attributes of a resource: those that need it, and a number above those of all that it needs."""
LOOK_AGAIN = 0.5
"""Seconds after which outputs that came meanwhile are waited for as well."""
OBJECTS = 200_000
"""New objects between two searches for dead cycles. A program builds up one great structure and ends: searching it
again and again took half of its time."""
_SCALARS = frozenset({str, int, float, bool, type(None)})


class _NotPlain(Exception):
    """A value holds what the SDK has to look into: an output, a resource, an awaitable, arguments of a class."""


@contextmanager
def quick_sdk(*, positions: bool = True) -> Iterator[None]:
    """The SDK is faster in the block. ``positions=False``: the engine is not told the source line of each resource, for
    documents, whose resources all come from the same lines.
    """
    from pulumi import Output, _types, log  # noqa: PLC0415
    from pulumi.runtime import _depends_on, resource, resource_cycle_breaker, rpc, stack  # noqa: PLC0415
    from pulumi.runtime.rpc_manager import RPCManager  # noqa: PLC0415

    replacements: list[tuple[Any, str, Any]] = [(log, "debug", _debug(log.debug))]
    for types_of_class in (_types.resource_types, _types.resource_pulumi_to_py_names):
        replacements.append((_types, types_of_class.__name__, cache(types_of_class)))
    for text, module, name, replacement in (
        (stack.wait_for_rpcs, stack, "wait_for_rpcs", wait_for_rpcs),
        (resource_cycle_breaker, rpc, "declare_dependency", declare_dependency),
        (rpc.contains_unknowns, rpc, "contains_unknowns", contains_unknowns),
        (resource.create_urn, resource, "create_urn", _create_urn(resource.create_urn)),
        (_depends_on._resolve_depends_on, _depends_on, "_resolve_depends_on", _needed(_depends_on._resolve_depends_on)),
        (Output.from_input, Output, "from_input", staticmethod(_from_input(Output.from_input))),
        (Output.all, Output, "all", staticmethod(_all)),
        (rpc.transfer_properties, rpc, "transfer_properties", _transfer_properties),
        (RPCManager.do_rpc, RPCManager, "do_rpc", _do_rpc),
        *([] if positions else [(resource._get_stack_trace, resource, "_get_stack_trace", _no_stack_trace)]),
    ):
        if is_known(text):
            replacements.append((module, name, replacement))
    with ExitStack() as changes:
        changes.callback(gc.set_threshold, *gc.get_threshold())
        gc.set_threshold(OBJECTS, 20, 20)
        changes.callback(gc.unfreeze)
        # What is there already stays, such as documents and their graph.
        gc.freeze()
        for module, name, replacement in replacements:
            changes.callback(setattr, module, name, vars(module)[name])
            setattr(module, name, replacement)
        yield


def is_known(source: Any) -> bool:
    """Whether a function or module of the SDK has the text that was read."""
    name = source.__name__.rpartition(".")[2]
    return KNOWN_TEXTS.get(name) == hashlib.sha256(inspect.getsource(source).encode()).hexdigest()


def declare_dependency(from_resource: Any, to_resource: Any) -> bool:
    """Note that a resource needs another one; False where that would be a cycle.

    Each resource has a level above those that it needs. So a cycle is looked for only where a resource that others need
    is to need one of a higher level, and only among the levels between. The SDK goes over all that is needed each time.
    """
    if from_resource is to_resource:
        return False
    from_level, to_level = _level(from_resource), _level(to_resource)
    if to_level >= from_level:
        needed_by_others = hasattr(from_resource, _NEEDED_BY)
        if needed_by_others and to_level > from_level and _needs(to_resource, from_resource, from_level):
            return False
        _raise_level(from_resource, to_level + 1)
    for resource, attribute, other in (
        (from_resource, _NEEDS, to_resource),
        (to_resource, _NEEDED_BY, from_resource),
    ):
        if not hasattr(resource, attribute):
            setattr(resource, attribute, set())
        getattr(resource, attribute).add(other)
    return True


def _level(resource: Any) -> int:
    return int(getattr(resource, _LEVEL, 0))


def _needs(resource: Any, other: Any, level: int) -> bool:
    """Whether ``resource`` needs ``other``, which is of ``level``: only what is above it can."""
    seen: set[Any] = set()
    left = [resource]
    while left:
        for needed in getattr(left.pop(), _NEEDS, ()):
            if needed is other:
                return True
            if _level(needed) > level and needed not in seen:
                seen.add(needed)
                left.append(needed)
    return False


def _raise_level(resource: Any, level: int) -> None:
    left = [(resource, level)]
    while left:
        raised, level = left.pop()
        if _level(raised) < level:
            setattr(raised, _LEVEL, level)
            left += [(other, level + 1) for other in getattr(raised, _NEEDED_BY, ())]


def contains_unknowns(value: Any) -> bool:
    """Whether ``value``, or what is in its dictionaries and lists, is unknown."""
    if type(value) in _SCALARS:
        return False
    from pulumi.output import Unknown  # noqa: PLC0415 - it imports this module's callers

    seen: set[int] = set()
    left = [value]
    while left:
        inner = left.pop()
        if isinstance(inner, Unknown):
            return True
        if isinstance(inner, dict | list) and id(inner) not in seen:
            seen.add(id(inner))
            parts = inner.values() if isinstance(inner, dict) else inner
            left += [part for part in parts if type(part) not in _SCALARS]
    return False


def _from_input(from_input: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """``Output.from_input`` that makes one output of a plain value, not one of each part of it."""

    def from_plain_input(value: Any) -> Any:
        try:
            return _resolved(_copied(value))
        except _NotPlain:
            return from_input(value)

    return from_plain_input


def _copied(value: Any) -> Any:
    """A copy of a plain value, as the SDK makes one. Raises _NotPlain."""
    if type(value) in _SCALARS:
        return value
    if type(value) is dict and all(type(key) is str for key in value):
        return {key: _copied(inner) for key, inner in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_copied(inner) for inner in value)
    raise _NotPlain


def _resolved(value: Any) -> Any:
    """An output of a value that is known already: nobody has to wait for it."""
    from pulumi.output import Output, _OutputData  # noqa: PLC0415 - it imports this module's callers

    data = asyncio.get_event_loop().create_future()
    data.set_result(_OutputData(resources=set(), value=value, is_known=True, is_secret=False))
    output = object.__new__(Output)
    output._data = data
    return output


def _all(*arguments: Any, **named: Any) -> Any:
    """``Output.all`` that awaits what is not known yet, one after the other, and makes no task of each."""
    from pulumi.output import Output, _OutputData  # noqa: PLC0415 - it imports this module's callers

    if arguments and named:
        raise ValueError("Output.all() was supplied a mix of named and unnamed inputs")
    outputs = [Output.from_input(value) for value in (named.values() if named else arguments)]

    async def gather() -> Any:
        parts = [await output._data for output in outputs]
        values = [part.value for part in parts]
        return _OutputData(
            resources=set().union(*(part.resources for part in parts)),
            value=dict(zip(named, values, strict=True)) if named else values,
            is_known=all(part.is_known for part in parts),
            is_secret=any(part.is_secret for part in parts),
        )

    return Output._from_data(gather())


def _transfer_properties(resource: Any, properties: Collection[str], custom: bool) -> dict[str, Callable[..., None]]:
    """``rpc.transfer_properties`` with one future for each property, not four and a task that awaits them."""
    from pulumi.output import Output, _OutputData  # noqa: PLC0415 - it imports this module's callers

    def resolver(data: Any) -> Callable[..., None]:
        def resolve(
            value: Any, is_known: bool, is_secret: bool, needs: Collection[Any], failed: Exception | None
        ) -> None:
            if failed is not None:
                data.set_exception(failed)
            else:
                resources = {*(needs or ()), resource}
                data.set_result(_OutputData(resources=resources, value=value, is_known=is_known, is_secret=is_secret))

        return resolve

    resolvers = {}
    for name in properties:
        if name == "urn" or (name == "id" and custom):
            continue  # the SDK sets them itself
        data = asyncio.get_event_loop().create_future()
        resolvers[name] = resolver(data)
        resource.__dict__[name] = Output._from_data(data)
    return resolvers


def _do_rpc(manager: Any, _name: str, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """``RPCManager.do_rpc`` that runs the call in the task that waits for it."""

    async def run(*arguments: Any, **options: Any) -> tuple[Any, Exception | None]:
        ended = asyncio.get_running_loop().create_future()
        manager.rpcs.append(ended)
        try:
            result = await call(*arguments, **options)
        except Exception as error:  # noqa: BLE001 - raised by who waits for all calls
            if manager.unhandled_exception is None:
                manager.unhandled_exception, manager.exception_traceback = error, error.__traceback__
            ended.set_exception(error)
            ended.exception()  # has been seen: asyncio says nothing of it
            return None, error
        except BaseException:
            ended.cancel()
            raise
        ended.set_result(result)
        return result, None

    return run


def _create_urn(create_urn: Callable[..., Any]) -> Callable[..., Any]:
    """``create_urn`` that puts known texts together by itself: the SDK asks for it with each resource."""

    def create_known_urn(name: Any, type_: Any, parent: Any = None, project: Any = None, stack: Any = None) -> Any:
        if type(name) is str and type(type_) is str and type(parent) is str:
            return _resolved(f"{parent[: parent.rfind('::')]}${type_}::{name}")
        return create_urn(name, type_, parent, project, stack)

    return create_known_urn


def _needed(resolve: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """``_resolve_depends_on`` that takes resources as they are, and makes no output of each."""

    async def resolve_resources(depends_on: Any) -> Any:
        from pulumi import Resource  # noqa: PLC0415

        if type(depends_on) is list and all(isinstance(needed, Resource) for needed in depends_on):
            return set(depends_on)
        return await resolve(depends_on)

    return resolve_resources


def _no_stack_trace() -> Any:
    from pulumi.runtime.proto import source_pb2  # noqa: PLC0415

    return source_pb2.StackTrace()


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
    """Wait until no output is pending, those that come meanwhile included; each is asked once to say when it ends."""
    loop = asyncio.get_running_loop()
    pending: set[Any] = set()
    failed: list[Any] = []
    over = loop.create_future()

    def end(output: Any) -> None:
        pending.discard(output)
        with settings.lock:
            settings.outputs.discard(output)
        if output.cancelled() or output.exception() is not None:
            failed.append(output)
        if (failed or not pending) and not over.done():
            over.set_result(None)

    while True:
        with settings.lock:
            new = settings.outputs - pending
        if not new and not pending:
            return
        pending |= new
        for output in new:
            output.add_done_callback(end)
        await asyncio.wait([over], timeout=LOOK_AGAIN)
        if failed:
            error = None if failed[0].cancelled() else failed[0].exception()
            if error is not None:
                raise error  # as it is: to await the output would drop the frames of the program
            await failed[0]
        if over.done():
            over = loop.create_future()
