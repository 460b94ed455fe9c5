"""Retries of creates and deletes. After a lost answer, vCenter is read to see whether the request took effect."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from pacific_infra.vcenter.errors import AlreadyExists, NotAllowed, Unavailable, Unreachable, VCenterError

T = TypeVar("T")
_ATTEMPTS = 4


async def create_or_find(
    create: Callable[[], Awaitable[T]], find: Callable[[], Awaitable[T | None]], pause: float
) -> tuple[T, VCenterError | None]:
    """The result of ``create``; or, where the object exists already, that of ``find`` with vCenter's refusal.

    Where the answer was lost and the object does not exist, ``create`` is called again after ``pause`` seconds, doubled
    at each attempt. Raises the VCenterError of the last attempt.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return await create(), None
        except (AlreadyExists, NotAllowed, Unreachable, Unavailable) as error:
            existing = await find()
            if existing is not None:
                return existing, error
            if attempt == _ATTEMPTS or isinstance(error, AlreadyExists | NotAllowed):
                raise
        await asyncio.sleep(pause * 2**attempt)
    raise AssertionError("unreachable")


async def retry(change: Callable[[], Awaitable[T]], pause: float) -> T:
    """The result of ``change``, called again while vCenter is unavailable. It must read the state before it acts.

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


async def delete_with_retries(
    delete: Callable[[], Awaitable[Any]], find: Callable[[], Awaitable[Any]], pause: float
) -> None:
    """Call ``delete`` unless ``find`` gives None or an object that is REMOVING. Raises the last attempt's VCenterError.

    vCenter refuses to remove what is being removed, also because of an earlier request whose answer was lost.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        existing = await find()
        if existing is None or existing.get("config_status") == "REMOVING":
            return
        try:
            await delete()
        except (NotAllowed, Unreachable, Unavailable):
            if attempt == _ATTEMPTS:
                raise
        else:
            return
        await asyncio.sleep(pause * 2**attempt)
