"""SupervisorUpgrade, and vCenter's ``software.Supervisors.Upgrades.Jobs.CreateSpec``."""

from pacific_infra.documents.lowering.table import Table, same
from pacific_infra.documents.supervisor_upgrade import SupervisorUpgradeSpec

SUPERVISOR_UPGRADE = Table(
    SupervisorUpgradeSpec,
    same("supervisor", "version", "ignorePrecheckWarnings"),
    not_at_vcenter={
        "adopt": "has no meaning for a version",
        "dependsOn": "is the order of the estate",
    },
)
