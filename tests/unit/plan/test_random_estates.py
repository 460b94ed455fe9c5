"""Whatever somebody writes in a document of any kind, it is planned, or refused with file and line."""

import contextlib
import copy
import json
import re
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pacific_infra.converge.unoffered import questions
from pacific_infra.documents import load_estate
from pacific_infra.documents.yaml_reader import read_yaml
from pacific_infra.errors import PacificErrors
from pacific_infra.graph import build_graph
from pacific_infra.plan import assess
from pacific_infra.plan.policy import all_rules

ROOT = Path(__file__).parents[3]
FOLDERS = ("tests/golden/every-object", "tests/golden/every-property", "stacks/platform", "stacks/application")
CONTAINERS = ("SupervisorCluster", "Namespace", "VirtualMachineClass", "Template")


def _documents(folder: str) -> list[dict[str, Any]]:
    files = [file for file in sorted((ROOT / folder).rglob("*.yaml")) if "crd" not in file.name]
    values = [raw.value for file in files for raw in read_yaml(file.read_text(encoding="utf-8"))]
    return [value for value in values if str(value.get("apiVersion")).startswith("pacific.infra/")]


ESTATES = [_documents(folder) for folder in FOLDERS]
KINDS = sorted({str(document["kind"]) for estate in ESTATES for document in estate})
WORDS = (
    "",
    "x",
    "a" * 300,
    "é\u202e",
    "5",
    "1Gi",
    "yes",
    "${values.a}",
    "${config.a}",
    "Namespace/shop",
    "Nope/a/b",
    "\x1b[31m",
)
VALUES: st.SearchStrategy[Any] = st.sampled_from(
    (
        *(None, True, -1, 0, 3.5, 10**30, [], {}, [None], [[]], {"": None}, ["a", "a"]),
        *WORDS,
        {"from": "VirtualMachine/database", "output": "nope"},
        {"from": "stack/dev", "output": "a.b"},
        *({source: "nope"} for source in ("config", "template", "file", "folder", "kustomize")),
        {"helm": {"chart": "nope"}},
        [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": 1}}],
    )
)


def paths(value: Any, position: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Ways to all parts of ``value``."""
    held = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [position, *(path for key, part in held for path in paths(part, (*position, key)))]


def changed(document: dict[str, Any], path: Sequence[Any], value: Any, how: str) -> dict[str, Any]:
    """``document`` with the part at ``path`` removed, replaced, doubled, renamed or with something beside it."""
    result = copy.deepcopy(document)
    holder: Any = result
    for element in path[:-1]:
        holder = holder[element]
    if how == "remove":
        del holder[path[-1]]
    elif how == "rename" and isinstance(holder, dict):
        holder[f"{path[-1]}x"] = holder.pop(path[-1])
    elif how == "add" and isinstance(holder, dict):
        holder["from"] = value
    elif isinstance(holder, list) and how in ("add", "double"):
        holder.append(value if how == "add" else copy.deepcopy(holder[path[-1]]))
    else:
        holder[path[-1]] = value
    return result


def containers(estate: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What other documents are in, or name."""
    return [item for item in estate if item["kind"] in CONTAINERS]


def planned(documents: Sequence[dict[str, Any]], folder: Path) -> None:
    """As ``pacific plan`` goes before it asks a server. Raises PacificErrors."""
    for index, document in enumerate(documents):
        (folder / f"{index}.json").write_text(json.dumps(document, indent=1))
    graph = build_graph(load_estate([folder]))
    assess(graph, all_rules(), date(2026, 1, 1), None)
    list(questions(graph.estate, ()))


@pytest.mark.parametrize("kind", KINDS)
@given(st.data())
@settings(max_examples=12, deadline=None)
def test_a_document_with_a_wrong_part_is_refused_with_its_line(kind: str, data: st.DataObject) -> None:
    estate = data.draw(st.sampled_from([estate for estate in ESTATES if any(item["kind"] == kind for item in estate)]))
    document = data.draw(st.sampled_from([item for item in estate if item["kind"] == kind]))
    path = data.draw(st.sampled_from(paths(document)[1:]))
    how = data.draw(st.sampled_from(["replace", "replace", "remove", "rename", "add", "double"]))
    wrong = changed(document, path, data.draw(VALUES), how)
    others = [item for item in containers(estate) if item is not document]
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(PacificErrors):
        try:
            planned([*others, wrong], Path(folder))
        except PacificErrors as errors:
            for error in errors.errors:
                assert re.search(r"\d+\.json:\d+", str(error.place))
                assert str(error).isprintable()
            raise


@pytest.mark.parametrize("estate", ESTATES, ids=FOLDERS)
def test_what_is_around_a_changed_document_is_right(estate: Sequence[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        planned(containers(estate), Path(folder))


def test_documents_that_wait_for_each_other_are_refused_at_a_line() -> None:
    spec = {"class": "a", "image": "b", "storagePolicy": "c"}
    circle = [
        {
            "apiVersion": "pacific.infra/v1alpha1",
            "kind": "VirtualMachine",
            "metadata": {"name": name, "namespace": "shop"},
            "spec": {**spec, "dependsOn": [f"VirtualMachine/{other}"]},
        }
        for name, other in (("a", "b"), ("b", "a"))
    ]
    with tempfile.TemporaryDirectory() as folder, pytest.raises(PacificErrors) as raised:
        planned([*containers(ESTATES[0]), *circle], Path(folder))
    assert any("these documents wait for each other" in str(error) for error in raised.value.errors)
