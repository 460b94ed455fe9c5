"""The site as a live vCenter has it: by the requests that it answers, and in the planner's form."""

import asyncio
import re

import httpx2
import pytest

from pacific_infra.converge.live_site import LiveUse, planning_site
from pacific_infra.errors import PacificError
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.settings import VCenterSettings
from pacific_infra.vcenter.site import DatastoreSpace, HostHardware, VCenterSite, read_hardware, read_site_of_vcenter

SETTINGS = VCenterSettings("vcenter.example.test", "plan&er", password="p<w")
LISTS = {
    "/api/vcenter/cluster": [{"cluster": "domain-c1", "name": "cluster-01"}, {"cluster": "domain-c2", "name": "empty"}],
    "/api/vcenter/datastore": [
        {"datastore": "datastore-1", "name": "fast", "free_space": 5 * 1024**3},
        {"datastore": "datastore-2", "name": "slow", "free_space": 1024**3},
    ],
    "/api/vcenter/storage/policies": [{"policy": "p1", "name": "gold"}, {"policy": "p2", "name": "silver"}],
}
COMPATIBLE = {"p1": ["datastore-1"], "p2": ["datastore-1", "datastore-2"]}


def host(identifier: str, name: str, *, maintenance: str = "false", connection: str = "connected") -> str:
    values = {
        "name": name,
        "summary.hardware.numCpuCores": "32",
        "summary.hardware.cpuMhz": "2600",
        "summary.hardware.memorySize": str(256 * 1024**3),
        "runtime.inMaintenanceMode": maintenance,
        "runtime.connectionState": connection,
    }
    properties = "".join(f"<propSet><name>{key}</name><val>{value}</val></propSet>" for key, value in values.items())
    return f'<returnval><obj type="HostSystem">{identifier}</obj>{properties}</returnval>'


def soap(content: str) -> str:
    answer = f'<RetrievePropertiesResponse xmlns="urn:vim25">{content}</RetrievePropertiesResponse>'
    return f"<Envelope><Body>{answer}</Body></Envelope>"


def test_what_is_asked_and_what_comes_of_it() -> None:
    requests: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        path, body = request.url.path, request.content.decode()
        if path == "/sdk":
            requests.append(re.findall(r'<(\w+) xmlns="urn:vim25"', body)[0])
            if requests[-1] == "Login":
                assert "<userName>plan&amp;er</userName><password>p&lt;w</password>" in body
            return httpx2.Response(
                200, text=soap(host("host-1", "esx-01") + host("host-2", "esx-02", maintenance="true"))
            )
        if path == "/api/session":
            return httpx2.Response(200, json="session")
        if path == "/api/vcenter/host":
            result = ["host-1", "host-2"] if request.url.params["clusters"] == "domain-c1" else []
            return httpx2.Response(200, json=[{"host": item} for item in result])
        if request.method == "POST":
            stores = [{"datastore": item} for item in COMPATIBLE[path.rpartition("/")[2]]]
            return httpx2.Response(200, json={"compatible_datastores": stores})
        return httpx2.Response(200, json=LISTS[path])

    async def read() -> VCenterSite:
        client = VCenterClient(SETTINGS, transport=httpx2.MockTransport(answer))
        try:
            return await read_site_of_vcenter(client)
        finally:
            await client.close()

    process = asyncio.run(read())
    assert requests == ["Login", "RetrieveProperties", "Logout"]
    assert process == VCenterSite(
        {"cluster-01": [HostHardware("esx-01", 32, 2600, 256 * 1024**3)], "empty": []},
        [DatastoreSpace("fast", 5 * 1024**3, ["gold", "silver"]), DatastoreSpace("slow", 1024**3, ["silver"])],
    )
    site = planning_site(process, 1, "vcenter.example.test")
    (cluster,) = site.clusters
    assert (cluster.name, cluster.host_failures, cluster.hosts[0].cpu_mhz) == ("cluster-01", 0, 83_200)
    assert [(store.free_mib, store.storage_policies) for store in site.datastores] == [
        (5120, ("gold", "silver")),
        (1024, ("silver",)),
    ]


def test_hosts_that_are_not_connected_are_left_out_and_other_answers_are_errors() -> None:
    assert read_hardware(soap(host("host-1", "esx-01", connection="disconnected"))) == {}
    with pytest.raises(PacificError) as raised:
        read_hardware(soap('<returnval><obj type="HostSystem">host-1</obj></returnval>'))
    assert str(raised.value) == (
        "vCenter does not say what its hosts have: got \"'runtime.connectionState'\"; "
        "fix: give the user Read-only on the hosts, or name a file with --site"
    )


def test_a_vcenter_without_hosts_is_no_site() -> None:
    with pytest.raises(PacificError) as raised:
        planning_site(VCenterSite({"empty": []}, []), 1, "vcenter.example.test")
    assert str(raised.value) == (
        "no cluster of vCenter vcenter.example.test has a host that can be used: "
        "fix: connect one and end its maintenance"
    )


def test_what_a_namespace_uses_now() -> None:
    use = LiveUse(10_000, 17_408, 153_600)
    assert [use.of(name) for name in ("cpu", "memory", "storage", "pods")] == [10_000, 17_408, 153_600, None]
