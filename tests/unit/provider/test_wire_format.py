"""The bodies we send, compared with what VMware's own bindings make of the same values."""

import asyncio
import copy
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from pacific_infra.provider.checking import failures
from pacific_infra.provider.models.introspection import properties
from pacific_infra.provider.models.model import Model
from pacific_infra.provider.models.namespace import AccessEntry, NamespaceInputs, ResourceSpec
from pacific_infra.provider.models.supervisor import SupervisorInputs
from pacific_infra.provider.models.supervisor_edge import FoundationEdge
from pacific_infra.provider.models.supervisor_network import AddressRange
from pacific_infra.provider.models.virtual_machine_class import VirtualMachineClassInputs
from pacific_infra.provider.wire import request_body
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.inventory import Inventory
from pacific_infra.vcenter.settings import VCenterSettings
from tests.support.provider_engine import engine_on
from tests.support.request_bindings import (
    ControlPlaneSettings,
    Instances,
    ResourceQuotaOptionsV1,
    ResourceQuotaOptionsV1Update,
    Supervisors,
    VirtualMachineClasses,
    VspherePodSettings,
    through_bindings,
)
from tests.support.wire_double import WireDouble

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:com.vmware")

Choice = Callable[[str, Mapping[str, Any]], str]


_TEXTS = {(AddressRange, "address"): "10.0.0.1", (FoundationEdge, "vipSubnets"): "10.0.0.0/24"}


def first(tag: str, cases: Mapping[str, Any]) -> str:
    """The first case of a union."""
    del tag
    return next(iter(cases))


def everything(model: type[Model], choice: Choice = first) -> dict[str, Any]:
    """A value of every property of ``model``, at every depth: so a name that is spelt wrong is found."""
    values: dict[str, Any] = {}
    for item in properties(model):
        value: Any
        if item.model is not None:
            value = everything(item.model, choice)
        elif item.choices:
            value = item.choices[0]
        else:
            text = _TEXTS.get((model, item.name), "text")
            value = {str: text, int: 12, bool: True, dict: {"_typeName": "VirtualMachineConfigSpec"}}[item.base]
        values[item.name] = [value] if item.is_list else value
    for tag, cases in model.unions.items():
        names = {item.attribute: item.name for item in properties(model)}
        chosen = choice(tag, cases)
        values[names[tag]] = chosen
        for name in {name for case in cases.values() for name in case} - cases[chosen].keys():
            del values[names[name]]
    return values


class AnyInventory(Inventory):
    """Takes every name for an identifier."""

    async def identifier(self, kind: str, name: str, *, place: str | None = None) -> str:
        del kind, place
        return name


def body_of(model: type[Model], choice: Choice = first, **changed: Any) -> dict[str, Any]:
    client = VCenterClient(VCenterSettings("vcenter.test", "user", "password"))
    plain = {name: value for name, value in {**everything(model, choice), **changed}.items() if value is not None}
    if model is SupervisorInputs:
        plain.pop("cluster" if "zones" in plain else "zones", None)
    assert failures(plain, model) == []
    return asyncio.run(request_body(plain, model, AnyInventory(client)))


def test_namespace_create_with_every_property() -> None:
    entry = {**everything(AccessEntry), "role": "EDIT"}
    body = body_of(NamespaceInputs, accessList=[entry])
    assert through_bindings(body, Instances.CreateSpecV2, resource_spec=ResourceQuotaOptionsV1) == body


def test_virtual_machine_class_create_with_every_property() -> None:
    body = body_of(VirtualMachineClassInputs, memoryReservation=100)
    # The bindings leave this one open, and know no structure for it.
    assert body.pop("config_spec") == {"_typeName": "VirtualMachineConfigSpec"}
    assert through_bindings(body, VirtualMachineClasses.CreateSpec) == body


@pytest.mark.parametrize("case", range(5))
def test_supervisor_enable_on_a_cluster_with_every_property(case: int) -> None:
    """Each kind of network and of load balancer in turn."""

    def choice(tag: str, cases: Mapping[str, Any]) -> str:
        del tag
        return [*cases][min(case, len(cases) - 1)]

    body = body_of(SupervisorInputs, choice, zones=None)
    assert through_bindings(body, Supervisors.EnableOnComputeClusterSpec) == body


