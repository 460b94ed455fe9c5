"""NamespaceTemplate, and vCenter's ``namespaces.NamespaceTemplates.CreateSpecV2``."""

from pacific_infra.documents.lowering.namespace import GOVERNANCE, SUBJECT
from pacific_infra.documents.lowering.table import Field, Part, Table, same
from pacific_infra.documents.lowering.units import ListOf
from pacific_infra.documents.namespace import UserOrGroup
from pacific_infra.documents.namespace_template import NamespaceTemplateSpec

NAMESPACE_TEMPLATE = Table(
    NamespaceTemplateSpec,
    (
        *same("supervisor"),
        *GOVERNANCE,
        *same("networks"),
        Field("users", "permissions", ListOf(Part(Table(UserOrGroup, SUBJECT)))),
    ),
    not_at_vcenter={
        "adopt": "is what vCenter's templates always are, which cannot say whose they are",
        "dependsOn": "is the order of the estate",
    },
    not_in_documents={"name": "is the document's metadata.name"},
)
