"""Controller: a program that keeps custom resources as they are wanted: CRX pods with the rights that they need."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from pacific_infra.documents.capabilities import DeclaredObject, Pods
from pacific_infra.documents.container import Container
from pacific_infra.documents.document import Document
from pacific_infra.documents.marks import DOCUMENT_ONLY, PLAIN
from pacific_infra.documents.model import CheckedModel, Listed, NamespacedMetadata, Reference
from pacific_infra.documents.names import Label
from pacific_infra.documents.numbers import PositiveCount
from pacific_infra.documents.pod_fields import PodFields
from pacific_infra.documents.pod_template import CONTAINER_FIELDS, merged_containers
from pacific_infra.documents.problems import Problem
from pacific_infra.documents.source import Path

_RBAC = "rbac.authorization.k8s.io"
FORBIDDEN_VERBS = ("bind", "escalate", "impersonate")
"""Verbs by which a controller could give itself any right."""


class PolicyRule(CheckedModel):
    """A right beyond those that follow from ``definitions``."""

    api_groups: Listed[str] = ("",)
    """API groups; "" is the core one."""
    resources: Listed[str] = Field(min_length=1)
    """Plural names of kinds, such as secrets or deployments/scale."""
    resource_names: Listed[str] = ()
    """Names of the objects; default: all of them."""
    verbs: Listed[str] = Field(min_length=1)
    """What it may do with them: get, list, watch, create, update, patch, delete, deletecollection."""

    def problems(self) -> Iterator[Problem]:
        for field, values in (("apiGroups", self.api_groups), ("resources", self.resources), ("verbs", self.verbs)):
            if "*" in values:
                yield Problem("a controller gets no rights on everything", (field,), "*", fix="name what it needs")
        for verb in self.verbs:
            if verb in FORBIDDEN_VERBS:
                yield Problem("by this verb a controller could give itself any right", ("verbs",), verb)


class ControllerSpec(PodFields):
    """The wanted controller."""

    definitions: Annotated[Listed[Label], DOCUMENT_ONLY] = Field(min_length=1)
    """The kinds that it works on: references to the documents CustomResourceDefinition/<name>. It may read and change
    these, their status and their finalizers."""
    scope: Annotated[Literal["Namespace", "Cluster"], PLAIN] = "Namespace"
    """Namespace: it works in its own namespace, by a Role. Cluster: in all of the Supervisor, by a ClusterRole."""
    containers: Listed[Container] = Field(min_length=1)
    """Containers of its pods."""
    replicas: PositiveCount = 1
    """Number of pods; more than one needs `leaderElection`."""
    leader_election: Annotated[bool, PLAIN] = False
    """Whether its pods choose a leader: gives them rights on Leases of their namespace."""
    rules: Listed[PolicyRule] = ()
    """Rights beyond those on `definitions`, on Events and on Leases."""

    def problems(self) -> Iterator[Problem]:
        if self.replicas > 1 and not self.leader_election:
            fix = "set leaderElection: true, or replicas: 1"
            yield Problem("two controllers for one kind would work against each other", ("replicas",), fix=fix)
        for index, container in enumerate(self.containers):
            if container.volume_mounts:
                path = ("containers", index, "volumeMounts")
                yield Problem("a Controller has no volumes", path, fix="remove volumeMounts")
            if container.restart_policy is not None:
                path = ("containers", index, "restartPolicy")
                yield Problem("a Controller has no sidecars", path, fix="remove restartPolicy")
        yield from self.template_problems({"containers": self.containers})
        yield from self.stop_problems({"containers": self.containers})


class Controller(Document):
    """A controller of custom resources, as vSphere Pods."""

    kind: Literal["Controller"]
    """Always Controller."""
    metadata: NamespacedMetadata
    """Name, namespace and labels."""
    spec: ControllerSpec
    """The wanted controller."""

    def own_references(self) -> Iterator[Reference]:
        yield from super().own_references()
        for index, name in enumerate(self.spec.definitions):
            yield Reference(f"CustomResourceDefinition/{name}", "reference", ("spec", "definitions", index))

    @property
    def takes_secret_outputs(self) -> bool:
        """False: it takes keys of Secrets."""
        return False

    @property
    def pods(self) -> Pods:
        """Those of its Deployment."""
        containers, first = (tuple(container for _, container in self._containers(field)) for field in CONTAINER_FIELDS)
        return Pods(self.spec.replicas, containers, first)

    def containers(self) -> Iterator[tuple[Path, Container]]:
        for field in CONTAINER_FIELDS:
            yield from self._containers(field)

    def _containers(self, field: str) -> Iterator[tuple[Path, Container]]:
        declared = self.spec.containers if field == "containers" else ()
        for path, container in merged_containers(field, declared, self.spec.pod_template):
            yield ("spec", *path), container

    def objects(self, documents: Mapping[str, Document]) -> Iterator[DeclaredObject]:
        yield self.declared_object("apps", "Deployment")
        yield self.labelled_pods()
        yield self.declared_object("", "ServiceAccount")
        yield from self.environment_secret()
        for kind in ("Role", "RoleBinding"):
            if self.spec.scope == "Cluster":
                namespace = documents.get(f"Namespace/{self.namespace}")
                server = f"SupervisorCluster/{namespace.supervisor}" if namespace is not None else ""
                yield DeclaredObject(server, _RBAC, f"Cluster{kind}", "", f"{self.namespace}-{self.name}")
            else:
                yield self.declared_object(_RBAC, kind)
            if self.spec.leader_election:
                yield self.declared_object(_RBAC, kind, "-leader")
