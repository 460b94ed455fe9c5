"""CustomResource: one object of a kind that a CustomResourceDefinition of the estate defines."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pacific_infra.documents.capabilities import DeclaredObject
from pacific_infra.documents.custom_resource_definition import CustomResourceDefinition
from pacific_infra.documents.document import Document, document_of
from pacific_infra.documents.marks import DOCUMENT_ONLY, PLAIN, InPrograms
from pacific_infra.documents.model import (
    AdoptableSpec,
    CheckedModel,
    DeletionPolicy,
    Listed,
    NamespacedMetadata,
    Reference,
)
from pacific_infra.documents.names import Label
from pacific_infra.documents.numbers import EXACT_NUMBERS, QUOTE_IF_TEXT, inexact_numbers
from pacific_infra.documents.problems import Problem
from pacific_infra.documents.source import Path

SERVER_FIELDS = ("apiVersion", "kind", "metadata", "status")
"""Fields of an object that the document says elsewhere, or that the controller writes."""


class Readiness(CheckedModel):
    """When the resource is ready, where its kind's own rule is not the right one."""

    conditions: Annotated[Listed[str], PLAIN] = ()
    """Types of conditions that must be True, of the generation that was asked for."""
    json_paths: Annotated[Listed[str], PLAIN] = ()
    """Values of its status, each as {.status.field}=value."""
    none: Annotated[bool, PLAIN] = False
    """True: it is not waited for."""

    def problems(self) -> Iterator[Problem]:
        if self.none == bool(self.conditions or self.json_paths):
            yield Problem("readiness is either none or what is waited for", fix="give conditions or jsonPaths, or none")
        for index, path in enumerate(self.json_paths):
            if not path.startswith("{.") or "}" not in path:
                yield Problem("not a JSONPath", ("jsonPaths", index), path, "{.status.field}=value")


class CustomResourceSpec(AdoptableSpec):
    """The wanted resource."""

    definition: Annotated[Label, DOCUMENT_ONLY]
    """Its kind: a reference to the document CustomResourceDefinition/<definition>."""
    controller: Annotated[Label | None, DOCUMENT_ONLY] = None
    """The controller that works on it, where that lies in the same namespace: a reference to Controller/<controller>.
    It is available before the resource is made, and so before its readiness is judged."""
    version: Annotated[str | None, DOCUMENT_ONLY] = None
    """Version of the definition that it is written in; default: the stored one."""
    resource: Annotated[
        dict[str, Any],
        PLAIN,
        InPrograms(
            "Its fields beside apiVersion, kind and metadata, in the API's own spelling; outputs may be in them."
        ),
    ]
    """Its fields beside apiVersion, kind and metadata: spec, mostly. They are checked against the definition's schema
    when the plan is made. Where that takes text, `{config: KEY}` and `{template: text}` stand for text with secrets of
    the stack's configuration; they are secret in the stack's state, and plain in the resource."""
    readiness: Readiness | None = None
    """When it is ready; default: by its kind, else by the condition Ready where the definition has conditions."""
    deletion_policy: DeletionPolicy = "Retain"
    """What happens to it when the document is removed."""

    def problems(self) -> Iterator[Problem]:
        for name in SERVER_FIELDS:
            if name in self.resource:
                yield Problem(f"{name} is not set here", ("resource", name), fix=f"remove {name}")
        for path, number in inexact_numbers(self.resource, ("resource",)):
            yield Problem("the number would be changed on its way", path, number, EXACT_NUMBERS, QUOTE_IF_TEXT)


class CustomResource(Document):
    """One object of a kind of one's own."""

    kind: Literal["CustomResource"]
    """Always CustomResource."""
    metadata: NamespacedMetadata
    """Name, namespace and labels."""
    spec: CustomResourceSpec
    """The wanted resource."""

    def own_references(self) -> Iterator[Reference]:
        yield from super().own_references()
        yield Reference(f"CustomResourceDefinition/{self.spec.definition}", "reference", ("spec", "definition"))
        if self.spec.controller is not None:
            target = f"Controller/{self.namespace}/{self.spec.controller}"
            yield Reference(target, "reference", ("spec", "controller"))

    def objects(self, documents: Mapping[str, Document]) -> Iterator[DeclaredObject]:
        node = f"CustomResourceDefinition/{self.spec.definition}"
        definition = document_of(documents, node, CustomResourceDefinition)
        if definition is not None:
            yield self.declared_object(definition.spec.group, str(definition.spec.names["kind"]))

    def path_in_object(self, path: Path) -> Path:
        return ("spec", "resource", *path)
