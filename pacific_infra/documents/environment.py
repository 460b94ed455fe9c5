"""Where the value of a container's environment variable comes from."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator, Discriminator, Field, Tag

from pacific_infra.documents.document_references import DocumentReference
from pacific_infra.documents.kinds import KINDS, Kind
from pacific_infra.documents.marks import DOCUMENT_ONLY
from pacific_infra.documents.model import CheckedModel, Model
from pacific_infra.documents.names import FileName, Label, StackSource, Variable
from pacific_infra.documents.problems import Problem, problems_error
from pacific_infra.documents.source import Path
from pacific_infra.documents.stack_secret import (
    SecretTemplate,
    SecretText,
    TaggedSecretTemplate,
    TaggedSecretText,
    format_problems,
    tag_of_secret,
)


class OutputReference(CheckedModel):
    """A value that another document has once it is there; it makes that document go first."""

    source: DocumentReference = Field(validation_alias="from", serialization_alias="from")
    """The document: Kind/name, or Kind/namespace/name."""
    output: str
    """Which of its values: SupervisorCluster: endpoint; VirtualMachineClass and Namespace: name; CrxWorkload: address,
    host, name, url; VirtualMachine: address, name, serviceAddress; Function: internalUrl, name, url;
    WorkloadCluster: endpoint, kubeconfig (a secret), name. CustomResource: name, and any field of its live object by
    its path, such as status.endpoint, once it is ready."""
    format: str = "{}"
    """The text to make of it: {} stands for the value, such as http://{}:9000."""

    def problems(self) -> Iterator[Problem]:
        kind = self._kind
        tree, *path = self.output.split(".")
        if self.output not in kind.outputs and not (tree in kind.output_trees and path and all(path)):
            allowed = ", ".join([*kind.outputs, *(f"{name}.FIELD" for name in kind.output_trees)])
            yield Problem(f"a {kind.name} has no such output", ("output",), self.output, allowed)
        yield from format_problems(self.format)

    @property
    def _kind(self) -> Kind:
        return KINDS[self.source.partition("/")[0]]

    @property
    def is_secret(self) -> bool:
        """Whether the value is secret, whatever the other document says."""
        return self.output in self._kind.secret_outputs

    def text(self, value: str) -> str:
        """The text that ``value`` becomes."""
        return self.format.replace("{}", value)


class StackOutput(CheckedModel):
    """A value of another stack's outputs. It may be secret there, so it is a secret here and reaches the container
    through a Kubernetes Secret.
    """

    source: StackSource = Field(validation_alias="from", serialization_alias="from")
    """The stack: stack/STACK of the same project, stack/PROJECT/STACK or stack/ORGANIZATION/PROJECT/STACK."""
    output: Annotated[str, Field(min_length=1)]
    """Which of its outputs; a part of one is named with dots, such as endpoints.supervisor-01."""
    format: str = "{}"
    """The text to make of it: {} stands for the value."""

    def problems(self) -> Iterator[Problem]:
        yield from format_problems(self.format)

    def stack(self, project: str) -> str:
        """The stack as Pulumi writes it, ORGANIZATION/PROJECT/STACK; ``project``: that of the document's own stack."""
        parts = self.source.split("/")[1:]
        return "/".join([*("organization", project)[: 3 - len(parts)], *parts])

    def value_in(self, outputs: Mapping[str, Any]) -> str | None:
        """The text that the value becomes; None where ``outputs`` have no such text, number or truth value."""
        value: Any = outputs
        for name in self.output.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        if isinstance(value, bool):
            value = str(value).lower()
        elif isinstance(value, float) and value.is_integer():
            value = int(value)
        return self.format.replace("{}", str(value)) if isinstance(value, str | int | float) else None


class SecretKeyReference(Model):
    """A key of a Kubernetes Secret of the same namespace."""

    source: Annotated[DocumentReference | None, DOCUMENT_ONLY] = Field(
        default=None, validation_alias="from", serialization_alias="from"
    )
    """The document of the same namespace whose controller makes the Secret, such as CustomResource/orders; it goes
    first. The value itself is in no document, plan or state."""
    secret: FileName
    """Name of the Secret."""
    key: FileName
    """The key in it."""


class ConfigMapKeyReference(Model):
    """A key of a ConfigMap of the same namespace."""

    config_map: FileName
    """Name of the ConfigMap."""
    key: FileName
    """The key in it."""


class FieldReference(CheckedModel):
    """A field of the pod itself (downward API)."""

    field: str
    """Its path: metadata.name, metadata.namespace, metadata.uid, metadata.labels['KEY'], metadata.annotations['KEY'],
    spec.nodeName, spec.serviceAccountName, status.hostIP, status.hostIPs, status.podIP or status.podIPs."""

    def problems(self) -> Iterator[Problem]:
        if self.field not in POD_FIELDS and not _KEYED_FIELD.fullmatch(self.field):
            allowed = ", ".join((*POD_FIELDS, "metadata.labels['KEY']", "metadata.annotations['KEY']"))
            yield Problem("a variable cannot have this field of the pod", ("field",), self.field, allowed)


