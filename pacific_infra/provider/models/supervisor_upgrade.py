"""``pacific:vcenter:SupervisorUpgrade``: the version that a Supervisor is to have.

Follows ``namespace_management.software`` of the vSphere Automation API 8.0 U3 to 9.1.
"""

from typing import Annotated

from pacific_infra.provider.models.model import Meta, Model, described


class SupervisorUpgradeInputs(Model):
    """The version of a Supervisor: it is upgraded to it and never goes back. Deleting the resource changes nothing."""

    supervisor: Annotated[str, Meta(replace=True, reference="Supervisor", local=True)] = described(
        "Supervisor to upgrade, by name or by identifier.", min_length=1
    )
    version: Annotated[str, Meta(wire="desired_version")] = described(
        "Version that it is to have, as vCenter lists it.", min_length=1
    )
    ignore_precheck_warnings: Annotated[bool | None, Meta(write_only=True)] = described(
        "True upgrades in spite of what the checks before it warn of; absent: false.", default=None
    )


class SupervisorUpgradeOutputs(Model):
    """What vCenter says of the Supervisor's version."""

    current_version: str = described("Version that runs now.")
    available_versions: list[str] = described("Versions that it can be upgraded to.")
    state: str = described("State: READY, INPROGRESS (PENDING before 9.1) or ERROR.")
