"""Includes: what is read, once, and what is said of those that lead nowhere or in a circle."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pacific_infra.documents import Estate, load_estate
from pacific_infra.documents.includes import LONGEST_CHAIN
from tests.support.refusals import refusals

HEAD = "apiVersion: pacific.infra/v1alpha1\n"
Load = Callable[[Mapping[str, str]], Estate]


def include(*paths: str) -> str:
    return f"{HEAD}kind: Include\npaths:\n" + "".join(f"- '{path}'\n" for path in paths) + "---\n"


def small(name: str) -> str:
    return f"{HEAD}kind: VirtualMachineClass\nmetadata: {{name: {name}}}\nspec: {{cpuCount: 1, memory: 1Gi}}\n---\n"


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    monkeypatch.chdir(tmp_path)

    def build(files: Mapping[str, str]) -> Estate:
        for name, text in files.items():
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_text(text)
        return load_estate(["a/main.yaml"])

    return build


def errors(load: Load, files: Mapping[str, str]) -> list[str]:
    return refusals(lambda: load(files))


def test_files_folders_and_patterns_are_read_once(load: Load) -> None:
    estate = load(
        {
            "a/main.yaml": small("m") + include("../shared", "teams/*/estate.yaml", "../shared/x.yaml"),
            "shared/x.yaml": small("x"),
            "shared/deep/y.yaml": small("y"),
            "shared/.hidden.yaml": small("hidden"),
            "a/teams/blue/estate.yaml": small("blue"),
            "a/teams/red/estate.yaml": small("red") + include("more.yaml"),
            "a/teams/red/more.yaml": small("more"),
            "a/teams/red/other.yaml": small("other"),
        }
    )
    assert [document.name for document in estate] == ["m", "x", "y", "blue", "red", "more"]
    assert estate.by_id["VirtualMachineClass/more"].place() == "a/teams/red/more.yaml:1"


def test_a_circle_is_an_error_at_the_include_that_closes_it(load: Load) -> None:
    files = {"a/main.yaml": include("b.yaml"), "a/b.yaml": include("../c.yaml"), "c.yaml": include("a/main.yaml")}
    assert errors(load, files) == [
        "c.yaml:4: these files include each other: got 'a/main.yaml -> a/b.yaml -> c.yaml -> a/main.yaml'; "
        "fix: remove this include"
    ]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("none.yaml", "a/main.yaml:4: no such file or folder: got 'none.yaml'"),
        ("x*/*.yaml", "a/main.yaml:4: no file or folder is called so: got 'x*/*.yaml'"),
        (
            "/etc",
            "a/main.yaml:4: a path is relative to the file that includes it: got '/etc'; "
            "allowed: such as ../shared or teams/*",
        ),
    ],
)
def test_what_leads_nowhere(load: Load, path: str, message: str) -> None:
    assert errors(load, {"a/main.yaml": include(path) + small("m")}) == [message]


def test_a_chain_has_an_end(load: Load) -> None:
    files = {f"a/{number}.yaml": include(f"{number + 1}.yaml") for number in range(LONGEST_CHAIN + 1)}
    (error,) = errors(load, {"a/main.yaml": include("0.yaml"), **files})
    assert error == "a/30.yaml:4: includes are more than 32 files deep: got '31.yaml'; fix: include the files directly"


def test_a_wrong_include_says_what_is_wrong(load: Load) -> None:
    wrong = f"{HEAD}kind: Include\npath: x\n---\n{small('m')}"
    missing, unknown = errors(load, {"a/main.yaml": wrong})
    assert missing.startswith("a/main.yaml:1: paths is missing: fix: add paths: Files, folders and patterns such as ")
    assert unknown == (
        "a/main.yaml:3: unknown field in an Include: got 'path'; allowed: apiVersion, kind, paths; fix: write paths"
    )
