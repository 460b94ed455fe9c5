"""A VirtualMachine's guest is set up by one provider, and keeps it. Pure."""

from collections.abc import Iterator

from pacific_sandbox.kubernetes_api import Object
from pacific_sandbox.vm_operator.admission.field_errors import forbidden, invalid
from pacific_sandbox.vm_operator.admission.review import Lookups, Request

_PATH = "spec.bootstrap"
_KEPT = "bootstrap provider type cannot be changed"


def check(request: Request, _: Lookups) -> Iterator[str]:
    """Rules for a create and for an update."""
    provider: Object = request.spec.get("bootstrap") or {}
    if not request.privileged:
        yield from _kept(provider, request)
    cloud_init, linux_prep = provider.get("cloudInit"), provider.get("linuxPrep")
    sysprep, properties = provider.get("sysprep"), provider.get("vAppConfig")
    if cloud_init is not None:
        yield from _cloud_init(cloud_init, alone=linux_prep is None and sysprep is None and properties is None)
    if linux_prep is not None and (cloud_init is not None or sysprep is not None):
        detail = "LinuxPrep may not be used with either CloudInit or Sysprep bootstrap providers"
        yield forbidden(f"{_PATH}.linuxPrep", detail)
    if sysprep is not None:
        yield from _sysprep(sysprep, alone=cloud_init is None and linux_prep is None)
        yield from _answers(sysprep.get("sysprep") or {}, (request.spec.get("network") or {}).get("domainName"))
    if properties is not None:
        yield from _vapp_config(properties, alone=cloud_init is None)


def _kept(bootstrap: Object, request: Request) -> Iterator[str]:
    before = request.old_spec.get("bootstrap")
    if before is None:
        return
    if not request.spec.get("bootstrap"):
        yield forbidden(_PATH, _KEPT)
        return
    for provider in ("cloudInit", "linuxPrep", "sysprep"):
        if provider in before and provider not in bootstrap:
            yield forbidden(f"{_PATH}.{provider}", _KEPT)
            return


def _cloud_init(cloud_init: Object, *, alone: bool) -> Iterator[str]:
    path = f"{_PATH}.cloudInit"
    if not alone:
        yield forbidden(path, "CloudInit may not be used with any other bootstrap provider")
    if "cloudConfig" in cloud_init and "rawCloudConfig" in cloud_init:
        yield invalid(path, "cloudInit", "cloudConfig and rawCloudConfig are mutually exclusive")


def _sysprep(sysprep: Object, *, alone: bool) -> Iterator[str]:
    path = f"{_PATH}.sysprep"
    if not alone:
        yield forbidden(path, "Sysprep may not be used with either CloudInit or LinuxPrep bootstrap providers")
    if "sysprep" in sysprep and "rawSysprep" in sysprep:
        yield invalid(path, "sysPrep", "sysprep and rawSysprep are mutually exclusive")
    elif "sysprep" not in sysprep and "rawSysprep" not in sysprep:
        yield invalid(path, "sysPrep", "either sysprep or rawSysprep must be provided")


def _answers(answers: Object, domain: str | None) -> Iterator[str]:
    path = f"{_PATH}.sysprep.sysprep"
    unattended: Object = answers.get("guiUnattended") or {}
    if unattended.get("autoLogon") and not unattended.get("autoLogonCount"):
        yield invalid(path, "guiUnattended", "autoLogon requires autoLogonCount to be specified")
    if unattended.get("autoLogon") and not (unattended.get("password") or {}).get("name"):
        yield invalid(path, "guiUnattended", "autoLogon requires password selector to be set")
    identification: Object | None = answers.get("identification")
    if identification is None:
        return
    workgroup, admin = identification.get("joinWorkgroup"), identification.get("domainAdmin")
    password = (identification.get("domainAdminPassword") or {}).get("name")
    if domain and workgroup:
        yield invalid(path, "identification", "spec.network.domainName and joinWorkgroup are mutually exclusive")
    if domain and not (admin and password):
        detail = "spec.network.domainName requires domainAdmin and domainAdminPassword selector to be set"
        yield invalid(path, "identification", detail)
    if workgroup and (admin or password or identification.get("domainOU")):
        detail = "joinWorkgroup and domainAdmin/domainAdminPassword/domainOU are mutually exclusive"
        yield invalid(path, "identification", detail)


def _vapp_config(properties: Object, *, alone: bool) -> Iterator[str]:
    path = f"{_PATH}.vAppConfig"
    if not alone:
        yield forbidden(path, "vAppConfig may not be used in conjunction with CloudInit bootstrap provider")
    if properties.get("properties") and properties.get("rawProperties"):
        yield invalid(path, "vAppConfig", "properties and rawProperties are mutually exclusive")
    for changed_property in properties.get("properties", ()):
        if not changed_property.get("key"):
            yield invalid(f"{path}.properties.key", "key", "key is a required field in vAppConfig Properties")
        if {"from", "value"} <= (changed_property.get("value") or {}).keys():
            yield invalid(f"{path}.properties.value", "value", "from and value are mutually exclusive")
