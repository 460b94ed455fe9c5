"""HTTPRoute: requests from outside by host and path, let in by a Gateway of the Gateway API."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field

from pacific_infra.documents.capabilities import DeclaredObject
from pacific_infra.documents.document import Document
from pacific_infra.documents.environment import SecretReference
from pacific_infra.documents.marks import PLAIN
from pacific_infra.documents.model import AdoptableSpec, CheckedModel, Listed, Model, NamespacedMetadata
from pacific_infra.documents.names import FileName, HostPattern, Label
from pacific_infra.documents.problems import Problem
from pacific_infra.documents.routing import Issuer, Route, RoutingDocument, repeated_routes

GATEWAY_API = "gateway.networking.k8s.io"


class GatewayTls(Model):
    """The certificate of a Gateway's hosts."""

    secret: FileName
    """Name of the Secret with it (type kubernetes.io/tls); with an `issuer`, cert-manager makes it."""
    issuer: Issuer | None = None
    """The issuer of cert-manager that makes it."""


class RouteGateway(CheckedModel):
    """The Gateway that lets the requests in: one that is there, or one that is made for this route."""

    name: Annotated[Label | None, PLAIN] = None
    """Name of a Gateway that somebody else made; or give `className`."""
    namespace: Label | None = None
    """Its namespace, which must let routes of others in; default: this one."""
    listener: str | None = None
    """Name of its listener; default: all that fit."""
    scheme: Literal["http", "https"] | None = None
    """How clients reach that listener, for the output url; default: http."""
    class_name: Annotated[FileName | None, PLAIN] = None
    """GatewayClass of a Gateway that is made for this route and is called like it."""
    tls: Annotated[GatewayTls | None, PLAIN] = None
    """With `className`: the certificate of its hosts; without, requests come by plain HTTP."""

    def problems(self) -> Iterator[Problem]:
        if (self.name is None) == (self.class_name is None):
            yield Problem("a gateway is either one of others or made here", fix="give name, or className")
            return
        of_others = {"namespace": self.namespace, "listener": self.listener, "scheme": self.scheme}
        fields = of_others if self.name is None else {"tls": self.tls}
        for field, value in fields.items():
            if value is not None:
                problem = "this is said of a Gateway that " + ("is there" if self.name is None else "is made here")
                yield Problem(problem, (field,), fix=f"remove {field}")


class HTTPRouteSpec(AdoptableSpec):
    """The wanted way in."""

    gateway: RouteGateway
    """The Gateway that lets the requests in."""
    hosts: Annotated[Listed[HostPattern], PLAIN] = ()
    """DNS names that clients ask for, or all below one, such as *.example.com; default: those of the Gateway."""
    routes: Listed[Route] = Field(min_length=1)
    """Where requests go; of several that fit, the longest path."""
    controller_namespace: Label | None = None
    """Namespace of the Gateway's own pods. A namespace that denies by default lets these in to the routes' pods;
    default: the pods of all namespaces."""
    wait: Annotated[bool, PLAIN] = True
    """Whether it is ready only once the Gateway has accepted it, and a Gateway that is made here once it has an
    address, for which each has 5 minutes."""

    def problems(self) -> Iterator[Problem]:
        if self.gateway.tls is not None and not self.hosts:
            problem = "a Gateway with a certificate is for hosts"
            yield Problem(problem, ("hosts",), fix="add hosts: such as [shop.example.com]")
        yield from repeated_routes((route.path, route.path_type) for route in self.routes)


class HTTPRoute(RoutingDocument):
    """A way in from outside by host and path, through a Gateway of the Gateway API."""

    kind: Literal["HTTPRoute"]
    """Always HTTPRoute."""
    metadata: NamespacedMetadata
    """Name, namespace and labels."""
    spec: HTTPRouteSpec
    """The wanted way in."""

    @property
    def routes(self) -> Sequence[Route]:
        return self.spec.routes

    def kubernetes_secrets(self) -> Iterator[SecretReference]:
        if self.spec.gateway.tls is not None:
            yield SecretReference(("spec", "gateway", "tls", "secret"), self.spec.gateway.tls.secret)

    def objects(self, documents: Mapping[str, Document]) -> Iterator[DeclaredObject]:
        yield self.declared_object(GATEWAY_API, "HTTPRoute")
        if self.spec.gateway.class_name is not None:
            yield self.declared_object(GATEWAY_API, "Gateway", path=("spec", "gateway", "className"))
        yield from self.policy_of_routes(documents)
