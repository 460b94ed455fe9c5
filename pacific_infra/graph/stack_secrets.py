"""Secrets of the stack's configuration that documents name."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pacific_infra.documents import CustomResource, CustomResourceDefinition, Document, Estate
from pacific_infra.documents.resource_secrets import resource_with_secrets, secrets_in
from pacific_infra.documents.source import Path
from pacific_infra.documents.stack_secret import StackSecret


@dataclass(frozen=True, slots=True)
class NamedSecret:
    """The key of a secret that ``document`` names at ``path``."""

    document: Document
    path: Path
    key: str


def named_secrets(estate: Estate) -> Iterator[NamedSecret]:
    """Each key of the stack's configuration that a document of ``estate`` names."""
    for document in estate:
        for path, secret in secrets_in(_with_secrets(document, estate), ("spec",)):
            keys = [secret.config] if isinstance(secret, StackSecret) else secret.parts[1::2]
            yield from (NamedSecret(document, path, key) for key in dict.fromkeys(keys))


def holds_secrets(document: Document, estate: Estate) -> bool:
    """Whether the document names a secret of the stack's configuration."""
    return any(True for _ in secrets_in(_with_secrets(document, estate), ()))


def _with_secrets(document: Document, estate: Estate) -> Any:
    resource = estate.get(document.id, CustomResource)
    if resource is not None:
        definition = estate.get(f"CustomResourceDefinition/{resource.spec.definition}", CustomResourceDefinition)
        if definition is not None:
            return {"resource": resource_with_secrets(resource, definition)}
    return document.spec
