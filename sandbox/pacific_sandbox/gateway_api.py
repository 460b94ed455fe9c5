"""Definitions of the Gateway API that the sandbox serves. No controller answers: a Supervisor Service brings one."""

from collections.abc import Sequence
from typing import Final

from pacific_sandbox.kubernetes_api import Object, Resource
from pacific_sandbox.supervisor.structural_definitions import OPEN, TEXT, definition

GROUP: Final = "gateway.networking.k8s.io"
GATEWAYS: Final = Resource(f"{GROUP}/v1", "gateways")
HTTP_ROUTES: Final = Resource(f"{GROUP}/v1", "httproutes")
_PORT: Final = {"type": "integer", "minimum": 1, "maximum": 65535}
_HOST: Final = {"type": "string", "maxLength": 253, "pattern": r"^(\*\.)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"}


def definitions() -> Sequence[Object]:
    """Gateway and HTTPRoute of the standard channel, with the fields that are checked here.

    Source: config/crd/standard of github.com/kubernetes-sigs/gateway-api v1.
    """
    listener = {
        **OPEN,
        "required": ["name", "port", "protocol"],
        "properties": {"name": TEXT, "port": _PORT, "protocol": TEXT, "hostname": _HOST, "tls": OPEN},
    }
    gateway = {
        **OPEN,
        "required": ["gatewayClassName", "listeners"],
        "properties": {
            "gatewayClassName": {"type": "string", "minLength": 1},
            "listeners": {"type": "array", "minItems": 1, "maxItems": 64, "items": listener},
        },
    }
    backend = {**OPEN, "required": ["name"], "properties": {"name": TEXT, "port": _PORT}}
    path = {
        "type": "object",
        "properties": {
            "type": {"type": "string", "enum": ["Exact", "PathPrefix", "RegularExpression"]},
            "value": {"type": "string", "maxLength": 1024},
        },
    }
    rule = {
        **OPEN,
        "properties": {
            "matches": {"type": "array", "items": {**OPEN, "properties": {"path": path}}},
            "backendRefs": {"type": "array", "maxItems": 16, "items": backend},
        },
    }
    parent = {**OPEN, "required": ["name"], "properties": {"name": TEXT, "namespace": TEXT, "sectionName": TEXT}}
    route = {
        **OPEN,
        "properties": {
            "parentRefs": {"type": "array", "maxItems": 32, "items": parent},
            "hostnames": {"type": "array", "maxItems": 16, "items": _HOST},
            "rules": {"type": "array", "maxItems": 16, "items": rule},
        },
    }
    return [
        _approved(written)
        for written in (
            definition(GATEWAYS, "Gateway", gateway, [("Class", ".spec.gatewayClassName")], ["gtw"]),
            definition(HTTP_ROUTES, "HTTPRoute", route, [("Hostnames", ".spec.hostnames")]),
        )
    ]


def _approved(written: Object) -> Object:
    """With the annotation that an API server asks of definitions in Kubernetes' own groups.

    Source: https://github.com/kubernetes/enhancements/pull/1111
    """
    annotations = {"api-approved.kubernetes.io": "unapproved, part of a definition, for the sandbox"}
    return {**written, "metadata": {**written["metadata"], "annotations": annotations}}
