"""ContainerImageRegistry, and vCenter's ``supervisors.ContainerImageRegistries.CreateSpec``."""

from pacific_infra.documents.container_image_registry import ContainerImageRegistrySpec
from pacific_infra.documents.lowering.supervisor_cluster import REGISTRY
from pacific_infra.documents.lowering.table import Table, same, within

CONTAINER_IMAGE_REGISTRY = Table(
    ContainerImageRegistrySpec,
    (
        *same("supervisor"),
        *within("imageRegistry", REGISTRY.fields),
        *same("defaultRegistry"),
    ),
    not_at_vcenter={
        "adopt": "is what vCenter's registries always are, which cannot say whose they are",
        "dependsOn": "is the order of the estate",
    },
    not_in_documents={"name": "is the document's metadata.name"},
)
