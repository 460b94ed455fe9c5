"""Every command that the documentation and the help name is one that exists, with the options that it has."""

import re

import pytest

from pacific_infra.cli.commands import COMMANDS
from tests.support.code_blocks import ROOT, code_blocks, inline_code
from tests.support.command_lines import OF_OTHERS, UnknownCommand, check, commands_of, lines_of

CHECKED = ("./run ", "pacific ", "pulumi ", "make ", "pytest ", "python ")


def in_blocks() -> list[tuple[str, str]]:
    """Place and line of each command of the blocks: all lines of a script, and what stands after a prompt."""
    return [
        (str(block), line)
        for block in code_blocks()
        if block.language in ("sh", "console", "text") and not block.mark
        for line in lines_of(block.text, prompt="" if block.language == "sh" else "$ ")
    ]


def in_sentences() -> list[tuple[str, str]]:
    return sorted({(str(page.relative_to(ROOT)), code) for page, code in inline_code() if code.startswith(CHECKED)})


def in_help() -> list[tuple[str, str]]:
    return [(f"help of {command.name}", line) for command in COMMANDS for line in command.examples]


@pytest.mark.parametrize(("place", "line"), [*in_blocks(), *in_help()])
def test_a_command_is_taken_as_it_is_written(place: str, line: str) -> None:
    for command in commands_of(line):
        check(command)


@pytest.mark.parametrize(("place", "line"), in_sentences())
def test_a_command_in_a_sentence_exists(place: str, line: str) -> None:
    # Brackets are around what may be left out, bars between what may be chosen.
    chosen = re.sub(r"(?<=\w)\|[\w.|]+", "", re.sub(r"[\[\]]", "", line))
    for command in commands_of(chosen):
        check(command, complete=False)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("pacific plam", "No such command 'plam'"),
        ("pacific plan --sight site.yaml", "No such option: --sight"),
        ("pacific why", "Missing argument"),
        ("pulumi config set pacific:serber x", "there is no setting pacific:serber"),
        ("make tests", "make has"),
        ("./run python -m tests.no_such", "there is no module tests.no_such"),
        ("./run pytest tests/unite", "there is no tests/unite"),
    ],
)
def test_a_wrong_command_is_told_apart(line: str, problem: str) -> None:
    (command,) = commands_of(line)
    with pytest.raises(AssertionError, match=problem):
        check(command)


def test_an_unknown_program_is_no_command_that_passes() -> None:
    assert "terraform" not in OF_OTHERS
    with pytest.raises(UnknownCommand):
        check(["terraform", "apply"])


def test_a_line_is_taken_apart() -> None:
    line = 'A=1 ./run --no-toolchain pacific plan > "plan.md" && export K=$(pacific outputs kubeconfigs.X)  # why'
    assert list(commands_of(line)) == [
        ["pacific", "plan"],
        ["export", "K=value"],
        ["pacific", "outputs", "kubeconfigs.X"],
    ]
