"""Network interfaces of a VirtualMachine: what goes with which bootstrap provider, and what cannot change. Pure."""

import ipaddress
from collections.abc import Iterator

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.vm_operator.admission.field_errors import IMMUTABLE, forbidden, immutable, invalid
from pacific_sandbox.vm_operator.admission.names import subdomain_problems
from pacific_sandbox.vm_operator.admission.review import Lookups, Request

_PATH = "spec.network"
_NO_ADDRESS = "must be an IPv4 or IPv6 address"


def check(request: Request, _: Lookups) -> Iterator[str]:
    """Rules for a create and for an update."""
    if request.old is not None:
        yield from _kept(request)
    network: Object = request.spec.get("network") or {}
    providers: Object = request.spec.get("bootstrap") or {}
    for field in ("nameservers", "searchDomains"):
        yield from _global(field, network, providers)
    for index, server in enumerate(network.get("nameservers", ())):
        if not _is_address(server):
            yield invalid(f"{_PATH}.nameservers[{index}]", server, _NO_ADDRESS)
    for index, interface in enumerate(network.get("interfaces", ())):
        path = f"{_PATH}.interfaces[{index}]"
        yield from _interface(path, interface, request.name)
        yield from _with_bootstrap(path, interface, providers)


def _kept(request: Request) -> Iterator[str]:
    new = (request.spec.get("network") or {}).get("interfaces") or []
    old = (request.old_spec.get("network") or {}).get("interfaces") or []
    if len(new) != len(old):
        yield forbidden(f"{_PATH}.interfaces", "network interfaces cannot be added or removed")
        return
    for index, (interface, before) in enumerate(zip(new, old, strict=True)):
        path = f"{_PATH}.interfaces[{index}]"
        for field in ("name", "network"):
            if interface.get(field) != before.get(field):
                yield forbidden(f"{path}.{field}", IMMUTABLE)
        yield from immutable(f"{path}.macAddr", interface.get("macAddr"), before.get("macAddr"))


def _global(field: str, network: Object, providers: Object) -> Iterator[str]:
    value = network.get(field)
    if not value:
        return
    switch = f"UseGlobal{field[0].upper()}{field[1:]}AsDefault"
    if "cloudInit" in providers:
        if providers["cloudInit"].get(switch[0].lower() + switch[1:], True) is False:
            detail = f"{field} is available only for CloudInit when {switch} is true"
            yield invalid(f"{_PATH}.{field}", ",".join(value), detail)
    elif not providers.keys() & {"linuxPrep", "sysprep"}:
        detail = f"{field} is available only with the following bootstrap providers: LinuxPrep and Sysprep"
        yield invalid(f"{_PATH}.{field}", ",".join(value), detail)


def _interface(path: str, interface: Object, vm_name: str) -> Iterator[str]:
    network = (interface.get("network") or {}).get("name")
    name = "-".join(part for part in (vm_name, network, interface.get("name", "")) if part)
    for problem in subdomain_problems(name):
        yield invalid(f"{path}.name", name, f"is the resulting network interface name: {problem}")
    versions = []
    for index, address in enumerate(interface.get("addresses", ())):
        try:
            if "/" not in address:
                raise ValueError
            versions.append(ipaddress.ip_interface(address).version)
        except ValueError:
            yield invalid(f"{path}.addresses[{index}]", address, f"invalid CIDR address: {address}")
    for version in (4, 6):
        yield from _gateway(path, interface, version, static=version in versions)
    for index, server in enumerate(interface.get("nameservers", ())):
        if not _is_address(server):
            yield invalid(f"{path}.nameservers[{index}]", server, _NO_ADDRESS)
    for index, route in enumerate(interface.get("routes", ())):
        if not _is_address(route.get("via", "")):
            yield invalid(f"{path}.routes[{index}].via", route.get("via", ""), _NO_ADDRESS)


def _gateway(path: str, interface: Object, version: int, *, static: bool) -> Iterator[str]:
    field, gateway = f"gateway{version}", interface.get(f"gateway{version}", "")
    if gateway and gateway != "None":
        if not static:
            detail = f"{field} must have an IPv{version} address in the addresses field"
            yield invalid(f"{path}.{field}", gateway, detail)
        if not _is_address(gateway, version):
            yield invalid(f"{path}.{field}", gateway, f"must be a valid IPv{version} address")
    if interface.get(f"dhcp{version}"):
        if static:
            addresses = ",".join(interface["addresses"])
            detail = f"dhcp{version} cannot be used with IPv{version} addresses in addresses field"
            yield invalid(f"{path}.dhcp{version}", addresses, detail)
        if gateway:
            yield invalid(f"{path}.{field}", gateway, f"{field} is mutually exclusive with dhcp{version}")


def _with_bootstrap(path: str, interface: Object, providers: Object) -> Iterator[str]:
    if "cloudInit" in providers:
        return
    only = "is available only with the following bootstrap providers: CloudInit"
    for field in ("guestDeviceName", "mtu", "routes"):
        if interface.get(field):
            # VM Operator does not repeat routes.
            value = "routes" if field == "routes" else interface[field]
            yield invalid(f"{path}.{field}", value, f"{field} {only}")
    if interface.get("nameservers") and "sysprep" not in providers:
        yield invalid(f"{path}.nameservers", ",".join(interface["nameservers"]), f"nameservers {only} and Sysprep")
    if interface.get("searchDomains"):
        yield invalid(f"{path}.searchDomains", ",".join(interface["searchDomains"]), f"searchDomains {only}")


def _is_address(text: str, version: int | None = None) -> bool:
    try:
        return version in (None, ipaddress.ip_address(text).version)
    except ValueError:
        return False
