"""Creates and deletes that can be repeated: an answer that was lost is made up for by looking at what is there."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from pacific_infra.vcenter.errors import AlreadyExists, NotAllowed, Unavailable, Unreachable, VCenterError

T = TypeVar("T")
_ATTEMPTS = 4


async def created(
    create: Callable[[], Awaitable[T]], find: Callable[[], Awaitable[T | None]], pause: float
) -> tuple[T, VCenterError | None]:
    """What ``create`` gives, or what ``find`` gives where it is there already: then with the error that said so.

    Where the answer was lost and nothing is there, it is asked for again, after ``pause`` seconds and ever more.
    Raises the VCenterError of the last attempt.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return await create(), None
        except (AlreadyExists, NotAllowed, Unreachable, Unavailable) as error:
            there = await find()
            if there is not None:
                return there, error
            if attempt == _ATTEMPTS or isinstance(error, AlreadyExists | NotAllowed):
                raise
        await asyncio.sleep(pause * 2**attempt)
    raise AssertionError("unreachable")


async def repeated(change: Callable[[], Awaitable[T]], pause: float) -> T:
    """What ``change`` gives, which looks at what is there before it does anything; again where vCenter failed at it.

    Raises the VCenterError of the last attempt.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return await change()
        except (Unreachable, Unavailable):
            if attempt == _ATTEMPTS:
                raise
        await asyncio.sleep(pause * 2**attempt)
    raise AssertionError("unreachable")


async def deleted(delete: Callable[[], Awaitable[Any]], find: Callable[[], Awaitable[Any]], pause: float) -> None:
    """Ask for the end of what ``find`` gives, unless that is gone or REMOVING. Raises the last attempt's VCenterError.

    vCenter refuses to remove what is being removed, also where that is so because of a request whose answer was lost.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        there = await find()
        if there is None or there.get("config_status") == "REMOVING":
            return
        try:
            await delete()
        except (NotAllowed, Unreachable, Unavailable):
            if attempt == _ATTEMPTS:
                raise
        else:
            return
        await asyncio.sleep(pause * 2**attempt)
