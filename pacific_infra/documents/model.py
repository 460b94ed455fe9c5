"""What documents are made of: models, metadata, and references between documents."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from pacific_infra.documents.document_references import OrderReference
from pacific_infra.documents.marks import DOCUMENT_ONLY, PLAIN, AtVCenter, VCenterMarks
from pacific_infra.documents.names import Annotations, Label, Labels
from pacific_infra.documents.problems import Problem, raise_problems
from pacific_infra.documents.source import Path

API_VERSION = "pacific.infra/v1alpha1"

T = TypeVar("T")
Listed = Annotated[tuple[T, ...], Field(strict=False)]
"""A list of a document: immutable, and a JSON array in spite of strict types."""


def named(value: object) -> object:
    """A name alone, where a list takes names and objects with one: the object with nothing else."""
    return {"name": value} if isinstance(value, str) else value


DeletionPolicy = Annotated[Literal["Retain", "Delete"], PLAIN]
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

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_null(cls, value: object, info: ValidationInfo) -> object:
        """In a file, which is read with a context, a null is a forgotten value: what has none is left out."""
        if value is None and info.context is not None:
            raise PydanticCustomError("empty", "the field is empty")
        return value


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
    """The application or use of a template that the document names, where the target is needed as a part of it."""


class Spec(CheckedModel):
    """What every kind's ``spec`` has."""

    at_vcenter: ClassVar[VCenterMarks] = {}
    """Marks of inherited fields, by the documents' names, in place of those that they have."""
    named_at_vcenter: ClassVar[bool] = True
    """Whether vCenter's resource, where there is one, has the document's name."""

    depends_on: Annotated[Listed[OrderReference], DOCUMENT_ONLY] = ()
    """Documents that must be there first, although nothing else in this document says so: Kind/name,
    Kind/namespace/name, Application/name for all parts of an application, or Kind/name of a template's use for all that
    it becomes."""

    @property
    def adopts(self) -> bool:
        """Whether objects are taken over that are there already and belong to no stack."""
        return False


class AdoptableSpec(Spec):
    """What the ``spec`` of a kind has whose existing objects can be taken over."""

    adopt: Annotated[bool, PLAIN, AtVCenter(absent=False)] = False
    """Whether what is there already under its name and belongs to no stack is taken over. What belongs to another stack
    never is."""

    @property
    def adopts(self) -> bool:
        """As ``adopt`` says."""
        return self.adopt
