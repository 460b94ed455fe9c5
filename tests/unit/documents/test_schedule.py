"""Schedules of cron: what Kubernetes takes, and each mistake by its field."""

import pytest
from pydantic import TypeAdapter, ValidationError

from pacific_infra.documents.schedule import Cron

CRON: TypeAdapter[str] = TypeAdapter(Cron)
FIVE = "allowed: minute, hour, day of the month, month and day of the week, such as '0 3 * * *', or @daily and the like"


@pytest.mark.parametrize(
    "text",
    [
        "0 3 * * *",
        "*/5 * * * *",
        "0-30/10 1,2,3 1 JAN-mar Sun",
        "59 23 31 12 6",
        "? * ? * ?",
        "5/15  *  * * *",
        "@daily",
        "@midnight",
    ],
)
def test_what_kubernetes_takes(text: str) -> None:
    assert CRON.validate_python(text) == text


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("0 3 * *", ["a schedule has five fields, this has four"]),
        ("", ["a schedule has five fields, this has no"]),
        ("0 0 3 * * *", ["a schedule has five fields, this has six"]),
        ("@often", ["this schedule has no such name"]),
        ("60 3 * * *", ["the minute of this schedule is out of range"]),
        ("0 24 0 13 7", [
            "the hour of this schedule is out of range",
            "the day of the month of this schedule is out of range",
            "the month of this schedule is out of range",
            "the day of the week of this schedule is out of range",
        ]),
        ("0 3 * * mo", ["the day of the week of this schedule is out of range"]),
        ("30-10 3 * * *", ["the minute of this schedule ends before it begins"]),
        ("*/0 3 * * *", ["the minute of this schedule has a step of 0"]),
        ("a- 3 * * *", ["the minute of this schedule has the wrong form"]),
        ("1,,2 3 * * *", ["the minute of this schedule has the wrong form"]),
        ("9" * 5000 + " 3 * * *", ["the minute of this schedule is out of range"]),
    ],
)  # fmt: skip
def test_mistakes_by_field(text: str, messages: list[str]) -> None:
    with pytest.raises(ValidationError) as raised:
        CRON.validate_python(text)
    ((details),) = raised.value.errors(include_url=False)
    assert [problem.text for problem in details["ctx"]["problems"]] == messages
