"""Checks that a Supervisor makes before a service is installed on it or it is upgraded itself (vCenter 8.0 U3).

They change nothing, so a plan has them made. What they say is kept for the session: a plan asks once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from pacific_infra.provider.session import Precheck, Session
from pacific_infra.vcenter.errors import InvalidArgument, NotAllowed, NotFound, Unauthorized, message_texts
from pacific_infra.vcenter.prechecks import (
    read_service_precheck,
    read_upgrade_precheck,
    run_service_precheck,
    run_upgrade_precheck,
)

_ATTEMPTS = 60
_LONGEST_PAUSE = 1.0
_CANNOT = (NotFound, NotAllowed, InvalidArgument, Unauthorized)
"""vCenter is too old, the Supervisor is not there yet or at work, or the user may not: there is no check then."""


_NOTHING = Precheck()


async def service_precheck(session: Session, supervisor: str, service: str, version: str) -> Precheck:
    """Whether the Supervisor, by name or identifier, can run ``version`` of a service."""
    client = session.client

    async def run(identifier: str) -> None:
        await run_service_precheck(client, identifier, service, version)

    async def read(identifier: str) -> Mapping[str, Any] | None:
        return await read_service_precheck(client, identifier, service, version)

    def result(info: Mapping[str, Any]) -> Precheck:
        messages = info.get("status_messages") or []
        incompatible = info.get("status") == "INCOMPATIBLE"
        return Precheck(incompatible, bool(messages), "; ".join(message_texts(messages)))

    return await _precheck(session, (supervisor, service, version), run, read, result)


async def upgrade_precheck(session: Session, supervisor: str, version: str) -> Precheck:
    """Whether the Supervisor, by name or identifier, can be upgraded to ``version``."""
    client = session.client

    async def run(identifier: str) -> None:
        await run_upgrade_precheck(client, identifier, version)

    async def read(identifier: str) -> Mapping[str, Any] | None:
        info = await read_upgrade_precheck(client, identifier, version)
        return None if info is None or info.get("status") in ("RUNNING", "UNKNOWN") else info

    def result(info: Mapping[str, Any]) -> Precheck:
        failed = [condition for condition in info.get("conditions") or [] if condition.get("status") != "TRUE"]
        errors = [condition for condition in failed if condition.get("severity", "ERROR") == "ERROR"]
        return Precheck(bool(errors), bool(failed), "; ".join(map(_condition_text, failed)))

    return await _precheck(session, (supervisor, version), run, read, result)


async def _precheck(
    session: Session,
    key: tuple[str, ...],
    run: Callable[[str], Awaitable[None]],
    read: Callable[[str], Awaitable[Mapping[str, Any] | None]],
    result: Callable[[Mapping[str, Any]], Precheck],
) -> Precheck:
    if ("Supervisor", key[0]) in session.announced:
        return _NOTHING
    if key not in session.prechecks:
        session.prechecks[key] = await _result_of(session, key[0], run, read, result)
    return session.prechecks[key]


async def _result_of(
    session: Session,
    supervisor: str,
    run: Callable[[str], Awaitable[None]],
    read: Callable[[str], Awaitable[Mapping[str, Any] | None]],
    result: Callable[[Mapping[str, Any]], Precheck],
) -> Precheck:
    """The last result that is still valid, else that of a check that is begun now; no more than a minute."""
    try:
        identifier = await session.inventory.identifier("Supervisor", supervisor)
        info = await read(identifier)
        if info is None:
            await run(identifier)
        pause = session.first_pause
        for _ in range(_ATTEMPTS):
            if info is not None:
                return result(info)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            info = await read(identifier)
    except _CANNOT:
        pass
    return _NOTHING


def _condition_text(condition: Mapping[str, Any]) -> str:
    texts: Sequence[str] = message_texts(condition.get("messages"))
    return ", ".join([str(condition.get("type")), *texts])
