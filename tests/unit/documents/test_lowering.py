"""The tables of vCenter's kinds: no field and no property is forgotten, and what is lowered can be lifted again."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Literal, get_args, get_origin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pacific_infra.documents import load_estate
from pacific_infra.documents.kinds import KINDS as DOCUMENT_KINDS
from pacific_infra.documents.lowering import TABLES, Table, fields_for, lift, lower, properties_of
from pacific_infra.documents.lowering.paths import unchecked, write
from pacific_infra.documents.lowering.table import Part, Row
from pacific_infra.documents.marks import AtVCenter, VCenterMarks
from pacific_infra.documents.model import Model, Spec
from pacific_infra.documents.namespace import NamespaceSpec
from pacific_infra.documents.stack_secret import StackSecret
from pacific_infra.documents.supervisor_service import ServiceVersion, SupervisorServiceSpec
from pacific_infra.documents.units import ADDRESSES, CIDR, DHCP, MHZ, MIB, PATH, ListOf, OnlyItem, Unit
from pacific_infra.provider.models.introspection import properties
from pacific_infra.provider.models.model import Model as PropertyModel
from pacific_infra.provider.models.registry import KINDS

ROOT = Path(__file__).parents[3]
DOCUMENTS = [ROOT / "tests" / "golden" / "every-property", *sorted((ROOT / "stacks").glob("*/documents"))]
PROPERTY_MODELS = {kind.name: kind.inputs for kind in KINDS}
MODEL_OF_KIND = {kind: PROPERTY_MODELS[DOCUMENT_KINDS[kind].resource] for kind in TABLES}


def part_of(unit: Unit) -> Table | None:
    """The table of the objects that ``unit`` converts."""
    while isinstance(unit, ListOf | OnlyItem):
        unit = unit.unit
    return unit.table if isinstance(unit, Part) else None


def plain_path(path: str) -> str:
    """The path without what chooses an item of a list."""
    return ".".join(step.partition("[")[0] for step in path.split("."))


def property_paths(table: Table) -> dict[str, Table | None]:
    """The properties that rows of ``table`` write, each with the table of its objects."""
    paths = {plain_path(row.property): part_of(row.unit) for row in table.rows}
    paths |= {row.mark.word[0]: None for row in table.rows if row.mark.word}
    for row in table.rows:
        items, _, choice = row.property.partition("[")
        if choice:
            paths[f"{items}.{choice.partition('=')[0]}"] = None
    return paths


def forgotten_properties(table: Table, model: type[PropertyModel], path: str = "") -> Iterator[str]:
    """Properties of ``model``, which lie at ``path`` of the table's, without a row."""
    paths = property_paths(table)
    for item in properties(model):
        place = f"{path}{item.name}"
        if place in paths:
            part = paths[place]
            if part is not None:
                assert item.model is not None
                yield from (f"{place}.{name}" for name in forgotten_properties(part, item.model))
        elif item.model is not None and any(entry.startswith(f"{place}.") for entry in paths):
            yield from forgotten_properties(table, item.model, f"{place}.")
        else:
            yield place


def unknown_properties(table: Table, model: type[PropertyModel]) -> Iterator[str]:
    """Properties that rows of ``table`` write and ``model`` does not have."""
    for path, part in property_paths(table).items():
        inner: type[PropertyModel] | None = model
        for name in path.split("."):
            item = next((item for item in properties(inner) if item.name == name), None) if inner else None
            inner = item.model if item else None
        if item is None:
            yield path
        elif part is not None:
            assert inner is not None
            yield from (f"{path}.{name}" for name in unknown_properties(part, inner))


ALL_TABLES = {
    **{DOCUMENT_KINDS[kind].resource: table for kind, table in TABLES.items()},
    "SupervisorServiceVersion": Table(ServiceVersion),
    "SupervisorService": Table(SupervisorServiceSpec),
}
"""By the resource of vCenter."""
OF_THE_COMPONENT = {
    "SupervisorServiceVersion": ["deletionPolicy"],
    "SupervisorService": ["supervisor", "supervisorService", "version"],
}
"""Properties that the component says by itself, by the resource."""


@pytest.mark.parametrize("resource", ALL_TABLES)
def test_every_field_of_the_document_is_a_property_of_vcenter(resource: str) -> None:
    assert list(unknown_properties(ALL_TABLES[resource], PROPERTY_MODELS[resource])) == []


