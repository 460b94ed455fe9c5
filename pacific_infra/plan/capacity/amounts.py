"""Amounts of capacity as people read them."""

from pacific_infra.plan.capacity.fit import Use

WIDTH = 10
"""Characters of a bar."""
_GREATER = {"MHz": ("GHz", 1000), "MiB": ("GiB", 1024)}


def amount(number: int, unit: str) -> str:
    """40 GHz, 1.5 GiB, 12."""
    greater, factor = _GREATER.get(unit, (unit, 0))
    if factor and number >= factor:
        digits = ".3g" if number < 1000 * factor else ".0f"
        return f"{number / factor:{digits}} {greater}"
    return f"{number} {unit}".strip()


def bar(use: Use) -> str:
    """How much of its limit a resource may use, as a bar and in percent; empty where there is no limit."""
    if not use.limit:
        return ""
    share = use.most / use.limit
    filled = min(WIDTH, round(WIDTH * share))
    return f"{'█' * filled}{'░' * (WIDTH - filled)} {share:4.0%}"
