"""Numbers keep their spelling until it is known whether text is wanted, and arrive as they are written."""

import copy
import json
import math
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pacific_infra.documents import CrxWorkload, load_estate
from pacific_infra.documents.json_reader import read_json
from pacific_infra.documents.numbers import GREATEST_EXACT, exact, floating, inexact_numbers, integer
from pacific_infra.documents.yaml_reader import read_yaml

SPELLINGS = st.from_regex(
    r"[-+]?(0|[1-9][0-9]{0,25})(\.[0-9]{0,25})?([eE][-+]?[0-9]{1,4})?", fullmatch=True
) | st.from_regex(r"[-+]?\.[0-9]{1,20}", fullmatch=True)
WORKLOAD = """\
apiVersion: pacific.infra/v1alpha1
kind: CrxWorkload
metadata: {name: web, namespace: shop}
spec:
  kind: Deployment
  containers:
  - name: web
    image: "web:v${values.tag}"
    resources: {limits: {memory: "${values.memory}"}}
    environment: {SHOP_SCALE: "x ${values.deep.scale} ${values.deep.on}"}
---
apiVersion: pacific.infra/v1alpha1
kind: Values
values: {tag: TAG, memory: 9007199254740993, deep: {scale: 12345e7, on: true}}
---
apiVersion: pacific.infra/v1alpha1
kind: Namespace
metadata: {name: shop}
spec: {supervisor: s}
"""


@given(SPELLINGS)
def test_every_number_has_the_text_that_it_is_written_as(text: str) -> None:
    ((value,),) = [raw.value for raw in read_yaml(f"[{text}]")]
    assert not isinstance(value, str)
    assert str(value) == text
    assert repr(copy.deepcopy(value)) == text


@given(SPELLINGS)
def test_what_counts_as_exact_is_the_number_written(text: str) -> None:
    ((value,),) = [raw.value for raw in read_yaml(f"[{text}]")]
    carried = float(value)
    if exact(value):
        # What comes out at the far end is the shortest text of the same floating point number.
        assert Decimal(text) == Decimal(repr(carried))
    elif math.isfinite(carried):
        assert Decimal(text) != Decimal(repr(carried)) or abs(carried) > GREATEST_EXACT


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_json_has_the_same_numbers(number: float) -> None:
    text = json.dumps({"n": number})
    (raw,) = read_json(text)
    assert raw.value == {"n": number}
    assert f'{{"n": {raw.value["n"]}}}' == text


@pytest.mark.parametrize(
    "tag", ["1.10", "+5", "-0", "1e400", "1.0", "007", "1_000", "0x1f", "12:30:00", "9" * 25, ".5"]
)
def test_a_value_in_a_text_is_spelled_as_it_was_written(tmp_path: Path, tag: str) -> None:
    tag_in_name = tag.replace("+", "-").replace(":", "-")
    (tmp_path / "a.yaml").write_text(WORKLOAD.replace("TAG", tag_in_name))
    document = load_estate([tmp_path]).by_id["CrxWorkload/shop/web"]
    assert isinstance(document, CrxWorkload)
    (container,) = document.spec.containers
    assert container.image == f"web:v{tag_in_name}"
    assert container.resources.limits.memory == "9007199254740993"
    assert container.environment == {"SHOP_SCALE": "x 12345e7 true"}


def test_inexact_numbers_are_found_where_they_are() -> None:
    value = {"a": [1, integer("9007199254740993")], "b": {"c": floating("1e400")}, "d": 0.1, "e": floating("1.10")}
    assert list(inexact_numbers(value)) == [(("a", 1), 9007199254740993), (("b", "c"), math.inf)]