@pytest.mark.parametrize("resource", ALL_TABLES)
def test_every_property_of_vcenter_is_a_field_or_the_name(resource: str) -> None:
    model = ALL_TABLES[resource].model
    name = ["name"] if issubclass(model, Spec) and model.named_at_vcenter and resource not in OF_THE_COMPONENT else []
    forgotten = list(forgotten_properties(ALL_TABLES[resource], PROPERTY_MODELS[resource]))
    assert forgotten == [*name, *OF_THE_COMPONENT.get(resource, [])]


def test_every_resource_of_vcenter_has_a_document() -> None:
    assert ALL_TABLES.keys() == PROPERTY_MODELS.keys()


class Misspelled(NamespaceSpec):
    at_vcenter: ClassVar[VCenterMarks] = {"supervisor": AtVCenter("supervizor")}


def test_a_property_that_vcenter_does_not_have_is_found() -> None:
    table = Table(Misspelled)
    assert list(unknown_properties(table, PROPERTY_MODELS["Namespace"])) == ["supervizor"]
    assert list(forgotten_properties(table, PROPERTY_MODELS["Namespace"])) == ["name", "supervisor"]


AMOUNTS = {
    MHZ: st.one_of(
        st.integers(1, 900).map(lambda count: f"{count}GHz"),
        st.integers(1, 999).map(lambda count: f"{count}MHz"),
    ),
    MIB: st.one_of(
        st.integers(1, 9000).map(lambda count: f"{count}Gi"), st.integers(1, 1023).map(lambda count: f"{count}Mi")
    ),
    CIDR: st.tuples(st.integers(0, 255), st.integers(24, 32)).map(lambda pair: f"10.{pair[0]}.0.0/{pair[1]}"),
    ADDRESSES: st.tuples(st.integers(0, 255), st.integers(16, 32)).map(lambda pair: f"10.{pair[0]}.0.0/{pair[1]}"),
    PATH: st.sampled_from(["/orgs/default/subnets/a", "/orgs/default/subnets/b"]),
    DHCP: st.sampled_from(["DHCP", "STATIC"]),
}
NAMES = st.sampled_from(["shop", "gold", "cluster-01", "10.0.0.1/24"])
SCALARS: dict[Any, st.SearchStrategy[Any]] = {bool: st.booleans(), int: st.integers(1, 960), str: NAMES}
CONFIG_SPECS = st.just({"_typeName": "VirtualMachineConfigSpec", "version": "vmx-21"})


def plain_values(annotation: Any) -> st.SearchStrategy[Any]:
    """Values of a field that both sides write in the same way."""
    if get_origin(annotation) is Literal:
        return st.sampled_from(get_args(annotation))
    if annotation in SCALARS:
        return SCALARS[annotation]
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return st.just(StackSecret(config="password"))
    if get_origin(annotation) is tuple:
        return st.lists(plain_values(get_args(annotation)[0]), min_size=1, max_size=3)
    if get_origin(annotation) is dict:
        return CONFIG_SPECS
    return plain_values(next(part for part in get_args(annotation) if part is not type(None)))


def values_of(row: Row) -> st.SearchStrategy[Any]:
    """Values of the field of ``row``, in the one spelling in which they come back."""
    if isinstance(row.unit, ListOf):
        return st.lists(values_of(replace(row, unit=row.unit.unit)), min_size=1, max_size=3)
    if isinstance(row.unit, OnlyItem):
        return values_of(replace(row, unit=row.unit.unit))
    if isinstance(row.unit, Part):
        short = row.unit.short
        specs = specs_of(row.unit.table)
        return specs.map(lambda spec: spec[short] if short and [*spec] == [short] else spec)
    for unit, strategy in AMOUNTS.items():
        if row.unit is unit:
            return strategy
    return plain_values(row.info.annotation).filter(lambda value: value != row.mark.absent)


@cache
@st.composite
def specs_of(draw: st.DrawFn, table: Table) -> dict[str, Any]:
    """Fields of ``table`` at random; of those that vCenter has one word for which, that of one word."""
    spec: dict[str, Any] = {}
    words: dict[str, list[str]] = {}
    for row in table.rows:
        if row.mark.word:
            words.setdefault(row.mark.word[0], []).append(row.mark.word[1])
    chosen = {name: draw(st.sampled_from(sorted(set(choices)))) for name, choices in words.items()}
    for row in table.rows:
        is_required = row.info.is_required()
        if row.mark.word is None:
            is_drawn = is_required or draw(st.booleans())
        else:
            is_drawn = chosen[row.mark.word[0]] == row.mark.word[1]
        if is_drawn:
            write(spec, row.document, draw(values_of(row)))
    return spec


