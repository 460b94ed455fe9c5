"""Show-back: what the documents of each namespace cost a month, by a file of prices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from pacific_infra.documents.model import Model
from pacific_infra.documents.problems import Problem, problems_error
from pacific_infra.documents.settings_file import read_settings
from pacific_infra.plan.capacity.fit import NamespaceUse

MOST_NAMESPACES = 10
"""Namespaces that a line names."""


def _price(value: object) -> Decimal:
    try:
        price = Decimal(str(value))
    except InvalidOperation:
        price = Decimal("NaN")
    if not price.is_finite() or price < 0:
        raise problems_error(Problem("a price is a number", value=value, allowed="0 or more"))
    return price


Price = Annotated[Decimal, BeforeValidator(_price)]


class Prices(Model):
    """What a month of each resource costs."""

    currency: str
    """Shown beside every amount, such as EUR."""
    basis: Literal["guaranteed", "most"] = "guaranteed"
    """Whether CPU and memory are charged by what is guaranteed, or by the most that may be used."""
    cpu: Price = Decimal(0)
    """One GHz."""
    memory: Price = Decimal(0)
    """One GiB of memory."""
    storage: dict[str, Price] = Field(default_factory=dict)
    """One GiB of storage, by storage policy; `default` for those that are not named."""


@dataclass(frozen=True)
class Cost:
    """What documents cost a month."""

    currency: str
    by_namespace: Mapping[str, Decimal]

    @property
    def line(self) -> str:
        """``Cost: 1250.00 EUR a month: data 1000.00, shop 250.00``; the most expensive namespaces first."""
        total = sum(self.by_namespace.values(), Decimal("0.00"))
        ranked = sorted(self.by_namespace.items(), key=lambda item: (-item[1], item[0]))
        parts = [f"{name} {cost}" for name, cost in ranked[:MOST_NAMESPACES]]
        more = [f"{len(ranked) - MOST_NAMESPACES} more"] if len(ranked) > MOST_NAMESPACES else []
        return f"Cost: {total} {self.currency} a month: {', '.join(parts + more)}"

    def as_json(self) -> dict[str, str]:
        """``currency``, and the cost by namespace."""
        return {"currency": self.currency, **{name: str(cost) for name, cost in self.by_namespace.items()}}


def read_prices(file: Path) -> Prices:
    """Read a file of prices (YAML or JSON). Raises PacificError with every field that is wrong."""
    return read_settings(file, Prices, "file of prices")


def costs(uses: Sequence[NamespaceUse], prices: Prices) -> Cost:
    """Cost a month by namespace, to the cent."""
    return Cost(prices.currency, {use.namespace.name: _cost(use, prices) for use in uses})


def _cost(use: NamespaceUse, prices: Prices) -> Decimal:
    total = Decimal(0)
    for part in use.uses:
        amount = Decimal(part.guaranteed if prices.basis == "guaranteed" else part.most)
        if part.resource == "cpu":
            total += amount / 1000 * prices.cpu
        elif part.resource == "memory":
            total += amount / 1024 * prices.memory
        elif part.resource.startswith("storage "):
            policy = part.resource.removeprefix("storage ")
            total += amount / 1024 * prices.storage.get(policy, prices.storage.get("default", Decimal(0)))
    return total.quantize(Decimal("0.01"))
