"""Ingress and HTTPRoute: which objects they make, their outputs, and what is refused."""

from pathlib import Path
from typing import Any

import pulumi
import pytest
from pacific_components import HTTPRoute, Ingress
from pacific_components.routing import gateway_address, ingress_address, url_of

from pacific_infra.documents import load_estate
from pacific_infra.errors import PacificErrors
from pacific_infra.graph import build_graph
from tests.support.recording import Recording, record

ROUTE: Any = {"host": "shop.example.com", "service": "web", "port": 80}


def way_in(component: Any, **fields: Any) -> tuple[Recording, Any]:
    def program() -> pulumi.Output[Any]:
        way = component("shop/front", {"namespace": "shop", **fields})
        return pulumi.Output.all(name=way.name, host=way.host, url=way.url)

    return record(program)


def of_kind(recording: Recording, kind: str) -> Any:
    return next(
        item for item in recording if item.type.startswith("kubernetes:") and item.type.endswith(f":{kind}")
    ).inputs


def test_an_ingress_has_a_rule_for_each_route() -> None:
    recording, outputs = way_in(
        Ingress,
        ingress_class_name="contour",
        routes=[ROUTE, {**ROUTE, "path": "/api", "path_type": "Exact", "service": "api", "port": 8080}],
        tls=[{"secret": "shop-tls"}],
        issuer={"name": "letsencrypt", "kind": "ClusterIssuer"},
    )
    ingress = of_kind(recording, "Ingress")
    assert ingress["spec"]["ingressClassName"] == "contour"
    assert ingress["spec"]["tls"] == [{"secretName": "shop-tls", "hosts": ["shop.example.com"]}]
    assert ingress["spec"]["rules"][1] == {
        "host": "shop.example.com",
        "http": {
            "paths": [
                {
                    "path": "/api",
                    "pathType": "Exact",
                    "backend": {"service": {"name": "api", "port": {"number": 8080}}},
                }
            ]
        },
    }
    annotations = ingress["metadata"]["annotations"]
    assert annotations["cert-manager.io/cluster-issuer"] == "letsencrypt"
    assert "pulumi.com/skipAwait" not in annotations
    assert outputs == {"name": "front", "host": "shop.example.com", "url": "https://shop.example.com"}


@pytest.mark.parametrize(("component", "kind"), [(Ingress, "Ingress"), (HTTPRoute, "HTTPRoute")])
def test_a_way_in_need_not_be_waited_for(component: Any, kind: str) -> None:
    gateway = {} if kind == "Ingress" else {"gateway": {"name": "public"}}
    recording, _ = way_in(component, routes=[{"service": "web", "port": 80}], wait=False, **gateway)
    annotations = of_kind(recording, kind)["metadata"]["annotations"]
    assert annotations["pulumi.com/skipAwait"] == "true"
    assert "pulumi.com/waitFor" not in annotations


def test_a_route_goes_through_a_gateway_of_others() -> None:
    gateway = {"name": "public", "namespace": "gateways", "listener": "https", "scheme": "https"}
    recording, outputs = way_in(
        HTTPRoute, gateway=gateway, hosts=["*.example.com", "shop.example.com"], routes=[{"service": "web", "port": 80}]
    )
    route = of_kind(recording, "HTTPRoute")
    assert route["spec"] == {
        "parentRefs": [{"name": "public", "namespace": "gateways", "sectionName": "https"}],
        "hostnames": ["*.example.com", "shop.example.com"],
        "rules": [
            {
                "matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
                "backendRefs": [{"name": "web", "port": 80}],
            }
        ],
    }
    assert "Accepted" in route["metadata"]["annotations"]["pulumi.com/waitFor"]
    assert outputs == {"name": "front", "host": "shop.example.com", "url": "https://shop.example.com"}


def test_a_gateway_is_made_for_a_route_with_a_listener_for_each_host() -> None:
    tls = {"secret": "shop-tls", "issuer": {"name": "internal"}}
    recording, _ = way_in(
        HTTPRoute,
        gateway={"class_name": "contour", "tls": tls},
        hosts=["a.example.com"],
        routes=[{"service": "web", "port": 80}],
    )
    gateway = of_kind(recording, "Gateway")
    assert gateway["spec"] == {
        "gatewayClassName": "contour",
        "listeners": [
            {
                "name": "host-0",
                "hostname": "a.example.com",
                "protocol": "HTTPS",
                "port": 443,
                "tls": {"mode": "Terminate", "certificateRefs": [{"kind": "Secret", "name": "shop-tls"}]},
            }
        ],
    }
    assert gateway["metadata"]["annotations"]["cert-manager.io/issuer"] == "internal"
    assert of_kind(recording, "HTTPRoute")["spec"]["parentRefs"] == [{"name": "front"}]


