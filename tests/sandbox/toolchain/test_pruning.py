import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from pacific_infra.toolchain.plugins import BUILT_AS
from pacific_sandbox.toolchain.cache import Cache
from pacific_sandbox.toolchain.composed import MADE_FOR
from pacific_sandbox.toolchain.pruning import Pruned, prune

DAY = 24 * 3600


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    (tmp_path / "toolchain" / "logs").mkdir(parents=True)
    return Cache(tmp_path / "toolchain", tmp_path / "tools")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def part(cache: Cache, name: str, *, days: float, size: int = 0) -> Path:
    """A folder of the cache that was last used so many days ago."""
    folder = cache.directory / name
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "program").write_bytes(b"\0" * size)
    (cache.directory / "logs" / f"{name}.log").write_text("")
    age(folder, days)
    return folder


def age(path: Path, days: float) -> None:
    moment = time.time() - days * DAY
    os.utime(path, (moment, moment))


def test_what_was_not_used_for_long_goes_with_its_log(cache: Cache, home: Path) -> None:
    old = part(cache, "engine-000000000001", days=8, size=3 * 2**20)
    recent = part(cache, "engine-000000000002", days=6)
    assert prune(cache.directory, home, [], 7) == Pruned(1, 3)
    assert not old.exists()
    assert not (cache.directory / "logs" / "engine-000000000001.log").exists()
    assert recent.exists()
    assert (cache.directory / "logs" / "engine-000000000002.log").exists()


def test_what_is_in_use_stays_however_old_its_mark_is(cache: Cache, home: Path) -> None:
    kept = part(cache, "engine-000000000001", days=100)
    assert prune(cache.directory, home, [kept], 0) == Pruned(0, 0)
    assert kept.exists()


def test_a_folder_that_a_process_runs_from_stays(cache: Cache, home: Path) -> None:
    folder = part(cache, "control-plane-000000000001", days=100)
    program = folder / "bin" / "sleep"
    shutil.copy(shutil.which("sleep") or "/bin/sleep", program)
    age(folder, 100)
    with subprocess.Popen([program, "60"]) as process:
        assert prune(cache.directory, home, [], 7) == Pruned(0, 0)
        process.kill()
    assert prune(cache.directory, home, [], 7).folders == 1


def test_a_use_is_marked(cache: Cache, home: Path) -> None:
    folder = part(cache, "engine-000000000001", days=8)
    cache.use([folder, cache.directory / "engine-000000000009"])
    assert prune(cache.directory, home, [], 7) == Pruned(0, 0)


def test_programs_of_a_python_that_is_gone_go_after_a_day(cache: Cache, home: Path, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("")
    for number, days in enumerate((0.5, 2)):
        folder = part(cache, f"programs-00000000000{number}", days=days)
        (folder / MADE_FOR).write_text(str(python))
        age(folder, days)
    assert prune(cache.directory, home, [], 7).folders == 0
    python.unlink()
    assert prune(cache.directory, home, [], 7).folders == 1
    assert [folder.name for folder in cache.directory.glob("programs-*")] == ["programs-000000000000"]


def test_a_file_that_has_a_second_name_gives_no_disk_back(cache: Cache, home: Path) -> None:
    engine = part(cache, "engine-000000000001", days=0, size=2 * 2**20)
    programs = part(cache, "programs-000000000001", days=8)
    os.link(engine / "bin" / "program", programs / "bin" / "pulumi")
    age(programs, 8)
    assert prune(cache.directory, home, [], 7) == Pruned(1, 0)


def test_files_of_others_stay(cache: Cache, home: Path) -> None:
    names = ("lock", "durations.json", "logs", "notes-of-mine", "engine-1")
    for name in names:
        path = cache.directory / name
        if name in ("lock", "durations.json"):
            path.write_text("")
        else:
            path.mkdir(exist_ok=True)
        age(path, 100)
    assert prune(cache.directory, home, [], 7) == Pruned(0, 0)
    assert all((cache.directory / name).exists() for name in names)


def test_of_the_plugins_those_that_we_built_go(cache: Cache, home: Path) -> None:
    for version, built in (("4.18.1", True), ("4.18.2", False)):
        folder = home / "plugins" / f"resource-kubernetes-v{version}"
        folder.mkdir(parents=True)
        (folder / "pulumi-resource-kubernetes").write_text("")
        folder.with_name(f"{folder.name}.lock").write_text("")
        if built:
            (folder / BUILT_AS).write_text("kubernetes-provider-1")
            age(folder / BUILT_AS, 8)
        age(folder, 100)
    assert prune(cache.directory, home, [], 7).folders == 1
    assert sorted(path.name for path in (home / "plugins").iterdir()) == [
        "resource-kubernetes-v4.18.2",
        "resource-kubernetes-v4.18.2.lock",
    ]


@pytest.mark.parametrize(
    ("pruned", "text"),
    [
        (Pruned(1, 0), "removed 1 folder that nothing uses any more, 0.0 GiB"),
        (Pruned(3, 1536), "removed 3 folders that nothing uses any more, 1.5 GiB"),
    ],
)
def test_what_was_removed_is_said(pruned: Pruned, text: str) -> None:
    assert str(pruned) == text
