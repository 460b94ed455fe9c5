"""Each test stands alone: it imports no other test, and a unit test no simulator, not even through its helpers."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[3]
TESTS = ROOT / "tests"
SIMULATOR = "pacific_sandbox"


@cache
def imports(file: Path) -> set[str]:
    """The modules that a file imports, as ``package.module`` and as ``package.module.name``."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.module is not None, f"{file}:{node.lineno}: imports are absolute"
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def imports_with_helpers(file: Path) -> Iterator[str]:
    """``imports`` of a file and of the helpers that it imports, and so on."""
    seen: set[Path] = set()
    waiting = [file]
    while waiting:
        if (module := waiting.pop()) in seen:
            continue
        seen.add(module)
        for name in imports(module):
            yield name
            if (helper := ROOT.joinpath(*name.split(".")).with_suffix(".py")).is_relative_to(TESTS) and helper.exists():
                waiting.append(helper)


def test_no_module_imports_a_test() -> None:
    refused = [
        f"{file.relative_to(ROOT)}: {name}"
        for file in TESTS.rglob("*.py")
        for name in imports(file)
        if name.startswith("tests.") and any(part.startswith("test_") for part in name.split("."))
    ]
    assert refused == []


def test_no_module_changes_where_python_looks() -> None:
    changing = [file for file in TESTS.rglob("*.py") if "sys.path.insert" in file.read_text()]
    assert changing == [Path(__file__)]


def test_unit_tests_need_no_simulator() -> None:
    refused = {
        file.name
        for file in (TESTS / "unit").rglob("*.py")
        for name in imports_with_helpers(file)
        if f"{name}.".startswith(f"{SIMULATOR}.")
    }
    assert refused == set()


def test_every_skip_says_what_the_test_needs() -> None:
    skip = re.compile(r"pytest\.skip\(|skipif")
    skipping = {file.name for file in TESTS.rglob("*.py") if skip.search(file.read_text())}
    assert skipping == {"needs.py", Path(__file__).name}