def test_addresses_are_those_that_controllers_report() -> None:
    assert ingress_address({"loadBalancer": {"ingress": [{"hostname": "lb.example.com"}]}}) == "lb.example.com"
    assert gateway_address({"addresses": [{"type": "IPAddress", "value": "10.0.1.4"}]}) == "10.0.1.4"
    assert (ingress_address(None), gateway_address({})) == ("", "")
    assert (url_of("http", "", "10.0.1.4"), url_of("http", "", "")) == ("http://10.0.1.4", "")


def test_pods_are_opened_to_the_controller_where_the_namespace_denies() -> None:
    recording, _ = way_in(
        Ingress, routes=[ROUTE], pods=[{"name": "web", "port": "http"}], controller_namespace="svc-contour"
    )
    assert of_kind(recording, "NetworkPolicy")["spec"] == {
        "podSelector": {"matchExpressions": [{"key": "app.kubernetes.io/name", "operator": "In", "values": ["web"]}]},
        "policyTypes": ["Ingress"],
        "ingress": [
            {
                "from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "svc-contour"}}}],
                "ports": [{"port": "http", "protocol": "TCP"}],
            }
        ],
    }


@pytest.fixture
def in_tmp_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


ESTATE = """\
apiVersion: pacific.infra/v1alpha1
kind: SupervisorCluster
metadata: {name: s}
spec: {external: true}
---
apiVersion: pacific.infra/v1alpha1
kind: Namespace
metadata: {name: shop}
spec: {supervisor: s, external: true}
---
apiVersion: pacific.infra/v1alpha1
kind: CrxWorkload
metadata: {name: web, namespace: shop}
spec: {kind: Deployment, containers: [{name: web, image: "web:1"}]SERVICE}
---
apiVersion: pacific.infra/v1alpha1
kind: KIND
metadata: {name: front, namespace: shop}
spec:
  SPEC
"""
SERVICE = ", service: {ports: [{name: http, port: 80}]}"


@pytest.mark.parametrize(
    ("kind", "spec", "service", "message"),
    [
        (
            "Ingress",
            "routes: [{to: CrxWorkload/web}]",
            "",
            "a.yaml:20: CrxWorkload/shop/web has no service: got 'CrxWorkload/shop/web'; fix: add spec.service to it "
            "at a.yaml:14",
        ),
        (
            "Ingress",
            "routes: [{to: CrxWorkload/web, port: grpc}]",
            SERVICE,
            "a.yaml:20: the service of CrxWorkload/shop/web has no such port: got 'grpc'; allowed: http",
        ),
        (
            "Ingress",
            "routes: [{to: Namespace/shop}]",
            SERVICE,
            "a.yaml:20: spec.routes[0].to: documents of this kind have no service: got 'Namespace/shop'; allowed: a "
            "document of kind CrxWorkload, VirtualMachine",
        ),
        (
            "Ingress",
            "routes: [{service: web}]",
            SERVICE,
            "a.yaml:20: spec.routes[0].port: of a service of others the port is not known: allowed: a number; fix: add "
            "port",
        ),
        (
            "Ingress",
            "routes: [{to: CrxWorkload/web}, {to: CrxWorkload/web}]",
            SERVICE,
            "a.yaml:20: spec.routes[1]: two routes are for the same requests: fix: remove one",
        ),
        (
            "Ingress",
            "routes: [{to: CrxWorkload/web, host: Shop_1}]",
            SERVICE,
            "a.yaml:20: spec.routes[0].host has the wrong form: got 'Shop_1'; allowed: a DNS name such as "
            "shop.example.com, or *.example.com",
        ),
        (
            "HTTPRoute",
            "{gateway: {className: c, scheme: https}, routes: [{to: CrxWorkload/web}]}",
            SERVICE,
            "a.yaml:20: spec.gateway.scheme: this is said of a Gateway that is there: fix: remove scheme",
        ),
        (
            "HTTPRoute",
            "{gateway: {className: c, tls: {secret: t}}, routes: [{to: CrxWorkload/web}]}",
            SERVICE,
            "a.yaml:19: spec.hosts: a Gateway with a certificate is for hosts: fix: add hosts: such as "
            "[shop.example.com]",
        ),
    ],
)
def test_what_leads_nowhere_is_refused(in_tmp_path: None, kind: str, spec: str, service: str, message: str) -> None:
    Path("a.yaml").write_text(ESTATE.replace("KIND", kind).replace("SPEC", spec).replace("SERVICE", service))
    with pytest.raises(PacificErrors) as raised:
        build_graph(load_estate(["a.yaml"]))
    assert str(raised.value) == message
