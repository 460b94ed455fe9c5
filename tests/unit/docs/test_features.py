"""docs/features.md: each row names a test that there is, or says why there is none."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ROW = re.compile(r"^\| (?P<feature>[^|]+) \| (?P<is_there>yes|no) \| (?P<answer>[^|]+) \|$")
TEST = re.compile(r"`(?P<file>[\w/]+\.py)::(?P<name>test_\w+)`")


def rows() -> Iterator[re.Match[str]]:
    for line in (ROOT / "docs/features.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("| ") and not line.startswith("| feature |"):
            row = ROW.match(line)
            assert row is not None, line
            yield row


def test_a_row_that_says_no_says_why() -> None:
    answers = [row["answer"] for row in rows() if row["is_there"] == "no"]
    assert [answer for answer in answers if TEST.search(answer) or len(answer.split()) < 2] == []


@pytest.mark.parametrize(
    "row", [row for row in rows() if row["is_there"] == "yes"], ids=lambda row: str(row["feature"])
)
def test_the_test_of_a_row_is_there(row: re.Match[str]) -> None:
    test = TEST.fullmatch(row["answer"])
    assert test is not None
    tree = ast.parse((ROOT / "tests" / test["file"]).read_text(encoding="utf-8"))
    assert test["name"] in {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
