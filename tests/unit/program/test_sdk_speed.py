"""The SDK made faster: the same outcomes, the first error first, and the SDK's texts that were read."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import nullcontext
from itertools import permutations, product
from typing import Any

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi import _types
from pulumi.output import Unknown
from pulumi.runtime import _depends_on, resource, resource_cycle_breaker, rpc, stack
from pulumi.runtime.rpc_manager import RPCManager
from pulumi.runtime.settings import SETTINGS

from pacific_infra.sdk_speed import contains_unknowns, declare_dependency, is_known, quick_sdk, wait_for_rpcs

Work = Callable[[], Coroutine[Any, Any, None]]


@pytest.fixture(autouse=True)
def settings_of_its_own() -> None:
    # Settings are of the context, which each loop copies.
    SETTINGS.rpc_manager = RPCManager()
    SETTINGS.outputs = set()


@pytest.mark.parametrize(
    "text",
    [
        stack.wait_for_rpcs,
        resource_cycle_breaker,
        resource._get_stack_trace,
        resource.create_urn,
        rpc.contains_unknowns,
        _depends_on._resolve_depends_on,
        pulumi.Output.from_input,
        pulumi.Output.all,
        rpc.transfer_properties,
        RPCManager.do_rpc,
    ],
)
def test_the_installed_sdk_has_the_texts_that_were_read(text: object) -> None:
    """A newer SDK fails here: read its text, and note its digest where our replacement still fits, or delete ours."""
    assert is_known(text)


def test_the_sdk_is_as_before_after_the_block() -> None:
    names = [
        (stack, "wait_for_rpcs"),
        (rpc, "declare_dependency"),
        (resource, "_get_stack_trace"),
        (pulumi.log, "debug"),
        (resource, "create_urn"),
        (rpc, "contains_unknowns"),
        (_depends_on, "_resolve_depends_on"),
        (pulumi.Output, "from_input"),
        (pulumi.Output, "all"),
        (rpc, "transfer_properties"),
        (RPCManager, "do_rpc"),
        (_types, "resource_types"),
    ]
    before = [getattr(module, name) for module, name in names]
    with quick_sdk(positions=False), quick_sdk(positions=False), quick_sdk():
        assert stack.wait_for_rpcs is wait_for_rpcs
        assert not resource._get_stack_trace().frames
    assert [getattr(module, name) for module, name in names] == before


class Later:
    """Stands for an output in a value that is made before there is a loop."""

    def __init__(self, value: Any, *, secret: bool) -> None:
        self.value = value
        self.secret = secret


SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.just(Unknown())
VALUES = st.recursive(
    SCALARS | st.builds(Later, SCALARS, secret=st.booleans()),
    lambda inner: (
        st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=6,
)


def with_outputs(value: Any) -> Any:
    if isinstance(value, Later):
        return pulumi.Output.secret(value.value) if value.secret else pulumi.Output.from_input(value.value)
    if isinstance(value, dict):
        return {key: with_outputs(inner) for key, inner in value.items()}
    return type(value)(map(with_outputs, value)) if isinstance(value, list | tuple) else value


async def of_input(value: Any) -> tuple[Any, bool, bool]:
    output = pulumi.Output.from_input(with_outputs(value))
    return await output.future(with_unknowns=True), await output.is_known(), await output.is_secret()


@given(VALUES)
def test_an_output_of_any_value_is_that_of_the_sdk(value: Any) -> None:
    expected = asyncio.run(of_input(value))
    with quick_sdk():
        assert asyncio.run(of_input(value)) == expected


async def of_all(values: list[Any]) -> list[tuple[Any, bool, bool]]:
    listed = pulumi.Output.all(*map(with_outputs, values))
    named = pulumi.Output.all(**{f"value{index}": with_outputs(value) for index, value in enumerate(values)})
    return [
        (await output.future(with_unknowns=True), await output.is_known(), await output.is_secret())
        for output in (listed, named)
    ]


@given(st.lists(VALUES, min_size=1, max_size=3))
def test_an_output_of_several_values_is_that_of_the_sdk(values: list[Any]) -> None:
    expected = asyncio.run(of_all(values))
    with quick_sdk():
        assert asyncio.run(of_all(values)) == expected


def test_named_and_unnamed_values_are_refused_in_the_words_of_the_sdk() -> None:
    async def both() -> None:
        pulumi.Output.all("a", named="b")  # type: ignore[call-overload]

    for speed in (nullcontext, quick_sdk):
        with (
            speed(),
            pytest.raises(ValueError, match=r"^Output.all\(\) was supplied a mix of named and unnamed inputs$"),
        ):
            asyncio.run(both())


class Resource:
    """Stands for a resource with properties."""


async def properties_of(custom: bool) -> tuple[Any, ...]:
    """What outputs of three properties are, after an answer, an unknown one and a failure."""
    resource, needed = Resource(), Resource()  # type: Any, Any
    names = ["urn", "id", "size", "colour", "weight"]
    resolvers = rpc.transfer_properties(resource, dict.fromkeys(names), custom)
    resolvers["size"](3, True, True, {needed}, None)
    resolvers["colour"](Unknown(), True, False, set(), None)
    resolvers["weight"](None, True, False, set(), ValueError("it cannot be weighed"))
    outputs = vars(resource)
    size, colour = outputs["size"], outputs["colour"]
    with pytest.raises(ValueError, match="it cannot be weighed"):
        await outputs["weight"].future()
    return (
        sorted(outputs),
        (
            await size.future(),
            await size.is_known(),
            await size.is_secret(),
            await size.resources() == {needed, resource},
        ),
        (await colour.is_known(), await colour.resources() == {resource}),
    )


@pytest.mark.parametrize("custom", [False, True])
def test_properties_of_a_resource_are_those_of_the_sdk(custom: bool) -> None:
    expected = asyncio.run(properties_of(custom))
    with quick_sdk():
        assert asyncio.run(properties_of(custom)) == expected


async def two_calls() -> tuple[Any, ...]:
    async def succeeds(number: int) -> int:
        return number

    async def fails() -> None:
        raise ValueError("register failed")

    manager = SETTINGS.rpc_manager
    value = await manager.do_rpc("register", succeeds)(3)
    nothing, error = await manager.do_rpc("register", fails)()
    ended = await asyncio.gather(*manager.rpcs, return_exceptions=True)
    return value, nothing, str(error), str(manager.unhandled_exception), len(ended), str(ended[1])


def test_calls_of_the_engine_end_as_with_the_sdk() -> None:
    expected = asyncio.run(two_calls())
    SETTINGS.rpc_manager = RPCManager()
    with quick_sdk():
        assert asyncio.run(two_calls()) == expected == ((3, None), None, *["register failed"] * 2, 2, "register failed")


@given(VALUES)
def test_unknown_parts_of_any_value_are_those_of_the_sdk(value: Any) -> None:
    assert contains_unknowns(value) == rpc.contains_unknowns(value)


def test_a_value_that_contains_itself_is_looked_through_once() -> None:
    value: list[Any] = [1]
    value.append(value)
    assert not contains_unknowns(value)


def test_the_name_of_a_resource_is_that_of_the_sdk() -> None:
    async def name() -> Any:
        parent = "urn:pulumi:dev::estate::a:b:C::holder"
        return await resource.create_urn("name", "a:b:D", parent).future()

    expected = asyncio.run(name())
    with quick_sdk():
        assert asyncio.run(name()) == expected == "urn:pulumi:dev::estate::a:b:C$a:b:D::name"


class Needing:
    """Stands for a resource."""


def test_a_cycle_of_resources_is_refused_and_all_else_is_declared() -> None:
    """All orders of declaring four edges between four resources, against the SDK's own answers."""
    for edges in product(permutations(range(4), 2), repeat=4):
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


def test_an_error_beside_the_last_output_is_raised() -> None:
    async def ends() -> None: ...

    async def fails() -> None:
        raise ValueError("it cannot be made")

    with pytest.raises(ValueError, match="it cannot be made"):
        run(ends, fails)
    with pytest.raises(ValueError, match="it cannot be made"):
        run(fails, ends)


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
