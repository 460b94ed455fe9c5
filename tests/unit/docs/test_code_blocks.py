"""Each code block of the documentation is read by what reads it in a project, or says above it why it is not run."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from pacific_infra.converge.estate_file import read_estate_file
from pacific_infra.converge.project import find_project
from pacific_infra.documents import load_estate
from pacific_infra.plan.capacity.prices import read_prices
from pacific_infra.plan.capacity.site import read_site
from tests.support.code_blocks import ROOT, CodeBlock, code_blocks, pages
from tests.support.command_lines import lines_of
from tests.support.recording import record

DEMO = ROOT / "stacks" / "estate" / "documents"
BLOCKS = list(code_blocks())


def read_yaml(block: CodeBlock, folder: Path) -> None:
    """By the reader of the file that the first line names; a block without a name is documents or settings."""
    file = folder / Path(block.file or "block.yaml").name
    if block.file.startswith("Pulumi.") or set(yaml.safe_load(block.text.split("\n---\n")[0])) == {"config"}:
        (folder / "Pulumi.yaml").write_text((ROOT / "Pulumi.yaml").read_text())
        (folder / "Pulumi.prod.yaml").write_text(block.text)
        find_project(folder, "prod")
        return
    file.write_text(block.text)
    if file.name == "site.yaml":
        read_site(file)
    elif file.name == "pacific.yaml":
        read_estate_file(folder)
    elif file.name == "prices.yaml":
        read_prices(file)
    elif "/overlays/" in block.file:
        load_estate([DEMO], [file])
    else:
        load_estate([DEMO, file] if block.file else [file])


def run_python(block: CodeBlock, folder: Path) -> None:
    """As a program of a stack, against Pulumi's mocks."""
    code = compile(block.text, str(block), "exec")
    namespace: dict[str, Any] = {"__name__": "program"}
    record(lambda: exec(code, namespace))  # noqa: S102 - our own documentation


def read_toml(block: CodeBlock, folder: Path) -> None:
    tomllib.loads(block.text)


def has_commands(block: CodeBlock, folder: Path) -> None:
    """test_commands_of_docs.py parses each of them."""
    assert list(lines_of(block.text, prompt="" if block.language == "sh" else "$ "))


def is_output(block: CodeBlock, folder: Path) -> None:
    """A picture or what a program prints: nothing to run."""


READERS: dict[str, Callable[[CodeBlock, Path], None]] = {
    "yaml": read_yaml,
    "python": run_python,
    "toml": read_toml,
    "sh": has_commands,
    "console": has_commands,
    "text": is_output,
}


@pytest.mark.parametrize("block", [block for block in BLOCKS if not block.mark], ids=str)
def test_a_block_is_read_by_what_reads_it(block: CodeBlock, tmp_path: Path) -> None:
    assert block.language in READERS, f"{block}: no reader for {block.language!r}: add one, or the mark: not run: WHY"
    READERS[block.language](block, tmp_path)


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.mark.startswith("run by")], ids=str)
def test_a_block_that_a_test_runs_names_one_that_reads_the_page(block: CodeBlock) -> None:
    test = ROOT / block.mark.removeprefix("run by ")
    assert block.page.name in test.read_text()


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.mark.startswith("not run")], ids=str)
def test_a_block_that_is_not_run_says_why(block: CodeBlock) -> None:
    assert len(block.mark.removeprefix("not run: ").split()) >= 3


def test_every_fence_begins_or_ends_a_block() -> None:
    fences = sum(line.lstrip().startswith("```") for page in pages() for line in page.read_text().splitlines())
    assert fences == 2 * len(BLOCKS)
