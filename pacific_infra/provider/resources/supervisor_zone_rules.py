"""vCenter's rules for the zones of a control plane: one or three, and no zone is ever removed."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from pacific_infra.provider.checking import Failure
from pacific_infra.provider.property_values import has_unknown
from pacific_infra.provider.session import Session
from pacific_infra.vcenter.zones import read_zone

_BINDINGS = "zoneBindings"
_MANAGEMENT, _WORKLOAD = "MANAGEMENT", "WORKLOAD"


async def zone_refusals(session: Session, old: Mapping[str, Any], new: Mapping[str, Any]) -> Sequence[Failure]:
    """Each broken rule in a change of the zone bindings from the inputs ``old`` (empty at a create) to ``new``.

    vCenter is read only where the type of a binding is declared.
    """
    if has_unknown([new.get(name) for name in ("cluster", "zones", _BINDINGS)]):
        return ()
    typed = {binding["zone"] for values in (old, new) for binding in values.get(_BINDINGS) or () if binding.get("type")}
    if not typed:
        return ()
    plane_zones = set(new.get("zones") or ())
    cluster = new.get("cluster")
    if cluster:
        identifier = await session.inventory.identifier("cluster", cluster, place="cluster")
        for zone in typed:
            info = await read_zone(session.client, zone)
            if info is not None and identifier in info["clusters"]:
                plane_zones.add(zone)
    return list(_broken(old, new, plane_zones, spans=bool(cluster)))


def _broken(
    old: Mapping[str, Any], new: Mapping[str, Any], plane_zones: Collection[str], *, spans: bool
) -> Iterator[Failure]:
    """``plane_zones``: zones of the control plane without a binding; ``spans``: whether bindings can add more."""
    before, after = _kinds(old, plane_zones), _kinds(new, plane_zones)
    places = {binding["zone"]: f"{_BINDINGS}[{index}].type" for index, binding in enumerate(new.get(_BINDINGS) or ())}
    for binding in new.get(_BINDINGS) or ():
        zone = binding["zone"]
        if zone in plane_zones and binding.get("type") == _WORKLOAD:
            yield places[zone], f"got 'WORKLOAD', but the control plane is in {zone}; allowed: MANAGEMENT, or no type"
        elif before.get(zone, after[zone]) != after[zone]:
            bound_as = before[zone]
            fix = "keep it as a zone of the control plane" if bound_as == _MANAGEMENT else "remove the zone first"
            yield (
                places[zone],
                f"got {after[zone]!r}, but {zone} is bound as {bound_as}, which cannot be changed; {fix}",
            )
    for zone, kind in before.items():
        if spans and kind == _MANAGEMENT and zone not in plane_zones and zone not in after:
            yield _BINDINGS, f"vCenter cannot remove the zone {zone} from the control plane; keep it"
    more = [zone for zone, kind in after.items() if kind == _MANAGEMENT and zone not in plane_zones]
    if spans and len(more) not in (0, 2):
        yield _BINDINGS, f"a control plane spans one or three zones, not {1 + len(more)}"


def _kinds(inputs: Mapping[str, Any], plane_zones: Collection[str]) -> dict[str, str]:
    """The type of each zone that is bound."""
    return {
        binding["zone"]: str(binding.get("type") or (_MANAGEMENT if binding["zone"] in plane_zones else _WORKLOAD))
        for binding in inputs.get(_BINDINGS) or ()
    }
