"""Amounts of CPU, memory and storage: Kubernetes quantities and vSphere's frequencies.

A field keeps the text that the user wrote, since Kubernetes takes it as it is; the models have properties that give it
as a number in MHz, MiB, bytes or cores.
Grammar: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/ without negative amounts.
``kubernetes.utils.quantity`` is not used: importing it takes 0.4 s.
"""

import re
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from pacific_infra.documents.problems import Problem, problems_error
from pacific_infra.documents.unknown import unknown_of_unknown

_NUMBER = r"\+?([0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_QUANTITY = re.compile(_NUMBER + r"(?:[eE]([+-]?[0-9]{1,2})|(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E))?")
_FREQUENCY = re.compile(_NUMBER + r"(MHz|GHz)")
_FACTORS = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    **{suffix: Decimal(1000**power) for power, suffix in enumerate("kMGTPE", start=1)},
    **{f"{suffix}i": Decimal(1024**power) for power, suffix in enumerate("KMGTPE", start=1)},
}
MEBIBYTE = 1024**2
_TOO_MUCH = 2**63
"""The first number that neither vCenter nor Kubernetes counts up to."""
MINIMUM_CPU_LIMIT_MHZ = 10
"""vCenter refuses a lower CPU limit of a namespace."""


@unknown_of_unknown
@lru_cache(maxsize=4096)
def parse_quantity(text: str) -> Decimal:
    """The number that a Kubernetes quantity means, such as 0.25 for ``250m``. Raises ``ValueError`` for other text."""
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise ValueError(text)
    number, exponent, suffix = match.groups()
    if exponent:
        return Decimal(number).scaleb(int(exponent))
    return Decimal(number) * _FACTORS[suffix] if suffix else Decimal(number)


@unknown_of_unknown
@lru_cache(maxsize=4096)
def parse_frequency(text: str) -> Decimal:
    """The MHz that vSphere's ``40GHz`` or ``500MHz`` means. Raises ``ValueError`` for other text."""
    match = _FREQUENCY.fullmatch(text)
    if match is None:
        raise ValueError(text)
    number, unit = match.groups()
    return Decimal(number) * (1000 if unit == "GHz" else 1)


@unknown_of_unknown
@lru_cache(maxsize=4096)
def mhz(text: str) -> int:
    """A checked frequency in whole MHz."""
    return int(parse_frequency(text))


@unknown_of_unknown
@lru_cache(maxsize=4096)
def mib(text: str) -> int:
    """A checked quantity of bytes in MiB, rounded up."""
    return int((parse_quantity(text) / MEBIBYTE).to_integral_value(ROUND_CEILING))


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise problems_error(Problem("not a quantity", (), value, "text such as 64Gi, or a number"))
    return str(value)


def _frequency(value: Any) -> str:
    allowed = "whole MHz or GHz of 1 MHz or more, such as 40GHz or 500MHz"
    text = _as_text(value)
    try:
        amount = parse_frequency(text)
    except ValueError:
        raise problems_error(Problem("not a CPU frequency", (), value, allowed, _frequency_fix(text))) from None
    if amount < 1 or amount != amount.to_integral_value():
        raise problems_error(Problem("not a CPU frequency in whole MHz", (), value, allowed))
    if amount >= _TOO_MUCH:
        raise problems_error(Problem("this CPU frequency is out of range", (), value, f"less than {_TOO_MUCH}MHz"))
    return text


def _frequency_fix(text: str) -> str:
    match = re.match(r"\s*([0-9.]+)\s*([a-zA-Z]*)", text)
    unit = match.group(2).lower() if match else ""
    if match and unit in ("ghz", "mhz"):
        return f"write {match.group(1)}{'GHz' if unit == 'ghz' else 'MHz'}"
    return "vSphere counts a namespace's CPU in MHz or GHz, not in cores: multiply the cores by the hosts' frequency"


def _memory(value: Any) -> str:
    allowed = "bytes as a Kubernetes quantity above 0, such as 512Mi or 64Gi"
    text = _as_text(value)
    try:
        amount = parse_quantity(text)
    except ValueError:
        raise problems_error(Problem("not a quantity of bytes", (), value, allowed, _memory_fix(text))) from None
    if amount < 1:
        raise problems_error(Problem("this quantity of bytes is below 1", (), value, allowed, _memory_fix(text)))
    if amount >= _TOO_MUCH:
        raise problems_error(Problem("this quantity of bytes is out of range", (), value, "less than 8Ei"))
    return text


def _memory_fix(text: str) -> str | None:
    match = re.match(r"\s*([0-9]+\.?[0-9]*)\s*([kmgtp]|e(?=i))(i)?(b|hz)?", text, re.IGNORECASE)
    if match is None or float(match.group(1)) == 0 or (match.group(4) or "").lower() == "hz":
        return None
    return f"write {match.group(1)}{match.group(2).upper()}i"


def _cores(value: Any) -> str:
    allowed = "cores as a Kubernetes quantity of 1m or more, such as 250m or 2"
    text = _as_text(value)
    try:
        amount = parse_quantity(text)
    except ValueError:
        fix = "a container counts CPU in cores, not in MHz: 500m is half a core" if "hz" in text.lower() else None
        raise problems_error(Problem("not a quantity of cores", (), value, allowed, fix)) from None
    if amount < _FACTORS["m"]:
        raise problems_error(Problem("this quantity of cores is below 1m", (), value, allowed))
    if amount >= _TOO_MUCH:
        raise problems_error(Problem("this quantity of cores is out of range", (), value, f"less than {_TOO_MUCH}"))
    return text


Frequency = Annotated[
    str,
    BeforeValidator(_frequency),
    WithJsonSchema({"type": "string", "pattern": "^([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(MHz|GHz)$", "examples": ["40GHz"]}),
]
"""CPU as vSphere counts it: ``40GHz``, ``500MHz``."""
_QUANTITY_SCHEMA = {"type": ["string", "number"], "pattern": f"^{_QUANTITY.pattern}$".replace("(?:", "(")}
Memory = Annotated[str, BeforeValidator(_memory), WithJsonSchema({**_QUANTITY_SCHEMA, "examples": ["256Mi", "64Gi"]})]
"""Memory or storage as a Kubernetes quantity of bytes: ``64Gi``."""
Cores = Annotated[str, BeforeValidator(_cores), WithJsonSchema({**_QUANTITY_SCHEMA, "examples": ["250m", 2]})]
"""CPU as Kubernetes counts it: ``250m``, ``2``."""