def test_supervisor_enable_on_zones_with_every_property() -> None:
    body = body_of(SupervisorInputs, zones=["zone-1", "zone-2", "zone-3"], zoneBindings=None)
    assert through_bindings(body, Supervisors.EnableOnZonesSpec) == body


def test_every_limit_of_the_bindings_is_a_property() -> None:
    known = ResourceQuotaOptionsV1.get_binding_type().get_field_names()
    assert sorted(item.wire for item in properties(ResourceSpec)) == sorted(known)


def test_every_property_of_the_bindings_is_ours_or_named_here() -> None:
    known = set(Instances.CreateSpecV2.get_binding_type().get_field_names())
    assert {item.wire for item in properties(NamespaceInputs) if not item.meta.local} == known


def sent_by_changes(double: WireDouble, kind: str, first: dict[str, Any], second: dict[str, Any]) -> list[Any]:
    async def body() -> list[Any]:
        engine = await engine_on(double)
        await engine.create(kind, "thing", first)
        double.log.clear()
        await engine.update(kind, "thing", second)
        return copy.deepcopy(double.writes())

    return asyncio.run(body())


def test_namespace_update(double: WireDouble) -> None:
    access = {"subjectType": "USER", "subject": "a", "domain": "d", "role": "VIEW"}
    first = {"supervisor": "supervisor-01", "resourceSpec": {"cpuLimit": 100, "podCount": 1}, "description": "a"}
    second = {
        "supervisor": "supervisor-01",
        "resourceSpec": {"cpuLimit": 200, "memoryLimit": 50},
        "accessList": [access],
        "storageSpecs": [{"policy": "gold", "limit": 5}],
        "vmServiceSpec": {"vmClasses": ["small"]},
        "contentLibraries": [{"contentLibrary": "linux-images", "writable": True}],
    }
    ((method, path, body),) = sent_by_changes(double, "Namespace", first, second)
    assert (method, path) == ("PATCH", "/vcenter/namespaces/instances/thing")
    assert body["resource_spec"] == {"cpu_limit": 200, "memory_limit": 50, "pod_count_unset": True}
    assert through_bindings(body, Instances.UpdateSpec, resource_spec=ResourceQuotaOptionsV1Update) == body


def test_virtual_machine_class_update(double: WireDouble) -> None:
    first = {"cpuCount": 2, "memoryMib": 2048, "cpuReservation": 50, "description": "small"}
    second = {"cpuCount": 4, "memoryMib": 4096}
    double.classes.clear()
    ((_, _, body),) = sent_by_changes(double, "VirtualMachineClass", first, second)
    assert body == {"cpu_count": 4, "memory_MB": 4096, "cpu_reservation": 0, "description": "[pacific estate/dev]"}
    assert through_bindings(body, VirtualMachineClasses.UpdateSpec) == body


def test_supervisor_update(double: WireDouble) -> None:
    double.supervisors.clear()
    plane = {"network": {"backing": {"backing": "NETWORK", "network": "management"}}, "count": 1, "size": "TINY"}
    workloads = {"network": {"networkType": "VSPHERE", "vsphere": {"dvpg": "workload-01"}}, "edge": {}}
    first = {"cluster": "cluster-01", "controlPlane": plane, "workloads": workloads}
    changed = {**plane, "count": 3, "size": "LARGE", "loginBanner": "Hello"}
    second = {**first, "controlPlane": changed, "vspherePodsEnabled": True}
    settings, pods = sent_by_changes(double, "Supervisor", first, second)
    assert settings[1].endswith("/control-plane/settings")
    assert settings[2] == {"size": {"identifier": "LARGE"}, "count": 3, "login_banner": "Hello"}
    assert through_bindings(settings[2], ControlPlaneSettings.UpdateSpec) == settings[2]
    assert through_bindings(pods[2], VspherePodSettings.UpdateSpec) == pods[2] == {"vsphere_pods_enabled": True}
