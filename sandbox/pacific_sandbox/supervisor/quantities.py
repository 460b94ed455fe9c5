"""Between vCenter's units (MHz, MiB) and Kubernetes' quantities (cores, bytes)."""

import math
from decimal import Decimal
from typing import Final

CORE_MHZ: Final = 2000
"""Clock of every core in the sandbox's inventory: what one Kubernetes CPU is in MHz."""

_SUFFIXES: Final = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "": Decimal(1),
    "k": Decimal(10) ** 3,
    "M": Decimal(10) ** 6,
    "G": Decimal(10) ** 9,
    "T": Decimal(10) ** 12,
    "P": Decimal(10) ** 15,
    "E": Decimal(10) ** 18,
    "Ki": Decimal(2) ** 10,
    "Mi": Decimal(2) ** 20,
    "Gi": Decimal(2) ** 30,
    "Ti": Decimal(2) ** 40,
    "Pi": Decimal(2) ** 50,
    "Ei": Decimal(2) ** 60,
}


def parse_quantity(quantity: str | float) -> Decimal:
    """The value of a Kubernetes quantity: cores or bytes. Raises ArithmeticError or KeyError for anything else."""
    text = str(quantity)
    number = text.rstrip("numkKMGTPEi")
    # "1E3" and "1e3" are numbers, "1E" is an exabyte: a suffix is never followed by digits, so rstrip decides.
    return Decimal(number) * _SUFFIXES[text[len(number) :]]


def cores(megahertz: float) -> str:
    """MHz as the quantity of cores, in thousandths: 200 MHz is ``100m``."""
    return cores_quantity(Decimal(round(megahertz * 1000 / CORE_MHZ)) / 1000)


def megahertz(quantity: str | float) -> int:
    """A quantity of cores in MHz."""
    return round(parse_quantity(quantity) * CORE_MHZ)


def mebibytes(quantity: str | float) -> int:
    """A quantity of bytes in MiB, rounded up."""
    return math.ceil(parse_quantity(quantity) / 2**20)


def cores_quantity(amount: Decimal) -> str:
    """Cores as a quantity, in thousandths: 0.5 is ``500m``."""
    thousandths = math.ceil(amount * 1000)
    return str(thousandths // 1000) if thousandths % 1000 == 0 else f"{thousandths}m"


def bytes_quantity(amount: Decimal) -> str:
    """Bytes as a quantity with the largest binary suffix that divides it: 1,073,741,824 is ``1Gi``."""
    number = math.ceil(amount)
    for power, suffix in ((6, "Ei"), (5, "Pi"), (4, "Ti"), (3, "Gi"), (2, "Mi"), (1, "Ki")):
        if number and number % 1024**power == 0:
            return f"{number // 1024**power}{suffix}"
    return str(number)
