import os
from pathlib import Path

import pytest

from pacific_sandbox.toolchain.cache import Cache
from pacific_sandbox.toolchain.composed import ComposedPrograms, is_forsaken


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    engine = tmp_path / "toolchain" / "engine-000000000001" / "bin" / "pulumi"
    engine.parent.mkdir(parents=True)
    engine.write_text("engine")
    return Cache(tmp_path / "toolchain", tmp_path / "tools")


@pytest.fixture
def engine(cache: Cache) -> Path:
    return cache.directory / "engine-000000000001" / "bin" / "pulumi"


@pytest.fixture
def python(tmp_path: Path) -> Path:
    (tmp_path / "python").write_text("")
    return tmp_path / "python"


def test_programs_and_launchers_lie_side_by_side(cache: Cache, engine: Path, python: Path) -> None:
    composed = ComposedPrograms(cache, {"pulumi": engine}, {"pulumi-language-python": "#!/bin/sh\n"}, python)
    composed.compose()
    assert sorted(file.name for file in composed.bin.iterdir()) == ["pulumi", "pulumi-language-python"]
    assert (composed.bin / "pulumi").samefile(engine)
    assert not (composed.bin / "pulumi").is_symlink()
    assert os.access(composed.bin / "pulumi-language-python", os.X_OK)
    composed.compose()
    assert not is_forsaken(composed.folder)
    python.unlink()
    assert is_forsaken(composed.folder)


def test_another_launcher_or_program_is_another_folder(
    cache: Cache, engine: Path, python: Path, tmp_path: Path
) -> None:
    installed = tmp_path / "pulumi"
    installed.write_text("engine 1")
    folders = [
        ComposedPrograms(cache, {"pulumi": engine}, {}, python).folder,
        ComposedPrograms(cache, {"pulumi": engine}, {"host": "a"}, python).folder,
        ComposedPrograms(cache, {"pulumi": engine}, {"host": "b"}, python).folder,
        ComposedPrograms(cache, {"pulumi": installed}, {}, python).folder,
    ]
    installed.write_text("engine 12")  # As an upgrade in its place.
    folders.append(ComposedPrograms(cache, {"pulumi": installed}, {}, python).folder)
    assert len(set(folders)) == len(folders)


def test_ours_is_known_by_its_pin_and_may_not_be_built_yet(cache: Cache, engine: Path, python: Path) -> None:
    before = ComposedPrograms(cache, {"pulumi": engine}, {}, python).folder
    engine.unlink()
    assert ComposedPrograms(cache, {"pulumi": engine}, {}, python).folder == before
