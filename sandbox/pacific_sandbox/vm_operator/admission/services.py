"""The rules for a VirtualMachineService. Pure."""

import ipaddress
import re
from collections.abc import Iterator

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.vm_operator.admission.field_errors import (
    IMMUTABLE,
    duplicate,
    forbidden,
    invalid,
    not_supported,
    required,
)
from pacific_sandbox.vm_operator.admission.names import is_address, label_problems, subdomain_problems
from pacific_sandbox.vm_operator.admission.review import Lookups, Request

_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer")
_PROTOCOLS = ("SCTP", "TCP", "UDP")
_SERVICE_NAME = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
_NOT_A_NAME = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
    "and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
    "'[a-z]([-a-z0-9]*[a-z0-9])?')"
)
_NOT_A_PORT = "must be between 1 and 65535, inclusive"
_NOT_A_RANGE = "must be compatible with https://pkg.go.dev/net#ParseCIDR"


def check(request: Request, _: Lookups) -> Iterator[str]:
    """Rules for a create and for an update: it has to become a Service."""
    if request.old is None:
        if not _SERVICE_NAME.fullmatch(request.name):
            yield invalid("metadata.name", request.name, _NOT_A_NAME)
    else:
        for field, path in (("type", "spec.type"), ("clusterIp", "spec.clusterIP")):
            if request.spec.get(field, "") != request.old_spec.get(field, ""):
                yield forbidden(path, IMMUTABLE)
    yield from _type(request.spec)
    yield from _ports(request.spec)
    yield from _source_ranges(request.spec)


def _type(spec: Object) -> Iterator[str]:
    kind, address = spec.get("type", ""), spec.get("clusterIp", "")
    if not kind:
        yield required("spec.type")
    elif kind not in _TYPES:
        yield not_supported("spec.type", kind, _TYPES)
    if kind == "LoadBalancer" and address == "None":
        yield invalid("spec.clusterIP", address, "may not be set to 'None' for LoadBalancer services")
    if kind == "ExternalName":
        yield from _external(spec)
    if address not in ("", "None") and not is_address(address):
        yield invalid("spec.clusterIP", address, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")


def _source_ranges(spec: Object) -> Iterator[str]:
    ranges = spec.get("loadBalancerSourceRanges") or ()
    if ranges and spec.get("type") != "LoadBalancer":
        yield forbidden("spec.loadBalancerSourceRanges", "may only be used when `type` is 'LoadBalancer'")
    for index, source_range in enumerate(ranges):
        if not _is_range(source_range.strip()):
            yield invalid(f"spec.loadBalancerSourceRanges[{index}]", source_range, _NOT_A_RANGE)


def _external(spec: Object) -> Iterator[str]:
    if spec.get("clusterIp"):
        yield forbidden("spec.clusterIP", "may not be set for ExternalName services")
    name = spec.get("externalName", "").removesuffix(".")
    if not name:
        yield required("spec.externalName")
    else:
        for problem in subdomain_problems(name):
            yield invalid("spec.externalName", name, problem)


def _ports(spec: Object) -> Iterator[str]:
    ports: list[Object] = spec.get("ports") or []
    if not ports and spec.get("clusterIp") != "None" and spec.get("type") != "ExternalName":
        yield required("spec.ports")
    names: set[str] = set()
    seen: set[tuple[str, int]] = set()
    for index, port in enumerate(ports):
        path, name = f"spec.ports[{index}]", port.get("name", "")
        if not name and len(ports) > 1:
            yield required(f"{path}.name")
        if name in names:
            yield duplicate(f"{path}.name", name)
        names |= {name} if name else set()
        yield from _port(path, port)
        key = (port.get("protocol", ""), port.get("port", 0))
        if key in seen:
            yield duplicate(path, {"port": key[1], "protocol": key[0]})
        seen.add(key)


def _port(path: str, port: Object) -> Iterator[str]:
    if port.get("name"):
        for problem in label_problems(port["name"]):
            yield invalid(f"{path}.name", port["name"], problem)
    for field in ("port", "targetPort"):
        if not 1 <= port.get(field, 0) <= 65535:
            yield invalid(f"{path}.{field}", port.get(field, 0), _NOT_A_PORT)
    protocol = port.get("protocol", "")
    if not protocol:
        yield required(f"{path}.protocol")
    elif protocol not in _PROTOCOLS:
        yield not_supported(f"{path}.protocol", protocol, _PROTOCOLS)


def _is_range(text: str) -> bool:
    try:
        ipaddress.ip_interface(text)
    except ValueError:
        return False
    return "/" in text
