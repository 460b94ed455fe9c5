"""A sandbox that is not up, and folders that are none."""

import json
import os
import time
from pathlib import Path

import pytest

from pacific_infra.errors import PacificError
from pacific_sandbox.configuration import SandboxConfiguration, choose_runtime
from pacific_sandbox.daemon.__main__ import take_lock
from pacific_sandbox.processes.identity import ProcessIdentity, end, identify
from pacific_sandbox.sandbox import Sandbox


class Toolchain:
    """All programs are said to lie in one folder."""

    def program(self, name: str) -> Path:
        return Path("/programs") / name

    def directory(self, name: str) -> Path:
        return Path("/files") / name


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    return Sandbox(tmp_path / "sandbox", Toolchain())


def mark(sandbox: Sandbox) -> None:
    """Make the folder that of a sandbox, as ``up`` does."""
    path = Path("/programs/one")
    SandboxConfiguration(path, path, path, 60.0).write(sandbox.directory / "sandbox.json")


def say(sandbox: Sandbox, **status: object) -> None:
    """Write what a daemon says of itself."""
    process = identify(os.getpid())
    document: dict[str, object] = {
        "phase": "ready",
        "process": process,
        "since": time.time(),
        "vcenter": None,
        "error": None,
        "processes": [],
    }
    (sandbox.directory / "daemon.json").write_text(json.dumps(document | status))


def test_settings_of_a_sandbox_that_is_down_name_the_command(sandbox: Sandbox) -> None:
    with pytest.raises(PacificError) as caught:
        sandbox.settings()
    assert str(caught.value) == (f"the sandbox is down: got '{sandbox.directory}'; fix: run `pacific sandbox up`")


def test_a_sandbox_that_is_not_there_is_down_and_stays_so(sandbox: Sandbox) -> None:
    assert sandbox.status().phase == "down"
    assert sandbox.down() is False
    assert sandbox.reset() is False
    assert not sandbox.directory.exists()


def test_what_a_dead_daemon_said_does_not_count(sandbox: Sandbox) -> None:
    mark(sandbox)
    say(sandbox, vcenter="127.0.0.1:1")
    assert sandbox.status().phase == "down"


def test_the_lock_says_that_it_is_up(sandbox: Sandbox) -> None:
    mark(sandbox)
    lock = take_lock(sandbox.directory / "daemon.lock")
    assert lock is not None
    with lock:
        assert take_lock(sandbox.directory / "daemon.lock") is None
        say(sandbox, vcenter="127.0.0.1:1")
        status = sandbox.status()
        assert (status.phase, status.vcenter) == ("ready", "127.0.0.1:1")
        assert [part.name for part in status.processes] == ["daemon"]
        settings = sandbox.settings()
    assert settings.server == "127.0.0.1:1"
    assert settings.ca_file == sandbox.directory / "certificates" / "ca.pem"
    assert sandbox.status().phase == "down"


def test_a_failure_is_remembered(sandbox: Sandbox) -> None:
    mark(sandbox)
    say(sandbox, phase="failed", error="no free port")
    status = sandbox.status()
    assert (status.phase, status.error) == ("failed", "no free port")


@pytest.mark.parametrize("command", ["up", "reset"])
def test_a_folder_with_other_things_is_not_touched(sandbox: Sandbox, command: str) -> None:
    sandbox.directory.mkdir()
    thesis = sandbox.directory / "thesis.txt"
    thesis.write_text("years of work")
    with pytest.raises(PacificError) as caught:
        getattr(sandbox, command)()
    assert str(caught.value) == (
        f"this folder holds something else than a sandbox: got '{sandbox.directory}'; "
        "fix: name an empty or a new folder with --directory or PACIFIC_SANDBOX"
    )
    assert thesis.read_text() == "years of work"


def test_reset_deletes_the_folder_of_a_sandbox(sandbox: Sandbox) -> None:
    mark(sandbox)
    assert sandbox.reset() is True
    assert not sandbox.directory.exists()


def test_logs_of_an_unknown_part_name_the_known_ones(sandbox: Sandbox) -> None:
    logs = sandbox.directory / "logs"
    logs.mkdir(parents=True)
    (logs / "daemon.log").write_text("")
    (logs / "cluster-01-etcd.log").write_text("")
    assert sandbox.logs("daemon") == logs / "daemon.log"
    for wrong in ("etcd", "../daemon"):
        with pytest.raises(PacificError) as caught:
            sandbox.logs(wrong)
        assert str(caught.value) == f"no log of this process: got '{wrong}'; allowed: cluster-01-etcd, daemon"


def test_the_number_of_hosts_is_kept_for_the_daemon(tmp_path: Path) -> None:
    path, file = Path("/programs/one"), tmp_path / "sandbox.json"
    sandbox_configuration = SandboxConfiguration(path, path, path, hosts=100)
    sandbox_configuration.write(file)
    assert SandboxConfiguration.read(file) == sandbox_configuration


def test_a_folder_that_is_no_sandbox_has_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(PacificError, match="not a sandbox's folder"):
        SandboxConfiguration.read(tmp_path / "sandbox.json")


def test_machines_that_are_not_installed_are_said_and_pods_simulated(tmp_path: Path) -> None:
    def missing(name: str) -> Path:
        raise PacificError("CRX machines are not installed", fix="pacific toolchain install --crx")

    message: list[str] = []
    assert choose_runtime("qemu", None, missing, message.append) == ("qemu", None)
    assert message == [
        "sandbox: pods are simulated: CRX machines are not installed: fix: pacific toolchain install --crx"
    ]
    # What was asked for is kept, so that the next `up` has machines once they are installed.
    path = Path("/programs/one")
    mark = tmp_path / "sandbox.json"
    SandboxConfiguration(path, path, path, 60.0, runtime="qemu").write(mark)
    kept = SandboxConfiguration.read(mark)
    assert choose_runtime(None, kept, Path, message.append) == ("qemu", Path("crx"))
    assert choose_runtime("simulated", kept, missing, message.append) == ("simulated", None)
    assert choose_runtime(None, None, missing, message.append) == ("simulated", None)
    assert len(message) == 1
    with pytest.raises(PacificError, match="machines are not installed"):
        choose_runtime("qemu", None, missing, message.append, required=True)


def test_a_folder_with_nothing_but_images_may_become_a_sandbox(sandbox: Sandbox) -> None:
    (sandbox.images / "blobs").mkdir(parents=True)
    assert sandbox.reset() is True
    assert not sandbox.directory.exists()


def test_a_reused_process_number_is_another_process() -> None:
    me = identify(os.getpid())
    assert me is not None
    assert me.find() is not None
    stranger = ProcessIdentity(me.pid, me.started - 60)
    assert stranger.find() is None
    end([stranger], grace=1.0)  # Does not end this test.


def test_identities_survive_json() -> None:
    me = identify(os.getpid())
    assert ProcessIdentity.from_json(json.loads(json.dumps(me))) == me
    nothing: list[object] = [None, [], [1], ["1", 2.0], {}]
    for value in nothing:
        assert ProcessIdentity.from_json(value) is None
