"""Command lines as people type them, and whether the programs that they name would take them."""

import importlib.util
import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import typer

from pacific_infra.cli.commands import application
from pacific_infra.converge.project import VCENTER_SETTINGS

ROOT = Path(__file__).parents[2]
OF_OTHERS = frozenset(
    {
        "COMMAND",
        "bash",
        "cat",
        "cd",
        "curl",
        "cyclonedx-py",
        "dask",
        "dot",
        "export",
        "git",
        "kubectl",
        "openssl",
        "pip",
        "pre-commit",
    }
    | {"rm", "sed", "true"}
)
"""Programs whose arguments are not looked at."""
_PULUMI = frozenset({"about", "config", "destroy", "import", "install", "login", "package", "plugin", "preview"})
_PULUMI_MORE = frozenset({"cancel", "refresh", "stack", "state", "up"})
_INCOMPLETE = frozenset({"BadOptionUsage", "MissingParameter", "NoArgsIsHelpError"})
_PLACEHOLDER = re.compile(r"[A-Z]+")


class UnknownCommand(Exception):
    """A program that no table here knows."""


def lines_of(text: str, *, prompt: str = "") -> Iterator[str]:
    """The command lines of a block; only those after ``prompt``, where there is one."""
    for line in text.replace("\\\n", " ").splitlines():
        command = line.removeprefix(prompt).strip()
        if line.startswith(prompt) and command and not command.startswith("#"):
            yield command


def commands_of(line: str) -> Iterator[list[str]]:
    """The words of each command of a line, without what is around it: ``./run``, variables, redirections."""
    inner = re.findall(r"\$\(([^()]*)\)", line)
    lexer = shlex.shlex(re.sub(r"\$\([^()]*\)", "value", line), posix=True, punctuation_chars="&|;<>")
    lexer.wordchars += ":@%,[]{}$*^!"
    words: list[str] = []
    for token in [*lexer, ";"]:
        if not set(token) <= set("&|;"):
            words.append(token)
            continue
        if command := _bare(words):
            yield command
        words = []
    for nested in inner:
        yield from commands_of(nested)


def _bare(words: Sequence[str]) -> list[str]:
    """A command without redirections, variables before it, and ``./run``."""
    rest = list(words)
    while len(rest) > 1 and rest[-2] in (">", ">>", "2>", "<"):
        rest = rest[:-2]
        if rest and rest[-1] == "2":
            rest.pop()
    while rest and (re.fullmatch(r"\w+=.*", rest[0]) or rest[0] in ("./run", "--no-toolchain")):
        rest.pop(0)
    return rest


def check(command: Sequence[str], *, complete: bool = True) -> None:
    """Whether the command exists as it is written; raises where it does not.

    ``complete``: all that it must have is there; in a sentence a command may be named without its arguments.
    """
    name = Path(command[0]).name
    if name in OF_OTHERS:
        return
    if name not in _PROGRAMS:
        raise UnknownCommand(f"{name}: a program that tests/support/command_lines.py does not know")
    _PROGRAMS[name](list(command[1:]), complete)


@cache
def _application() -> Any:
    """The parser of ``pacific`` with all its commands."""
    return typer.main.get_command(application())


def _pacific(words: list[str], complete: bool) -> None:
    try:
        _parse(_application(), ["1" if _PLACEHOLDER.fullmatch(word) else word for word in words if word != "--help"])
    except Exception as error:
        # The classes of the parser's errors are typer's own.
        if complete or type(error).__name__ not in _INCOMPLETE:
            raise AssertionError(error.format_message() if hasattr(error, "format_message") else error) from error


def _parse(command: Any, words: list[str], parent: Any = None) -> None:
    """Parse as a run would, down to the last command, without running it."""
    context = command.make_context(command.name or "pacific", words, parent=parent)
    if hasattr(command, "commands") and not (command.invoke_without_command and not context._protected_args):
        _, inner, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        _parse(inner, rest, context)


def _pulumi(words: list[str], complete: bool) -> None:
    assert not words or words[0] in _PULUMI | _PULUMI_MORE, f"pulumi has no command {words[0]}"
    for setting in (word.partition("=")[0] for word in words if word.startswith("pacific:") and words[0] == "config"):
        assert setting.removeprefix("pacific:") in VCENTER_SETTINGS, f"there is no setting {setting}"


def _python(words: list[str], complete: bool) -> None:
    if words and words[0] == "-m":
        assert importlib.util.find_spec(words[1]) is not None, f"there is no module {words[1]}"


def _pytest(words: list[str], complete: bool) -> None:
    for path in (word for word in words if "/" in word):
        assert (ROOT / path).exists(), f"there is no {path}"


def _make(words: list[str], complete: bool) -> None:
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(words) <= set(targets), f"make has {', '.join(targets)}"


_PROGRAMS: dict[str, Callable[[list[str], bool], None]] = {
    "pacific": _pacific,
    "pulumi": _pulumi,
    "python": _python,
    "python3": _python,
    "pytest": _pytest,
    "make": _make,
}
