"""As much of the shell's grammar as simulated containers understand. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

After = Literal["", "&&", "||"]

_TOKEN: Final = re.compile(
    r"""(?P<space>[ \t]+|\#[^\n]*|\\\n)
      |(?P<redirect>[12]?>&[12]|[12]?>>?)
      |(?P<operator>&&|\|\||;|\n)
      |(?P<single>'[^']*')
      |(?P<double>"(?:[^"\\`]|\\.)*")
      |(?P<plain>(?:\$\{\w+\}|[^\s'"\\;&|<>()`\#{}]|\\.|(?<=\S)\#)+)""",
    re.VERBOSE | re.DOTALL,
)
_VARIABLE: Final = re.compile(r"\$(?:(\w+)|\{(\w+)\})")


class NotUnderstood(Exception):
    """More than the few commands and the little grammar."""


@dataclass(frozen=True)
class Command:
    """A simple command."""

    words: tuple[str, ...]
    output: Literal["output", "error", "file"] = "output"
    """Where its standard output goes."""


@dataclass(frozen=True)
class Loop:
    """``while CONDITION; do BODY; done``, or with ``until``."""

    condition: Sequence["Statement"]
    body: Sequence["Statement"]
    until: bool


@dataclass(frozen=True)
class Statement:
    """A command or a loop, and how it depends on the one before it."""

    body: Command | Loop
    after: After = ""


def parse(text: str, environment: Mapping[str, str]) -> Sequence[Statement]:
    """The statements of a script, with variables replaced. Raises NotUnderstood."""
    parser = _Parser(_tokens(text, environment))
    statements = parser.statements(())
    if not parser.at_end() or not statements:
        raise NotUnderstood
    return statements


@dataclass(frozen=True)
class _Token:
    kind: Literal["word", "operator", "redirect"]
    text: str
    quoted: bool = False


def _tokens(text: str, environment: Mapping[str, str]) -> list[_Token]:
    tokens: list[_Token] = []
    position, glued = 0, False
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise NotUnderstood
        position = match.end()
        kind, piece = match.lastgroup, match.group()
        if kind == "space":
            glued = False
            continue
        if kind in ("redirect", "operator"):
            tokens.append(_Token("redirect" if kind == "redirect" else "operator", piece))
            glued = False
            continue
        word = _Token("word", _unquoted(str(kind), piece, environment), kind != "plain")
        if glued:
            before = tokens.pop()
            word = _Token("word", before.text + word.text, quoted=True)
        tokens.append(word)
        glued = True
    return tokens


def _unquoted(kind: str, piece: str, environment: Mapping[str, str]) -> str:
    if kind == "single":
        return piece[1:-1]
    text = piece[1:-1] if kind == "double" else piece
    if "$(" in text:
        raise NotUnderstood
    text = _VARIABLE.sub(lambda match: environment.get(match[1] or match[2], ""), text)
    return re.sub(r"\\(.)" if kind == "plain" else r'\\(["\\$`])', r"\1", text)


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._next = 0

    def at_end(self) -> bool:
        return self._next == len(self._tokens)

    def statements(self, ends: Sequence[str]) -> list[Statement]:
        """Up to one of the words ``ends``, which is left."""
        statements: list[Statement] = []
        after: After = ""
        while not self.at_end() and not (self._word() in ends and not after):
            if self._operator() in (";", "\n") and not after:
                self._next += 1
                continue
            statements.append(Statement(self._statement(), after))
            after = ""
            if self._operator() in ("&&", "||"):
                after = "&&" if self._operator() == "&&" else "||"
                self._next += 1
                while self._operator() == "\n":
                    self._next += 1
        if after:
            raise NotUnderstood
        return statements

    def _statement(self) -> Command | Loop:
        first = self._word()
        if first in ("while", "until"):
            self._next += 1
            condition = self.statements(("do",))
            self._expect("do")
            body = self.statements(("done",))
            self._expect("done")
            if not condition or not body:
                raise NotUnderstood
            return Loop(condition, body, until=first == "until")
        words: list[str] = []
        output: Literal["output", "error", "file"] = "output"
        while not self.at_end() and self._operator() is None:
            token = self._tokens[self._next]
            self._next += 1
            if token.kind == "word":
                words.append(token.text)
            elif token.text.endswith("&2"):
                output = "error"
            elif ">&" not in token.text:
                if self.at_end() or self._tokens[self._next].kind != "word":
                    raise NotUnderstood
                self._next += 1
                output = output if token.text.startswith("2") else "file"
        if not words:
            raise NotUnderstood
        return Command(tuple(words), output)

    def _word(self) -> str | None:
        """The next token where it is a word without quotes."""
        if self.at_end() or self._tokens[self._next].kind != "word" or self._tokens[self._next].quoted:
            return None
        return self._tokens[self._next].text

    def _operator(self) -> str | None:
        if self.at_end() or self._tokens[self._next].kind != "operator":
            return None
        return self._tokens[self._next].text

    def _expect(self, word: str) -> None:
        if self._word() != word:
            raise NotUnderstood
        self._next += 1
