"""Every request and every reply of the resources' lives, read by VMware's own bindings of that operation."""

import asyncio
import importlib
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from vmware.vapi.bindings.type import OptionalType

from pacific_sandbox.vcenter.upgrade_routes import VERSIONS as SUPERVISOR_VERSIONS
from tests.support.answer_bindings import read_as
from tests.support.carvel import carvel
from tests.support.request_bindings import ResourceQuotaOptionsV1, ResourceQuotaOptionsV1Update, through_bindings
from tests.support.simulated_vcenter import SUPERVISOR, Site, simulated
from tests.support.vcenter_resources import EDGES, HAPROXY, OTHER, RANGES, REGISTRY, TEMPLATE

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
_MODULES = (
    "appliance.system",
    "cis.tagging",
    "consumption_domains",
    "consumption_domains.zones.cluster",
    "namespace_management",
    "namespace_management.software",
    "namespace_management.software.supervisors",
    "namespace_management.software.supervisors.upgrades",
    "namespace_management.supervisor_services",
    "namespace_management.supervisors",
    "namespace_management.supervisors.control_plane",
    "namespace_management.supervisors.control_plane.networks",
    "namespace_management.supervisors.control_plane.storage",
    "namespace_management.supervisors.workloads",
    "namespace_management.supervisors.workloads.images",
    "namespace_management.supervisors.workloads.networks",
    "namespace_management.supervisors.workloads.storage",
    "namespace_management.supervisors.workloads.storage.cloud_native",
    "namespace_management.supervisors.networks",
    "namespace_management.supervisors.zones",
    "namespaces",
    "namespaces.instances",
)


_ANY = r"(\?.*)?"
"""Whatever filters there are in a query that names no action."""


@dataclass(frozen=True)
class Operation:
    """One operation of the bindings."""

    name: str
    method: str
    path: re.Pattern[str]
    body: Any
    """Binding type of the body; where the operation names none, of its parameters, each a field of the body."""
    whole: bool
    """Whether one parameter is the body."""
    reply: Any

    @classmethod
    def of(cls, name: str, metadata: dict[str, Any], rest: Any) -> "Operation":
        template, _, query = rest._url_template.partition("?")
        pattern = "".join(r"[^/?]+" if part.startswith("{") else re.escape(part) for part in _parts(template))
        pattern += re.escape(f"?{query}") if query else _ANY
        parameter = rest.request_body_parameter
        body = metadata["input_type"].get_field(parameter) if parameter else metadata["input_type"]
        return cls(name, rest.http_method, re.compile(pattern), body, bool(parameter), metadata["output_type"])


def _parts(template: str) -> list[str]:
    return re.split(r"(\{[^}]*\})", template)


def operations() -> Iterator[Operation]:
    for name in _MODULES:
        root = "com.vmware" if name.startswith(("appliance", "cis")) else "com.vmware.vcenter"
        module = importlib.import_module(f"{root}.{name}_client")
        result: dict[str, Any] = {}

        def keep(_self: Any, result: dict[str, Any] = result, **named: Any) -> None:
            result.update(named)

        original, module.ApiInterfaceStub.__init__ = module.ApiInterfaceStub.__init__, keep
        try:
            for title in [title for title in vars(module) if re.fullmatch(r"_\w+Stub", title)]:
                result.clear()
                getattr(module, title)(None)
                for operation, rest in result["rest_metadata"].items():
                    if operation in result["operations"]:
                        yield Operation.of(f"{name}{title}.{operation}", result["operations"][operation], rest)
        finally:
            module.ApiInterfaceStub.__init__ = original


