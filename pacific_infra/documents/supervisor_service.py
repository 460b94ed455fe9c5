"""SupervisorService: a service such as Harbor or Contour in vCenter's catalogue, and on Supervisors.

Follows ``namespace_management.SupervisorServices`` and ``supervisors.SupervisorServices`` of vCenter's API. A content
says what Carvel's Package does (https://carvel.dev/kapp-controller/docs/latest/packaging/).
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field

from pacific_infra.documents.capabilities import VCENTER, DeclaredObject
from pacific_infra.documents.document import Document
from pacific_infra.documents.kubernetes_objects import Origin, read_objects, reading_problem
from pacific_infra.documents.marks import NOT_AT_VCENTER, PLAIN, AtVCenter, InPrograms
from pacific_infra.documents.model import CheckedModel, DeletionPolicy, Listed, Metadata, Model, Reference, Spec
from pacific_infra.documents.names import Label
from pacific_infra.documents.offered import NamedOffering, Offering
from pacific_infra.documents.problems import Problem, repeated
from pacific_infra.documents.stack_secret import TextOrSecret
from pacific_infra.documents.text import Text
from pacific_infra.documents.yaml_reader import TextError


class ServiceVersion(CheckedModel):
    """A version of a service in vCenter's catalogue, from where Supervisors install it."""

    content: Annotated[Text, PLAIN, InPrograms("The service's YAML as its maker publishes it, as text.")]
    """The service's YAML as its maker publishes it, as text or as a file beside this document: a Carvel Package with
    its PackageMetadata, or a vSphere application."""
    content_type: Annotated[Literal["CARVEL_APPS_YAML", "VSPHERE_APPS_YAML"], PLAIN] = "CARVEL_APPS_YAML"
    """Format of the content."""
    version: Annotated[str | None, PLAIN, NOT_AT_VCENTER] = Field(default=None, min_length=1)
    """The version that the content is of; default: what its Package says. A VSPHERE_APPS_YAML needs it."""
    trusted_provider: bool | None = None
    """Whether a VSPHERE_APPS_YAML without a valid signature is taken; default: no."""
    accept_eula: bool | None = None
    """Whether the licence agreement of a VSPHERE_APPS_YAML is accepted; default: no."""
    activated: bool = True
    """Whether Supervisors may install this version."""

    @cached_property
    def package(self) -> Mapping[str, Any]:
        """The ``spec`` of the Carvel Package in the content; empty where there is none. Raises ``TextError``."""
        if self.content_type != "CARVEL_APPS_YAML":
            return {}
        objects = [read.value for read in read_objects(self.content.text)]
        specs = (item.get("spec") for item in objects if isinstance(item, dict) and item.get("kind") == "Package")
        return next((spec for spec in specs if isinstance(spec, dict)), {})

    @property
    def service(self) -> str | None:
        """The service that the content is of, where it can be read."""
        name = self.package.get("refName")
        return None if name is None else str(name)

    @property
    def name(self) -> str:
        """The version; empty where it cannot be read."""
        return self.version or str(self.package.get("version") or "")

    def problems(self) -> Iterator[Problem]:
        try:
            package = self.package
        except TextError as error:
            yield reading_problem(error, Origin(("content",), self.content.file))
            return
        if self.content_type == "VSPHERE_APPS_YAML":
            if self.version is None:
                yield Problem("a VSPHERE_APPS_YAML says no version here", fix="add version, as vCenter shows it")
            return
        for field in ("refName", "version"):
            if not package.get(field):
                problem = f"the content has no Carvel Package with spec.{field}"
                yield Problem(
                    problem, ("content",), self.content.file, fix="name the YAML that the service's maker publishes"
                )
                return
        if self.version is not None and self.version != str(package["version"]):
            problem = "the content is of another version"
            yield Problem(problem, ("version",), self.version, str(package["version"]), "remove version")
        for field, value in (("trustedProvider", self.trusted_provider), ("acceptEula", self.accept_eula)):
            if value is not None:
                allowed = "with contentType: VSPHERE_APPS_YAML"
                yield Problem(f"{field} says nothing of a CARVEL_APPS_YAML", (field,), None, allowed, f"remove {field}")


class ReadyObject(Model):
    """A Kubernetes object of the service, and the condition that says that it is ready."""

    api_version: str = Field(min_length=1)
    """API version, such as apps/v1."""
    kind: str = Field(min_length=1)
    """Kind, such as Deployment."""
    name: str = Field(min_length=1)
    """Name."""
    namespace: Label | None = None
    """Namespace; default: the service's own, svc-SERVICE-ID."""
    condition: str = Field(default="Ready", min_length=1)
    """Condition that is True when it is ready, such as Available of a Deployment."""


