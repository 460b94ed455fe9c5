"""The builder and the launchers with a shell script in the place of Go: what is said and left when a build fails."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pacific_infra.errors import PacificError
from pacific_infra.toolchain.toolchain import RESOURCE_PLUGIN, resource_plugin
from pacific_sandbox.toolchain import launchers
from pacific_sandbox.toolchain.build import Builder
from pacific_sandbox.toolchain.cache import Cache
from pacific_sandbox.toolchain.components import Program
from pacific_sandbox.toolchain.go import Go
from pacific_sandbox.toolchain.omissions import Omission
from pacific_sandbox.toolchain.progress import Durations, Progress
from tests.support.waiting import PATIENCE, wait_until

PROGRAM = Program(name="one", title="One 1.0", seconds=1, disk=1, program="one")

CHANGED = Program(
    name="one",
    title="One 1.0",
    seconds=1,
    disk=1,
    program="one",
    omitted={"example.com/clouds": Omission(("aws.go",), {"clouds.go": (('\t"aws"\n', ""),)})},
)

GO = """#!/bin/sh
case $1 in
list) echo a; echo b ;;
mod) [ $2 != download ] || echo '{{"Dir": "{modules}"}}' ;;
build)
  while [ "$1" != -o ]; do shift; done
  mkdir -p "${{2%/*}}"
  echo example.com/a >&2
  {build}
  ;;
esac
"""


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "toolchain", tmp_path / "tools")


@pytest.fixture
def build(tmp_path: Path, cache: Cache) -> Callable[..., list[str]]:
    """Builds with a Go whose ``build`` does the given shell commands, $2 being the output; returns what is said."""

    def run(commands: str, program: Program = PROGRAM) -> list[str]:
        (tmp_path / "tools" / "one").mkdir(parents=True, exist_ok=True)
        go = tmp_path / "go"
        go.write_text(GO.format(build=commands, modules=tmp_path / "clouds"))
        go.chmod(0o755)
        messages: list[str] = []
        durations = Durations(tmp_path / "durations.json")
        progress = Progress(messages.append, 1, durations.read(), live=messages.append)
        Builder(cache, Go(go, (1, 26, 8)), progress, durations).build([program])
        return messages

    return run


def test_a_built_program_is_published(build: Callable[..., list[str]], cache: Cache, tmp_path: Path) -> None:
    message = build('echo made > "$2"')
    assert (cache.result(PROGRAM) / "bin" / "one").read_text() == "made\n"
    assert message[0] == "[1/1] One 1.0"
    assert message[-1].startswith("[1/1] One 1.0: done in ")
    assert "1 of at most 2 packages compiled" in message[-2]
    assert "one" in Durations(tmp_path / "durations.json").read()


@pytest.mark.parametrize(
    ("commands", "message"),
    [
        ("echo 'main.go:3:1: undefined: x' >&2; exit 1", "One 1.0 cannot be built: fix: see {log}, then:"),
        (
            "echo 'dial tcp: lookup proxy: no such host' >&2; exit 1",
            "One 1.0 cannot be fetched: fix: see that GOPROXY can be reached (go env GOPROXY), then:",
        ),
        (
            "echo 'compile: signal: killed' >&2; exit 1",
            "One 1.0 cannot be built: the compiler was killed, most likely for want of memory: fix: end other",
        ),
        (
            "echo 'no space left on device' >&2; exit 1",
            "One 1.0 cannot be built: the disk is full: fix: free some, then:",
        ),
        ("true", "One 1.0 cannot be built: fix: see {log}, then: pacific toolchain install"),
    ],
)
def test_a_failed_build(build: Callable[..., list[str]], cache: Cache, commands: str, message: str) -> None:
    with pytest.raises(PacificError) as raised:
        build(commands)
    text = str(raised.value)
    assert text.startswith(message.format(log=cache.log(PROGRAM)))
    assert "pacific toolchain install" in text
    assert text.endswith(f"(whole log: {cache.log(PROGRAM)})")
    assert not cache.result(PROGRAM).exists()
    assert [path.name for path in cache.directory.iterdir()] == ["logs"]
    if "undefined" in commands:
        assert "\n  main.go:3:1: undefined: x\n" in text
    build('echo made > "$2"')
    assert cache.result(PROGRAM).is_dir()


@pytest.fixture
def clouds(tmp_path: Path) -> Path:
    """A module as Go's cache has it."""
    folder = tmp_path / "clouds"
    folder.mkdir()
    (folder / "aws.go").write_text("package clouds\n")
    (folder / "clouds.go").write_text('package clouds\n\nimport (\n\t"aws"\n\t"fmt"\n)\n')
    (folder / "clouds_test.go").write_text("package clouds\n")
    return folder


