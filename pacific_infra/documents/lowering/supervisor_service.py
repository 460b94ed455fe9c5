"""SupervisorService, and vCenter's specifications of a version in its catalogue and of an installation.

A document becomes several resources: one a version and one a Supervisor.
"""

from pacific_infra.documents.lowering.table import Field, Part, Table, same
from pacific_infra.documents.lowering.units import ListOf
from pacific_infra.documents.supervisor_service import ReadyObject, ServiceVersion, SupervisorServiceSpec

SERVICE_VERSION = Table(
    ServiceVersion,
    same("content", "contentType", "trustedProvider", "acceptEula", "activated"),
    not_at_vcenter={"version": "is what vCenter reads out of the content"},
    not_in_documents={"deletionPolicy": "is the document's"},
)
READY_OBJECT = Table(ReadyObject, same("apiVersion", "kind", "name", "namespace", "condition"))
INSTALLATION = Table(
    SupervisorServiceSpec,
    (
        Field("configuration", "yamlServiceConfig"),
        Field("readyObjects", "readyObjects", ListOf(Part(READY_OBJECT))),
        *same("deletionPolicy"),
    ),
    not_at_vcenter={
        "adopt": "has no meaning: what is installed in the same version is taken over",
        "dependsOn": "is the order of the estate",
        "service": "may be what the versions' contents say",
        "supervisors": "have a resource each",
        "version": "may be what the only version's content says",
        "versions": "have a resource each",
    },
    not_in_documents={
        "supervisor": "is one of the document's supervisors",
        "supervisorService": "is the document's service, or what a content says",
        "version": "is the document's version, or what a content says",
    },
)
