"""Runs a Pulumi program for the engine that asks for it: in a child process of the language host, or in `pacific`.

Needs the standard library and ``pulumi`` alone: the interpreter may be one that knows nothing of pacific-infra. Follows
``pulumi-language-python-exec`` of Pulumi's Python SDK.
"""

import asyncio
import inspect
import logging
import os
import traceback
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

SHOWN = 32
"""Exit code of a program whose error the engine has been told already."""


def run_program(
    program: Callable[[], object],
    options: Mapping[str, Any],
    configuration: Mapping[str, str],
    secret_keys: Iterable[str],
    directory: str,
) -> bool:
    """Run ``program`` as the stack's program; whether it ended well. What it raised, the engine is told.

    ``options``: those of the SDK's ``reset_options``; the ones that it does not know are left out. ``directory``: the
    program's folder; of an unexpected error the frames from there on are shown.
    """
    import pulumi  # noqa: PLC0415 - asked for by who has found it to be installed
    from pulumi.runtime import reset_options, run_in_stack, set_all_config  # noqa: PLC0415
    from pulumi.runtime.settings import SETTINGS  # noqa: PLC0415

    known = inspect.signature(reset_options).parameters
    reset_options(**{name: value for name, value in options.items() if name in known})
    set_all_config(dict(configuration), list(secret_keys))
    # A run that fails leaves futures behind that nobody awaits; asyncio's remarks on them help nobody.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    calls = _Calls(loop, SETTINGS.monitor, max(options["parallel"], 1) * 4)
    loop.set_default_executor(calls)
    SETTINGS.monitor = calls.monitor

    def declare() -> None:
        program()

    try:
        loop.run_until_complete(run_in_stack(declare))
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return False
    except Exception as error:  # noqa: BLE001
        if not _engine_has_gone(error):
            pulumi.log.error("Program failed with an unhandled exception:\n" + _own_part(error, directory))
        return False
    finally:
        _close(loop)
    return True


def _close(loop: asyncio.AbstractEventLoop) -> None:
    """End what a failed run has left in the loop."""
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    asyncio.set_event_loop(None)
    loop.close()


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


class _UnderWay(BaseException):
    """Ends a function that has begun a call of the engine, until there is an answer."""

    def __init__(self, call: Any) -> None:
        self.call = call


class _Monitor:
    """The engine's resource monitor. In a function of the SDK that ``_Calls`` runs, a call ends the function; once
    there is an answer, the function is run again and gets it.
    """

    def __init__(self, stub: Any) -> None:
        self._stub = stub
        self.begins = False
        """Whether a call only begins."""
        self.answered: Any = None
        """The call that has been answered."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._stub, name)

        def call(request: Any, **options: Any) -> Any:
            if self.answered is not None:
                return self.answered.result()
            if self.begins:
                raise _UnderWay(method.future(request, **options))
            return method(request, **options)

        return call


class _Calls(ThreadPoolExecutor):
    """Runs the SDK's calls of the engine without a thread for each: a hundred threads that wait for the interpreter
    took as long as what they did. All else is run by threads.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, stub: Any, threads: int) -> None:
        super().__init__(threads)
        self.monitor = _Monitor(stub)
        self._loop = loop

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **options: Any) -> "Future[Any]":
        # What the SDK has wrapped for an executor calls the monitor, once, and does nothing else.
        if getattr(function, "__module__", None) != "pulumi.runtime._context":
            return super().submit(function, *arguments, **options)
        future: Future[Any] = Future()
        self.monitor.begins = True
        try:
            future.set_result(function())
        except _UnderWay as begun:
            call = begun.call
            call.add_done_callback(lambda _: self._loop.call_soon_threadsafe(self._answer, future, function, call))
        except BaseException as error:  # noqa: BLE001 - raised where the result is awaited
            future.set_exception(error)
        finally:
            self.monitor.begins = False
        return future

    def _answer(self, future: "Future[Any]", function: Callable[[], Any], call: Any) -> None:
        if future.cancelled():
            return
        self.monitor.answered = call
        try:
            future.set_result(function())
        except BaseException as error:  # noqa: BLE001 - raised where the result is awaited
            future.set_exception(error)
        finally:
            self.monitor.answered = None
