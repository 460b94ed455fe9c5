"""Which settings of a running Supervisor vCenter shows and changes, and by which part of its API (9.1 or newer)."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pacific_infra.provider.models.shape import Shape
from pacific_infra.provider.models.supervisor import SupervisorInputs
from pacific_infra.provider.models.walk import Property, properties
from pacific_infra.provider.wire import observed, request_body
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.inventory import Inventory
from pacific_infra.vcenter.supervisors import read_slice, update_slice


@dataclass(frozen=True)
class Setting:
    """One property of the Supervisor and where the API has it."""

    path: str
    """Pulumi's path, ``controlPlane.count``."""
    part: str
    """Path of the API below the Supervisor."""
    wire: tuple[str, ...]
    """Names that lead to the value in the part's body."""


SETTINGS = (
    Setting("controlPlane.loginBanner", "control-plane/settings", ("login_banner",)),
    Setting("controlPlane.count", "control-plane/settings", ("count",)),
    Setting("controlPlane.size", "control-plane/settings", ("size", "identifier")),
    Setting("controlPlane.storagePolicy", "control-plane/storage/policies", ("default_policy",)),
    Setting("controlPlane.network.floatingIpAddress", "control-plane/networks/settings", ("floating_IP_address",)),
    Setting("workloads.images.repository", "workloads/images/settings", ("repository",)),
    Setting("workloads.images.contentLibraries", "workloads/images/settings", ("content_libraries",)),
    Setting("workloads.storage.ephemeralStoragePolicy", "workloads/storage/policies", ("ephemeral_storage_policy",)),
    Setting("workloads.storage.imageStoragePolicy", "workloads/storage/policies", ("image_storage_policy",)),
)


def setting_of(path: str) -> Setting | None:
    """The setting that the changed ``path`` lies in; None where a running Supervisor cannot change it."""
    return next(
        (each for each in SETTINGS if path == each.path or path.startswith((f"{each.path}.", f"{each.path}["))), None
    )


async def observed_settings(
    client: VCenterClient, supervisor: str, declared: Mapping[str, Any], inventory: Inventory
) -> dict[str, Any]:
    """``declared`` with each setting that vCenter shows as it is there; the others stand as declared."""
    wanted = [each for each in SETTINGS if _get(declared, each.path) is not None]
    parts = sorted({each.part for each in wanted})
    answers = dict(
        zip(parts, await asyncio.gather(*(read_slice(client, supervisor, part) for part in parts)), strict=True)
    )
    values = dict(declared)
    for each in wanted:
        raw: Any = answers[each.part]
        for name in each.wire:
            raw = raw.get(name.lower()) if isinstance(raw, Mapping) else None
        if raw is None:
            continue
        model, item = _property(each.path)
        ours = {item.name: _get(declared, each.path)}
        found = await observed({item.wire.lower(): raw}, model, ours, inventory)
        values = _set(values, each.path.split("."), found.get(item.name))
    return values


async def update_settings(
    client: VCenterClient, supervisor: str, inputs: Mapping[str, Any], paths: Iterable[str], inventory: Inventory
) -> bool:
    """Send the settings at ``paths``, one request a part of the API. Whether there was anything to send."""
    bodies: dict[str, dict[str, Any]] = {}
    for each in dict.fromkeys(filter(None, map(setting_of, paths))):
        value = _get(inputs, each.path)
        if value is None:
            continue
        model, item = _property(each.path)
        sent = (await request_body({item.name: value}, model, inventory, each.path.rpartition(".")[0]))[item.wire]
        body = bodies.setdefault(each.part, {})
        for name in each.wire[:-1]:
            body = body.setdefault(name, {})
        body[each.wire[-1]] = sent
    for part, body in bodies.items():
        await update_slice(client, supervisor, part, body)
    return bool(bodies)


def _property(path: str) -> tuple[type[Shape], Property]:
    model: type[Shape] = SupervisorInputs
    *parents, last = path.split(".")
    for name in parents:
        model = next(item.shape for item in properties(model) if item.name == name and item.shape is not None)
    return model, next(item for item in properties(model) if item.name == last)


def _get(values: Mapping[str, Any], path: str) -> Any:
    value: Any = values
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _set(values: Mapping[str, Any], path: list[str], value: Any) -> dict[str, Any]:
    name, *rest = path
    return {**values, name: _set(values[name], rest, value) if rest else value}
