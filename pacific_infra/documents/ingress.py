"""Ingress: requests from outside by host and path, let in by the Supervisor's ingress controller."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field

from pacific_infra.documents.capabilities import DeclaredObject
from pacific_infra.documents.document import Document
from pacific_infra.documents.environment import SecretReference
from pacific_infra.documents.marks import PLAIN
from pacific_infra.documents.model import AdoptableSpec, CheckedModel, Listed, NamespacedMetadata
from pacific_infra.documents.names import FileName, HostPattern, Label
from pacific_infra.documents.problems import Problem
from pacific_infra.documents.routing import Issuer, Route, RoutingDocument, repeated_routes


class IngressRoute(Route):
    """Requests of one host and path, and the service that they go to."""

    host: HostPattern | None = None
    """DNS name that clients ask for, or all below one, such as *.example.com; default: any name."""


class IngressTls(CheckedModel):
    """The certificate of some hosts."""

    secret: FileName
    """Name of the Secret with it (type kubernetes.io/tls); with an `issuer`, cert-manager makes it."""
    hosts: Listed[HostPattern] = ()
    """The hosts; default: those of all routes."""


class IngressSpec(AdoptableSpec):
    """The wanted way in."""

    ingress_class_name: FileName | None = None
    """The ingress controller that serves it, such as contour, which a Supervisor Service brings; default: the
    Supervisor's own choice."""
    routes: Listed[IngressRoute] = Field(min_length=1)
    """Where requests go."""
    tls: Listed[IngressTls] = ()
    """Certificates; without any, requests come by plain HTTP."""
    issuer: Issuer | None = None
    """The issuer of cert-manager that makes the certificates of `tls`."""
    controller_namespace: Label | None = None
    """Namespace of the ingress controller's pods, such as svc-contour-domain-c8. A namespace that denies by default
    lets these in to the routes' pods; default: the pods of all namespaces."""
    wait: Annotated[bool, PLAIN] = True
    """Whether it is ready only once the controller has given it an address, for which it has 5 minutes."""

    def problems(self) -> Iterator[Problem]:
        if self.issuer is not None and not self.tls:
            yield Problem("the issuer has no certificate to make", ("issuer",), fix="add tls: [{secret: NAME}]")
        yield from repeated_routes((route.host, route.path, route.path_type) for route in self.routes)


class Ingress(RoutingDocument):
    """A way in from outside by host and path, served by the Supervisor's ingress controller."""

    kind: Literal["Ingress"]
    """Always Ingress."""
    metadata: NamespacedMetadata
    """Name, namespace, labels, and annotations by which controllers take settings."""
    spec: IngressSpec
    """The wanted way in."""

    @property
    def routes(self) -> Sequence[Route]:
        return self.spec.routes

    def kubernetes_secrets(self) -> Iterator[SecretReference]:
        for index, entry in enumerate(self.spec.tls):
            yield SecretReference(("spec", "tls", index, "secret"), entry.secret)

    def objects(self, documents: Mapping[str, Document]) -> Iterator[DeclaredObject]:
        yield self.declared_object("networking.k8s.io", "Ingress")
        yield from self.policy_of_routes(documents)
