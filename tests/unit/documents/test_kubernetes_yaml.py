"""Kubernetes manifests are read as kubectl reads them, which is asked itself here."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pacific_infra.documents.kubernetes_objects import read_objects
from pacific_infra.documents.kubernetes_yaml import read_kubernetes_yaml
from pacific_infra.documents.yaml_reader import TextError

KUBECTL = str(Path(sys.executable).parent / "kubectl")
WORDS = """
yes Yes YES no No NO on On ON off Off OFF true True TRUE false False FALSE null Null NULL ~ yEs nO oFF tRue none
0 1 -1 +1 -0 00 007 0644 -010 08 09 0o17 0O17 0x1f 0X1F -0x1f 0b11 0B11 1_000 0x_1f 1__0 0_ _1 1,000 12e3 1e3 1E3
1e+3 1.5 1.10 .5 +.5 -.5 5. 1.e3 1.5e 1.2.3 1e 0.1e-7 2001-01-01 2001-01-01T00:00:00Z 12:30 12:30:45 190:20
9007199254740993 9223372036854775807 1Gi 100m 0.5.0 v1.10 1.10-alpha a-b
""".split()  # noqa: SIM905 - a list of a hundred quotes is not read
QUOTED = ("'1.10'", '"yes"', "'0644'", "!!str 1.10", "!!str yes", "!!int 0x1f", "!!float 3", "!!binary aGVsbG8=", "! 7")
HEAD = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: one}\n"


def by_kubectl(text: str) -> Any:
    command = [KUBECTL, "annotate", "--local", "-f", "-", "-o", "json", "example.com/a=b"]
    process = subprocess.run(command, input=text, capture_output=True, text=True, check=True, timeout=60)
    return json.loads(process.stdout)


def by_us(text: str) -> list[Any]:
    return [read.value for read in read_objects(text)]


def plain(value: Any) -> Any:
    """Without the spelling of numbers, as JSON has them."""
    return json.loads(json.dumps(value))


def test_scalars_are_those_of_kubectl() -> None:
    items = "".join(f"- {word}\n" for word in (*WORDS, *QUOTED))
    text = f"{HEAD}spec:\n{items}- \n- |\n  0644\n"
    (managed,) = by_us(text)
    spec = by_kubectl(text)["spec"]
    assert [(type(value), value) for value in _without_floats(plain(managed["spec"]))] == [
        (type(value), value) for value in _without_floats(spec)
    ]


def _without_floats(values: Sequence[Any]) -> list[Any]:
    """JSON does not tell 3.0 from 3."""
    return [int(value) if isinstance(value, float) and value.is_integer() else value for value in values]


def test_merge_keys_and_anchors_are_those_of_kubectl() -> None:
    text = (
        f"{HEAD}a: &a {{p: 1, q: 2}}\nb: &b {{q: 3, r: 4}}\nc: {{<<: *a, p: 9}}\nd: {{<<: [*a, *b], s: 5}}\n"
        "e:\n  <<: *b\n  t: [*a, &x text, *x]\nf: {<<: {u: 6}, v: 7}\n"
    )
    (managed,) = by_us(text)
    foreign = by_kubectl(text)
    assert {name: plain(managed[name]) for name in "abcdef"} == {name: foreign[name] for name in "abcdef"}


def test_what_is_written_out_comes_before_what_is_merged() -> None:
    assert by_us("a: &a {p: 1}\nc: {p: 9, <<: *a}\n")[0]["c"] == {"p": 9}


def test_names_of_fields_and_single_letters_are_as_they_are_written() -> None:
    text = "{on: y, n: N, 010: a, 1.10: b, null: c}"
    assert by_us(text) == [{"on": "y", "n": "N", "010": "a", "1.10": "b", "null": "c"}]


def test_lists_are_taken_apart() -> None:
    text = (
        "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: a}}\n"
        "- apiVersion: v1\n  kind: ConfigMapList\n  items:\n  - metadata: {name: b}\n"
        "  - {metadata: {name: c}, kind: X}\n"
    )
    objects = read_objects(text)
    assert [(read.value["apiVersion"], read.value["kind"], read.value["metadata"]["name"]) for read in objects] == [
        ("v1", "Pod", "a"),
        ("v1", "ConfigMap", "b"),
        ("v1", "X", "c"),
    ]
    assert [read.line_of() for read in objects] == [4, 8, 9]
    assert objects[1].line_of(("metadata", "name")) == 8


def test_what_the_server_writes_is_left_out() -> None:
    text = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: a\n  uid: x\n  generation: 3\n"
        "  resourceVersion: '1'\n  creationTimestamp: null\n  managedFields: [{manager: m}]\n"
        "  annotations: {deployment.kubernetes.io/revision: '2', mine: x}\nspec: {paused: off}\nstatus: {replicas: 1}\n"
    )
    (read,) = read_objects(text)
    assert read.value == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "a", "annotations": {"mine": "x"}},
        "spec": {"paused": False},
    }
    assert read.left_out == (
        ("status",),
        ("metadata", "generation"),
        ("metadata", "managedFields"),
        ("metadata", "resourceVersion"),
        ("metadata", "uid"),
        ("metadata", "annotations", "deployment.kubernetes.io/revision"),
    )


def test_the_status_that_generators_write_is_left_out_without_a_word() -> None:
    status = "status: {acceptedNames: {kind: '', plural: ''}, conditions: [], storedVersions: null}\n"
    (read,) = read_objects(f"{HEAD}{status}")
    assert read.left_out == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: !Ref x\n", "this tag is not one of YAML's own"),
        ("a: !!python/object {}\n", "this tag is not one of YAML's own"),
        ("a: !!int x\n", "this is not of the type that its tag !!int says"),
        ("a: !!int yes\n", "this is not of the type that its tag !!int says"),
        ("a: !!binary '!'\n", "this is not UTF-8 text in base64, as its tag !!binary says"),
        ("a: {<<: 1}\n", "a merge key takes objects"),
        ("a: {b: 1, b: 2}\n", "a field occurs twice"),
        ("[" * 200, "the document is deeper than 100 levels"),
    ],
)
def test_what_cannot_be_meant(text: str, message: str) -> None:
    with pytest.raises(TextError) as raised:
        list(read_kubernetes_yaml(text))
    assert raised.value.problem == message


def test_aliases_cannot_multiply() -> None:
    levels = [f"l{level}: &l{level} [{', '.join([f'*l{level - 1}'] * 9)}]" for level in range(1, 12)]
    merges = [f"m{number}: {{<<: [{', '.join(['*a'] * 999)}]}}" for number in range(120)]
    for lines in (["l0: &l0 [x, x, x]", *levels], ["a: &a {b: 1, c: 2, d: 3, e: 4, f: 5, g: 6, h: 7, i: 8}", *merges]):
        with pytest.raises(TextError) as raised:
            list(read_kubernetes_yaml("\n".join(lines)))
        assert raised.value.problem == "the document has more than 1000000 values, aliases counted in full"


def test_json_with_a_byte_order_mark_and_pairs_of_escapes() -> None:
    assert by_us('\ufeff{"a": "\\ud83d\\ude00", "b": 1.0}') == [{"a": "\U0001f600", "b": 1.0}]


@given(st.text(alphabet="{}[]:,-&*!|>'\"%@#?<~ \n\tab1.y_0x", max_size=60))
def test_random_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(TextError):  # any other exception fails the test
        list(read_kubernetes_yaml(text))
