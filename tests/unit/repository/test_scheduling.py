"""How pytest-xdist shares the files among its processes."""

import re
import subprocess
import sys
from pathlib import Path

from tests.support.waiting import PATIENCE

ROOT = Path(__file__).parents[3]
CONFTEST = """
from tests.support.scheduling import BothEnds

def pytest_xdist_make_scheduler(config, log):
    return BothEnds(config, log)
"""


def test_one_process_begins_at_the_end_and_none_has_files_in_store(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "conftest.py").write_text(CONFTEST)
    ended = tmp_path / "ended"
    # The first file of the first process is over when all files but its next are.
    waiting = f"import pathlib, time\nwhile not pathlib.Path({str(ended)!r}).exists(): time.sleep(0.05)"
    for name in "abcdef":
        body = {"a": waiting, "c": f"import pathlib\npathlib.Path({str(ended)!r}).touch()"}.get(name, "pass")
        lines = "".join(f"    {line}\n" for line in body.splitlines())
        (tmp_path / f"test_{name}.py").write_text(f"def test_it():\n{lines}")
    command = [sys.executable, "-m", "pytest", "-v", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    ran = re.findall(r"^\[(gw\d)\].* PASSED .*test_(\w)\.py", done.stdout, re.MULTILINE)
    assert {process: [name for other, name in ran if other == process] for process in ("gw0", "gw1")} == {
        "gw0": ["a", "b"],
        "gw1": ["f", "e", "d", "c"],
    }
