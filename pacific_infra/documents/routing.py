"""Ways in: what requests are let in by name and path, and where they go. For Ingress and HTTPRoute."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field

from pacific_infra.documents.addresses import PortReference
from pacific_infra.documents.capabilities import Backend, DeclaredObject
from pacific_infra.documents.document import Document
from pacific_infra.documents.document_references import DocumentReference, target_of
from pacific_infra.documents.kinds import KINDS
from pacific_infra.documents.marks import DOCUMENT_ONLY, PLAIN
from pacific_infra.documents.model import CheckedModel, Model, Reference
from pacific_infra.documents.names import FileName, Label
from pacific_infra.documents.problems import Problem


class Route(CheckedModel):
    """Requests of one path, and the service that they go to."""

    path: str = Field(default="/", pattern="^/")
    """Path of the requests."""
    path_type: Literal["Prefix", "Exact"] = "Prefix"
    """Prefix: the path and all below it. Exact: the path alone."""
    to: Annotated[DocumentReference | None, DOCUMENT_ONLY] = None
    """The document whose service they go to: CrxWorkload/name or VirtualMachine/name of the same namespace. It goes
    first. Or give `service` and `port`."""
    service: Label | None = None
    """Name of a Service that somebody else made in this namespace."""
    port: PortReference | None = None
    """Port of the service, by number or, with `to`, by name; default: the first one of the document."""

    def problems(self) -> Iterator[Problem]:
        target = getattr(self, "to", None)  # a program names services
        if (target is None) == (self.service is None):
            fix = "give to, or service and port"
            yield Problem("a route goes either to a document or to a service of others", fix=fix)
        if self.service is not None and not isinstance(self.port, int):
            yield Problem("of a service of others the port is not known", ("port",), self.port, "a number", "add port")
        if target is not None and not KINDS[target.partition("/")[0]].service_outputs:
            allowed = ", ".join(kind.name for kind in KINDS.values() if kind.service_outputs)
            yield Problem("documents of this kind have no service", ("to",), target, f"a document of kind {allowed}")


def repeated_routes(requests: Iterable[object]) -> Iterator[Problem]:
    """One problem for each route whose ``requests`` an earlier one has; in the order of the field ``routes``."""
    seen: set[object] = set()
    for index, key in enumerate(requests):
        if key in seen:
            yield Problem("two routes are for the same requests", ("routes", index), fix="remove one")
        seen.add(key)


class Issuer(Model):
    """An issuer of cert-manager, which makes the certificate and keeps it new."""

    name: FileName
    """Name of the issuer."""
    kind: Literal["Issuer", "ClusterIssuer"] = "Issuer"
    """Issuer: of this namespace. ClusterIssuer: of the whole Supervisor."""

    @property
    def annotation(self) -> str:
        """The annotation by which cert-manager's ingress-shim and gateway-shim take it."""
        return "cert-manager.io/cluster-issuer" if self.kind == "ClusterIssuer" else "cert-manager.io/issuer"


class RoutedPods(Model):
    """A port of pods that requests come to."""

    name: Annotated[Label, PLAIN]
    """Name of the workload."""
    port: PortReference
    """Port of the containers, by number or name."""
    protocol: str = "TCP"
    """TCP, UDP or SCTP."""


class RoutingDocument(Document):
    """A document whose routes lead to services of others."""

    @property
    def routes(self) -> Sequence[Route]:
        """Its routes."""
        raise NotImplementedError

    def backends(self) -> Iterator[Backend]:
        for index, route in enumerate(self.routes):
            if route.to is not None:
                yield Backend(("spec", "routes", index), target_of(route.to, self.namespace), route.port)

    def own_references(self) -> Iterator[Reference]:
        yield from super().own_references()
        for backend in self.backends():
            yield Reference(backend.target, "wiring", (*backend.path, "to"))

    def routed_pods(self, documents: Mapping[str, Document]) -> list[RoutedPods]:
        """The pods behind its routes, in an order of their own; VMs have no NetworkPolicies."""
        pods = {}
        for backend in self.backends():
            target = documents.get(backend.target)
            port = None if target is None or target.pods is None else backend.service_port(target)
            if target is not None and port is not None:
                routed = port.target_port or port.port
                pods[target.name, routed] = RoutedPods(name=target.name, port=routed, protocol=port.protocol)
        return [pods[key] for key in sorted(pods, key=str)]

    def policy_of_routes(self, documents: Mapping[str, Document]) -> Iterator[DeclaredObject]:
        """The NetworkPolicy that lets the controller in, where the namespace lets in nobody by default."""
        namespace = documents.get(f"Namespace/{self.namespace}")
        if namespace is not None and namespace.denies_by_default and self.routed_pods(documents):
            yield self.declared_object("networking.k8s.io", "NetworkPolicy", "-ingress")
