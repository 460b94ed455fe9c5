"""The numbers in docs/performance.md are those of the result files."""

import re

from tests.benchmarks.tables import MARKED, PAGE, RESULTS, TABLES, page_with_tables


def test_the_page_has_what_the_result_files_say() -> None:
    page = PAGE.read_text()
    assert page == page_with_tables(page), "write them: ./run --no-toolchain python -m tests.benchmarks.tables"


def test_every_result_file_is_on_the_page() -> None:
    shown = {mark["name"] for mark in MARKED.finditer(PAGE.read_text())}
    assert shown == set(TABLES) == {file.stem for file in RESULTS.glob("*.json")}


def test_another_number_would_be_found() -> None:
    page = PAGE.read_text()
    assert page_with_tables(page.replace("| longest first / bound |", "| longest first |")) == page


def test_every_benchmark_that_a_page_or_the_makefile_names_is_there() -> None:
    folder = RESULTS.parent
    files = [*PAGE.parent.rglob("*.md"), PAGE.parents[1] / "Makefile", PAGE.parents[1] / "README.md"]
    named = {name for file in files for name in re.findall(r"-m tests\.benchmarks\.(\w+)", file.read_text())}
    assert named
    assert not [name for name in named if not (folder / f"{name}.py").is_file()]
