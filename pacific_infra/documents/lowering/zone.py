"""Zone, and vCenter's ``consumption_domains.Zones.CreateSpec``."""

from pacific_infra.documents.lowering.table import Table, same
from pacific_infra.documents.zone import ZoneSpec

ZONE = Table(
    ZoneSpec,
    same("description", "clusters"),
    not_at_vcenter={
        "adopt": "is not there for zones, whose description has the owner and cannot change",
        "dependsOn": "is the order of the estate",
    },
    not_in_documents={"name": "is the document's metadata.name"},
)
