import os
from pathlib import Path

import pytest

from pacific_infra.settings import Settings
from pacific_sandbox.toolchain import BuiltToolchain
from pacific_sandbox.toolchain.cache import Cache
from pacific_sandbox.toolchain.components import SDK_GENERATOR

TOOLS = Path(__file__).parents[3] / "sandbox" / "tools"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Those of a computer where nothing is installed or built."""
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    return Settings.read({"HOME": str(tmp_path)})


def programs_folder(toolchain: BuiltToolchain) -> str:
    return toolchain.environment()["PATH"].split(os.pathsep)[0]


def install_pulumi(folder: Path, version: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "pulumi").write_text(f"#!/bin/sh\necho v{version}\n")
    (folder / "pulumi").chmod(0o755)


def test_what_is_built_later_is_found_in_the_same_process(settings: Settings) -> None:
    toolchain = BuiltToolchain(settings)
    before = programs_folder(toolchain)
    assert not toolchain.writes_sdks
    built = Cache(settings.cache_directory.resolve() / "toolchain", TOOLS).result(SDK_GENERATOR)
    built.mkdir(parents=True)
    assert toolchain.writes_sdks
    after = programs_folder(toolchain)
    assert before != after
    built.rmdir()
    assert programs_folder(toolchain) == before


def test_a_pulumi_that_is_installed_changed_or_removed_later_is_seen_in_the_same_process(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toolchain = BuiltToolchain(settings)
    monkeypatch.setenv("PATH", f"{tmp_path / 'installed'}:/usr/bin:/bin")
    assert "engine" in {component.name for component in toolchain.missing()}
    install_pulumi(tmp_path / "installed", "3.250.0")
    assert toolchain.pulumi_version() == (3, 250, 0)
    assert "engine" not in {component.name for component in toolchain.missing()}
    install_pulumi(tmp_path / "installed", "3.251.10")
    assert toolchain.pulumi_version() == (3, 251, 10)
    install_pulumi(tmp_path / "installed", "3.100.0")
    assert "engine" in {component.name for component in toolchain.missing()}
    (tmp_path / "installed" / "pulumi").unlink()
    assert "engine" in {component.name for component in toolchain.missing()}


def test_a_pulumi_of_ours_on_path_is_not_one_that_the_user_has_installed(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    managed = settings.cache_directory.resolve() / "toolchain" / "programs-000000000000" / "bin"
    managed.parent.mkdir(parents=True)
    install_pulumi(managed, "3.274.1")
    install_pulumi(tmp_path / "installed", "3.250.0")
    monkeypatch.setenv("PATH", f"{managed}:/usr/bin:/bin")
    assert "engine" in {component.name for component in BuiltToolchain(settings).missing()}
    monkeypatch.setenv("PATH", f"{managed}:{tmp_path / 'installed'}:/usr/bin:/bin")
    assert BuiltToolchain(settings).pulumi_version() == (3, 250, 0)


def test_pruning_keeps_what_this_toolchain_uses_and_says_what_it_removed(settings: Settings) -> None:
    toolchain = BuiltToolchain(settings)
    directory = settings.cache_directory.resolve() / "toolchain"
    local = Cache(directory, TOOLS).result(SDK_GENERATOR)
    other = directory / "engine-000000000000"
    for folder in (local, other):
        folder.mkdir(parents=True)
        os.utime(folder, (0, 0))
    messages: list[str] = []
    toolchain.prune(messages.append)
    toolchain.prune(messages.append)
    assert messages == [
        "toolchain: removed 1 folder that nothing uses any more, 0.0 GiB",
        "toolchain: nothing to remove that was not used for 7 days",
    ]
    assert local.is_dir()
    assert not other.exists()


def test_the_builds_own_caches_go_with_the_next_installation_unless_they_are_kept(settings: Settings) -> None:
    toolchain = BuiltToolchain(settings)
    caches = settings.cache_directory.resolve() / "toolchain" / "go"
    (caches / "gocache").mkdir(parents=True)
    messages: list[str] = []
    toolchain.keeps_build_cache = True
    toolchain.prune(messages.append)
    assert caches.is_dir()
    toolchain.keeps_build_cache = False
    toolchain.prune(messages.append)
    assert not caches.exists()
    assert messages[1:] == ["toolchain: removed Go's caches of the build"]
