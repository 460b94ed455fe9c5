"""What a vCenter and a Supervisor offer: names and details, and why a section is not known."""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from typing import Any

import httpx2
import pytest

from pacific_infra.documents import json_schema
from pacific_infra.documents.estate_schema import schema_with_names
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.kubernetes_api import KubernetesAPI
from pacific_infra.vcenter.kubernetes_connection import Connection, Identity
from pacific_infra.vcenter.offers import (
    ON_SUPERVISORS,
    SECTIONS,
    Offer,
    Offers,
    offers_of_supervisor,
    offers_of_vcenter,
)
from pacific_infra.vcenter.settings import VCenterSettings
from tests.support.wire_double import error

SETTINGS = VCenterSettings(server="vcenter.example.test", username="a", password="b", insecure=True)
MANAGEMENT = "/api/vcenter/namespace-management"
IN_VCENTER: Mapping[str, Any] = {
    "/api/session": "session",
    "/api/appliance/system/version": {"version": "9.1.0.00100"},
    f"{MANAGEMENT}/supervisors/summaries": {
        "items": [{"supervisor": "s-1", "info": {"name": "one", "config_status": "RUNNING", "APIEndpoint": "10.0.0.9"}}]
    },
    f"{MANAGEMENT}/virtual-machine-classes": [
        {"id": "small", "cpu_count": 2, "memory_MB": 4096, "cpu_reservation": 100},
        {"id": "large", "cpu_count": 8, "memory_MB": 65536},
    ],
    f"{MANAGEMENT}/supervisor-services": [
        {"supervisor_service": "harbor.example.test", "display_name": "Harbor", "state": "ACTIVATED"}
    ],
    f"{MANAGEMENT}/supervisor-services/harbor.example.test/versions": [{"version": "2.9.1", "state": "ACTIVATED"}],
    "/api/vcenter/network": [{"network": "dvportgroup-1", "name": "management", "type": "DISTRIBUTED_PORTGROUP"}],
    "/api/vcenter/cluster": [{"cluster": "domain-c1", "name": "cluster-01"}],
    "/api/vcenter/storage/policies": [{"policy": "p-1", "name": "gold"}],
    "/api/content/library": ["l-1"],
    "/api/content/library/l-1": {"name": "linux-images"},
}
VM_OPERATOR = "/apis/vmoperator.vmware.com/v1alpha5"
CAPI = "/apis/cluster.x-k8s.io/v1beta1"
RELEASES = "/apis/kubernetes.vmware.com/v1alpha1"


def served(plural: str, kind: str, *, namespaced: bool) -> Mapping[str, Any]:
    return {"resources": [{"name": plural, "kind": kind, "namespaced": namespaced, "verbs": ["list"]}]}


KINDS: Mapping[str, Any] = {
    VM_OPERATOR: served("virtualmachineimages", "VirtualMachineImage", namespaced=True),
    CAPI: served("clusterclasses", "ClusterClass", namespaced=True),
    RELEASES: served("kubernetesreleases", "KubernetesRelease", namespaced=False),
}
IMAGE = {
    "metadata": {"name": "vmi-1", "namespace": "shop"},
    "status": {"name": "debian-12", "osInfo": {"type": "debian12_64Guest"}, "productInfo": {"fullVersion": "12.6"}},
}
RELEASE = {"metadata": {"name": "v1.33.3---vmware.1"}, "spec": {"version": "v1.33.3+vmware.1"}}


def of_vcenter(answers: Mapping[str, Any], sections: Sequence[str] = SECTIONS) -> Offers:
    def answer(request: httpx2.Request) -> httpx2.Response:
        body = answers.get(request.url.path)
        if body is None:
            return error(404, "OPERATION_NOT_FOUND", "This vCenter has no such operation.")
        return httpx2.Response(body) if isinstance(body, int) else httpx2.Response(200, json=body)

    async def read() -> Offers:
        offers = Offers()
        client = VCenterClient(SETTINGS, transport=httpx2.MockTransport(answer))
        try:
            await offers_of_vcenter(client, sections, offers)
        finally:
            await client.close()
        return offers

    return asyncio.run(read())


