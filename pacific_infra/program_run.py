"""Runs a Pulumi program for the engine that asks for it: in a child process of the language host, or in `pacific`.

Needs the standard library and ``pulumi`` alone: the interpreter may be one that knows nothing of pacific-infra. Follows
``pulumi-language-python-exec`` of Pulumi's Python SDK.
"""

import asyncio
import inspect
import logging
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from heapq import heappop, heappush
from itertools import count
from typing import Any

SHOWN = 32
"""Exit code of a program whose error the engine has been told already."""
MOMENT = 0.005
"""Seconds from an answer of the engine until what has waited for it is ready to be made."""


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
    from pulumi.runtime import reset_options, run_in_stack, set_all_config, settings  # noqa: PLC0415
    from pulumi.runtime.settings import SETTINGS  # noqa: PLC0415

    known = inspect.signature(reset_options).parameters
    reset_options(**{name: value for name, value in options.items() if name in known})
    set_all_config(dict(configuration), list(secret_keys))
    # A run that fails leaves futures behind that nobody awaits; asyncio's remarks on them help nobody.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    parallel = max(options["parallel"], 1)
    calls = _Calls(loop, SETTINGS.monitor, parallel * 4, turns=sys.maxsize if options["preview"] else parallel)
    loop.set_default_executor(calls)
    SETTINGS.monitor = calls.monitor()
    get_monitor, settings.get_monitor = settings.get_monitor, calls.monitor

    raised: list[Exception] = []

    def declare() -> None:
        try:
            program()
        except Exception as error:
            # An output that fails as well would take its place.
            raised.append(error)
            raise

    try:
        loop.run_until_complete(run_in_stack(declare))
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return False
    except Exception as error:  # noqa: BLE001
        for failure in (*raised, *([error] if error not in raised else [])):
            if not _engine_has_gone(failure):
                pulumi.log.error("Program failed with an unhandled exception:\n" + _own_part(failure, directory))
        return False
    finally:
        settings.get_monitor = get_monitor
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
    """Ends a function that has come to a call of the engine, until there is an answer."""

    def __init__(self, begin: Callable[[], Any], turn: int | None) -> None:
        self.begin = begin
        self.turn = turn
        """Where it comes among the calls that take turns; None: it is begun at once."""


class _Monitor:
    """The engine's resource monitor. In a function of the SDK that ``_Calls`` runs, a call ends the function; once
    there is an answer, the function is run again and gets it.
    """

    def __init__(self, calls: "_Calls", number: int) -> None:
        self._calls = calls
        self._number = number

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._calls.stub, name)

        def call(request: Any, **options: Any) -> Any:
            if self._calls.answered is not None:
                return self._calls.answered.result()
            if self._calls.begins:
                takes_turn = name == "RegisterResource" and request.custom
                raise _UnderWay(partial(method.future, request, **options), self._number if takes_turn else None)
            return method(request, **options)

        return call


class _Calls(ThreadPoolExecutor):
    """Runs the SDK's calls of the engine without a thread for each: a hundred threads that wait for the interpreter
    took as long as what they did. All else is run by threads.

    Of the resources that can be made, those that the program has declared first are: the engine makes ``turns`` of them
    at a time and would take the rest as it comes, so that what a long chain goes on with would wait for all others.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, stub: Any, threads: int, turns: int) -> None:
        super().__init__(threads)
        self.stub = stub
        self.begins = False
        """Whether a call ends the function that makes it."""
        self.answered: Any = None
        """The call that has been answered."""
        self._loop = loop
        self._turns = turns
        """How many resources more may be begun."""
        self._waiting: list[tuple[int, int, _UnderWay, Future[Any], Callable[[], Any]]] = []
        """A heap."""
        self._numbers = count()

    def monitor(self) -> Any:
        """The monitor for what the program declares now: the SDK asks for it once a resource, in their order."""
        return _Monitor(self, next(self._numbers))

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **options: Any) -> "Future[Any]":
        # What the SDK has wrapped for an executor calls the monitor, once, and does nothing else.
        if getattr(function, "__module__", None) != "pulumi.runtime._context":
            return super().submit(function, *arguments, **options)
        future: Future[Any] = Future()
        self.begins = True
        try:
            future.set_result(function())
        except _UnderWay as under_way:
            if under_way.turn is None:
                self._begin(under_way, future, function)
            else:
                heappush(self._waiting, (under_way.turn, next(self._numbers), under_way, future, function))
                self._take_turns()
        except BaseException as error:  # noqa: BLE001 - raised where the result is awaited
            future.set_exception(error)
        finally:
            self.begins = False
        return future

    def _take_turns(self) -> None:
        while self._waiting and self._turns:
            *_, under_way, future, function = heappop(self._waiting)
            if not future.cancelled():
                self._turns -= 1
                self._begin(under_way, future, function)

    def _begin(self, under_way: _UnderWay, future: "Future[Any]", function: Callable[[], Any]) -> None:
        call = under_way.begin()
        takes_turn = under_way.turn is not None
        call.add_done_callback(
            lambda _: self._loop.call_soon_threadsafe(self._answer, future, function, call, takes_turn)
        )

    def _answer(self, future: "Future[Any]", function: Callable[[], Any], call: Any, takes_turn: bool) -> None:
        if takes_turn:
            self._turns += 1
            # What can go on now comes to its turn a moment later.
            self._loop.call_later(MOMENT, self._take_turns)
        if future.cancelled():
            return
        self.answered = call
        try:
            future.set_result(function())
        except BaseException as error:  # noqa: BLE001 - raised where the result is awaited
            future.set_exception(error)
        finally:
            self.answered = None
