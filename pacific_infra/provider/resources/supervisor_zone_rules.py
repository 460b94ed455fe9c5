"""What vCenter does not take of the zones of a control plane: they are one or three, and none of them is taken away."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from pacific_infra.provider.checking import Failure
from pacific_infra.provider.property_values import has_unknown
from pacific_infra.provider.session import Session
from pacific_infra.vcenter.zones import read_zone

_BINDINGS = "zoneBindings"
_MANAGEMENT, _WORKLOAD = "MANAGEMENT", "WORKLOAD"


async def zone_refusals(session: Session, old: Mapping[str, Any], new: Mapping[str, Any]) -> Sequence[Failure]:
    """What is wrong with the kinds of the zones of going from the inputs ``old``, empty at a create, to ``new``.

    vCenter is asked only where a kind is declared.
    """
    if has_unknown([new.get(name) for name in ("cluster", "zones", _BINDINGS)]):
        return ()
    typed = {each["zone"] for values in (old, new) for each in values.get(_BINDINGS) or () if each.get("type")}
    if not typed:
        return ()
    own = set(new.get("zones") or ())
    cluster = new.get("cluster")
    if cluster:
        identifier = await session.inventory.identifier("cluster", cluster, place="cluster")
        for zone in typed:
            info = await read_zone(session.client, zone)
            if info is not None and identifier in info["clusters"]:
                own.add(zone)
    return list(_broken(old, new, own, spans=bool(cluster)))


def _broken(old: Mapping[str, Any], new: Mapping[str, Any], own: Collection[str], *, spans: bool) -> Iterator[Failure]:
    """``own``: zones that the control plane has without a binding; ``spans``: whether bindings give it more."""
    before, after = _kinds(old, own), _kinds(new, own)
    places = {each["zone"]: f"{_BINDINGS}[{index}].type" for index, each in enumerate(new.get(_BINDINGS) or ())}
    for each in new.get(_BINDINGS) or ():
        zone = each["zone"]
        if zone in own and each.get("type") == _WORKLOAD:
            yield places[zone], f"got 'WORKLOAD', but the control plane is in {zone}; allowed: MANAGEMENT, or nothing"
        elif before.get(zone, after[zone]) != after[zone]:
            there = before[zone]
            way = "it stays one of the control plane" if there == _MANAGEMENT else "take the zone out first"
            yield places[zone], f"got {after[zone]!r}, but {zone} is bound as {there}, which cannot be changed; {way}"
    for zone, kind in before.items():
        if spans and kind == _MANAGEMENT and zone not in own and zone not in after:
            yield _BINDINGS, f"vCenter takes no zone away from a control plane, so not {zone} either; keep it"
    more = [zone for zone, kind in after.items() if kind == _MANAGEMENT and zone not in own]
    if spans and len(more) not in (0, 2):
        yield _BINDINGS, f"a control plane spans one or three zones, not {1 + len(more)}"


def _kinds(inputs: Mapping[str, Any], own: Collection[str]) -> dict[str, str]:
    """The kind of each zone that is bound."""
    return {
        each["zone"]: str(each.get("type") or (_MANAGEMENT if each["zone"] in own else _WORKLOAD))
        for each in inputs.get(_BINDINGS) or ()
    }
