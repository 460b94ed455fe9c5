"""Whatever somebody writes, the loader reads it or says where it is wrong."""

import contextlib
import copy
import json
import re
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pacific_infra.documents import load_estate
from pacific_infra.documents.yaml_reader import read_yaml
from pacific_infra.errors import PacificErrors

DEMO = Path(__file__).parents[3] / "stacks" / "estate" / "documents"
DOCUMENTS = [
    raw.value
    for path in sorted(DEMO.rglob("*.yaml"))
    if "cloud-init" not in path.name
    for raw in read_yaml(path.read_text())
]
WORDS = st.sampled_from(
    ["", "x", "1Gi", "40GHz", "Namespace/shop", "VirtualMachine/a/b", "from", "secret", "\x1b[31m", "é"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=4,
)


def paths(value: Any, position: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    held = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [position, *(path for key, part in held for path in paths(part, (*position, key)))]


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A document of the demo with one part removed, replaced or added."""
    document = copy.deepcopy(draw(st.sampled_from(DOCUMENTS)))
    path = draw(st.sampled_from(paths(document)[1:]))
    holder = document
    for element in path[:-1]:
        holder = holder[element]
    how = draw(st.sampled_from(["remove", "replace", "add"]))
    if how == "remove":
        del holder[path[-1]]
    elif how == "replace":
        holder[path[-1]] = draw(VALUES)
    elif isinstance(holder, dict):
        holder[draw(WORDS)] = draw(VALUES)
    else:
        holder.append(draw(VALUES))
    return document


@given(mutated())
@settings(max_examples=300, deadline=None)
def test_errors_have_a_line_and_no_control_characters(document: Any) -> None:
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(PacificErrors):
        path = Path(folder, "a.json")
        path.write_text(json.dumps(document, indent=1))
        try:
            load_estate([path])
        except PacificErrors as errors:
            for error in errors.errors:
                assert re.fullmatch(r"a\.json:\d+", str(error.place).removeprefix(f"{folder}/"))
                assert str(error).isprintable()
            raise


TEAMS = DEMO.parents[1] / "platform" / "teams"
YAML = "---\n".join(
    path.read_text()
    for path in (*sorted(DEMO.rglob("*.yaml")), *sorted(TEAMS.glob("*.yaml")))
    if "cloud-init" not in path.name
)
SIGNS = tuple("{}[]>#?\t\x00\ufeff\u2028\ud800'\"\\")
WORDS_OF_YAML = (
    "\n",
    "  ",
    "- ",
    ": ",
    "&a ",
    "*a",
    "<<: ",
    "!!python/object ",
    "---\n",
    "...",
    "%TAG",
    "|\n",
    "1e999",
    "0x1f",
)
WORDS_OF_OURS = ("${values.", "${values.a}", "kind: Values\n", "kind: Include\n", "$patch: delete\n")
PIECES = st.sampled_from((*SIGNS, *WORDS_OF_YAML, *WORDS_OF_OURS))
BASE = """\
apiVersion: pacific.infra/v1alpha1
kind: VirtualMachineClass
metadata: {name: a}
spec: {cpuCount: 1, memory: 1Gi}
"""


@given(st.integers(0, len(YAML)), st.integers(0, 400), st.lists(PIECES | st.text(max_size=3), max_size=8))
@settings(max_examples=60, deadline=None)
def test_no_text_crashes_the_loader(start: int, length: int, pieces: list[str]) -> None:
    cut = length // 2
    text = YAML[start : start + cut] + "".join(pieces) + YAML[start + cut : start + length]
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder, "base.yaml")
        base.write_text(BASE)
        for name in ("a.yaml", "a.json"):
            path = Path(folder, name)
            path.write_bytes(text.encode("utf-8", "surrogatepass"))
            for documents, overlays in (([path], []), ([base], [path])):
                with contextlib.suppress(PacificErrors):
                    load_estate(documents, overlays)
