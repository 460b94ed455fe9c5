"""What the resources of one Supervisor share: identifiers of the form ``SUPERVISOR/NAME``."""

from collections.abc import Mapping
from typing import Any

from pacific_infra.errors import PacificError
from pacific_infra.provider.resources.resource import Request, Values
from pacific_infra.vcenter.inventory import Inventory


async def supervisor_of(request: Request, inputs: Values) -> str:
    """The identifier of the Supervisor that ``inputs`` name. Raises PacificError."""
    return await request.session.inventory.identifier("Supervisor", inputs["supervisor"], place="supervisor")


async def read_identifier(request: Request, identifier: str, what: str) -> tuple[str, str]:
    """The Supervisor's identifier, and the rest. For an import the Supervisor may be given by name.

    Raises PacificError where ``identifier`` has another form; ``what`` is the word for the rest.
    """
    supervisor, separator, rest = identifier.partition("/")
    if not separator or not supervisor or not rest:
        raise PacificError("not an identifier", value=identifier, allowed=f"SUPERVISOR/{what}")
    return await request.session.inventory.identifier("Supervisor", supervisor), rest


async def supervisor_notation(inventory: Inventory, supervisor: str, declared: Mapping[str, Any] | None) -> str:
    """The Supervisor as the user writes it, else its name."""
    return str(declared["supervisor"]) if declared is not None else await inventory.name("Supervisor", supervisor)
