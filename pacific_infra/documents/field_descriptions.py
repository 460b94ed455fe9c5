"""What the models say of their fields: the text below each field in the source, read when somebody asks for it.

Pydantic can do this while it makes each model (``use_attribute_docstrings``): 0.2 s at every start, for a text that
only the JSON Schema and some messages show.
"""

import ast
import gc
import inspect
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from sys import modules

from pydantic import BaseModel


def field_descriptions(model: type[BaseModel]) -> dict[str, str]:
    """By the field's name in Python; a field that a model takes over from its base has the base's text."""
    descriptions: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if issubclass(base, BaseModel) and base is not BaseModel:
            descriptions.update(texts_of(base))
    return descriptions


def texts_of(owner: type) -> Mapping[str, str]:
    """The text below each field that a class itself has, by the field's name."""
    return _of_module(owner.__module__).get(owner.__qualname__, {})


@cache
def _of_module(name: str) -> dict[str, dict[str, str]]:
    """By class and field, from the module's source; nothing where that is not there."""
    file = modules[name].__file__
    try:
        tree = _parse(Path(file).read_text(encoding="utf-8")) if file else ast.Module([], [])
    except OSError:
        return {}
    return {node.name: _of_class(node) for node in tree.body if isinstance(node, ast.ClassDef)}


def _parse(source: str) -> ast.Module:
    """The tree of ``source``. Python 3.11 counts the depth of a tree in one place for all: where garbage collection
    ends a task meanwhile, whose trace is parsed as well, the first count is wrong (SystemError; python/cpython 106905).
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        return ast.parse(source)
    finally:
        if collects:
            gc.enable()


def _of_class(node: ast.ClassDef) -> dict[str, str]:
    descriptions = {}
    field = None
    for statement in node.body:
        if field and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            if isinstance(statement.value.value, str):
                descriptions[field] = inspect.cleandoc(statement.value.value)
            field = None
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            field = statement.target.id
        else:
            field = None
    return descriptions
