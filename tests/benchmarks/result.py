"""The file of one benchmark's result, and its table on the screen: the same heading for all of them."""

import json
import os
import platform
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def timed(call: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    start = time.perf_counter()
    call()
    return round(time.perf_counter() - start, 2)


def write_result(benchmark: str, measured: Mapping[str, Any]) -> None:
    """``results/BENCHMARK.json``, and the same on standard output; the command is the one that runs now."""
    result = {
        "benchmark": benchmark,
        "command": " ".join([f"./run python -m tests.benchmarks.{benchmark}", *sys.argv[1:]]),
        "date": time.strftime("%Y-%m-%d"),
        "machine": f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}",
        "load": [round(load, 1) for load in os.getloadavg()],
        **measured,
    }
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(result, indent=2) + "\n"
    (RESULTS / f"{benchmark}.json").write_text(text)
    sys.stdout.write(text)
