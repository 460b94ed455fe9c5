"""An Ingress: a way in from outside by host and path."""

from typing import Any, Unpack, overload

import pulumi

from pacific_components.arguments import IngressArgs
from pacific_components.component import DocumentComponent, Options
from pacific_components.kubernetes import DELETE_DEADLINE, KubernetesObject, Wire
from pacific_components.plumbing import IngressPlumbing
from pacific_components.routing import SKIP_AWAIT, first_host, ingress_address, outputs_of, policy_spec, port_number
from pacific_components.values import applied, is_empty, without_none
from pacific_infra.documents.ingress import IngressRoute, IngressSpec, IngressTls

DEADLINE = "5m"
"""Until the ingress controller has given it an address."""


class Ingress(DocumentComponent[IngressPlumbing, IngressSpec]):
    """An Ingress, awaited until its controller has given it an address."""

    name: pulumi.Output[str]
    """Name of the Ingress."""
    host: pulumi.Output[str]
    """The first host of its routes; empty where they are for any."""
    address: pulumi.Output[str]
    """Address of the ingress controller; empty where it was not waited for."""
    url: pulumi.Output[str]
    """URL by that host, else by the address; https where there are certificates."""

    @overload
    def __init__(self, resource_name: str, /, args: IngressArgs, opts: Options = None) -> None: ...
    @overload
    def __init__(self, resource_name: str, /, *, opts: Options = None, **args: Unpack[IngressArgs]) -> None: ...
    def __init__(self, resource_name: str, /, args: Any = None, opts: Options = None, **keywords: Any) -> None:
        super().__init__("pacific:index:Ingress", resource_name, args, keywords, opts)
        spec, namespace = self._spec, self._plumbing.namespace
        needed: list[pulumi.Resource] = []
        if self._plumbing.pods:
            policy = KubernetesObject(
                "networking.k8s.io/v1",
                "NetworkPolicy",
                f"{resource_name}-network-policy",
                metadata=self._metadata(f"{self._object}-ingress", namespace),
                fields={"spec": policy_spec(self._plumbing.pods, spec.controller_namespace)},
                opts=self._child(delete_deadline=DELETE_DEADLINE),
            )
            needed.append(policy)
        annotations = {} if spec.wait else dict(SKIP_AWAIT)
        if spec.issuer is not None:
            annotations[spec.issuer.annotation] = spec.issuer.name
        ingress = KubernetesObject(
            "networking.k8s.io/v1",
            "Ingress",
            f"{resource_name}-ingress",
            metadata=self._metadata(self._object, namespace, annotations=annotations),
            fields={"spec": ingress_spec(spec)},
            opts=self._child(deadline=DEADLINE, delete_deadline=DELETE_DEADLINE, depends_on=needed),
        )
        outputs = outputs_of(
            ingress.metadata.apply(lambda metadata: str(metadata["name"])),
            "https" if spec.tls else "http",
            pulumi.Output.all(*(route.host for route in spec.routes)).apply(first_host),
            ingress.status.apply(ingress_address),
        )
        self.name, self.host, self.address, self.url = (outputs[key] for key in ("name", "host", "address", "url"))
        self.register_outputs(outputs)


def ingress_spec(spec: IngressSpec) -> Wire:
    """The spec of the Ingress: one rule for each route, in their order."""
    fields = {
        "ingressClassName": spec.ingress_class_name,
        "tls": [_tls(entry, spec) for entry in spec.tls] or None,
        "rules": [_rule(route) for route in spec.routes],
    }
    return without_none(fields)


def _rule(route: IngressRoute) -> Wire:
    backend = {"service": {"name": route.service, "port": {"number": port_number(route.port)}}}
    path = {"path": route.path, "pathType": route.path_type, "backend": backend}
    return without_none({"host": route.host, "http": {"paths": [path]}})


def _tls(entry: IngressTls, spec: IngressSpec) -> Wire:
    hosts = list(dict.fromkeys(route.host for route in spec.routes if route.host is not None))
    return {"secretName": entry.secret, "hosts": hosts if is_empty(entry.hosts) else applied(list, entry.hosts)}
