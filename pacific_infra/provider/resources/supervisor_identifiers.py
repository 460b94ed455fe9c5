"""Identifiers of the form ``SUPERVISOR/NAME``, shared by the resources of one Supervisor."""

from collections.abc import Mapping
from typing import Any

from pacific_infra.errors import PacificError
from pacific_infra.provider.resources.resource import Request, Values
from pacific_infra.vcenter.inventory import Inventory


async def supervisor_of(request: Request, inputs: Values) -> str:
    """The identifier of the Supervisor that ``inputs`` name. Raises PacificError."""
    return await request.session.inventory.identifier("Supervisor", inputs["supervisor"], place="supervisor")


async def read_identifier(request: Request, identifier: str, word: str) -> tuple[str, str]:
    """The Supervisor's identifier, and the rest. For an import the Supervisor may be named.

    Raises PacificError where ``identifier`` has another form; ``word`` stands for the rest in its message.
    """
    supervisor, separator, rest = identifier.partition("/")
    if not separator or not supervisor or not rest:
        raise PacificError("not a valid identifier", value=identifier, allowed=f"SUPERVISOR/{word}")
    return await request.session.inventory.identifier("Supervisor", supervisor), rest


async def supervisor_notation(inventory: Inventory, supervisor: str, declared: Mapping[str, Any] | None) -> str:
    """The Supervisor as the user writes it, else its name."""
    return str(declared["supervisor"]) if declared is not None else await inventory.name("Supervisor", supervisor)
