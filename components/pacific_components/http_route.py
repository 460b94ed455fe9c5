"""An HTTPRoute: a way in from outside by host and path, through a Gateway of the Gateway API."""

import json
from collections.abc import Sequence
from typing import Any, Unpack, overload

import pulumi

from pacific_components.arguments import HTTPRouteArgs
from pacific_components.component import DocumentComponent, Options
from pacific_components.kubernetes import DELETE_DEADLINE, KubernetesObject, Wire
from pacific_components.plumbing import HTTPRoutePlumbing
from pacific_components.routing import SKIP_AWAIT, first_host, gateway_address, outputs_of, policy_spec, port_number
from pacific_components.values import applied, without_none
from pacific_infra.documents.http_route import GATEWAY_API, HTTPRouteSpec
from pacific_infra.documents.readiness import ready_conditions, wait_for
from pacific_infra.documents.routing import Route

DEADLINE = "5m"
"""Until the Gateway has accepted it; of a Gateway that is made for it, until that has an address."""
_VERSION = f"{GATEWAY_API}/v1"
_ACCEPTED = ['{.status.parents[0].conditions[?(@.type=="Accepted")].status}=True']
_PATH_TYPES = {"Prefix": "PathPrefix", "Exact": "Exact"}


class HTTPRoute(DocumentComponent[HTTPRoutePlumbing, HTTPRouteSpec]):
    """An HTTPRoute, awaited until its Gateway has accepted it, with that Gateway where it is its own."""

    name: pulumi.Output[str]
    """Name of the HTTPRoute."""
    host: pulumi.Output[str]
    """The first of its hosts; empty where they are those of the Gateway."""
    address: pulumi.Output[str]
    """Address of a Gateway that was made for it; else empty."""
    url: pulumi.Output[str]
    """URL by that host, else by the address."""

    @overload
    def __init__(self, resource_name: str, /, args: HTTPRouteArgs, opts: Options = None) -> None: ...
    @overload
    def __init__(self, resource_name: str, /, *, opts: Options = None, **args: Unpack[HTTPRouteArgs]) -> None: ...
    def __init__(self, resource_name: str, /, args: Any = None, opts: Options = None, **keywords: Any) -> None:
        super().__init__("pacific:index:HTTPRoute", resource_name, args, keywords, opts)
        self._name = resource_name
        spec, gateway = self._spec, self._spec.gateway
        needed: list[pulumi.Resource] = []
        if self._plumbing.pods:
            policy = policy_spec(self._plumbing.pods, spec.controller_namespace)
            needed.append(
                self._make("networking.k8s.io/v1", "NetworkPolicy", "network-policy", policy, name="-ingress")
            )
        address = pulumi.Output.from_input("")
        if gateway.class_name is not None:
            issuer = None if gateway.tls is None else gateway.tls.issuer
            annotations = {} if issuer is None else {issuer.annotation: issuer.name}
            conditions = wait_for(ready_conditions(_VERSION, "Gateway", has_conditions=True))
            gateway_object = self._make(
                _VERSION, "Gateway", "gateway", gateway_spec(spec), conditions=conditions, annotations=annotations
            )
            needed.append(gateway_object)
            address = gateway_object.status.apply(gateway_address)
        route = self._make(
            _VERSION,
            "HTTPRoute",
            "route",
            route_spec(spec, self._object),
            conditions=wait_for([], _ACCEPTED),
            needed=needed,
        )
        https = gateway.tls is not None or gateway.scheme == "https"
        outputs = outputs_of(
            route.metadata.apply(lambda metadata: str(metadata["name"])),
            "https" if https else "http",
            pulumi.Output.all(*spec.hosts).apply(first_host),
            address,
        )
        self.name, self.host, self.address, self.url = (outputs[key] for key in ("name", "host", "address", "url"))
        self.register_outputs(outputs)

    def _make(
        self,
        api_version: str,
        kind: str,
        suffix: str,
        spec: Wire,
        *,
        name: str = "",
        conditions: list[str] | None = None,
        annotations: dict[str, Any] | None = None,
        needed: Sequence[pulumi.Resource] = (),
    ) -> KubernetesObject:
        """The child ``<component>-<suffix>``, awaited by ``conditions`` where the document says so."""
        awaited: dict[str, str] = {}
        if conditions is not None:
            awaited = {"pulumi.com/waitFor": json.dumps(conditions)} if self._spec.wait else SKIP_AWAIT
        return KubernetesObject(
            api_version,
            kind,
            f"{self._name}-{suffix}",
            metadata=self._metadata(
                f"{self._object}{name}", self._plumbing.namespace, annotations={**(annotations or {}), **awaited}
            ),
            fields={"spec": spec},
            opts=self._child(deadline=DEADLINE, delete_deadline=DELETE_DEADLINE, depends_on=needed),
        )


def route_spec(spec: HTTPRouteSpec, name: str) -> Wire:
    """The spec of the HTTPRoute; ``name``: its own, and that of a Gateway that is made for it."""
    gateway = spec.gateway
    parent = {
        "name": name if gateway.name is None else gateway.name,
        "namespace": gateway.namespace,
        "sectionName": gateway.listener,
    }
    fields = {
        "parentRefs": [without_none(parent)],
        "hostnames": list(spec.hosts) or None,
        "rules": [_rule(route) for route in spec.routes],
    }
    return without_none(fields)


def _rule(route: Route) -> Wire:
    match = {"path": {"type": applied(_PATH_TYPES.__getitem__, route.path_type), "value": route.path}}
    return {"matches": [match], "backendRefs": [{"name": route.service, "port": port_number(route.port)}]}


def gateway_spec(spec: HTTPRouteSpec) -> Wire:
    """The spec of the Gateway that is made for the route: one listener for each host."""
    gateway = spec.gateway
    listeners = []
    for index, host in enumerate(spec.hosts or (None,)):
        listener: dict[str, Any] = {"name": f"host-{index}", "protocol": "HTTP", "port": 80}
        if gateway.tls is not None:
            certificates = [{"kind": "Secret", "name": gateway.tls.secret}]
            tls = {"mode": "Terminate", "certificateRefs": certificates}
            listener |= {"protocol": "HTTPS", "port": 443, "tls": tls}
        listeners.append(without_none({**listener, "hostname": host}))
    return {"gatewayClassName": gateway.class_name, "listeners": listeners}
