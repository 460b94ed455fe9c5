"""A document: one desired object. The kinds are subclasses, each in a file of its own."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Literal, Self, TypeVar

from pydantic import PrivateAttr

from pacific_infra.documents.capabilities import (
    NAME,
    Backend,
    DeclaredObject,
    MachineClass,
    MadeSecret,
    ManifestSource,
    Pods,
    VolumeClaim,
)
from pacific_infra.documents.container import Container
from pacific_infra.documents.document_references import short_reference_problem, target_of
from pacific_infra.documents.environment import SecretReference, has_secret_values
from pacific_infra.documents.fixed_values import FixedValue
from pacific_infra.documents.kinds import KINDS
from pacific_infra.documents.machine_pools import NodePool
from pacific_infra.documents.model import (
    CheckedModel,
    DeletionPolicy,
    Metadata,
    NamespacedMetadata,
    Reference,
    Spec,
)
from pacific_infra.documents.offered import NamedOffering, Offering, names_in
from pacific_infra.documents.problems import Problem
from pacific_infra.documents.service import Service
from pacific_infra.documents.source import PROGRAM, Path, Source


class Document(CheckedModel):
    """One desired object. The kinds are its subclasses; each has its own ``metadata`` and ``spec``.

    Graph, plan and converge ask a document for what it has (``containers``, ``claims``, ``objects`` and so on) and not
    for its kind. A kind overrides what it has; these here have nothing.
    """

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

    def needs_vcenter(self, *, kubeconfig: bool) -> bool:
        """Whether vCenter is asked for it. ``kubeconfig``: whether the stack names one for its Supervisors."""
        return KINDS[self.kind].in_vcenter

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
            path: Path = ("spec", "dependsOn", index)
            group = group_of(text, self.namespace, self._applications)
            if group is not None:
                parts = self._applications[group]
                references += [Reference(part, "order", path, application=group) for part in parts]
            else:
                references.append(Reference(target_of(text, self.namespace), "order", path))
        return references

    def with_applications(self, parts: Mapping[str, tuple[str, ...]]) -> Self:
        """The same document, which knows the parts to wait for of each application, and of each use of a
        template, that it may name, by id."""
        copy = self.model_copy()
        copy._applications = parts
        return copy

    def own_references(self) -> Iterator[Reference]:
        """The needs that come from this kind's own fields."""
        if isinstance(self.metadata, NamespacedMetadata):
            yield Reference(f"Namespace/{self.metadata.namespace}", "containment", ("metadata", "namespace"))
        if self.supervisor is not None:
            yield Reference(f"SupervisorCluster/{self.supervisor}", "containment", ("spec", "supervisor"))
        for path, container in self.containers():
            for place, source in container.sources():
                yield Reference(target_of(source, self.namespace), "wiring", (*path, *place))
        for secret in self.kubernetes_secrets():
            yield Reference(secret.maker(self.namespace), "reference", secret.path, required=False)
        for path, name in {machine.path: machine.name for machine in self.classes()}.items():
            yield Reference(f"VirtualMachineClass/{name}", "reference", path, required=False)

    def implied_references(self, documents: Mapping[str, "Document"]) -> Iterator[tuple[str, Reference]]:
        """Needs that follow from what else is in the estate, each with the id of the document that has it.

        ``documents``: all of the estate by id.
        """
        yield from ()

    def supervisors(self, documents: Mapping[str, "Document"]) -> Sequence[str]:
        """Names of the Supervisors that it is on, by itself or by its namespace."""
        namespace = documents.get(f"Namespace/{self.namespace}")
        name = self.supervisor if namespace is None else namespace.supervisor
        return () if name is None else (name,)

    def offered_names(self) -> Iterator[NamedOffering]:
        """What it names that a vCenter or a Supervisor has, or that another document makes."""
        yield from names_in(self.spec, ("spec",))

    def offers(self) -> Iterator[Offering]:
        """What documents can name once it is converged."""
        if section := KINDS[self.kind].section:
            yield Offering(section, self.name)

    @property
    def outputs(self) -> Sequence[str]:
        """What other documents can take from it by name: those of its kind, of a service only where it has one."""
        kind = KINDS[self.kind]
        return [name for name in kind.outputs if self.service is not None or name not in kind.service_outputs]

    @property
    def summary(self) -> object:
        """What the stack's output of its kind says of it; None: it is not in one."""
        return None

    @property
    def deletion_policy(self) -> DeletionPolicy | None:
        """What happens to its objects when it is removed; None: they are deleted, and hold no data."""
        policy: DeletionPolicy | None = getattr(self.spec, "deletion_policy", None)
        return policy

    @property
    def supervisor(self) -> str | None:
        """Name of the Supervisor that it is on, where it names one."""
        name: str | None = getattr(self.spec, "supervisor", None)
        return name

    @property
    def adopts(self) -> bool:
        """Whether it takes over objects that are there already and belong to no stack."""
        return self.spec.adopts

    @property
    def sso_domain(self) -> str:
        """The vCenter's own SSO domain, as far as it says."""
        return getattr(self.spec, "sso_domain", "vsphere.local")

    @property
    def governing_namespace(self) -> str | None:
        """Name of the vSphere Namespace whose limits and roles hold for it: the one that it is in, or is."""
        return self.namespace

    @property
    def guest_cluster(self) -> str | None:
        """Id of the workload cluster that its objects are in; None: they are on the Supervisor, or in vCenter."""
        return None

    @property
    def service(self) -> Service | None:
        """The stable address in front of its pods or machines."""
        service: Service | None = getattr(self.spec, "service", None)
        return service

    @property
    def takes_secret_outputs(self) -> bool:
        """Whether its containers' variables may take secret outputs of other documents."""
        return True

    @property
    def holds_data(self) -> bool:
        """Whether its objects hold data that its ``deletionPolicy`` decides about."""
        return any(True for _ in self.claims())

    @property
    def denies_by_default(self) -> bool:
        """Whether, of a namespace, only what workloads' services name gets in."""
        return False

    @property
    def kubernetes_release(self) -> str | None:
        """The release that the workload cluster is to have that it becomes; None: it becomes none."""
        return None

    @property
    def node_pools(self) -> Sequence[NodePool]:
        """The nodes of the workload cluster that it becomes."""
        return ()

    @property
    def pods(self) -> Pods | None:
        """The pods that it runs."""
        return None

    def pod_groups(self) -> Iterator[Pods]:
        """All pods that it runs, those that are alike together."""
        if self.pods is not None:
            yield self.pods

    def containers(self) -> Iterator[tuple[Path, Container]]:
        """Every container of its pods, with its place."""
        yield from ()

    def secret_sources(self) -> Iterator[tuple[Path, str]]:
        """Each document whose controller makes a Secret that its pods read: where it is named, and the reference."""
        for path, container in self.containers():
            yield from (((*path, *place), source) for place, source in container.secret_sources())

    def kubernetes_secrets(self) -> Iterator[SecretReference]:
        """Every Secret of its namespace that it names; an ExternalSecret of that name goes first."""
        for path, container in self.containers():
            for secret in container.kubernetes_secrets():
                yield secret._replace(path=(*path, *secret.path))
        for index, name in enumerate(getattr(self.spec, "image_pull_secrets", ())):
            yield SecretReference(("spec", "imagePullSecrets", index), name)

    @property
    def made_secret(self) -> MadeSecret | None:
        """The Secret that its controller makes of what a store outside has."""
        return None

    def backends(self) -> Iterator[Backend]:
        """Services of other documents that it sends requests to."""
        yield from ()

    def claims(self) -> Iterator[VolumeClaim]:
        """Its persistent volumes."""
        yield from ()

    def classes(self) -> Iterator[MachineClass]:
        """The VM classes of its machines."""
        yield from ()

    def storage_policies(self) -> Iterator[tuple[Path, str]]:
        """Every storage policy that it names for itself, with its place; its namespace must have it."""
        yield from ()

    def objects(self, documents: Mapping[str, "Document"]) -> Iterator[DeclaredObject]:
        """Every object that it becomes: what its component declares, and what follows under a name that is known.

        ``documents``: all of the estate by id, of which it may take its surroundings.
        """
        yield from ()

    def fixed_values(self) -> Iterator[FixedValue]:
        """What it says in fields of Kubernetes' objects that cannot change at any time."""
        yield from ()

    def manifests(self) -> ManifestSource | None:
        """The Kubernetes manifests that it holds, or names a file of."""
        return None

    def path_in_object(self, path: Path) -> Path:
        """The field of the document that sets the field at ``path`` of its object; empty: not known."""
        return ()

    def labelled_pods(self) -> DeclaredObject:
        """The pods behind the label by which services, policies and budgets select them."""
        return self.declared_object("", "pods labelled app.kubernetes.io/name", maker="Kubernetes")

    def environment_secret(self) -> Iterator[DeclaredObject]:
        """The Secret with the values of its containers' environment that are secret, if there are any."""
        if any(has_secret_values(container.environment) for _, container in self.containers()):
            yield self.declared_object("", "Secret", "-environment")

    def policy_of_denied(self, documents: Mapping[str, "Document"]) -> Iterator[DeclaredObject]:
        """The NetworkPolicy that lets its clients in, where the namespace lets in nobody by default."""
        namespace = documents.get(f"Namespace/{self.namespace}")
        if namespace is not None and namespace.denies_by_default:
            yield self.declared_object("networking.k8s.io", "NetworkPolicy")

    def declared_object(
        self, group: str, kind: str, suffix: str = "", *, path: Path = NAME, maker: str = ""
    ) -> DeclaredObject:
        """An object in the document's namespace that is called like the document, with ``suffix``."""
        return DeclaredObject("", group, kind, self.namespace or "", self.name + suffix, path, maker)

    def problems(self) -> Iterator[Problem]:
        if self.namespace is None:
            for index, text in enumerate(self.spec.depends_on):
                problem = short_reference_problem(text, ("spec", "dependsOn", index))
                if problem is not None:
                    yield problem


def group_of(reference: str, namespace: str | None, groups: Collection[str]) -> str | None:
    """The application, or the use of a template, that ``reference`` means in a document of ``namespace``, if any."""
    kind, _, rest = reference.partition("/")
    candidates = (reference, f"{kind}/{namespace}/{rest}")
    return next((candidate for candidate in candidates if candidate in groups), None)


D = TypeVar("D", bound=Document)


def of_class(documents: Iterable[Document], model: type[D]) -> Iterator[D]:
    """Those of ``documents`` that are of a class."""
    return (document for document in documents if isinstance(document, model))


def document_of(documents: Mapping[str, Document], node: str, model: type[D]) -> D | None:
    """The document with the id ``node``; None where there is none, or it is of another class."""
    document = documents.get(node)
    return document if isinstance(document, model) else None
