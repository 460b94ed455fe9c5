"""Names are nouns for things and verbs for acts. A pronoun or a participle does not say what the thing is."""

import ast
from pathlib import Path

import pytest

from tests.support.bound_names import bound_names, is_refused

ROOT = Path(__file__).parents[3]
CODE = ("pacific_infra", "components", "sandbox", "mongodb", "policy-pack", "stacks", "tests")


def modules() -> list[str]:
    return sorted(path.relative_to(ROOT).as_posix() for folder in CODE for path in (ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("module", modules())
def test_names_say_what_the_thing_is(module: str) -> None:
    path = ROOT / module
    bound = [(0, part) for part in path.relative_to(ROOT).with_suffix("").parts]
    bound += bound_names(ast.parse(path.read_text(encoding="utf-8")))
    refused = [f"{module}:{line}: {name}" for line, name in bound if is_refused(name)]
    assert refused == []
