"""The estate: all documents together."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from pacific_infra.documents.capabilities import DeclaredObject
from pacific_infra.documents.document import D, Document, document_of, of_class
from pacific_infra.documents.model import Reference
from pacific_infra.documents.template import Template
from pacific_infra.errors import PacificError, PacificErrors


@dataclass(frozen=True)
class Estate:
    """The desired state of everything, in the order of reading. Raises ``PacificErrors`` for two of one id."""

    documents: tuple[Document, ...]
    applications: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Ids of the parts of each application, by its name; a document is a part of one at most."""
    uses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Ids of the documents that each use of a template has become, by the use's id."""
    templates: tuple[Template, ...] = ()
    """The templates, also those that nothing uses."""

    def __post_init__(self) -> None:
        errors = list(duplicate_errors(self.documents))
        if errors:
            raise PacificErrors(errors)

    @cached_property
    def by_id(self) -> Mapping[str, Document]:
        """Each document by its id."""
        return MappingProxyType({document.id: document for document in self.documents})

    @cached_property
    def digest(self) -> str:
        """A digest of all that its documents say, and of what belongs together."""
        digest = hashlib.sha256()
        for document in self.documents:
            digest.update(f"{document.kind} {document.model_dump_json()}\n".encode())
        for groups in (self.applications, self.uses):
            digest.update(json.dumps(dict(sorted(groups.items()))).encode())
        return digest.hexdigest()

    @cached_property
    def uses_of(self) -> Mapping[str, tuple[str, ...]]:
        """The uses of templates that a document is a part of, by its id, the outermost first."""
        result: dict[str, tuple[str, ...]] = {}
        for use, nodes in self.uses.items():
            for node in nodes:
                result[node] = (*result.get(node, ()), use)
        return result

    def get(self, node: str, model: type[D]) -> D | None:
        """The document with the id ``node``; None where there is none, or it is of another class."""
        return document_of(self.by_id, node, model)

    def of(self, model: type[D]) -> Iterator[D]:
        """The documents of a class."""
        return of_class(self.documents, model)

    @property
    def namespaces(self) -> Sequence[str]:
        """Names of the vSphere Namespaces among the documents."""
        names = [document.governing_namespace for document in self.documents if document.namespace is None]
        return [name for name in names if name is not None]

    def objects(self) -> Iterator[tuple[Document, DeclaredObject]]:
        """Every object that the documents become, each with its document."""
        for document in self.documents:
            for declared in document.objects(self.by_id):
                yield document, declared

    @cached_property
    def _implied(self) -> Mapping[str, Sequence[Reference]]:
        """References that follow from the documents together, by the id of the document that has them."""
        implied: dict[str, list[Reference]] = {}
        for document in self.documents:
            for node, reference in document.implied_references(self.by_id):
                implied.setdefault(node, []).append(reference)
        return implied

    def references(self, document: Document) -> list[Reference]:
        """Every document that ``document`` needs, and why: by its own text, and by what else is in the estate."""
        return [*document.references(), *self._implied.get(document.id, ())]

    def namespace_of(self, document: Document) -> Document | None:
        """The document of the namespace that ``document`` is in."""
        return self.by_id.get(f"Namespace/{document.namespace}")

    def __iter__(self) -> Iterator[Document]:
        return iter(self.documents)

    def __len__(self) -> int:
        return len(self.documents)


def duplicate_errors(documents: Iterable[Document]) -> Iterator[PacificError]:
    """One error for each document whose id an earlier one has already."""
    first: dict[str, Document] = {}
    for document in documents:
        earlier = first.setdefault(document.id, document)
        if earlier is not document:
            yield PacificError(
                "two documents have one name",
                place=document.place(("metadata", "name")),
                value=document.id,
                fix=f"rename or remove one of them: the other is at {earlier.place(('metadata', 'name'))}",
            )
