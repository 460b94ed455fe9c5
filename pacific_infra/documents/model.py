"""What every document and every part of one is made of."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator
from pydantic.alias_generators import to_camel

from pacific_infra.documents.kinds import OrderReference, short_reference_problem, target_of
from pacific_infra.documents.names import Annotations, Label, Labels
from pacific_infra.documents.problems import Problem, raise_problems
from pacific_infra.documents.source import PROGRAM, Path, Source

API_VERSION = "pacific.infra/v1alpha1"

T = TypeVar("T")
Listed = Annotated[tuple[T, ...], Field(strict=False)]
"""A list of a document: immutable, and a JSON array in spite of strict types."""


def named(value: object) -> object:
    """A name alone, where a list takes names and objects with one: the object with nothing else."""
    return {"name": value} if isinstance(value, str) else value


DeletionPolicy = Literal["Retain", "Delete"]
Reason = Literal["containment", "reference", "order", "wiring"]
"""Why one document needs another: it lies in it, names it, says so in dependsOn, or takes a value from it."""


class Model(BaseModel):
    """A part of a document: strict types, no unknown fields, immutable.

    Documents spell the fields in camelCase, Python code spells them as the attributes.
    """

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
    )


class CheckedModel(Model):
    """A part with rules that concern more than one of its fields."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        problems = tuple(self.problems())
        if problems:
            raise_problems(problems)
        return self

    def problems(self) -> Iterator[Problem]:
        """What is wrong with these values together."""
        yield from ()


class Metadata(Model):
    """Name and labels of a document of the whole vCenter."""

    name: Label
    """Name, unique among documents of this kind: an RFC 1123 label of 63 characters or less."""
    labels: Labels = Field(default_factory=dict)
    """Kubernetes labels that the objects made from this document carry."""
    annotations: Annotations = Field(default_factory=dict)
    """Kubernetes annotations that the objects made from this document carry."""


class NamespacedMetadata(Metadata):
    """Name and labels of a document that lies in a vSphere Namespace."""

    namespace: Label
    """The vSphere Namespace that it lies in: a reference to the document Namespace/<namespace>."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One document's need of another one; ``path`` is where the document says so."""

    target: str
    """Id of the document that must be there first, ``Kind/name`` or ``Kind/namespace/name``."""
    reason: Reason
    path: Path
    required: bool = True
    """Whether the estate must hold the target. VM classes may be the vCenter's own."""
    application: str | None = None
    """The application that the document names, where the target is needed as a part of it."""


class Spec(CheckedModel):
    """What every kind's ``spec`` has."""

    depends_on: Listed[OrderReference] = ()
    """Documents that must be there first, although nothing else in this document says so: Kind/name,
    Kind/namespace/name, or Application/name for all parts of an application."""
    adopt: bool = False
    """Whether what is there already under its name and belongs to no stack is taken over. What belongs to another stack
    never is."""


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
