"""Names that code binds, and those that no name may be. Pure."""

import ast
from collections.abc import Iterator

# fmt: off
NO_NAMES = frozenset({
    "anew", "around", "asked", "bears", "beside", "each", "extra", "found", "given", "gone", "heard", "here", "inside",
    "made", "mine", "one", "ours", "own", "passing", "said", "taken", "theirs", "there", "told", "unsaid", "wanted",
    "what",
})
# fmt: on
"""A pronoun or a participle does not say what the thing is."""


def bound_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and name of each variable, parameter, function, class and attribute that the code binds."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store(), lineno=line):
                yield line, name
            case ast.Attribute(attr=name, ctx=ast.Store(), lineno=line):
                yield line, name
            case ast.arg(arg=name, lineno=line):
                yield line, name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield node.lineno, name
            case ast.alias(asname=str(name), lineno=line) | ast.ExceptHandler(name=str(name), lineno=line):
                yield line, name
            case ast.MatchAs(name=str(name), lineno=line) | ast.MatchStar(name=str(name), lineno=line):
                yield line, name
            case _:
                pass


def is_refused(name: str) -> bool:
    """Whether a name says nothing."""
    return name.strip("_").lower() in NO_NAMES
