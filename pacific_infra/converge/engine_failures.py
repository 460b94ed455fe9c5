"""An operation of the engine that fails, with the errors that its events said of documents."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar

from pulumi.automation import CommandError, EngineEvent

from pacific_infra.converge.engine_errors import EngineErrors, in_plain_words
from pacific_infra.converge.passphrase import INCORRECT, wrong_passphrase
from pacific_infra.converge.project import Project
from pacific_infra.converge.transient import wants_login
from pacific_infra.errors import PacificError, PacificErrors

if TYPE_CHECKING:
    from pacific_infra.documents import Estate

_LOGIN = "PULUMI_ACCESS_TOKEN must be set"
"""What Pulumi says of a backend that it takes for a service, as it does each that it does not know."""
_LOGGED_IN = "Logging in using access token"
"""What it says of each login at the state service."""
OnEvent = Callable[[EngineEvent, float], object]
"""Takes in an event of the engine, and the time at which it came, in seconds since 1970."""


class EngineFailed(PacificError):
    """The engine ended with an error. Its messages are in the progress events, or in ``problem``."""


class EngineFailures(PacificErrors, EngineFailed):
    """The engine ended with these errors."""


@contextmanager
def with_engine_errors(errors: EngineErrors, estate: "Estate | None" = None) -> Iterator[None]:
    """An EngineFailed of the block becomes EngineFailures of ``errors``, with the places of the documents of
    ``estate``, where the engine's events had any by then.
    """
    try:
        yield
    except EngineFailed as error:
        known = errors.errors(estate.by_id if estate is not None else None)
        if known:
            raise EngineFailures(known) from error
        raise


class Collector(Protocol):
    """Collects what the events of one operation say, and the engine's errors."""

    errors: EngineErrors

    def event(self, event: EngineEvent, _now: float, /) -> object:
        """Take in one event."""


_Collected = TypeVar("_Collected", bound=Collector)


def collect(
    make: Callable[[], _Collected], operation: Callable[[OnEvent], object], estate: "Estate | None" = None
) -> _Collected:
    """What ``make``'s collector has of an operation that changes nothing; it is run again, once, where the Kubernetes
    API wants another login. Raises EngineFailed in the engine's own words, with the places of ``estate``'s documents.
    """
    collector = make()
    try:
        with with_engine_errors(collector.errors, estate):
            operation(collector.event)
    except EngineFailed as error:
        if not wants_login(str(error)):
            raise
        collector = make()
        with with_engine_errors(collector.errors, estate):
            operation(collector.event)
    return collector


def command_failure(
    error: CommandError, project: Project, environment: Mapping[str, str], *, recorded: bool
) -> EngineFailed:
    """Why a command of the CLI failed. ``environment``: with Pulumi's variables. ``recorded``: the backend knows the
    stack.
    """
    if _LOGIN in str(error):
        return EngineFailed(
            "this backend needs a login",
            place="PULUMI_BACKEND_URL",
            value={**os.environ, **environment}.get("PULUMI_BACKEND_URL"),
            allowed="the URL of a backend, such as file://FOLDER, s3://BUCKET or https://HOST of a Pulumi service",
            fix="correct it, or set PULUMI_ACCESS_TOKEN for a service",
        )
    if INCORRECT not in str(error):
        return EngineFailed(in_plain_words(_last_words(str(error)))[0])
    refusal = wrong_passphrase(project.stack_settings, {**os.environ, **environment}, recorded=recorded)
    return EngineFailed(refusal.problem, place=refusal.place, fix=refusal.fix)


def _last_words(text: str) -> str:
    """What the CLI wrote last on its error stream, in one paragraph."""
    stderr = text.partition("stderr:")[2] or text
    lines = [line for line in map(str.strip, stderr.splitlines()) if line and not line.startswith(_LOGGED_IN)]
    return "\n".join(lines[-12:]) or "pulumi failed without an error message"
