"""A Dask cluster on loopback as its users start it: a scheduler, and two workers of one thread."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.support.waiting import PATIENCE


@dataclass(frozen=True)
class DaskCluster:
    """A running cluster."""

    place: str
    """As ``--on`` takes it."""
    scheduler: psutil.Process
    nanny: psutil.Process
    """The parent of the workers, which starts them again."""


@contextmanager
def dask_cluster(folder: Path, environment: Mapping[str, str] = os.environ) -> Iterator[DaskCluster]:
    """A cluster whose workers have this environment, until the end of the block. ``folder``: for its files."""
    file = folder / "scheduler.json"
    options = ["--scheduler-file", str(file), "--host", "127.0.0.1", "--no-dashboard"]
    commands = (["scheduler", "--port", "0", *options], ["worker", *options, "--nworkers", "2", "--nthreads", "1"])
    program = str(Path(sys.executable).with_name("dask"))
    with (folder / "dask.log").open("wb") as log:
        processes = [
            subprocess.Popen([program, *words], env=environment, stdout=log, stderr=log, cwd=folder)
            for words in commands
        ]
    try:
        deadline = time.monotonic() + PATIENCE
        while not file.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        address = json.loads(file.read_text())["address"].replace("tcp", "dask")
        yield DaskCluster(address, *(psutil.Process(process.pid) for process in processes))
    finally:
        for process in reversed(processes):
            process.terminate()
            process.wait(PATIENCE)
