"""When something runs: cron's five fields, as Kubernetes reads them (robfig/cron, its standard parser)."""

import re
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from pacific_infra.documents.problems import Problem, problems_error

NAMED = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 6, _DAYS),
)
_ALLOWED = "minute, hour, day of the month, month and day of the week, such as '0 3 * * *', or @daily and the like"
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven")
_FIELD_PATTERN = r"[*?0-9A-Za-z,/-]+"
PATTERN = rf"^(@[a-z]+|{_FIELD_PATTERN}( +{_FIELD_PATTERN}){{4}})$"
_ITEM = re.compile(r"(\*|\?|[0-9A-Za-z]+(?:-[0-9A-Za-z]+)?)(?:/([0-9]{1,9}))?")


def _check(text: str) -> str:
    if text.startswith("@"):
        if text not in NAMED:
            raise problems_error(Problem("this schedule has no such name", (), text, ", ".join(NAMED)))
        return text
    parts = text.split()
    if len(parts) != len(_FIELDS):
        count = _NUMBERS[len(parts)] if len(parts) < len(_NUMBERS) else str(len(parts))
        raise problems_error(Problem(f"a schedule has five fields, this has {count}", (), text, _ALLOWED))
    problems = [
        problem
        for part, (name, low, high, words) in zip(parts, _FIELDS, strict=True)
        for problem in [_field_problem(part, name, low, high, words)]
        if problem is not None
    ]
    if problems:
        raise problems_error(*problems)
    return text


def _field_problem(part: str, name: str, low: int, high: int, words: tuple[str, ...]) -> Problem | None:
    allowed = f"{low} to {high}" + (f", or {words[0].upper()} to {words[-1].upper()}" if words else "")
    for item in part.split(","):
        match = _ITEM.fullmatch(item)
        if match is None:
            return Problem(
                f"the {name} of this schedule has the wrong form", (), part, f"{allowed}, *, 1-5, */2 or 1,3"
            )
        ends = [_number(text, low, words) for text in match[1].split("-")] if match[1] not in "*?" else [low, high]
        if any(end is None or not low <= end <= high for end in ends):
            return Problem(f"the {name} of this schedule is out of range", (), part, allowed)
        first, last = ends[0], ends[-1]
        if first is not None and last is not None and first > last:
            return Problem(f"the {name} of this schedule ends before it begins", (), part, f"{last}-{first}")
        if match[2] is not None and int(match[2]) == 0:
            return Problem(f"the {name} of this schedule has a step of 0", (), part, "a step of 1 or more, such as */5")
    return None


def _number(text: str, low: int, words: tuple[str, ...]) -> int | None:
    if text.isdecimal():
        return int(text) if len(text) < 10 else None
    return words.index(text.lower()) + low if text.lower() in words else None


Cron = Annotated[
    str, AfterValidator(_check), WithJsonSchema({"type": "string", "pattern": PATTERN, "examples": ["0 3 * * *"]})
]
"""Cron's five fields in UTC, or a name such as @daily."""
