from pathlib import Path

import pytest

from pacific_infra.errors import PacificError
from pacific_sandbox.toolchain import cache as module
from pacific_sandbox.toolchain.cache import Cache


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "toolchain", tmp_path / "tools")


def test_a_result_is_there_only_when_it_is_whole(cache: Cache) -> None:
    target = cache.directory / "engine-1"
    with cache.publishing(target) as new:
        (new / "program").write_text("")
        assert not target.exists()
    assert [file.name for file in target.iterdir()] == ["program"]


def test_a_failed_build_leaves_nothing(cache: Cache) -> None:
    def build() -> None:
        with cache.publishing(cache.directory / "engine-1") as new:
            (new / "half").write_text("")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build()
    assert list(cache.directory.iterdir()) == []


def test_what_a_killed_installation_left_is_removed(cache: Cache) -> None:
    left = cache.directory / ".engine-1-abc"
    left.mkdir(parents=True)
    with cache.locked(print):
        assert not left.exists()


def test_a_second_installation_waits_and_says_for_whom(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOCK_DEADLINE", 0.0)
    messages: list[str] = []
    other = Cache(cache.directory, cache.modules)
    with cache.locked(print), pytest.raises(PacificError) as raised, other.locked(messages.append):
        pass
    owner = (cache.directory / "lock").read_text()
    assert str(raised.value) == (
        f"another installation of the toolchain does not end: got 'process {owner}'; "
        f"fix: see {cache.directory}/logs, end that process, then repeat the command"
    )
    with other.locked(messages.append):
        assert messages == []
