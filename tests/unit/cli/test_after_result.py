"""What is wrong after a result was printed does not make two JSON documents of its output."""

import json

import pytest

from pacific_infra.cli.result import after_result, print_json
from pacific_infra.errors import PacificError


def test_an_error_after_a_result_is_said_on_standard_error_alone(capsys: pytest.CaptureFixture[str]) -> None:
    print_json("plan", {"counts": {"refused": 1}})
    with pytest.raises(SystemExit) as end, after_result():
        raise PacificError("it has another owner", place="shop.yaml:3", fix="choose another name")
    output = capsys.readouterr()
    assert json.loads(output.out)["counts"] == {"refused": 1}
    assert output.err == "error: shop.yaml:3: it has another owner: fix: choose another name\n"
    assert end.value.code == 1


def test_where_nothing_is_wrong_the_command_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    with after_result():
        pass
    assert capsys.readouterr().err == ""
