"""When objects are ready, by the interpreters that controllers have: Google's CEL and Lua."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import lupa  # type: ignore[import-untyped]  # it has no stubs
import pytest
from cel_expr_python import cel  # type: ignore[import-untyped]  # its stubs have no py.typed
from cel_expr_python.ext import ext_optional  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from pacific_infra.cli.render import NOWHERE, look_up
from pacific_infra.converge.rendering import render
from pacific_infra.documents import load_estate
from pacific_infra.gitops.readiness import Wait, health_expressions, health_scripts, readiness_of, waits_of
from pacific_infra.graph import build_graph

EVERY_OBJECT = Path(__file__).parents[2] / "golden/every-object"
FIELDS = {name: cel.Type.DYN for name in ("apiVersion", "kind", "metadata", "spec", "status")}
CEL = cel.NewEnv(variables=FIELDS, extensions=[ext_optional.ExtOptional()])
Object = dict[str, Any]
PRINTED = st.text(st.characters(exclude_categories=["Cc", "Cs"]))


def flux_says(expression: str, item: Object) -> bool:
    """Whether Flux takes the object for current. It does not check types before, and a failure means: not yet."""
    result = CEL.compile(expression, disable_check=True).eval(data=item)
    return result.type() == cel.Type.BOOL and bool(result.value())


def argo_says(script: str, item: Object) -> tuple[str, str]:
    """The health that Argo CD shows. It gives a script no libraries of texts, files or the system."""
    lua = lupa.LuaRuntime()
    lua.execute("string, io, package, require, debug, load, loadfile, dofile = nil")
    lua.globals().obj = lua.table_from(item, recursive=True)
    health = lua.execute(script)
    return health["status"], health["message"] or ""


@cache
def rendered() -> list[Object]:
    graph = build_graph(load_estate([EVERY_OBJECT]))
    resources = render(graph, NOWHERE, (), owner="estate/dev", look_up=look_up)
    return [dict(item.inputs) for item in resources if item.type.startswith("kubernetes:")]


def ready(item: Object, waits: tuple[Wait, ...]) -> Object:
    """The object as its API server has it when all holds."""
    live: Object = {**item, "metadata": {**item["metadata"], "generation": 2}, "status": {"observedGeneration": 2}}
    for wait in waits:
        put(live, wait.path, "10.0.0.7" if wait.value is None else wait.value)
    return live


def put(live: Any, path: tuple[Any, ...], value: str) -> None:
    for step, after in zip(path, (*path[1:], None), strict=True):
        empty: Any = value if after is None else {} if isinstance(after, str) else []
        if isinstance(step, str):
            live = live.setdefault(step, empty)
        elif isinstance(step, int):
            live.extend([{}] * (step + 1 - len(live)))
            live = live[step]
        else:
            entry = next((entry for entry in live if entry.get(step[0]) == step[1]), None)
            if entry is None:
                entry = {step[0]: step[1]}
                live.append(entry)
            live = entry
        if after is None and isinstance(step, str):
            return


def objects_that_wait() -> list[Object]:
    """In one order: objects are rendered in the order in which what they need is known."""
    return sorted(filter(waits_of, rendered()), key=lambda item: (item["kind"], item["metadata"]["name"]))


# One test: to render objects for a list of tests would take as long in each process that collects them.
def test_both_wait_for_what_the_component_waits_for() -> None:
    kinds = {item["kind"] for item in objects_that_wait()}
    assert kinds >= {"VirtualMachine", "Cluster", "Service", "CustomResourceDefinition", "Gateway", "ExternalSecret"}
    for item in objects_that_wait():
        check_both_wait(item)


def check_both_wait(item: Object) -> None:
    name, waits = f"{item['kind']}/{item['metadata']['name']}", waits_of(item)
    assert waits, name
    ((_, script),) = health_scripts([item]).items()
    (check,) = health_expressions([item])
    live = ready(item, waits)
    assert flux_says(check["current"], live), name
    assert argo_says(script, live) == ("Healthy", ""), name
    for index, wait in enumerate(waits):
        without = ready(item, (*waits[:index], *waits[index + 1 :]))
        assert not flux_says(check["current"], without), (name, wait)
        assert argo_says(script, without) == ("Progressing", f"waits for {wait.text}"), name
    created = {**item, "metadata": {**item["metadata"], "generation": 1}}
    assert not flux_says(check["current"], created), name
    assert argo_says(script, created)[0] == "Progressing", name


def test_argo_waits_until_a_change_is_seen_as_flux_does_by_itself() -> None:
    item = objects_that_wait()[0]
    live = ready(item, waits_of(item) or ())
    live["metadata"]["generation"] = 3
    ((_, script),) = health_scripts([item]).items()
    assert argo_says(script, live) == ("Progressing", "its last change is not seen yet")


def lamp(name: str, annotation: str, **more: Any) -> Object:
    metadata = {"namespace": "shop", "name": name, "annotations": {"pulumi.com/waitFor": annotation}}
    return {"apiVersion": "example.com/v1", "kind": "Lamp", "metadata": metadata, **more}


def test_objects_of_a_kind_may_wait_for_different_things() -> None:
    objects = [lamp("hall", "condition=Lit"), lamp("door", "jsonpath={.status.hours}=3")]
    (check,) = health_expressions(objects)
    ((key, script),) = health_scripts(objects).items()
    assert key == "resource.customizations.health.example.com_Lamp"
    hall = lamp("hall", "", status={"conditions": [{"type": "Lit", "status": "True"}]})
    door = lamp("door", "", status={"hours": 3})
    assert flux_says(check["current"], hall)
    assert flux_says(check["current"], door)
    assert not flux_says(check["current"], lamp("hall", "", status={"hours": 3}))
    assert argo_says(script, door) == ("Healthy", "")
    assert argo_says(script, lamp("hall", "", status={"hours": 3})) == ("Progressing", "waits for condition=Lit")


@pytest.mark.parametrize(
    ("status", "health"),
    [
        ({}, "Healthy"),
        ({"conditions": [{"type": "Ready", "status": "True"}]}, "Healthy"),
        ({"conditions": [{"type": "Ready", "status": "False"}]}, "Progressing"),
    ],
)
def test_argos_objects_of_others_go_by_their_condition_ready(status: Mapping[str, Any], health: str) -> None:
    ((_, script),) = health_scripts([lamp("hall", "condition=Lit")]).items()
    assert argo_says(script, lamp("attic", "", status=dict(status)))[0] == health


def test_a_kind_that_the_controllers_know_is_theirs() -> None:
    deployments = [item for item in rendered() if item["kind"] == "Deployment"]
    assert deployments
    assert readiness_of(deployments) == []


def test_what_is_ready_as_soon_as_it_is_there_holds_no_wave_up() -> None:
    """A claim whose first pod comes later stays Pending; a group is Ready when its machines of the next wave are."""
    checks = {check["kind"]: check["current"] for check in health_expressions(rendered())}
    assert (checks["PersistentVolumeClaim"], checks["VirtualMachineGroup"]) == ("true", "true")
    kinds = {key.rpartition("_")[2] for key in health_scripts(rendered())}
    assert "VirtualMachineGroup" in kinds
    assert "PersistentVolumeClaim" not in kinds


@settings(max_examples=30)
@given(st.lists(PRINTED, min_size=1), PRINTED, PRINTED)
def test_any_text_can_stand_in_a_condition(names: list[str], namespace: str, value: str) -> None:
    """Whatever a name is, both read it as that text, and an object of it is what they say it is."""
    objects = []
    for name in dict.fromkeys(names):
        item = lamp(name, f"condition={name.replace('=', '-')}={value}")
        item["metadata"]["namespace"] = namespace
        objects.append(item)
    (check,) = health_expressions(objects)
    ((_, script),) = health_scripts(objects).items()
    for item in objects:
        live = ready(item, waits_of(item) or ())
        assert flux_says(check["current"], live)
        assert argo_says(script, live) == ("Healthy", "")


@pytest.mark.parametrize(
    "text", ["jsonpath={.items[*].name}=x", "jsonpath={range .items}", "delete", "jsonpath={}", "jsonpath={[0]}=1"]
)
def test_what_neither_can_be_told_is_said(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        waits_of(lamp("hall", text))
