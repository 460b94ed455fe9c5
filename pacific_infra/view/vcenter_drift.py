"""How vCenter's own objects differ from what is recorded of them: each is read as the provider reads it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pacific_infra.converge.claims import Recorded
from pacific_infra.errors import PacificError
from pacific_infra.record.urns import split_urn
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.view.differences import live_differences
from pacific_infra.view.model import Difference

INTERVAL = 60.0
"""Seconds between two looks: each object takes a request or more."""
AT_A_TIME = 8


@dataclass(frozen=True)
class Compared:
    """A recorded resource as it was compared last."""

    outputs: Mapping[str, Any]
    """What was recorded then: a comparison with an older record says nothing."""
    difference: Difference | None


async def compare_with_vcenter(client: VCenterClient, resources: Mapping[str, Recorded]) -> dict[str, Compared]:
    """By URN; without those that cannot be read now. ``resources``: those of vCenter, by URN."""
    # They import all that the provider can do.
    from pacific_infra.provider.resources.registry import RESOURCES  # noqa: PLC0415
    from pacific_infra.provider.resources.resource import Request  # noqa: PLC0415
    from pacific_infra.provider.session import Session  # noqa: PLC0415

    by_token = {resource.kind.token: resource for resource in RESOURCES}
    session = Session.reading(client)
    gate = asyncio.Semaphore(AT_A_TIME)

    async def compare(urn: str, recorded: Recorded) -> tuple[str, Compared] | None:
        outputs = recorded.get("outputs") or {}
        resource = by_token.get(recorded["type"])
        if resource is None or recorded.get("external"):
            return None
        async with gate:
            try:
                actual = await resource.read(Request(session, urn), str(recorded["id"]), outputs)
            except PacificError:
                return None
        return urn, Compared(outputs, _difference(urn, recorded, None if actual is None else actual[1]))

    compared = await asyncio.gather(*(compare(*entry) for entry in resources.items()))
    return dict(filter(None, compared))


def _difference(urn: str, recorded: Recorded, actual: Mapping[str, Any] | None) -> Difference | None:
    name = f"{recorded['type'].rpartition(':')[2]} {split_urn(urn)[1]}"
    if actual is None:
        return Difference(name, "missing", ())
    changes = live_differences(recorded.get("inputs") or {}, recorded.get("outputs") or {}, actual)
    return Difference(name, "changed", changes) if changes else None
