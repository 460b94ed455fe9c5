"""How documents write a value, and how vCenter has it."""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any, Protocol, TypeAlias

from pacific_infra.documents.quantity import mhz, mib
from pacific_infra.errors import PacificError

Apply: TypeAlias = Callable[[Any, Callable[[Any], Any]], Any]
"""Gives a value to a function: at once, or where a program does not know the value yet, as soon as it is known."""


def at_once(value: Any, function: Callable[[Any], Any]) -> Any:
    """The ``Apply`` of documents, whose values are all known."""
    return function(value)


class Unit(Protocol):
    """One value in both forms."""

    def lower(self, value: Any, apply: Apply) -> Any:
        """The document's ``value`` as vCenter has it; ``apply`` is for values in it."""

    def lift(self, value: Any) -> Any:
        """vCenter's ``value`` as documents write it."""


@dataclass(frozen=True)
class Converted:
    """A value by two functions, of which one undoes what the other does."""

    lowered: Callable[[Any], Any]
    lifted: Callable[[Any], Any]
    allowed: str = ""
    """What ``lowered`` takes, as a message says it. It raises ValueError for anything else."""

    def lower(self, value: Any, apply: Apply) -> Any:
        del apply
        try:
            return self.lowered(value)
        except ValueError:
            # Without the value: it may be a secret.
            raise PacificError("an output has a value of the wrong form", allowed=self.allowed) from None

    def lift(self, value: Any) -> Any:
        return self.lifted(value)


@dataclass(frozen=True)
class ListOf:
    """A list, each item in its unit."""

    unit: Unit

    def lower(self, value: Any, apply: Apply) -> Any:
        return [apply(item, lambda known: self.unit.lower(known, apply)) for item in value]

    def lift(self, value: Any) -> Any:
        return [self.unit.lift(item) for item in value]


@dataclass(frozen=True)
class OnlyItem:
    """One object of documents, for which vCenter has a list with nothing else in it."""

    unit: Unit

    def lower(self, value: Any, apply: Apply) -> Any:
        return [self.unit.lower(value, apply)]

    def lift(self, value: Any) -> Any:
        return self.unit.lift(value[0])


def _frequency(amount: float) -> str:
    """``4GHz``, or ``4500MHz`` where GHz would not be whole."""
    whole = int(amount)
    return f"{whole // 1000}GHz" if whole and whole % 1000 == 0 else f"{whole}MHz"


def _memory(amount: float) -> str:
    """``8Gi``, or ``8193Mi`` where Gi would not be whole."""
    whole = int(amount)
    return f"{whole // 1024}Gi" if whole and whole % 1024 == 0 else f"{whole}Mi"


def _with_prefix(network: str) -> dict[str, Any]:
    parsed = IPv4Network(network)
    return {"address": str(parsed.network_address), "prefix": parsed.prefixlen}


def _with_count(network: str) -> dict[str, Any]:
    parsed = IPv4Network(network)
    return {"address": str(parsed.network_address), "count": parsed.num_addresses}


SAME = Converted(lambda value: [*value] if isinstance(value, tuple) else value, lambda value: value)
MHZ = Converted(mhz, _frequency, "whole MHz or GHz, such as 40GHz")
"""CPU: ``40GHz``, and the number of MHz."""
MIB = Converted(lambda quantity: mib(str(quantity)), _memory, "bytes as a Kubernetes quantity, such as 64Gi")
"""Memory or storage: ``64Gi``, and the number of MiB."""
CIDR = Converted(_with_prefix, lambda cidr: f"{cidr['address']}/{cidr['prefix']}", "a network, such as 10.0.0.0/20")
"""A network: ``10.0.0.0/20``, and its address and prefix length."""
ADDRESSES = Converted(
    _with_count,
    lambda addresses: f"{addresses['address']}/{33 - int(addresses['count']).bit_length()}",
    "a network, such as 10.0.0.0/20",
)
"""A network: ``10.0.0.0/20``, and its first address and how many there are."""
PATH = Converted(lambda path: {"path": path}, lambda subnet: subnet["path"])
"""A path: alone, and in an object with nothing else."""
DHCP = Converted(lambda mode: mode == "DHCP", lambda enabled: "DHCP" if enabled else "STATIC")
"""Addressing: DHCP or STATIC, and whether DHCP gives the addresses."""
