"""CustomResourceDefinition: a kind of one's own on a Supervisor, as the manifest that its makers publish."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, Literal

from pacific_infra.documents.capabilities import DeclaredObject, ManifestSource
from pacific_infra.documents.document import Document
from pacific_infra.documents.fixed_values import FixedValue
from pacific_infra.documents.kubernetes_objects import (
    Origin,
    ReadObject,
    object_problems,
    read_objects,
    reading_problem,
    without_nulls,
)
from pacific_infra.documents.marks import DOCUMENT_ONLY, PLAIN, InPrograms
from pacific_infra.documents.model import AdoptableSpec, DeletionPolicy, Metadata
from pacific_infra.documents.names import Label
from pacific_infra.documents.problems import Problem
from pacific_infra.documents.source import Path
from pacific_infra.documents.structural_schema import pattern_problems
from pacific_infra.documents.text import Text
from pacific_infra.documents.yaml_reader import TextError

MANIFEST_VERSION = "apiextensions.k8s.io/v1"


class CustomResourceDefinitionSpec(AdoptableSpec):
    """The wanted definition."""

    supervisor: Annotated[Label, DOCUMENT_ONLY]
    """The Supervisor that serves it: a reference to the document SupervisorCluster/<supervisor>."""
    manifest: Annotated[Text, PLAIN, InPrograms("The manifest (apiextensions.k8s.io/v1), as text.")]
    """The manifest (apiextensions.k8s.io/v1), as text or as a file beside this document."""
    manifest_name: Annotated[str | None, PLAIN] = None
    """Which definition it is, by its name PLURAL.GROUP, where the manifest holds several."""
    deletion_policy: DeletionPolicy = "Retain"
    """Retain leaves it, with all its resources, when the document is removed. Delete deletes it: Kubernetes then
    deletes every resource of this kind, in all namespaces, whoever made it."""

    @cached_property
    def read(self) -> Sequence[ReadObject]:
        """Each object of the manifest as it is written. Raises ``TextError``."""
        return read_objects(self.manifest.text, Origin(("manifest",), self.manifest.file))

    @cached_property
    def chosen(self) -> ReadObject:
        """The definition among the manifest's objects. Raises ``LookupError`` where that is not exactly one."""
        (chosen,) = [read for read in self._definitions if self.manifest_name in (None, _name(read))]
        return chosen

    @property
    def _definitions(self) -> Sequence[ReadObject]:
        return [read for read in self.read if _is_definition(read.value)]

    @cached_property
    def content(self) -> Mapping[str, Any]:
        """The definition as plain values, without nulls."""
        content: Mapping[str, Any] = without_nulls(self.chosen.value)
        return content

    @property
    def definition(self) -> Mapping[str, Any]:
        """The ``spec`` of the manifest."""
        values: Mapping[str, Any] = self.content.get("spec") or {}
        return values

    @property
    def group(self) -> str:
        """The API group."""
        return str(self.definition.get("group"))

    @property
    def names(self) -> Mapping[str, Any]:
        """Kind, plural and the like."""
        values: Mapping[str, Any] = self.definition.get("names") or {}
        return values

    @property
    def versions(self) -> Mapping[str, Mapping[str, Any]]:
        """Each served version by its name."""
        return {str(version["name"]): version for version in self.definition["versions"] if version.get("served")}

    @property
    def storage_version(self) -> str:
        """The version that is stored."""
        return next(str(version["name"]) for version in self.definition["versions"] if version.get("storage"))

    def schema_of(self, version: str) -> Mapping[str, Any]:
        """The structural schema of a served version; empty where there is none."""
        schema: Mapping[str, Any] = (self.versions[version].get("schema") or {}).get("openAPIV3Schema") or {}
        return schema

    def status_of(self, version: str) -> Mapping[str, Any]:
        """The schemas of the status of a served version, by field."""
        status = self.schema_of(version).get("properties", {}).get("status", {})
        fields: Mapping[str, Any] = status.get("properties", {})
        return fields

    def has_conditions(self, version: str) -> bool:
        """Whether the status of a served version has conditions."""
        return "conditions" in self.status_of(version)

    def problems(self) -> Iterator[Problem]:
        field, file = ("manifest",), self.manifest.file
        try:
            names = [_name(read) for read in self._definitions]
        except TextError as error:
            yield reading_problem(error, Origin(field, file))
            return
        if self.manifest_name is not None and names.count(self.manifest_name) != 1:
            problem = "the manifest does not hold exactly one definition of this name"
            yield Problem(problem, ("manifestName",), self.manifest_name, ", ".join(map(str, names)) or None)
        elif not names:
            kinds = ", ".join(sorted({_kind(read.value) for read in self.read})) or "nothing"
            problem = "the manifest holds no CustomResourceDefinition"
            yield Problem(problem, field, kinds, f"one manifest of {MANIFEST_VERSION}", file=file, line=1)
        elif self.manifest_name is None and len(names) > 1:
            problem = "the manifest holds several definitions"
            allowed = ", ".join(map(str, names))
            yield Problem(problem, field, file, allowed, fix="name one in manifestName")
        else:
            yield from self._definition_problems()

    def _definition_problems(self) -> Iterator[Problem]:
        problems = list(object_problems(self.chosen))
        yield from problems
        for path, text in () if problems else _wrong(self.content):
            yield self.chosen.located(Problem(text, path))
        for index, version in enumerate(() if problems else self.definition.get("versions", ())):
            start = ("spec", "versions", index, "schema", "openAPIV3Schema")
            for path, problem in pattern_problems((version.get("schema") or {}).get("openAPIV3Schema"), start):
                yield self.chosen.located(problem._replace(path=path))


