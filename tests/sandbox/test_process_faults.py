import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from pacific_infra.errors import PacificError
from pacific_sandbox.faults.process_faults import kill, pause
from pacific_sandbox.files import write_json
from pacific_sandbox.layout import Layout
from pacific_sandbox.processes.identity import identify
from tests.support.waiting import PATIENCE


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as item:
        yield item
        item.kill()


@pytest.fixture
def layout(tmp_path: Path, process: subprocess.Popen[bytes]) -> Layout:
    layout = Layout(tmp_path)
    parts = [
        {"name": "etcd", "process": identify(process.pid), "state": "running"},
        {"name": "front", "process": None, "state": "restarting"},
    ]
    write_json(layout.status, {"process": identify(os.getpid()), "processes": parts})
    return layout


def test_a_part_is_killed_by_its_recorded_number(layout: Layout, process: subprocess.Popen[bytes]) -> None:
    assert kill(layout, "etcd") == process.pid
    assert process.wait(PATIENCE) == -signal.SIGKILL


def test_a_paused_part_stands_and_goes_on(layout: Layout, process: subprocess.Popen[bytes]) -> None:
    seen: set[str] = set()
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.02):
            seen.add(psutil.Process(process.pid).status())

    watch = threading.Thread(target=look)
    watch.start()
    assert pause(layout, "etcd", 0.5) == process.pid
    over.set()
    watch.join()
    assert psutil.STATUS_STOPPED in seen
    assert psutil.Process(process.pid).status() != psutil.STATUS_STOPPED


def test_only_processes_that_run_can_be_killed(layout: Layout) -> None:
    with pytest.raises(PacificError, match=r"no such process: got 'apiserver'; allowed: daemon, etcd$"):
        kill(layout, "apiserver")
    with pytest.raises(PacificError, match="the process is restarting, it does not run now: got 'front'"):
        kill(layout, "front")


def test_a_sandbox_that_is_down_says_so(tmp_path: Path) -> None:
    with pytest.raises(PacificError, match=r"the sandbox is down: .*fix: run `pacific sandbox up`"):
        kill(Layout(tmp_path), "etcd")
