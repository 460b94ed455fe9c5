"""Application: documents that belong together, with a boundary of their own in plan, up, status and down."""

from collections.abc import Iterator
from typing import Literal

from pacific_infra.documents.document import Document
from pacific_infra.documents.document_references import DocumentReference, short_reference_problem
from pacific_infra.documents.model import DeletionPolicy, Listed, Metadata, Model, Spec
from pacific_infra.documents.names import Labels
from pacific_infra.documents.problems import Problem

PART_OF = "app.kubernetes.io/part-of"
"""The label by which an object says whose part it is."""


class Selector(Model):
    """Chooses documents by their labels."""

    match_labels: Labels
    """Labels that a document must have, all of them, in its metadata."""


class ApplicationSpec(Spec):
    """The wanted group. What it depends on must be there before any of its parts."""

    parts: Listed[DocumentReference] = ()
    """Documents of the application: Kind/name, or Kind/namespace/name."""
    selector: Selector | None = None
    """Documents of the application by their labels, beside `parts`."""
    deletion_policy: DeletionPolicy | None = None
    """What its parts do that hold data and have no deletionPolicy of their own: Retain leaves their objects when they
    are taken down, Delete deletes them. Default: that of each kind."""

    def problems(self) -> Iterator[Problem]:
        if not self.parts and self.selector is None:
            yield Problem("an application has parts", (), fix="add parts, or a selector")
        if self.selector is not None and not self.selector.match_labels:
            yield Problem("a selector has labels", ("selector", "matchLabels"), fix="add a label, or remove selector")
        for index, reference in enumerate(self.parts):
            problem = short_reference_problem(reference, ("parts", index))
            if problem is not None:
                yield problem


class Application(Document):
    """Documents that belong together. It becomes no object itself; those of its parts say whose they are."""

    kind: Literal["Application"]
    """Always Application."""
    metadata: Metadata
    """Name and labels."""
    spec: ApplicationSpec
    """The wanted group."""