class SupervisorServiceSpec(Spec):
    """The wanted service."""

    service: Annotated[str | None, PLAIN, NOT_AT_VCENTER] = Field(default=None, min_length=1)
    """Identifier of the service in vCenter's catalogue, such as harbor.tanzu.vmware.com; default: what the contents of
    `versions` say. Needed where vCenter has the service already and `versions` names none."""
    versions: Annotated[Listed[ServiceVersion], PLAIN, NOT_AT_VCENTER] = ()
    """Versions that the catalogue is to have. Others, of somebody else's, stay; one that is taken out of this list is
    deleted last, after Supervisors have another one."""
    version: Annotated[str | None, PLAIN, NOT_AT_VCENTER] = Field(default=None, min_length=1)
    """Version that the Supervisors are to have; another one upgrades. Default: the only one of `versions`."""
    supervisors: Annotated[
        Listed[Label], PLAIN, NOT_AT_VCENTER, InPrograms("Supervisors that it is installed on, by name or identifier.")
    ] = ()
    """Supervisors that it is installed on: references to documents SupervisorCluster/NAME; none: it is only in the
    catalogue."""
    configuration: Annotated[TextOrSecret | None, AtVCenter("yamlServiceConfig")] = None
    """Configuration of the service, YAML text as its maker documents it, a file, or a template with secrets of the
    stack's configuration. It is secret everywhere."""
    ready_objects: Listed[ReadyObject] = ()
    """Objects on each Supervisor that are waited for once vCenter says CONFIGURED; default: none."""
    deletion_policy: DeletionPolicy = "Retain"
    """What happens when the document, or a Supervisor in it, is removed: Retain leaves the service installed with its
    version in the catalogue, Delete removes it; vCenter may leave behind what it has made."""

    @property
    def identifier(self) -> str:
        """The service in vCenter's catalogue."""
        return self.service or next((str(version.service) for version in self.versions if version.service), "")

    @property
    def installed(self) -> str:
        """The version that Supervisors are to have."""
        return self.version or next((version.name for version in self.versions), "")

    def problems(self) -> Iterator[Problem]:
        names = [version.name for version in self.versions]
        yield from repeated("versions", names, ("version",))
        yield from repeated("supervisors", self.supervisors)
        if not self.identifier:
            yield Problem("a SupervisorService names no service", fix="add versions with its content, or service")
        for index, version in enumerate(self.versions):
            if version.service not in (None, self.identifier):
                problem = "the content is of another service"
                yield Problem(problem, ("versions", index, "content"), version.service, self.identifier)
        if self.supervisors and self.version is None and len(self.versions) != 1:
            allowed = ", ".join(names) or None
            yield Problem("it is not said which version Supervisors are to have", allowed=allowed, fix="add version")
        if self.version is not None and names and self.version not in names:
            problem = "the version to install is not among versions"
            fix = "add its content to versions, or remove versions where vCenter has it already"
            yield Problem(problem, ("version",), self.version, ", ".join(names), fix)


class SupervisorService(Document):
    """A Supervisor Service such as Harbor or Contour: its versions in vCenter's catalogue, installed on Supervisors."""

    kind: Literal["SupervisorService"]
    """Always SupervisorService."""
    metadata: Metadata
    """Name and labels; the name is only the document's own."""
    spec: SupervisorServiceSpec
    """The wanted service."""

    @property
    def holds_data(self) -> bool:
        """True: what it keeps may go with it."""
        return True

    def supervisors(self, documents: Mapping[str, Document]) -> Sequence[str]:
        """Those that it is installed on."""
        return self.spec.supervisors

    def offered_names(self) -> Iterator[NamedOffering]:
        """A service without contents is one that vCenter has already."""
        spec = self.spec
        if spec.service is not None and not spec.versions:
            yield NamedOffering(Offering("services", spec.service), ("spec", "service"))
            if spec.version is not None:
                offering = Offering("service-versions", spec.version, spec.service)
                yield NamedOffering(offering, ("spec", "version"))

    def offers(self) -> Iterator[Offering]:
        if self.spec.versions:
            yield Offering("services", self.spec.identifier)
        for version in self.spec.versions:
            yield Offering("service-versions", version.name, self.spec.identifier)

    def own_references(self) -> Iterator[Reference]:
        yield from super().own_references()
        for index, name in enumerate(self.spec.supervisors):
            yield Reference(f"SupervisorCluster/{name}", "containment", ("spec", "supervisors", index))

    def objects(self, documents: Mapping[str, Document]) -> Iterator[DeclaredObject]:
        service = self.spec.identifier
        for index, version in enumerate(self.spec.versions):
            name = f"{service}/{version.name}"
            yield DeclaredObject(VCENTER, VCENTER, "SupervisorServiceVersion", "", name, ("spec", "versions", index))
        for index, supervisor in enumerate(self.spec.supervisors):
            server = f"SupervisorCluster/{supervisor}"
            yield DeclaredObject(server, VCENTER, "SupervisorService", "", service, ("spec", "supervisors", index))
