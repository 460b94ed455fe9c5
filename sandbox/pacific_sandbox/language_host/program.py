"""Runs one Pulumi program in the program's own interpreter. Started by the language host as a script.

Standard input is a JSON object: the connection to the engine, the stack and its configuration (so that secrets are
neither in the arguments nor in the environment). Needs the standard library and ``pulumi`` alone: the interpreter may
be one that knows nothing of pacific-infra. Exit code 32 means that the error has been shown already.
"""

import atexit
import gc
import importlib.util
import json
import os
import runpy
import signal
import sys
import traceback
from pathlib import Path
from types import FrameType
from typing import Any


def main() -> int:
    """Run the program; returns the exit code."""
    signal.signal(signal.SIGINT, _stop)
    signal.signal(signal.SIGTERM, _stop)
    # At its end Python looks for cycles among all that is left, while the engine waits.
    atexit.register(gc.freeze)
    run = json.load(sys.stdin)
    # Not this file's folder: the program's imports must find the program's modules.
    sys.path[0] = run["program_directory"]
    if not _is_imported():
        print(  # noqa: T201
            f"Pulumi's SDK is not installed in {sys.prefix}: pip install pulumi there, or run `pulumi install`",
            file=sys.stderr,
        )
        return 1
    sys.argv = [run["program"], *run["arguments"]]
    speed, runner = _load(run["sdk_speed"]), _load(run["program_run"])
    try:
        with speed.quick_sdk():
            well = runner.run_program(
                lambda: runpy.run_path(run["program"], run_name="__main__"),
                run["options"],
                run["configuration"],
                run["secret_keys"],
                run["program_directory"],
            )
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0 if well else int(runner.SHOWN)


def _is_imported() -> bool:
    """Whether Pulumi's SDK can be imported; why not is written to standard error."""
    try:
        import pulumi.runtime  # noqa: F401, PLC0415
    except ImportError:
        traceback.print_exc()
        return False
    return True


def _load(file: str) -> Any:
    """The module in ``file``, which this interpreter may not find by its name."""
    specification = importlib.util.spec_from_file_location(Path(file).stem, file)
    if specification is None or specification.loader is None:
        raise ImportError(file)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def _stop(_signal: int, _frame: FrameType | None) -> None:
    # At once and without a word: the engine has said that the run was interrupted.
    os._exit(130)


if __name__ == "__main__":
    sys.exit(main())
