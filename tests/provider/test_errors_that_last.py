"""ERROR is not final for five minutes; then it is, with what vCenter says. The minutes are the clock's alone."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from pacific_infra.provider.resources.resource import Incomplete
from tests.support.provider_engine import Engine
from tests.support.simulated_vcenter import SUPERVISOR, Site, simulated, with_supervisor
from tests.support.skipped_time import run

SECOND = {**SUPERVISOR, "cluster": "cluster-02"}
LICENCE = "The Supervisor's licence has no room for cluster-02."
UNTIL_THE_FIFTH_MINUTE, BEYOND_IT = 11, 40
"""How often bringing it up fails: vCenter tries again after 0.02 s, then twice as late each time, up to 30 s."""


def fail(site: Site, kind: str, times: int) -> None:
    """Have vCenter not bring about a new Supervisor, or a namespace."""
    failures = site.planes.failures if kind == "Supervisor" else site.planes.only.apply_failures
    failures.extend([OSError(LICENCE)] * times)


async def engine_of(site: Site) -> Engine:
    """With the provider's own five minutes."""
    return await site.engine(waitTimeout="3600", errorGrace="300")


@asynccontextmanager
async def failing(folder: Path, kind: str, times: int) -> AsyncIterator[tuple[Site, Engine, Callable[[], float]]]:
    """A site that fails at ``kind``, an engine on it, and the seconds since now."""
    async with simulated(folder, sleep=asyncio.sleep, resynchronization=15) as site:
        await with_supervisor(site)
        fail(site, kind, times)
        engine, clock = await engine_of(site), asyncio.get_running_loop().time
        start = clock()
        yield site, engine, lambda: clock() - start


CREATES: dict[str, tuple[str, dict[str, Any]]] = {
    "Supervisor": ("supervisor-02", SECOND),
    "Namespace": ("shop", {"supervisor": "supervisor-01"}),
}


@pytest.mark.parametrize("kind", CREATES)
def test_an_error_that_passes_is_waited_for(tmp_path: Path, kind: str) -> None:
    name, plain = CREATES[kind]

    async def body() -> None:
        async with failing(tmp_path, kind, UNTIL_THE_FIFTH_MINUTE) as (_, engine, passed):
            state = await engine.create(kind, name, plain)
            assert state["configStatus"] == "RUNNING"
            assert 10 < passed() < 300
            assert any(LICENCE in text and text.endswith("; fails if this lasts 300 s") for text in engine.log.messages)
            assert not (await engine.diff(kind, name, plain)).changes

    run(body())


@pytest.mark.parametrize("kind", CREATES)
def test_an_error_that_lasts_fails_with_what_vcenter_says_and_the_next_run_goes_on(tmp_path: Path, kind: str) -> None:
    name, plain = CREATES[kind]

    async def body() -> None:
        async with failing(tmp_path, kind, BEYOND_IT) as (site, engine, passed):
            with pytest.raises(Incomplete) as raised:
                await engine.create(kind, name, plain)
            assert 300 <= passed() < 320
            subject = "namespace" if kind == "Namespace" else kind
            assert str(raised.value).startswith(f"vCenter reports an error for {subject} {name}: state ERROR")
            assert LICENCE in str(raised.value)
            assert str(raised.value).endswith("fix what vCenter names, then run the same command again")
            site.planes.failures.clear()
            for plane in site.planes.planes.values():
                plane.apply_failures.clear()
            again = await engine_of(site)
            state = await again.create(kind, name, plain)
            assert (state["configStatus"], again.identifier) == ("RUNNING", raised.value.identifier)

    run(body())
