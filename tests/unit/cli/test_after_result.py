"""What is wrong after a run or its result changes neither of them."""

import json
from pathlib import Path

import pytest

from pacific_infra.cli.converging import remember
from pacific_infra.cli.result import after_result, print_json
from pacific_infra.converge.progress import Progress
from pacific_infra.errors import PacificError
from pacific_infra.plan.durations import History


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


def test_durations_that_cannot_be_kept_do_not_make_a_run_fail(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    remember(Progress([]), History(), tmp_path / "file" / "durations.json")
