"""CustomResourceDefinition: a kind of one's own on a Supervisor, as the manifest that its makers publish."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Literal

from pacific_infra.documents.model import DeletionPolicy, Document, Metadata, Reference, Spec
from pacific_infra.documents.names import Label
from pacific_infra.documents.problems import Problem
from pacific_infra.documents.text import Text
from pacific_infra.documents.yaml_reader import TextError, read_yaml

MANIFEST_VERSION = "apiextensions.k8s.io/v1"


class CustomResourceDefinitionSpec(Spec):
    """The wanted definition."""

    supervisor: Label
    """The Supervisor that serves it: a reference to the document SupervisorCluster/<supervisor>."""
    manifest: Text
    """The manifest (apiextensions.k8s.io/v1), as text or as a file beside this document."""
    deletion_policy: DeletionPolicy = "Retain"
    """Retain leaves it, with all its resources, when the document is removed. Delete deletes it: Kubernetes then
    deletes every resource of this kind, in all namespaces, whoever made it."""

    @cached_property
    def content(self) -> Mapping[str, Any]:
        """The manifest as plain values; empty where it cannot be read."""
        try:
            found = [raw.value for raw in read_yaml(self.manifest.text)]
        except TextError:
            return {}
        return found[0] if len(found) == 1 and isinstance(found[0], dict) else {}

    @property
    def definition(self) -> Mapping[str, Any]:
        """The ``spec`` of the manifest."""
        found: Mapping[str, Any] = self.content.get("spec") or {}
        return found

    @property
    def group(self) -> str:
        """The API group."""
        return str(self.definition.get("group"))

    @property
    def names(self) -> Mapping[str, Any]:
        """Kind, plural and the like."""
        found: Mapping[str, Any] = self.definition.get("names") or {}
        return found

    @property
    def versions(self) -> Mapping[str, Mapping[str, Any]]:
        """Each served version by its name."""
        return {str(one["name"]): one for one in self.definition.get("versions", ()) if one.get("served")}

    @property
    def storage_version(self) -> str:
        """The version that is stored."""
        return next(str(one["name"]) for one in self.definition["versions"] if one.get("storage"))

    def schema_of(self, version: str) -> Mapping[str, Any]:
        """The structural schema of a served version; empty where there is none."""
        schema: Mapping[str, Any] = (self.versions[version].get("schema") or {}).get("openAPIV3Schema") or {}
        return schema

    def problems(self) -> Iterator[Problem]:
        what = _wrong(self.content)
        if what is not None:
            yield Problem(what, ("manifest",), self.manifest.file, f"one manifest of {MANIFEST_VERSION}")


def _wrong(content: Mapping[str, Any]) -> str | None:
    """What keeps ``content`` from being a manifest that can be used."""
    if content.get("apiVersion") != MANIFEST_VERSION or content.get("kind") != "CustomResourceDefinition":
        return "this is no manifest of a CustomResourceDefinition"
    spec = content.get("spec")
    names = spec.get("names") if isinstance(spec, dict) else None
    if not isinstance(spec, dict) or not isinstance(names, dict) or not names.get("kind") or not names.get("plural"):
        return "the manifest has no spec.names with kind and plural"
    name = (content.get("metadata") or {}).get("name")
    if name != f"{names['plural']}.{spec.get('group')}":
        return f"the manifest's name must be {names['plural']}.{spec.get('group')}, not {name}"
    versions = spec.get("versions")
    if not isinstance(versions, list) or [bool(one.get("storage")) for one in versions].count(True) != 1:
        return "exactly one of the manifest's versions must be the stored one"
    return None


class CustomResourceDefinition(Document):
    """A kind of one's own on a Supervisor."""

    kind: Literal["CustomResourceDefinition"]
    """Always CustomResourceDefinition."""
    metadata: Metadata
    """Name in the estate, and labels; Kubernetes' name is the manifest's."""
    spec: CustomResourceDefinitionSpec
    """The wanted definition."""

    def own_references(self) -> Iterator[Reference]:
        yield Reference(f"SupervisorCluster/{self.spec.supervisor}", "containment", ("spec", "supervisor"))
