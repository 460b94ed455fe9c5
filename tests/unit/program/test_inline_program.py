"""A program that runs in this process for an engine: what it registers, and what the engine hears of what failed."""

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc  # type: ignore[import-untyped]  # no stubs are installed
import pulumi
import pytest

from pacific_infra.converge.inline_program import serving_program
from pacific_infra.program_run import SHOWN
from tests.support.program_engine import ProgramEngine, program_engine


@pytest.fixture
def engine() -> Iterator[ProgramEngine]:
    with program_engine() as engine:
        yield engine


def run(engine: ProgramEngine, program: Callable[[], object]) -> tuple[bool, str]:
    """Whether the engine is told to stop without a further word, and what it is told."""
    with serving_program(program, Path.cwd()) as address:
        response = engine.run(address)
    return response.bail, response.error


def declare(name: str, after: pulumi.Resource | None = None) -> pulumi.Resource:
    opts = pulumi.ResourceOptions(depends_on=[after] if after is not None else None)
    return pulumi.CustomResource("test:index:Thing", name, {"value": name, "more": [1, {"a": None}]}, opts)


def test_what_it_declares_is_registered_in_the_order_of_what_needs_what(engine: ProgramEngine) -> None:
    def program() -> None:
        declare("third", declare("second", declare("first")))
        assert pulumi.Config().require("greeting") == "hello"
        assert (pulumi.get_project(), pulumi.get_stack()) == ("estate", "dev")

    assert run(engine, program) == (False, "")
    assert engine.registered == ["estate-dev", "first", "second", "third"]


def test_many_resources_are_registered_without_a_thread_for_each(engine: ProgramEngine) -> None:
    threads: list[int] = []

    def program() -> None:
        for number in range(200):
            declare(f"thing-{number}").urn.apply(lambda _: threads.append(threading.active_count()))

    before = threading.active_count()
    assert run(engine, program) == (False, "")
    assert len(engine.registered) == 201
    # Those of the two servers, and one that waits for all answers.
    assert max(threads) - before < 20


def test_a_chain_that_is_declared_first_does_not_wait_for_all_that_could_be_made(engine: ProgramEngine) -> None:
    def program() -> None:
        link = declare("link-0")
        for number in range(1, 4):
            link = declare(f"link-{number}", link)
        for number in range(60):
            declare(f"leaf-{number}")

    assert run(engine, program) == (False, "")
    # Four are made at a time: the engine takes them as they come.
    assert engine.registered.index("link-3") < len(engine.registered) - 12


def test_a_refused_resource_is_the_error_and_what_needs_it_is_not_registered(engine: ProgramEngine) -> None:
    engine.refused["second"] = (grpc.StatusCode.UNKNOWN, "second is not valid")

    assert run(engine, lambda: declare("third", declare("second", declare("first")))) == (True, "")
    assert engine.registered == ["estate-dev", "first"]
    assert len(engine.errors) == 1
    assert "second is not valid" in engine.errors[0]


def test_an_engine_that_has_gone_is_no_error_of_the_program(engine: ProgramEngine) -> None:
    engine.refused["first"] = (grpc.StatusCode.UNAVAILABLE, "closing")

    bail, error = run(engine, lambda: declare("first"))
    assert (bail, error) == (True, "")
    assert [text for text in engine.errors if "Traceback" in text] == []


@pytest.mark.parametrize(
    ("code", "outcome"),
    [(0, (False, "")), (SHOWN, (True, "")), (3, (False, "Program exited with non-zero exit code: 3"))],
)
def test_a_program_that_ends_itself(engine: ProgramEngine, code: int, outcome: tuple[bool, str]) -> None:
    assert run(engine, lambda: sys.exit(code)) == outcome


def test_an_unexpected_error_is_told_with_its_place(engine: ProgramEngine) -> None:
    def program() -> None:
        raise ValueError("out of range")

    assert run(engine, program) == (True, "")
    assert engine.errors[0].startswith("Program failed with an unhandled exception:\n")
    assert "test_inline_program.py" in engine.errors[0]
    assert engine.errors[0].rstrip().endswith("ValueError: out of range")


def test_an_error_in_a_function_of_an_output_is_told_with_its_line(engine: ProgramEngine) -> None:
    def refuse(_value: str) -> str:
        raise KeyError("nope")

    def program() -> None:
        image = pulumi.Output.from_input("x").apply(refuse)
        pulumi.Output.all(image, "y").apply(lambda values: values)

    assert run(engine, program) == (True, "")
    assert 'raise KeyError("nope")' in engine.errors[0]


def test_the_programs_own_error_is_told_before_that_of_an_output(engine: ProgramEngine) -> None:
    def refuse(_value: str) -> str:
        raise KeyError("nope")

    def program() -> None:
        pulumi.Output.from_input("x").apply(refuse)
        raise ValueError("out of range")

    assert run(engine, program) == (True, "")
    assert [text.rstrip().rpartition("\n")[2] for text in engine.errors] == [
        "ValueError: out of range",
        "KeyError: 'nope'",
    ]


def test_each_run_begins_anew(engine: ProgramEngine) -> None:
    assert run(engine, lambda: declare("first")) == (False, "")
    with program_engine() as second:
        assert run(second, lambda: declare("other")) == (False, "")
        assert second.registered == ["estate-dev", "other"]
    assert engine.registered == ["estate-dev", "first"]
