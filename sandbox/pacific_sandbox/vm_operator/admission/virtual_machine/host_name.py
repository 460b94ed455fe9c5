"""The guest's host and domain name. Pure."""

from collections.abc import Iterator

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.vm_operator.admission.field_errors import invalid
from pacific_sandbox.vm_operator.admission.names import is_address, is_domain_name, is_host_name
from pacific_sandbox.vm_operator.admission.review import Lookups, Request

_LONGEST_WINDOWS_NAME = 15
_WINDOWS = "host name may not exceed 15 characters for Windows"


def check(request: Request, _: Lookups) -> Iterator[str]:
    """The first problem. A Windows name that was too long before this rule may stay."""
    problem = _problem(request.name, request.spec)
    if problem is None:
        return
    before = _problem(request.name, request.old_spec) if request.old is not None else None
    if not (problem.endswith(_WINDOWS) and before == problem):
        yield problem


def _problem(name: str, spec: Object) -> str | None:
    network: Object = spec.get("network") or {}
    host, domain = network.get("hostName") or name, network.get("domainName", "")
    path = "spec.network.hostName" if network.get("hostName") else "metadata.name"
    windows = spec.get("guestID", "").startswith("win") or "sysprep" in (spec.get("bootstrap") or {})
    if not is_host_name(host):
        return invalid(path, host, "host name must adhere to RFC-1123")
    if domain and is_address(host):
        return invalid(path, host, "host name may not be IP address when domain name is non-empty")
    if windows and len(host) > _LONGEST_WINDOWS_NAME:
        return invalid(path, host, _WINDOWS)
    if domain and not is_domain_name(domain):
        return invalid("spec.network.domainName", domain, "domain name must adhere to RFC-1123")
    if domain and len(f"{host}.{domain}") > 255:
        return invalid("spec.network", f"{host}.{domain}", "host name and domain name combined exceed 255 characters")
    return None
