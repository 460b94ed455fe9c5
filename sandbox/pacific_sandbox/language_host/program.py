"""Runs one Pulumi program in the program's own interpreter. Started by the language host as a script.

Standard input is a JSON object: the connection to the engine, the stack and its configuration (so that secrets are
neither in the arguments nor in the environment). Needs the standard library and ``pulumi`` alone: the interpreter may
be one that knows nothing of pacific-infra. Follows ``pulumi-language-python-exec`` of Pulumi's Python SDK: exit code 32
means that the error has been shown already.
"""

import asyncio
import importlib.util
import inspect
import json
import logging
import os
import runpy
import signal
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import Any

SHOWN = 32


def main() -> int:
    """Run the program; returns the exit code."""
    signal.signal(signal.SIGINT, _stop)
    signal.signal(signal.SIGTERM, _stop)
    run = json.load(sys.stdin)
    # Not this file's folder: the program's imports must find the program's modules.
    sys.path[0] = run["program_directory"]
    try:
        import pulumi  # noqa: PLC0415
        from pulumi.runtime import reset_options, run_in_stack, set_all_config  # noqa: PLC0415
    except ImportError:
        traceback.print_exc()
        print(  # noqa: T201
            f"Pulumi's SDK is not installed in {sys.prefix}: pip install pulumi there, or run `pulumi install`",
            file=sys.stderr,
        )
        return 1
    options = dict(run["options"])
    known = inspect.signature(reset_options).parameters
    reset_options(**{name: value for name, value in options.items() if name in known})
    set_all_config(run["configuration"], run["secret_keys"])
    sys.argv = [run["program"], *run["arguments"]]
    # A run that fails leaves futures behind that nobody awaits; asyncio's remarks on them help nobody.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.set_default_executor(ThreadPoolExecutor(max(options["parallel"], 1) * 4))
    try:
        with _load(run["sdk_speed"]).quick_sdk():
            loop.run_until_complete(run_in_stack(lambda: _run(run["program"])))
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return SHOWN
    except Exception as error:  # noqa: BLE001
        if _engine_has_gone(error):
            return SHOWN
        pulumi.log.error("Program failed with an unhandled exception:\n" + _own_part(error, run["program_directory"]))
        return SHOWN
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def _load(file: str) -> Any:
    """The module in ``file``, which this interpreter may not find by its name."""
    specification = importlib.util.spec_from_file_location(Path(file).stem, file)
    if specification is None or specification.loader is None:
        raise ImportError(file)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def _run(program: str) -> None:
    runpy.run_path(program, run_name="__main__")


def _engine_has_gone(error: BaseException) -> bool:
    """Whether the engine cancelled the run: it closes its side while the program still talks to it."""
    import grpc  # type: ignore[import-untyped]  # noqa: PLC0415

    code: Any = getattr(error, "code", None)
    return isinstance(error, grpc.RpcError) and callable(code) and code() == grpc.StatusCode.UNAVAILABLE


def _own_part(error: BaseException, directory: str) -> str:
    """The traceback from the program's first frame on; the whole of it where the program is not in it."""
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if not file.startswith("<") and os.path.abspath(file).startswith(os.path.abspath(directory) + os.sep):
            return "".join(traceback.format_exception(type(error), error, trace))
        trace = trace.tb_next
    return "".join(traceback.format_exception(error))


def _stop(_signal: int, _frame: FrameType | None) -> None:
    # At once and without a word: the engine has said that the run was interrupted.
    os._exit(130)


if __name__ == "__main__":
    sys.exit(main())
