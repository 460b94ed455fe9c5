"""How values are written in the pages: amounts, times, durations, names of others. Pure."""

import json
import re
from datetime import datetime
from typing import Any
from urllib.parse import quote

from pacific_infra.plan.capacity.amounts import amount
from pacific_infra.text import visible
from pacific_infra.view.model import Amount
from pacific_infra.view.objects import seconds_of

BAR = 200
"""Units of a bar's width."""
FULL = 0.8
"""Share of a limit from which on it is nearly reached."""


def quantity(number: int | None, unit: str) -> str:
    """40 GHz, 1.5 GiB, 12; a dash where nothing is known."""
    return "-" if number is None else amount(number, unit) if number else "0"


def label(part: Amount) -> str:
    """The resource in words: CPU, Storage gold, Persistent volume claims."""
    if part.resource == "cpu":
        return "CPU"
    kind, *policy = part.resource.split(" ", 1)
    words = re.sub(r"(?<=[a-z])[A-Z]", lambda match: f" {match[0].lower()}", kind)
    return " ".join([words[:1].upper() + words[1:], *policy])


def use(part: Amount) -> str:
    """``5.5 GHz used, 7 GHz planned, limit 40 GHz``: what of it is known."""
    parts = [("{} used", part.used), ("{} planned", part.planned), ("limit {}", part.limit)]
    return ", ".join(text.format(quantity(number, part.unit)) for text, number in parts if number is not None)


def is_known(part: Amount) -> bool:
    """Whether anything is known of the resource."""
    return (part.used, part.planned, part.limit) != (None, None, None)


def share(part: Amount) -> dict[str, Any]:
    """Widths of a bar, of ``BAR``: what is used, what is planned, and whether that is too much."""
    whole = part.limit or max(part.used or 0, part.planned or 0)
    if not whole:
        return {"used": 0, "planned": 0, "level": "none"}
    most = max(part.used or 0, part.planned or 0) / whole
    level = "none" if part.limit is None else "over" if most > 1 else "full" if most > FULL else "good"
    used, planned = (min(BAR, round(BAR * (number or 0) / whole)) for number in (part.used, part.planned))
    return {"used": used, "planned": planned, "level": level}


def percent(part: Amount) -> str:
    """How much of the limit is used, or else planned."""
    number = part.planned if part.used is None else part.used
    return "" if not part.limit or number is None else f"{number / part.limit:.0%}"


def moment(time: object) -> str:
    """``2026-11-28 18:04:09`` in local time, of seconds since the epoch or of RFC 3339."""
    seconds = seconds_of(time) if isinstance(time, str) else time
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M:%S") if isinstance(seconds, int | float) else ""


def hour(time: object) -> str:
    """``18:04:09`` of the same, or the day too where it is another one."""
    text = moment(time)
    return text[11:] if text[:10] == f"{datetime.now():%Y-%m-%d}" else text


def clock(seconds: float | None) -> str:
    """``m:ss``; empty where it is not known."""
    if seconds is None:
        return ""
    minutes, rest = divmod(int(max(seconds, 0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def value(content: object) -> str:
    """A value of a document or an object, as JSON."""
    return visible(content if content == "[secret]" else json.dumps(content, ensure_ascii=False, default=str))


def path_of(node: str) -> str:
    """The part of an address that names a document or a namespace."""
    return quote(node, safe="/")
