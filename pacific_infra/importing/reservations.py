"""Capacity that zones keep for VMs, as documents write it."""

from collections.abc import Iterable, Mapping
from typing import Any


def reservations(reserved: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """``virtualMachineReservations`` for ``vmReservations``."""
    return [{"class": each["reservedVmClass"], "count": each["count"]} for each in reserved]
