"""The documentation builds as a site, without a network, and every page can be found in it."""

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.waiting import PATIENCE

ROOT = Path(__file__).parents[3]


def build(directory: Path) -> "subprocess.CompletedProcess[str]":
    command = [str(Path(sys.executable).with_name("zensical")), "build", "--strict"]
    environment = {"PATH": "/usr/bin:/bin", "NO_COLOR": "1"}
    return subprocess.run(
        command, cwd=directory, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE
    )


def copy_documentation(directory: Path) -> None:
    shutil.copytree(ROOT / "docs", directory / "docs")
    shutil.copyfile(ROOT / "zensical.toml", directory / "zensical.toml")


def pages(navigation: Any) -> Iterator[str]:
    if isinstance(navigation, str):
        yield navigation
    else:
        for entry in navigation.values() if isinstance(navigation, dict) else navigation:
            yield from pages(entry)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site, built once for all tests."""
    folder = tmp_path_factory.mktemp("documentation")
    copy_documentation(folder)
    result = build(folder)
    assert result.returncode == 0, result.stdout + result.stderr
    return folder / "site"


def test_the_site_builds_and_no_link_between_pages_is_broken(site: Path) -> None:
    assert (site / "index.html").is_file()
    assert (site / "search.json").is_file()


def test_a_broken_link_fails_the_build(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "zensical.toml").write_text('[project]\nsite_name = "one page"\nnav = ["index.md"]\n')
    page = tmp_path / "docs" / "index.md"
    page.write_text("# One page\n\n[here](index.md)\n")
    assert build(tmp_path).returncode == 0
    page.write_text("# One page\n\n[lost](lost.md)\n")
    assert build(tmp_path).returncode != 0


def test_pages_load_nothing_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert '<script src="http' not in text, page
        assert 'rel="stylesheet" href="http' not in text, page
        assert "fonts.g" not in text, page


def test_every_page_is_in_the_navigation() -> None:
    navigation = tomllib.loads((ROOT / "zensical.toml").read_text())["project"]["nav"]
    listed = sorted(pages(navigation))
    written = sorted(str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md"))
    assert listed == written
