"""Names are nouns for things and verbs for acts. A pronoun or a participle does not say what the thing is."""

import ast
from pathlib import Path

import pytest

from tests.support.bound_names import bound_names, is_refused

ROOT = Path(__file__).parents[3]
CODE = ("pacific_infra", "components", "sandbox", "mongodb", "policy-pack", "stacks", "tests")


@pytest.mark.parametrize("folder", CODE)
def test_names_say_what_the_thing_is(folder: str) -> None:
    refused = []
    for path in sorted((ROOT / folder).rglob("*.py")):
        module = path.relative_to(ROOT)
        bound = [(0, part) for part in module.with_suffix("").parts]
        bound += bound_names(ast.parse(path.read_text(encoding="utf-8")))
        refused += [f"{module}:{line}: {name}" for line, name in bound if is_refused(name)]
    assert refused == []
