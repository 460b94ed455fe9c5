"""A document: one desired object. The kinds are subclasses, each in a file of its own."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Literal, Self

from pydantic import PrivateAttr

from pacific_infra.documents.kinds import short_reference_problem, target_of
from pacific_infra.documents.model import CheckedModel, Metadata, NamespacedMetadata, Reference, Spec
from pacific_infra.documents.problems import Problem
from pacific_infra.documents.source import PROGRAM, Path, Source


class Document(CheckedModel):
    """One desired object. The kinds are its subclasses; each has its own ``metadata`` and ``spec``."""

    api_version: Literal["pacific.infra/v1alpha1"]
    """Version of the document's form."""
    kind: str
    """What the document describes."""
    metadata: Metadata
    """Name, labels and annotations."""
    spec: Spec
    """What is wanted."""

    _source: Source = PrivateAttr(default_factory=lambda: PROGRAM)
    _applications: Mapping[str, tuple[str, ...]] = PrivateAttr(default_factory=dict)

    @cached_property
    def id(self) -> str:
        """``Kind/name``, or ``Kind/namespace/name`` where it lies in a namespace; unique in an estate.

        Made once: the graph, the plan and all that is found by id share this one text.
        """
        namespace = self.namespace
        return f"{self.kind}/{namespace}/{self.metadata.name}" if namespace else f"{self.kind}/{self.metadata.name}"

    @property
    def name(self) -> str:
        """The metadata's name."""
        return self.metadata.name

    @property
    def namespace(self) -> str | None:
        """The namespace that it lies in, if its kind lies in one."""
        return self.metadata.namespace if isinstance(self.metadata, NamespacedMetadata) else None

    @property
    def external(self) -> bool:
        """Whether somebody else owns it, so that it is only looked up (pacific_infra.documents.external)."""
        return False

    @property
    def source(self) -> Source:
        """Where it was read; ``PROGRAM`` when it was made by Python code."""
        return self._source

    def place(self, path: Path = ()) -> str:
        """``file:line`` of the field at ``path``, or of the nearest part around it that is there."""
        return self._source.place(path)

    def references(self) -> list[Reference]:
        """Every document that this one needs, and why."""
        references = list(self.own_references())
        for index, text in enumerate(self.spec.depends_on):
            target = target_of(text, self.namespace)
            path: Path = ("spec", "dependsOn", index)
            if target in self._applications:
                parts = self._applications[target]
                references += [Reference(part, "order", path, application=target) for part in parts]
            else:
                references.append(Reference(target, "order", path))
        return references

    def with_applications(self, parts: Mapping[str, tuple[str, ...]]) -> Self:
        """The same document, which knows the parts to wait for of each application that it may name, by id."""
        made = self.model_copy()
        made._applications = parts
        return made

    def own_references(self) -> Iterator[Reference]:
        """The needs that come from this kind's own fields."""
        if isinstance(self.metadata, NamespacedMetadata):
            yield Reference(f"Namespace/{self.metadata.namespace}", "containment", ("metadata", "namespace"))

    def problems(self) -> Iterator[Problem]:
        if self.namespace is None:
            for index, text in enumerate(self.spec.depends_on):
                problem = short_reference_problem(text, ("spec", "dependsOn", index))
                if problem is not None:
                    yield problem
