"""The few commands that a simulated container understands: what they print, how long they take, how they end. Pure.

``true``, ``false``, ``sleep N``, ``echo TEXT``, and through ``sh -c`` also ``exit N``, ``;``, ``&&``, ``||``,
``while``/``until`` loops, ``trap '' TERM`` and variables of the container's environment. The meaning is POSIX's.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from pacific_sandbox.spherelet.simulated.shell_grammar import Command, Loop, NotUnderstood, Statement, parse

_SHELLS: Final = {"sh", "ash", "bash", "dash"}
_UNITS: Final = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LEAST_PERIOD = 1.0
"""Seconds of a loop's turn that takes no time: what a real one prints without end is of no use here."""


@dataclass(frozen=True)
class Line:
    """Something printed, ``at`` seconds after the start."""

    at: float
    text: str
    error: bool = False
    """On standard error."""


@dataclass(frozen=True)
class Script:
    """What a command does."""

    lines: tuple[Line, ...] = ()
    duration: float = 0.0
    """Seconds until it ends; infinite where it does not."""
    exit_code: int = 0
    turn: tuple[Line, ...] = ()
    """For an endless last loop: the lines of a turn, by the turn's own time."""
    period: float = math.inf
    """Seconds of a turn."""
    turns_from: float = 0.0
    ignores_termination: bool = False

    def output(self, after: float, until: float) -> Iterator[Line]:
        """The lines printed later than ``after`` and not later than ``until``."""
        yield from (line for line in self.lines if after < line.at <= until)
        if not self.turn:
            return
        number = max(0, math.floor((after - self.turns_from) / self.period)) if after > -math.inf else 0
        while self.turns_from + number * self.period <= until:
            for line in self.turn:
                at = self.turns_from + number * self.period + line.at
                if after < at <= until:
                    yield replace(line, at=at)
            number += 1


def understood(words: Sequence[str], environment: Mapping[str, str]) -> Script | None:
    """What a command does; None for a command that is not simulated."""
    if not words:
        return None
    run = _Run(environment)
    try:
        name = words[0].rpartition("/")[2]
        if name in _SHELLS:
            if len(words) < 3 or not words[1].startswith("-") or not words[1].endswith("c"):
                return None
            run.stop_at_errors = "e" in words[1]
            run.statements(parse(words[2], environment))
        elif name == "exit":
            return None  # Not a program.
        else:
            run.command(Command((name, *words[1:])))
    except NotUnderstood:
        return None
    except _Ended:
        pass
    return run.script()


def seconds(text: str) -> float:
    """A duration as ``sleep`` takes it: ``2``, ``0.5``, ``1m``, ``infinity``. Raises NotUnderstood."""
    if text in ("inf", "infinity"):
        return math.inf
    unit = _UNITS.get(text[-1:], None)
    try:
        value = float(text[:-1] if unit else text) * (unit or 1.0)
    except ValueError:
        raise NotUnderstood from None
    if not 0 <= value < math.inf:
        raise NotUnderstood
    return value


class _Ended(Exception):
    """The script is over: ``exit``, or something that does not end."""


class _Broken(Exception):
    """``break``: the innermost loop is over."""


@dataclass
class _Run:
    """A script on its way."""

    environment: Mapping[str, str]
    lines: list[Line] = field(default_factory=list)
    at: float = 0.0
    code: int = 0
    turn: tuple[Line, ...] = ()
    period: float = math.inf
    ignores_termination: bool = False
    stop_at_errors: bool = False

    def script(self) -> Script:
        endless = bool(self.turn) or math.isinf(self.at)
        return Script(
            tuple(self.lines),
            math.inf if endless else self.at,
            self.code,
            self.turn,
            self.period,
            0.0 if math.isinf(self.at) else self.at,
            self.ignores_termination,
        )

    def statements(self, statements: Sequence[Statement]) -> None:
        for number, statement in enumerate(statements):
            if (statement.after == "&&" and self.code != 0) or (statement.after == "||" and self.code == 0):
                continue
            if isinstance(statement.body, Loop):
                self.loop(statement.body)
            else:
                self.command(statement.body)
            tested = number + 1 < len(statements) and statements[number + 1].after in ("&&", "||")
            if self.stop_at_errors and self.code != 0 and not tested:
                raise _Ended

    def loop(self, loop: Loop) -> None:
        """One turn tells what all do: nothing here changes with time."""
        turn = _Run(self.environment, code=self.code, ignores_termination=self.ignores_termination)
        try:
            turn.statements(loop.condition)
            if (turn.code == 0) == loop.until:
                self._take(turn)
                self.code = 0
                return
            turn.statements(loop.body)
        except _Broken:
            self._take(turn)
            self.code = 0
            return
        except _Ended:
            self._take(turn)
            self.code = turn.code
            self.turn, self.period = turn.turn, turn.period
            raise
        self.period = max(turn.at, _LEAST_PERIOD)
        self.turn = tuple(turn.lines)
        if not self.turn:
            self.at = math.inf
        raise _Ended

    def _take(self, turn: "_Run") -> None:
        self.lines += [replace(line, at=line.at + self.at) for line in turn.lines]
        self.at += turn.at

    def command(self, command: Command) -> None:  # noqa: C901 - a table of commands
        name, arguments = command.words[0], command.words[1:]
        self.code, code = 0, self.code
        match name:
            case "true" | ":":
                pass
            case "false":
                self.code = 1
            case "echo":
                self._echo(arguments, command.output)
            case "sleep" if arguments:
                self.at += sum(seconds(argument) for argument in arguments)
                if math.isinf(self.at):
                    raise _Ended
            case "exit" if len(arguments) <= 1:
                self.code = int(arguments[0]) & 0xFF if arguments and arguments[0].isdigit() else code
                raise _Ended
            case "break" if not arguments:
                raise _Broken
            case "exec" if arguments:
                self.command(replace(command, words=tuple(arguments)))
                raise _Ended
            case "set" if len(arguments) == 1 and arguments[0] in ("-e", "-eu", "-u", "+e"):
                self.stop_at_errors = arguments[0].startswith("-e")
            case "trap" if len(arguments) > 1 and arguments[0] == "":
                self.ignores_termination |= bool({"TERM", "SIGTERM", "15"} & set(arguments[1:]))
            case _:
                raise NotUnderstood

    def _echo(self, arguments: Sequence[str], output: str) -> None:
        words = list(arguments)
        while words and words[0] in ("-n", "-e"):
            words.pop(0)
        if output != "file":
            self.lines.append(Line(self.at, " ".join(words), error=output == "error"))
