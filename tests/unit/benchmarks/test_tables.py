"""The numbers in docs/performance.md are those of the result files."""

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