class ResourceReference(CheckedModel):
    """A request or limit of the container (downward API)."""

    resource: str
    """limits or requests, and cpu, memory or ephemeral-storage, such as limits.memory. Without a limit: what the host
    has."""
    divisor: str | None = None
    """The unit that it is counted in, such as 1Mi or 1m; default 1."""
    container: Label | None = None
    """The container; default: the one of the variable."""

    def problems(self) -> Iterator[Problem]:
        if self.resource not in POD_RESOURCES:
            allowed = ", ".join(POD_RESOURCES)
            yield Problem("a variable cannot have this resource", ("resource",), self.resource, allowed)


class SecretReference(NamedTuple):
    """A Secret of its namespace that a document names."""

    path: Path
    """The field that names it."""
    name: str
    key: str | None = None
    """The key that it reads; None: any."""

    def maker(self, namespace: str | None) -> str:
        """Id of the ExternalSecret that makes it, if the estate has that; ``namespace``: the document's."""
        return f"ExternalSecret/{namespace}/{self.name}"


class EnvironmentSource(CheckedModel):
    """A Secret or ConfigMap of the same namespace of which every key becomes a variable."""

    source: Annotated[DocumentReference | None, DOCUMENT_ONLY] = Field(
        default=None, validation_alias="from", serialization_alias="from"
    )
    """The document of the same namespace whose controller makes the Secret; it goes first."""
    secret: FileName | None = None
    """Name of the Secret; or give `configMap`."""
    config_map: FileName | None = None
    """Name of the ConfigMap."""
    prefix: str | None = None
    """Text before each name."""
    optional: bool | None = None
    """Whether pods start without it; default false."""

    def problems(self) -> Iterator[Problem]:
        if (self.secret is None) == (self.config_map is None):
            yield Problem("variables come from either a secret or a configMap", fix="give one of the two")


POD_FIELDS = (
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
)
"""Fields of a pod that a variable can have (k8s.io/kubernetes, pkg/apis/core/validation), besides labels and
annotations."""
POD_RESOURCES = tuple(
    f"{part}.{name}" for part in ("limits", "requests") for name in ("cpu", "memory", "ephemeral-storage")
)
_KEYED_FIELD = re.compile(r"metadata\.(labels|annotations)\['[^']+'\]")
_FORMS: Mapping[str, str] = {
    "secret": "<secret>",
    "configMap": "<configMap>",
    "field": "<field>",
    "resource": "<resource>",
}
"""The alternative of a value by the field that only it has."""


_KUBERNETES_SOURCES: Mapping[str, Mapping[str, str]] = {
    "secretKeyRef": {"name": "secret", "key": "key"},
    "configMapKeyRef": {"name": "configMap", "key": "key"},
    "fieldRef": {"fieldPath": "field"},
    "resourceFieldRef": {"resource": "resource"},
}
"""Fields of documents by those of Kubernetes' EnvVarSource."""
_TAGS: Mapping[type, str] = {
    OutputReference: "<output>",
    StackOutput: "<stack>",
    SecretKeyReference: "<secret>",
    ConfigMapKeyReference: "<configMap>",
    FieldReference: "<field>",
    ResourceReference: "<resource>",
}
"""The alternative of a value that is read already."""


def _tag(value: Any) -> str | None:
    if type(value) in _TAGS:
        return _TAGS[type(value)]
    if isinstance(value, dict):
        if str(value.get("from")).startswith("stack/"):
            return "<stack>"
        forms = [tag for field, tag in _FORMS.items() if field in value]
        return forms[0] if forms else tag_of_secret(value) or "<output>"
    return tag_of_secret(value) or "<text>"


def _no_list(value: Any) -> Any:
    if isinstance(value, list):
        fix = "write NAME: TEXT for each, in place of name and value"
        raise problems_error(Problem("variables are an object, each by its name", fix=fix))
    return value


def _no_value_from(value: Any) -> Any:
    source = value.get("valueFrom") if isinstance(value, dict) else None
    if not isinstance(source, dict):
        return value
    for kind, fields in _KUBERNETES_SOURCES.items():
        if isinstance(reference := source.get(kind), dict):
            written = ", ".join(f"{field}: {reference.get(name, '...')}" for name, field in fields.items())
            raise problems_error(Problem("a variable has no valueFrom", fix=f"write {{{written}}}"))
    return value


_Value = Annotated[
    Annotated[str, Tag("<text>")]
    | Annotated[OutputReference, Tag("<output>")]
    | Annotated[StackOutput, Tag("<stack>")]
    | Annotated[SecretKeyReference, Tag("<secret>")]
    | Annotated[ConfigMapKeyReference, Tag("<configMap>")]
    | Annotated[FieldReference, Tag("<field>")]
    | Annotated[ResourceReference, Tag("<resource>")]
    | TaggedSecretText
    | TaggedSecretTemplate,
    Discriminator(_tag),
]
EnvironmentValue = Annotated[_Value, BeforeValidator(_no_value_from)]
"""Plain text, a secret of the stack's configuration, or where else to take the value from."""
Environment = Annotated[dict[Variable, EnvironmentValue], BeforeValidator(_no_list)]
"""Values by the names of their variables."""


def has_secret_values(environment: Mapping[str, EnvironmentValue]) -> bool:
    """Whether it has values that reach the container through a Secret made for it."""
    return any(
        value.is_secret
        if isinstance(value, OutputReference)
        else isinstance(value, SecretText | SecretTemplate | StackOutput)
        for value in environment.values()
    )