async def lives(site: Site, version: str) -> None:
    """Each resource of the package made, changed, read and deleted."""
    engines = {name: await site.engine() for name in ("s", "z", "c", "v", "i", "r", "t", "u", "n")}
    before = {**SUPERVISOR, "workloads": {**SUPERVISOR["workloads"], "edge": EDGES["VSPHERE_FOUNDATION"]}}
    if version == "8.0.3":
        before = {**SUPERVISOR, "workloads": {**SUPERVISOR["workloads"], "edge": EDGES["HAPROXY"]}}
    await engines["s"].create("Supervisor", "supervisor-01", before)
    plane = {**SUPERVISOR["controlPlane"], "size": "LARGE", "storagePolicy": "Silver Store", "loginBanner": "Hello"}
    plane["network"] = {**plane["network"], "services": {"ntp": {"servers": ["10.0.0.3"]}}}
    images = {"repository": "library", "contentLibraries": [{"contentLibrary": "linux-images"}]}
    names = {"security": {"certificateDnsNames": ["a.example.com"]}}
    storage: dict[str, Any] = {"imageStoragePolicy": "Silver Store"}
    workloads = {**SUPERVISOR["workloads"], "images": images, "kubeApiServerOptions": names, "storage": storage}
    changed = {**SUPERVISOR, "controlPlane": plane, "workloads": workloads}
    if version != "8.0.3":
        changed["vspherePodsEnabled"] = True
        workloads["edge"] = {**EDGES["VSPHERE_FOUNDATION"], "loadBalancerAddressRanges": [*RANGES, *OTHER]}
    else:
        for haproxy in ({**HAPROXY, "username": "other"}, {**HAPROXY, "servers": [{"host": "10.0.0.6", "port": 5556}]}):
            workloads["edge"] = {**EDGES["HAPROXY"], "haproxy": haproxy}
            await engines["s"].update("Supervisor", "supervisor-01", changed)
    await engines["s"].update("Supervisor", "supervisor-01", changed)
    await engines["z"].create("Zone", "hall-1", {"clusters": ["cluster-02"]})
    if version == "9.1":
        storage["fileVolumesEnabled"] = True
        workloads["network"] = {**workloads["network"], "clientIpPreservationEnabled": True}
    if version != "8.0.3":
        for reserved in ([], [{"reservedVmClass": "best-effort-small", "count": 1}]):
            bindings = [{"zone": "hall-1", "vmReservations": reserved}]
            await engines["s"].update("Supervisor", "supervisor-01", {**changed, "zoneBindings": bindings})
        await engines["s"].update("Supervisor", "supervisor-01", {**changed, "zoneBindings": []})
    await engines["c"].create("VirtualMachineClass", "tiny", {"cpuCount": 1, "memoryMib": 1024})
    await engines["c"].update("VirtualMachineClass", "tiny", {"cpuCount": 2, "memoryMib": 1024})
    await engines["v"].create("SupervisorServiceVersion", "v", {"content": carvel("1.0.0")})
    service = {"supervisor": "supervisor-01", "supervisorService": "harbor.example.com", "version": "1.0.0"}
    await engines["i"].create("SupervisorService", "i", service)
    await engines["i"].update("SupervisorService", "i", {**service, "yamlServiceConfig": "a: b"})
    await engines["r"].create("ContainerImageRegistry", "mirror", REGISTRY)
    await engines["r"].update("ContainerImageRegistry", "mirror", {**REGISTRY, "defaultRegistry": True})
    await engines["t"].create("NamespaceTemplate", "team", TEMPLATE)
    await engines["t"].update("NamespaceTemplate", "team", {**TEMPLATE, "resourceSpec": {"podCount": 9}})
    upgrade = {"supervisor": "supervisor-01", "version": SUPERVISOR_VERSIONS[1]}
    await engines["u"].create("SupervisorUpgrade", "u", upgrade)
    shop: dict[str, Any] = {
        "supervisor": "supervisor-01",
        "deletionPolicy": "Delete",
        "networks": ["one"],
        "vmServiceSpec": {"vmClasses": ["tiny"]},
    }
    await engines["n"].create("Namespace", "shop", {**shop, "resourceSpec": {"cpuLimit": 1000, "podCount": 5}})
    if version == "9.1":
        shop["networks"] = ["one", "two"]
    shop["accessList"] = [{"subjectType": "USER", "subject": "a", "domain": "b", "role": "VIEW"}]
    await engines["n"].update("Namespace", "shop", {**shop, "resourceSpec": {"memoryLimit": 1000}})
    imported = await site.engine()
    imported.identifier = "shop"
    await imported.refresh("Namespace", "shop")
    for name, kind in zip("nrivczs", _DELETED, strict=True):
        await engines[name].delete(kind, "x")


_DELETED = (
    "Namespace",
    "ContainerImageRegistry",
    "SupervisorService",
    "SupervisorServiceVersion",
    "VirtualMachineClass",
    "Zone",
    "Supervisor",
)
_ELSEWHERE = ("/vcenter/cluster", "/vcenter/network", "/vcenter/storage/policies", "/content/library")
"""Look-ups whose bindings are not those of Supervisors."""


@pytest.mark.parametrize(("version", "least"), [("8.0.3", 46), ("9.0", 49), ("9.1", 57)])
def test_requests_and_replies_are_the_bindings(tmp_path: Path, version: str, least: int) -> None:
    async def body() -> Site:
        async with simulated(tmp_path, version) as site:
            await lives(site, version)
        return site

    exchanged = asyncio.run(body()).exchanged
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        known = list(operations())
    checked = set()
    for method, path, sent, reply in exchanged:
        if path.startswith(_ELSEWHERE):
            continue
        plain = unquote(path)
        result = [item for item in known if item.method == method and item.path.fullmatch(plain)]
        # A path with an action is nearer than the one without.
        operation = max(result, key=lambda item: (not item.path.pattern.endswith(_ANY), -item.path.pattern.count("[^")))
        checked.add(operation.name)
        if sent is not None:
            assert _through(operation, sent) == sent, operation.name
        else:
            assert not operation.whole or isinstance(operation.body, OptionalType), operation.name
        if reply.is_success and reply.content:
            read_as(operation.reply, operation.name, reply.json())
    assert len(checked) >= least, sorted(checked)


def _through(operation: Operation, sent: Any) -> Any:
    quota = ResourceQuotaOptionsV1Update if operation.method == "PATCH" else ResourceQuotaOptionsV1

    def through(value: Any, kind: Any) -> Any:
        class Struct:
            @staticmethod
            def get_binding_type() -> Any:
                return kind

        return through_bindings(value, Struct, resource_spec=quota)

    if operation.whole:
        return through(sent, operation.body)
    return {name: through(value, operation.body.get_field(name)) for name, value in sent.items()}