def test_what_is_left_out_is_left_out_of_a_copy(
    build: Callable[..., list[str]], cache: Cache, clouds: Path, tmp_path: Path
) -> None:
    build(f'ls changed-0 > {tmp_path}/files; cp changed-0/clouds.go "$2"', CHANGED)
    assert (tmp_path / "files").read_text() == "clouds.go\n"
    assert (cache.result(CHANGED) / "bin" / "one").read_text() == 'package clouds\n\nimport (\n\t"fmt"\n)\n'
    assert sorted(path.name for path in clouds.iterdir()) == ["aws.go", "clouds.go", "clouds_test.go"]
    assert not list(cache.directory.glob(".sources-*"))


def test_a_module_that_is_not_as_it_was_is_said(build: Callable[..., list[str]], cache: Cache, clouds: Path) -> None:
    (clouds / "aws.go").unlink()
    with pytest.raises(PacificError) as raised:
        build("true", CHANGED)
    assert "\n  example.com/clouds: aws.go is not in the module and cannot be left out\n" in str(raised.value)
    assert [path.name for path in cache.directory.iterdir()] == ["logs"]


def test_an_interrupted_build_ends_its_compilers(tmp_path: Path) -> None:
    """A second installation goes on at once: neither a process nor half a result is left."""
    (tmp_path / "tools" / "one").mkdir(parents=True)
    go = tmp_path / "go"
    go.write_text(GO.format(build=f"echo $$ > {tmp_path}/pid; sleep 60", modules=""))
    go.chmod(0o755)
    script = tmp_path / "install.py"
    script.write_text(
        "from pathlib import Path\n"
        "from tests.integration.test_toolchain_build import *\n"
        f"here = Path({str(tmp_path)!r})\n"
        "cache = Cache(here / 'toolchain', here / 'tools')\n"
        "durations = Durations(here / 'durations.json')\n"
        "progress = Progress(print, 1, {})\n"
        "Builder(cache, Go(here / 'go', (1, 26)), progress, durations).build([PROGRAM])\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(
        [sys.executable, script], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        pid = tmp_path / "pid"
        wait_until("the build's process", lambda: pid.exists() and pid.read_text().strip())
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
    assert [path.name for path in (tmp_path / "toolchain").iterdir()] == ["logs"]


@pytest.fixture
def environments(tmp_path: Path) -> dict[str, Path]:
    """Two virtual environments whose programs say which they are."""
    folders = {}
    for name in ("first", "second"):
        scripts = tmp_path / name / "bin"
        scripts.mkdir(parents=True)
        for program in ("pacific", "python", RESOURCE_PLUGIN):
            (scripts / program).write_text(f'#!/bin/sh\necho {name} {program} "$@"\n')
            (scripts / program).chmod(0o755)
        folders[name] = scripts.parent
    return folders


def launch(tmp_path: Path, text: str, **environment: str) -> subprocess.CompletedProcess[str]:
    script = tmp_path / "launcher"
    script.write_text(text)
    script.chmod(0o755)
    return subprocess.run(
        [script, "127.0.0.1:1"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", **environment},
    )


def test_the_plugin_is_that_of_the_environment_in_use(tmp_path: Path, environments: dict[str, Path]) -> None:
    text = resource_plugin()
    first, second = environments["first"], environments["second"]
    path = f"{second}/bin:/usr/bin:/bin"
    expected = "pulumi-resource-pacific 127.0.0.1:1\n"
    assert launch(tmp_path, text, VIRTUAL_ENV=str(first), PATH=path).stdout == f"first {expected}"
    assert launch(tmp_path, text, PATH=path).stdout == f"second {expected}"
    nowhere = launch(tmp_path, text, VIRTUAL_ENV=str(tmp_path))
    assert (nowhere.returncode, nowhere.stderr) == (
        1,
        "pacific-infra is not installed in this environment: activate its virtual environment, or start with ./run\n",
    )


def test_the_language_host_is_that_of_the_environment_in_use(tmp_path: Path, environments: dict[str, Path]) -> None:
    first, second = environments["first"], environments["second"]
    text = launchers.language_host(str(second / "bin" / "python"))
    expected = "python -P -m pacific_sandbox.language_host 127.0.0.1:1\n"
    assert launch(tmp_path, text, VIRTUAL_ENV=str(first)).stdout == f"first {expected}"
    assert launch(tmp_path, text, PATH=f"{first}/bin:/usr/bin:/bin").stdout == f"first {expected}"
    assert launch(tmp_path, text, VIRTUAL_ENV=str(tmp_path)).stdout == f"second {expected}"