def of_supervisor(answers: Mapping[str, Any], namespaces: Sequence[str] = ()) -> Offers:
    def answer(request: httpx2.Request) -> httpx2.Response:
        body = {**KINDS, **answers}.get(request.url.path)
        status = body if isinstance(body, int) else 404 if body is None else 200
        refused = {"kind": "Status", "reason": "NotFound" if status == 404 else ""}
        return httpx2.Response(status, json=body if status == 200 else refused)

    async def read() -> Offers:
        offers = Offers()
        connection = Connection("https://s", ssl.create_default_context, Identity)
        async with KubernetesAPI(connection, transport=httpx2.MockTransport(answer)) as api:
            await offers_of_supervisor(api, "one", namespaces, ON_SUPERVISORS, offers)
        return offers

    return asyncio.run(read())


def test_a_vcenter_offers_names_with_what_is_to_be_known_of_them() -> None:
    offers = of_vcenter(IN_VCENTER)
    assert offers.sections == {
        "versions": [Offer("9.1.0", details={"product": "vCenter"})],
        "supervisors": [Offer("one", details={"state": "RUNNING", "endpoint": "10.0.0.9"})],
        "clusters": [Offer("cluster-01", identifier="domain-c1")],
        "networks": [Offer("management", details={"type": "DISTRIBUTED_PORTGROUP"}, identifier="dvportgroup-1")],
        "storage-policies": [Offer("gold", identifier="p-1")],
        "virtual-machine-classes": [
            Offer("large", details={"cpus": "8", "memory": "65536Mi"}),
            Offer("small", details={"cpus": "2", "memory": "4096Mi", "reserved cpu": "100%"}),
        ],
        "content-libraries": [Offer("linux-images", identifier="l-1")],
        "services": [Offer("harbor.example.test", details={"title": "Harbor", "state": "ACTIVATED"})],
        "service-versions": [Offer("2.9.1", "harbor.example.test", {"state": "ACTIVATED"})],
    }
    assert offers.not_read == {"zones": {"": "this vCenter does not know it"}}


def test_only_the_sections_that_are_asked_for_are_read() -> None:
    assert list(of_vcenter(IN_VCENTER, ["networks"]).sections) == ["networks"]


def test_what_the_user_may_not_read_is_said() -> None:
    offers = of_vcenter({**IN_VCENTER, f"{MANAGEMENT}/virtual-machine-classes": 403}, ["virtual-machine-classes"])
    assert (offers.sections, offers.not_read) == ({}, {"virtual-machine-classes": {"": "the user may not read this"}})


def test_a_supervisor_offers_images_classes_and_releases() -> None:
    offers = of_supervisor(
        {
            f"{VM_OPERATOR}/virtualmachineimages": {"items": [IMAGE]},
            f"{CAPI}/clusterclasses": {
                "items": [{"metadata": {"name": "builtin-generic-v3.4.0", "namespace": "vmware-system-vks-public"}}]
            },
            f"{RELEASES}/kubernetesreleases": {"items": [RELEASE]},
        }
    )
    assert offers.sections == {
        "images": [
            Offer(
                "debian-12",
                "one/shop",
                {"identifier": "vmi-1", "system": "debian12_64Guest", "version": "12.6"},
                "vmi-1",
            )
        ],
        "cluster-classes": [Offer("builtin-generic-v3.4.0", "one/vmware-system-vks-public")],
        "kubernetes-releases": [Offer("v1.33.3---vmware.1", "one", {"version": "v1.33.3+vmware.1"})],
    }
    assert offers.not_read == {"storage-classes": {"one": "the Supervisor does not serve it"}}


def test_a_user_who_may_not_list_all_namespaces_sees_the_images_of_their_own() -> None:
    answers = {
        f"{VM_OPERATOR}/virtualmachineimages": 403,
        f"{VM_OPERATOR}/namespaces/shop/virtualmachineimages": {"items": [IMAGE]},
    }
    assert of_supervisor(answers, ["shop"]).names("images") == ["debian-12"]
    assert of_supervisor(answers).reasons("images") == ["one: the user may not read this"]


@pytest.mark.parametrize(
    ("section", "definition", "field"),
    [("images", "VirtualMachineSpec", "image"), ("storage-policies", "NamespaceStoragePolicy", "name")],
)
def test_the_schema_has_the_names_as_examples_and_takes_others(section: str, definition: str, field: str) -> None:
    plain = json_schema()["$defs"][definition]["properties"][field]
    live = schema_with_names(json_schema(), {section: ["a", "b"]})["$defs"][definition]["properties"][field]
    assert live == {**plain, "examples": ["a", "b"]}


def test_every_field_that_names_something_live_is_in_the_schema() -> None:
    every = schema_with_names(json_schema(), {section: ["a"] for section in SECTIONS})
    assert every["$defs"]["NamespaceSpec"]["properties"]["virtualMachineClasses"]["items"]["examples"] == ["a"]
