"""Names are nouns for things and verbs for acts. A pronoun or a participle does not say what the thing is."""

import ast
from pathlib import Path

import pytest

from tests.support.bound_names import bound_names, is_refused

ROOT = Path(__file__).parents[3]
CODE = ("pacific_infra", "components", "sandbox", "mongodb", "policy-pack", "stacks", "tests")


@pytest.mark.parametrize("folder", CODE)
def test_names_and_docstrings_say_what_the_thing_is(folder: str) -> None:
    """``Of its plan.`` says whose it is and not what; ``The changes of its plan, by operation.`` does."""
    refused = []
    for path in sorted((ROOT / folder).rglob("*.py")):
        module, tree = path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8"))
        bound = [(0, part) for part in module.with_suffix("").parts]
        refused += [f"{module}:{line}: {name}" for line, name in [*bound, *bound_names(tree)] if is_refused(name)]
        for node in ast.walk(tree):
            match node:
                # A docstring, also one of a field or a constant.
                case ast.Expr(value=ast.Constant(value=str(text)), lineno=line) if text.startswith("Of "):
                    refused.append(f"{module}:{line}: {text.splitlines()[0]}")
                case _:
                    pass
    assert refused == []
