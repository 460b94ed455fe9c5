"""`pacific up` from installed wheels, outside any clone."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.wheels import ROOT, build_wheels, install

pytestmark = pytest.mark.sandbox
Run = Callable[..., str]


@pytest.fixture
def environment(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A virtual environment with the wheels, and the variables of a process in it."""
    (tmp_path / "wheels").mkdir()
    wheels = build_wheels(tmp_path / "wheels")
    variables = install(list(wheels.values()), tmp_path / "environment")
    return tmp_path / "environment", {**variables, "XDG_STATE_HOME": str(tmp_path / "state"), "NO_COLOR": "1"}


@pytest.fixture
def run(environment: tuple[Path, dict[str, str]], tmp_path: Path) -> Iterator[Run]:
    """Runs a program of the environment in an empty folder."""
    folder, variables = environment
    empty = tmp_path / "empty"
    empty.mkdir()

    def call(program: str, *arguments: str) -> str:
        command = [str(folder / "bin" / program), *arguments]
        done = subprocess.run(
            command, cwd=empty, env=variables, capture_output=True, text=True, check=False, timeout=600
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    yield call
    call("pacific", "sandbox", "reset")


def test_a_new_project_converges_from_wheels_outside_any_clone(run: Run) -> None:
    names = ("pacific_infra", "pacific_components", "pacific_sandbox", "pacific_mongodb")
    script = f"import {', '.join(names)}\nprint(*(module.__file__ for module in ({', '.join(names)})))"
    assert str(ROOT) not in run("python", "-c", script)

    run("pacific", "init", "shop")
    run("pacific", "up", "--yes", "-C", "shop")
    status = json.loads(run("pacific", "status", "-C", "shop", "--json"))
    assert {node["state"] for node in status["nodes"].values()} == {"converged"}
    run("pacific", "down", "--yes", "-C", "shop")
    assert json.loads(run("pacific", "sandbox", "reset", "--json"))["changed"]