@pytest.mark.parametrize("kind", TABLES)
@settings(max_examples=40)
@given(data=st.data())
def test_what_is_lowered_can_be_lifted_again(kind: str, data: st.DataObject) -> None:
    table = TABLES[kind]
    spec = data.draw(specs_of(table))
    request = table.lower(unchecked(table.model, spec))
    lifted = table.lift(request)
    # What stands for another field, or for a default, is written out in it.
    assert holds(lifted, spec)
    assert table.lower(unchecked(table.model, lifted)) == request


def holds(whole: Any, part: Any) -> bool:
    """Whether all that is in ``part`` is in ``whole``, with the same values."""
    if isinstance(part, Mapping) and isinstance(whole, Mapping):
        return all(name in whole and holds(whole[name], value) for name, value in part.items())
    if isinstance(part, list) and isinstance(whole, list) and len(part) == len(whole):
        return all(map(holds, whole, part))
    return bool(whole == part)


@pytest.mark.parametrize("folder", DOCUMENTS, ids=lambda folder: folder.parent.name)
def test_documents_come_back_as_what_makes_the_same(folder: Path) -> None:
    for document in load_estate([folder]).documents:
        if document.kind in TABLES and not document.external:
            request = properties_of(document)
            spec = type(document.spec).model_validate(lift(document.kind, request), by_alias=True, by_name=False)
            assert lower(document.kind, document.name, spec) == request


def lowered(kind: str, **fields: Any) -> dict[str, Any]:
    """The properties of a spec with ``fields``, of which those of ``Later`` are not known."""
    return TABLES[kind].lower(unchecked(TABLES[kind].model, fields), later)


def test_an_empty_list_is_left_out_save_where_it_means_none() -> None:
    assert lowered("Namespace", access=[], networks=[]) == {"deletionPolicy": "Retain"}
    assert lowered("SupervisorCluster", zoneBindings=[])["zoneBindings"] == []


def test_vcenters_words_lead_to_fields() -> None:
    namespace = [str(field.alias) for field in TABLES["Namespace"].model.model_fields.values()]
    supervisor = [str(field.alias) for field in TABLES["SupervisorCluster"].model.model_fields.values()]
    assert fields_for("resourceSpec", namespace) == ["limits", "objectCounts", "defaults"]
    assert fields_for("accessList", namespace) == ["access"]
    assert fields_for("workloads", supervisor)[:2] == ["workloadNetwork", "loadBalancer"]
    assert fields_for("vmReservations", ["class", "virtualMachineReservations"]) == ["virtualMachineReservations"]
    assert fields_for("weather", namespace) == []


@dataclass(frozen=True)
class Later:
    """A value that a program does not know yet."""

    value: Any


def later(value: Any, function: Callable[[Any], Any]) -> Any:
    """What ``function`` makes of ``value``, as soon as that is known."""
    if not isinstance(value, Later):
        return function(value)
    result = function(value.value)
    return result if isinstance(result, Later) else Later(result)


def test_a_value_that_is_not_known_holds_back_nothing_else() -> None:
    spec = {"limits": {"cpu": Later("4GHz"), "memory": "1Gi"}, "networks": Later([]), "adopt": True}
    assert lowered("Namespace", **spec) == {
        "resourceSpec": {"cpuLimit": Later(4000), "memoryLimit": 1024},
        "networks": Later(None),
        "adopt": True,
        "deletionPolicy": "Retain",
    }
    zones = [{"name": Later("zone-1")}, {"name": "zone-2", "limits": {"cpu": Later("4GHz")}}]
    assert lowered("Namespace", zones=zones, networks=["primary", Later("backup")]) == {
        "zones": [{"name": Later("zone-1")}, {"name": "zone-2", "cpuLimitMhz": Later(4000)}],
        "networks": ["primary", Later("backup")],
        "deletionPolicy": "Retain",
    }


def test_a_secret_is_held_back_alone() -> None:
    haproxy = {"provider": "HAPROXY", "haproxy": {"username": "admin", "password": Later("secret")}}
    edge = lowered("SupervisorCluster", loadBalancer=haproxy)["workloads"]["edge"]
    assert edge == {"provider": "HAPROXY", "haproxy": {"username": "admin", "password": Later("secret")}}


def test_what_another_field_stands_for_waits_for_it() -> None:
    properties_ = lowered("SupervisorCluster", storagePolicy=Later("gold"), workloadNetwork={"type": Later("NSXT")})
    assert properties_["workloads"] == {
        "network": {"networkType": Later("NSXT"), "ipManagement": {"dhcpEnabled": True}},
        "edge": Later({"provider": "NSX", "nsx": {}}),
        "storage": {"ephemeralStoragePolicy": Later("gold"), "imageStoragePolicy": Later("gold")},
    }
