"""A ``pulumi`` that is installed without language hosts beside it: it runs with ours, and warns of nothing."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from pacific_infra.settings import Settings
from pacific_sandbox.toolchain import BuiltToolchain
from pacific_sandbox.toolchain.components import COMPONENTS, Program
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.sandbox

PROGRAM = 'import pulumi\n\npulumi.Stash("stash", input="hello")\n'


@pytest.fixture
def engine(toolchain: BuiltToolchain) -> Path:
    """The engine alone, without what lies beside it."""
    return toolchain.program("pulumi").resolve()


@pytest.fixture
def toolchain_of(toolchain: BuiltToolchain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for an installed ``pulumi``, first on PATH; the toolchain's own folder has all but an engine."""
    folder = tmp_path / "installed"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    built = toolchain.settings.cache_directory / "toolchain"
    local = Settings.read().cache_directory / "toolchain"
    local.mkdir(parents=True)
    for component in COMPONENTS:
        for part in built.glob(f"{component.name}-*"):
            if component.name != "engine":
                (local / part.name).symlink_to(part)
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: tiny\nruntime: python\n")
    (folder / "__main__.py").write_text(PROGRAM)
    return folder


def run(toolchain: BuiltToolchain, project: Path) -> str:
    """Everything that the engine says while a project comes up and goes."""
    state = project.parent / "state"
    state.mkdir()
    local = {"PULUMI_BACKEND_URL": state.as_uri(), "PULUMI_CONFIG_PASSPHRASE": "test", "NO_COLOR": "1"}
    environment = {**os.environ, **toolchain.environment(), **local}
    message = ""
    for words in ("stack init dev", "preview", "up --yes", "destroy --yes"):
        done = subprocess.run(
            [shutil.which("pulumi", path=environment["PATH"]) or "pulumi", *words.split(), "--non-interactive"],
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        message += done.stdout + done.stderr
    return message


def test_an_engine_alone_gets_our_language_hosts_beside_it(engine: Path, toolchain_of: Path, project: Path) -> None:
    shutil.copy(engine, toolchain_of / "pulumi")
    toolchain = BuiltToolchain(Settings.read())
    assert not any(isinstance(item, Program) and item.program == "pulumi" for item in toolchain.missing())
    toolchain.install(print)
    process = run(toolchain, project)
    assert "warning" not in process.lower()
    assert "+ 2 created" in process
    assert toolchain.program("pulumi").read_bytes() == engine.read_bytes()


def test_what_lies_beside_an_installed_engine_stays_in_use(engine: Path, toolchain_of: Path) -> None:
    shutil.copy(engine, toolchain_of / "pulumi")
    host = toolchain_of / "pulumi-language-yaml"
    host.write_text("#!/bin/sh\nexit 1\n")
    host.chmod(0o755)
    toolchain = BuiltToolchain(Settings.read())
    toolchain.install(print)
    assert toolchain.program("pulumi-language-yaml").samefile(host)
    assert toolchain.program("pulumi-language-python").read_bytes()[:2] == b"#!"


def test_a_script_that_starts_an_engine_elsewhere_runs_with_our_hosts(
    engine: Path, toolchain_of: Path, project: Path, tmp_path: Path
) -> None:
    """Nothing can be put beside that engine: it finds the hosts on PATH, and says so."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(engine, elsewhere / "pulumi")
    script = toolchain_of / "pulumi"
    script.write_text(f'#!/bin/sh\nexec {elsewhere / "pulumi"} "$@"\n')
    script.chmod(0o755)
    toolchain = BuiltToolchain(Settings.read())
    toolchain.install(print)
    assert toolchain.program("pulumi") == script
    assert "+ 2 created" in run(toolchain, project)
