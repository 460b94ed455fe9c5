"""The wheels of the three distributions, and an environment that they are installed in."""

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

from tests.support.waiting import PATIENCE

ROOT = Path(__file__).parents[2]
DISTRIBUTIONS = {"pacific_infra": ROOT, "pacific_sandbox": ROOT / "sandbox", "pacific_mongodb": ROOT / "mongodb"}
"""The folder of each distribution, by the name in its wheel's."""


def build_wheels(folder: Path) -> dict[str, Path]:
    """Build the three into ``folder``; the wheels by distribution."""
    wheels = {}
    for name, source in DISTRIBUTIONS.items():
        command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
        done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False, timeout=PATIENCE)
        assert done.returncode == 0, done.stdout + done.stderr
        (wheels[name],) = folder.glob(f"{name}-*.whl")
    return wheels


def install(wheels: list[Path], folder: Path) -> dict[str, str]:
    """Make a virtual environment in ``folder`` with ``wheels``, and with what this environment has for the rest.

    Returns the variables of a process that knows that environment and no clone.
    """
    venv.create(folder, with_pip=False, symlinks=True)
    command = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install", "--quiet"]
    command += ["--no-index", "--no-deps", "--disable-pip-version-check", *map(str, wheels)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr
    (packages,) = folder.glob("lib/python*/site-packages")
    # A line of a .pth file is a folder to import from: the .pth files in it, which name the clone, are not read.
    (packages / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    foreign = {"VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "PACIFIC_COMMAND"}
    variables = {name: value for name, value in os.environ.items() if name not in foreign}
    scripts = Path(sys.prefix) / "bin"
    kept = [entry for entry in os.get_exec_path() if Path(entry) != scripts and "pacific-infra" not in entry]
    return {**variables, "PATH": os.pathsep.join([str(folder / "bin"), *kept])}
