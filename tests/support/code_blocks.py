"""The code blocks and the commands of the documentation.

A block is run by a test, or a comment in the line above it says why not: ``<!-- not run: REASON -->``. A block that a
test of its own runs says which: ``<!-- run by tests/unit/... -->``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(
    r"(?:^ *<!-- (?P<mark>(?:not run: |run by ).+?) -->\n)?"
    r"^(?P<indent> *)```(?P<language>\S*).*\n(?P<text>(?:.*\n)*?)^(?P=indent)```$",
    re.MULTILINE,
)
_INLINE = re.compile(r"(?<!`)`([^`]+)`(?!`)")


@dataclass(frozen=True)
class CodeBlock:
    """A fenced block: where it is, its language, its text without indentation, and the mark above it or ""."""

    page: Path
    line: int
    language: str
    text: str
    mark: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def file(self) -> str:
        """The name of the file that the first line says the block is, or ""."""
        named = re.match(r"# (\S+\.\w+)\n", self.text)
        return named[1] if named else ""


def pages() -> list[Path]:
    """All pages that people read: the documentation, and the files beside the code."""
    folders = ("docs", "sandbox", "mongodb", "components")
    return sorted([*ROOT.glob("*.md"), *(page for folder in folders for page in (ROOT / folder).rglob("*.md"))])


def code_blocks() -> Iterator[CodeBlock]:
    """The fenced blocks of all pages."""
    for page in pages():
        content = page.read_text()
        for match in _BLOCK.finditer(content):
            indent = len(match["indent"])
            text = "".join(line[indent:] for line in match["text"].splitlines(keepends=True))
            line = content.count("\n", 0, match.start("language")) + 1
            yield CodeBlock(page, line, match["language"], text, match["mark"] or "")


def inline_code() -> Iterator[tuple[Path, str]]:
    """What the pages' sentences and tables have between backticks, each in one line."""
    for page in pages():
        for match in _INLINE.finditer(_BLOCK.sub("", page.read_text())):
            yield page, " ".join(match[1].replace("\\|", "|").split())
