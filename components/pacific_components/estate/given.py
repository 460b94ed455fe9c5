"""Arguments of which a document says only some."""

from typing import Any

from pacific_infra.documents import Document


def given(**arguments: Any) -> Any:
    """Those that are neither None nor empty: what is not named is not ours."""
    return {name: value for name, value in arguments.items() if value is not None and value not in ([], {}, ())}


def annotations_of(document: Document) -> dict[str, str]:
    """Annotations of a document's objects in Kubernetes.

    Of those that are adopted the fields are taken from whoever manages them: ``pacific`` has looked before that it is
    no other stack.
    """
    force = {"pulumi.com/patchForce": "true"} if document.spec.adopt else {}
    return {**document.metadata.annotations, **force}