def _is_definition(value: Any) -> bool:
    return isinstance(value, dict) and _kind(value) == "CustomResourceDefinition"


def _kind(value: Any) -> str:
    kind = value.get("kind") if isinstance(value, dict) else None
    return kind if isinstance(kind, str) else "no kind"


def _name(read: ReadObject) -> Any:
    metadata = read.value.get("metadata")
    return metadata.get("name") if isinstance(metadata, dict) else None


def _wrong(content: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Where and what keeps ``content``, whose types are right, from being a definition that can be used."""
    if content["apiVersion"] != MANIFEST_VERSION:
        yield ("apiVersion",), f"the version of the definition must be {MANIFEST_VERSION}, not {content['apiVersion']}"
        return
    spec = content.get("spec", {})
    names, versions = spec.get("names", {}), spec.get("versions", [])
    for path in (("group",), ("names", "kind"), ("names", "plural")):
        if not (names if len(path) > 1 else spec).get(path[-1]):
            yield ("spec", *path), f"the definition has no spec.{'.'.join(path)}"
            return
    name = f"{names['plural']}.{spec['group']}"
    if content["metadata"]["name"] != name:
        yield ("metadata", "name"), f"the definition's name must be {name}, not {content['metadata']['name']}"
    if spec.get("scope") not in ("Namespaced", "Cluster"):
        yield ("spec", "scope"), "the definition's spec.scope must be Namespaced or Cluster"
    if not all(version.get("name") for version in versions):
        yield ("spec", "versions"), "each of the definition's versions must have a name"
    if [bool(version.get("storage")) for version in versions].count(True) != 1:
        yield ("spec", "versions"), "exactly one of the definition's versions must be the stored one"


class CustomResourceDefinition(Document):
    """A kind of one's own on a Supervisor."""

    kind: Literal["CustomResourceDefinition"]
    """Always CustomResourceDefinition."""
    metadata: Metadata
    """Name in the estate, and labels; Kubernetes' name is the manifest's."""
    spec: CustomResourceDefinitionSpec
    """The wanted definition."""

    def manifests(self) -> ManifestSource:
        spec = self.spec
        return ManifestSource("manifest", (spec.chosen,), len(spec.read) - 1)

    def fixed_values(self) -> Iterator[FixedValue]:
        # Under another name it would be another definition, and the old one deleted with all its resources.
        token, spec, field = (
            "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition",
            self.spec,
            ("spec", "manifest"),
        )
        yield FixedValue(field, token, ("metadata", "name"), f"{spec.names['plural']}.{spec.group}")
        yield FixedValue(field, token, ("spec", "scope"), spec.definition.get("scope"))
        yield FixedValue(field, token, ("spec", "names", "kind"), spec.names["kind"])

    def objects(self, documents: Mapping[str, Document]) -> Iterator[DeclaredObject]:
        spec, path = self.spec, ("spec", "manifest")
        server, kind = f"SupervisorCluster/{spec.supervisor}", str(spec.names["kind"])
        name = f"{spec.names['plural']}.{spec.group}"
        yield DeclaredObject(server, "apiextensions.k8s.io", "CustomResourceDefinition", "", name, path)
        # Kubernetes does not serve a second definition with one of these names (its condition NamesAccepted).
        singular = spec.names.get("singular") or kind.lower()
        resource = f"name of a resource in {spec.group}"
        for text in dict.fromkeys((singular, *(spec.names.get("shortNames") or ()))):
            yield DeclaredObject(server, spec.group, resource, "", text, path, "Kubernetes")
        yield DeclaredObject(server, spec.group, f"kind in {spec.group}", "", kind, path, "Kubernetes")
