import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pacific_infra.documents.json_reader import read_json
from pacific_infra.documents.yaml_reader import MAXIMUM_DEPTH, MAXIMUM_VALUES, TextError, read_positions, read_yaml

SIGNS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
TREES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(SIGNS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(SIGNS, max_size=8), inner, max_size=4),
    max_leaves=15,
)


def yaml_values(text: str) -> list[Any]:
    return [raw.value for raw in read_yaml(text)]


def json_values(text: str) -> list[Any]:
    return [raw.value for raw in read_json(text)]


def test_plain_words_are_those_of_yaml_1_2() -> None:
    text = "[yes, no, on, 2026-01-01, 0755, 1_000, 0x1f, 12:30:00, .inf, true, null, ~, 1.5, 1e3, -7, '7', 1.2.3]"
    assert yaml_values(text) == [
        [
            "yes",
            "no",
            "on",
            "2026-01-01",
            "0755",
            "1_000",
            "0x1f",
            "12:30:00",
            ".inf",
            True,
            None,
            None,
            1.5,
            1e3,
            -7,
            "7",
            "1.2.3",
        ]
    ]


def test_names_of_fields_are_always_text() -> None:
    assert yaml_values("{1: a, true: b, null: c}") == [{"1": "a", "true": "b", "null": "c"}]


def test_empty_documents_are_left_out() -> None:
    assert yaml_values("---\n# nothing\n---\na: 1\n---\n") == [{"a": 1}]


def test_alias_is_the_same_value() -> None:
    assert yaml_values("a: &x {b: 1}\nc: *x\n") == [{"a": {"b": 1}, "c": {"b": 1}}]


def test_first_line_of_each_document() -> None:
    text = "# head\na: 1\n---\n\nb: 2\n--- {c: 3}\n"
    assert [raw.line for raw in read_yaml(text)] == [2, 5, 6]
    assert [read_positions(text[raw.start : raw.end], raw.line).line_of(("b",)) for raw in read_yaml(text)] == [2, 5, 6]


def test_lines_of_fields() -> None:
    positions = read_positions("a:\n  b:\n  - c\n  - d: 1\n    e: 2\n", 10)
    paths = [("a",), ("a", "b", 0), ("a", "b", 1, "e"), ("a", "b", 7), ("a", "z", "b")]
    assert [positions.line_of(path) for path in paths] == [10, 12, 14, 11, 11]


@pytest.mark.parametrize(
    ("text", "subject", "line"),
    [
        ("a: 1\na: 2\n", "a field occurs twice", 2),
        ("a: !!int 1\n", "YAML tags are not allowed", 1),
        ("a: !x {}\n", "YAML tags are not allowed", 1),
        ("a: &a {b: 1}\nc:\n  <<: *a\n", "YAML merge keys are not allowed", 3),
        ("a: *b\n", "this alias names nothing above it", 1),
        ("a: &x\n  b: *x\n", "this alias names nothing above it", 2),
        ("? [a]\n: b\n", "the name of a field must be text", 1),
        ("a: [1\n", "this is not YAML: did not find expected ',' or ']'", 2),
        ("a: \x01\n", "this is not YAML", 1),
        ('a: 1\nb: "x\\0"\n', "a text has the sign NUL, at which programs end it", 2),
        ("a: 1\n# a comment\u2028b: 2\n", "a line ends here with a sign that editors do not show", 2),
        ("a: 1 # a comment\u2029b: 2\n", "a line ends here with a sign that editors do not show", 1),
        ("a: x\x85y\n", "a line ends here with a sign that editors do not show", 1),
        ("[" * 100_000, f"the document is deeper than {MAXIMUM_DEPTH} levels", 1),
    ],
)
def test_bad_yaml(text: str, subject: str, line: int) -> None:
    with pytest.raises(TextError) as raised:
        yaml_values(text)
    assert raised.value.problem.startswith(subject)
    assert raised.value.line == line


def test_signs_that_end_lines_elsewhere_stay_in_a_text() -> None:
    assert yaml_values('a: "x\u2028y"\n# é\n') == [{"a": "x\u2028y"}]


def test_aliases_cannot_multiply() -> None:
    levels = [f"l{level}: &l{level} [{', '.join([f'*l{level - 1}'] * 9)}]" for level in range(1, 12)]
    with pytest.raises(TextError) as raised:
        yaml_values("\n".join(["l0: &l0 [x, x, x]", *levels]))
    assert raised.value.problem == "the document has more than 50000 values, aliases counted in full"


@given(TREES)
def test_yaml_reads_json(tree: Any) -> None:
    text = json.dumps(tree, ensure_ascii=True).replace("\\ud", "x")  # YAML has no pairs of \\u escapes
    expected = json.loads(text)
    assert yaml_values(text) == ([] if expected is None else [expected])


@given(TREES)
def test_json_reads_what_json_writes(tree: Any) -> None:
    value = {"value": tree}
    assert json_values(json.dumps(value, indent=1)) == [value]


@given(st.text(alphabet="{}[]:,-&*!|>'\"%@#? \n\tab1", max_size=60))
def test_random_text_is_read_or_refused(text: str) -> None:
    for read in (yaml_values, json_values):
        with contextlib.suppress(TextError):  # any other exception fails the test
            assert isinstance(read(text), list)


def test_json_one_after_the_other_and_in_lists() -> None:
    text = '{"a": 1}\n[\n{"b": 2},\n {"c": 3}\n]\n{"d": 4}'
    assert [(raw.value, raw.line) for raw in read_json(text)] == [
        ({"a": 1}, 1),
        ({"b": 2}, 3),
        ({"c": 3}, 4),
        ({"d": 4}, 6),
    ]


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ('{"a": 1,\n"a": 2}', "a field occurs twice", 1),
        ('[{"a": 1}\n', "this is not valid JSON: a list needs ',' between items and ']' at its end", 2),
        ('[{"a": 1},]', "this is not valid JSON: a list needs ',' between items and ']' at its end", 1),
        ("[", "this is not valid JSON: a list has no end", 1),
        ('{"a": NaN}', "this is not valid JSON: NaN is not a number", 1),
        ('{"a":\n}', "this is not valid JSON: Expecting value", 2),
        ('{"a": ["\\u0000"]}', "a text has the sign NUL, at which programs end it", 1),
        (
            '{"a": 1,\n"b": ' + "[" * MAXIMUM_DEPTH + "1" + "]" * MAXIMUM_DEPTH + "}",
            "the document is deeper than 32",
            1,
        ),
        (f'[{{}},\n{{"a": [{"0," * MAXIMUM_VALUES}0]}}]', "the document has more than 50000 values", 2),
        ('{"a":' * 100_000, "the document is too deep", 1),
    ],
)
def test_bad_json(text: str, message: str, line: int) -> None:
    with pytest.raises(TextError) as raised:
        json_values(text)
    assert raised.value.problem.startswith(message)
    assert raised.value.line == line
