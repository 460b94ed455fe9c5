"""Documents that would make a Kubernetes Service of one name: Knative makes one for each function, too."""

from collections.abc import Iterator

from pacific_infra.documents import CrxWorkload, Document, Estate, Function, VirtualMachine
from pacific_infra.errors import PacificError


def service_name_errors(estate: Estate) -> Iterator[PacificError]:
    """One error for each function whose Service another document of its namespace has already."""
    for document in estate:
        if isinstance(document, Function):
            for kind in ("CrxWorkload", "VirtualMachine"):
                other = estate.by_id.get(f"{kind}/{document.namespace}/{document.name}")
                if other is not None and _has_service(other):
                    yield PacificError(
                        f"{document.id} and {other.id} would both make the Service {document.name}",
                        place=document.place(("metadata", "name")),
                        value=document.name,
                        fix=f"rename one of them: the other is at {other.place(('metadata', 'name'))}",
                    )


def _has_service(document: Document) -> bool:
    return isinstance(document, CrxWorkload | VirtualMachine) and document.spec.service is not None
