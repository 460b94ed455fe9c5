"""When a cron expression is due: five fields, with names, lists, ranges and steps, or @daily and the like."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

_SHORT = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_MONTHS = ("", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: Sequence[tuple[str, int, int, Sequence[str]]] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("weekday", 0, 7, _DAYS),
)
_LONGEST = 8 * 366
"""Days until the next 29 February, at most."""


class Cron:
    """A schedule. Raises ValueError for text that is not a schedule."""

    def __init__(self, expression: str) -> None:
        fields = _SHORT.get(expression.strip(), expression).split()
        if len(fields) != len(_FIELDS):
            raise ValueError(f"expected 5 fields, found {len(fields)}: {expression}")
        self._minutes, self._hours, self._days, self._months, weekdays = (
            set(_values(text, *field)) for text, field in zip(fields, _FIELDS, strict=True)
        )
        self._weekdays = {day % 7 for day in weekdays}
        # By cron's old habit a day matches either field where both are given.
        self._either = not (fields[2].startswith("*") or fields[4].startswith("*"))

    def after(self, now: datetime) -> datetime | None:
        """The first time after ``now``, in its time zone; None where no time matches."""
        start = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
        for offset in range(_LONGEST):
            day = start + timedelta(days=offset)
            if not self._is_on(day):
                continue
            first = (start.hour, start.minute) if offset == 0 else (0, 0)
            for hour in sorted(self._hours):
                for minute in sorted(self._minutes):
                    if (hour, minute) >= first:
                        return day.replace(hour=hour, minute=minute)
        return None

    def _is_on(self, day: datetime) -> bool:
        by_day, by_weekday = day.day in self._days, day.isoweekday() % 7 in self._weekdays
        return day.month in self._months and (by_day or by_weekday if self._either else by_day and by_weekday)


def _values(text: str, field: str, low: int, high: int, names: Sequence[str]) -> Iterator[int]:
    for part in text.lower().split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        begin = low if span == "*" else _number(first, field, names)
        end = high if span == "*" or (step and not last) else _number(last or first, field, names)
        if not low <= begin <= end <= high or (step and (not step.isdigit() or int(step) < 1)):
            raise ValueError(f"{field} is not within {low} and {high}: {part}")
        yield from range(begin, end + 1, int(step or 1))


def _number(text: str, field: str, names: Sequence[str]) -> int:
    if text in names and text:
        return names.index(text)
    if not text.isdigit():
        raise ValueError(f"no {field}: {text}")
    return int(text)
