"""Documents of what others own: looked up by name or in another stack's outputs, never written."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    BeforeValidator,
    GetJsonSchemaHandler,
    SerializerFunctionWrapHandler,
    WrapSerializer,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from pacific_infra.documents.capabilities import DeclaredObject
from pacific_infra.documents.document import Document
from pacific_infra.documents.model import Metadata, Model, Spec
from pacific_infra.documents.names import Label, StackName
from pacific_infra.documents.namespace import NamespaceSpec, default_account
from pacific_infra.documents.problems import Problem, problems_error, raise_problems
from pacific_infra.documents.supervisor_cluster import SupervisorClusterSpec
from pacific_infra.documents.virtual_machine_class import VirtualMachineClassSpec


class ExternalSource(Model):
    """Where it is looked up."""

    stack: StackName
    """The stack whose outputs name it, PROJECT/STACK or ORGANIZATION/PROJECT/STACK."""


def _source(value: object) -> object:
    if value is True:
        return None
    if not isinstance(value, dict | ExternalSource):
        raise problems_error(Problem("wrong form", (), value, "true, or {stack: PROJECT/STACK}"))
    return value


def _written(value: ExternalSource | None, handler: SerializerFunctionWrapHandler) -> Any:
    return True if value is None else handler(value)


External = Annotated[
    ExternalSource | None,
    BeforeValidator(_source, json_schema_input_type=Literal[True] | ExternalSource),
    WrapSerializer(_written),
]
"""None: by its name alone."""


class ExternalSpec(Spec):
    """The look-up. All else is for who owns it to say."""

    kind: ClassVar[str]
    owned: ClassVar[type[Spec]]
    """What its owner says."""

    external: External
    """true: looked up by its name where this stack logs in. {stack: PROJECT/STACK}: the outputs of that stack name
    it."""

    @model_validator(mode="before")
    @classmethod
    def _only_looked_up(cls, value: Any) -> Any:
        if isinstance(value, dict):
            looked_up = {"external", *(cls.model_fields.keys() - Spec.model_fields.keys())}
            raise_problems(list(_of_the_owner(cls.kind, cls.owned, looked_up, value)))
        return value

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        written = handler.resolve_ref_schema(handler(schema))
        for name in Spec.model_fields:
            written["properties"].pop(Spec.model_fields[name].alias or name, None)
        return written


def _of_the_owner(kind: str, owned: type[Spec], looked_up: set[str], value: dict[str, Any]) -> Iterator[Problem]:
    """One problem for each field that only the owner can say."""
    fields = {alias for name, field in owned.model_fields.items() for alias in (name, field.alias or name)}
    for name in value:
        if name in fields - looked_up:
            text = f"an external {kind} is only looked up, and its owner says this"
            yield Problem(text, (name,), fix=f"remove {name}, or remove external where this stack makes the {kind}")


class ExternalSupervisorClusterSpec(ExternalSpec):
    """Where the Supervisor is looked up. All else is for who owns it to say."""

    kind = "SupervisorCluster"
    owned = SupervisorClusterSpec


class ExternalNamespaceSpec(ExternalSpec):
    """Where the namespace is looked up. All else is for who owns it to say."""

    kind = "Namespace"
    owned = NamespaceSpec

    supervisor: Label
    """The Supervisor that it lies on: a reference to the document SupervisorCluster/<supervisor>."""


class ExternalVirtualMachineClassSpec(ExternalSpec):
    """Where the VM class is looked up. All else is for who owns it to say."""

    kind = "VirtualMachineClass"
    owned = VirtualMachineClassSpec


class ExternalDocument(Document):
    """Something that is there, or will be, and belongs to somebody else."""

    spec: ExternalSpec
    """Where it is looked up."""

    @property
    def external(self) -> bool:
        """True."""
        return True

    def needs_vcenter(self, *, kubeconfig: bool) -> bool:
        """False: it is looked up where something else of the estate is."""
        return False

    @property
    def noun(self) -> str:
        """What it is, in a message."""
        return self.kind

    @property
    def stack(self) -> str | None:
        """The stack whose outputs name it, as Pulumi writes it; None: it is looked up by its name."""
        source = self.spec.external
        if source is None:
            return None
        return f"organization/{source.stack}" if source.stack.count("/") == 1 else source.stack


class ExternalSupervisorCluster(ExternalDocument):
    """A Supervisor of somebody else's: its namespaces and workloads are this stack's, it is only looked up."""

    kind: Literal["SupervisorCluster"]
    """Always SupervisorCluster."""
    metadata: Metadata
    """Name and labels; the name is the Supervisor's in vCenter."""
    spec: ExternalSupervisorClusterSpec
    """Where it is looked up."""

    @property
    def noun(self) -> str:
        """What people call it."""
        return "Supervisor"

    def needs_vcenter(self, *, kubeconfig: bool) -> bool:
        """Where neither a kubeconfig nor another stack's outputs lead to it."""
        return self.stack is None and not kubeconfig


class ExternalNamespace(ExternalDocument):
    """A vSphere Namespace of somebody else's: what runs in it is this stack's, it is only looked up."""

    kind: Literal["Namespace"]
    """Always Namespace."""
    metadata: Metadata
    """Name and labels; the name is the namespace's."""
    spec: ExternalNamespaceSpec
    """Where it is looked up."""

    @property
    def denies_by_default(self) -> bool:
        """True: what its owner says is not known, so workloads bring the policies that let in what services name."""
        return True

    @property
    def governing_namespace(self) -> str:
        """Its own name."""
        return self.name

    def objects(self, documents: Mapping[str, Document]) -> Iterator[DeclaredObject]:
        yield default_account(self.name)


class ExternalVirtualMachineClass(ExternalDocument):
    """A VM class of somebody else's."""

    kind: Literal["VirtualMachineClass"]
    """Always VirtualMachineClass."""
    metadata: Metadata
    """Name and labels; the name is the class's identifier."""
    spec: ExternalVirtualMachineClassSpec
    """Where it is looked up."""


def is_external(value: Any) -> bool:
    """Whether a document, as it was read, is of something external."""
    spec = value.get("spec") if isinstance(value, dict) else None
    return isinstance(spec, dict) and spec.get("external") not in (None, False)
