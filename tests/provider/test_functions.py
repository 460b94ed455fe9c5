"""Look-ups: what they give, what they refuse, and that they change nothing."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from pulumi.provider.experimental import provider as sdk

from pacific_infra.errors import PacificError
from pacific_infra.provider.functions import RUNNERS
from pacific_infra.provider.models.functions import FUNCTIONS
from pacific_infra.provider.property_values import plain_properties
from pacific_sandbox.vcenter.upgrade_routes import VERSIONS as SUPERVISOR_VERSIONS
from tests.support.provider_engine import Engine, values
from tests.support.simulated_vcenter import VERSIONS, simulated, with_supervisor
from tests.support.vcenter_doubles import GOLD, LIBRARY


async def invoke(engine: Engine, function_name: str, **arguments: Any) -> dict[str, Any]:
    answer = await engine.provider.invoke(sdk.InvokeRequest(f"pacific:vcenter:{function_name}", values(arguments)))
    assert answer.failures == []
    result = plain_properties(answer.return_value or {})
    function = next(item for item in FUNCTIONS if item.name == function_name)
    function.outputs.model_validate(result)
    return result


def test_every_function_is_there() -> None:
    assert [function.name for function in FUNCTIONS] == list(RUNNERS)


@pytest.mark.parametrize("version", VERSIONS)
def test_each_function(tmp_path: Path, version: str) -> None:
    async def body() -> None:
        async with simulated(tmp_path, version) as site:
            engine = await with_supervisor(site)
            supervisor = engine.identifier
            plain = {"supervisor": "supervisor-01", "resourceSpec": {"cpuLimit": 1000}, "description": "The shop"}
            engine.inputs = {}
            await engine.create("Namespace", "shop", plain)
            site.sent.clear()
            invocation = await invoke(engine, "getSupervisor", name="supervisor-01")
            assert invocation == {
                "id": supervisor,
                "name": "supervisor-01",
                "endpoint": "127.0.0.1:6443",
                "configStatus": "RUNNING",
                "kubernetesStatus": "READY",
                "zones": ["domain-c1"],
                "clusters": ["domain-c1"],
                "currentVersion": SUPERVISOR_VERSIONS[0],
                "availableVersions": list(SUPERVISOR_VERSIONS[1:]),
            }
            assert (await invoke(engine, "getSupervisor", name=supervisor))["name"] == "supervisor-01"
            assert await invoke(engine, "getSupervisors") == {
                "supervisors": [{"id": supervisor, "name": "supervisor-01"}]
            }
            shop = await invoke(engine, "getNamespace", name="shop")
            assert (shop["description"], shop["resourceSpec"], shop["stats"]["memoryUsed"]) == (
                "The shop",
                {"cpuLimit": 1000},
                256,
            )
            assert await invoke(engine, "getNamespaces") == {"names": ["shop"]}
            classes = await invoke(engine, "getVirtualMachineClasses")
            assert classes["names"][:2] == ["best-effort-2xlarge", "best-effort-4xlarge"]
            assert classes["classes"][0]["memoryMib"] == 65536
            assert await invoke(engine, "getStoragePolicy", name="gold") == {"id": GOLD, "name": "gold"}
            assert await invoke(engine, "getStoragePolicy", name=GOLD) == {"id": GOLD, "name": "gold"}
            assert (await invoke(engine, "getContentLibrary", name="linux-images"))["id"] == LIBRARY
            assert (await invoke(engine, "getComputeCluster", name="cluster-02"))["id"] == "domain-c2"
            assert (await invoke(engine, "getNetwork", name="management"))["id"] == "dvportgroup-1"
            assert await invoke(engine, "getZones") == {"names": ["domain-c1"]}
            output = {"8.0.3": "8.0.3", "9.0": "9.0.0", "9.1": "9.1.0"}[version]
            assert await invoke(engine, "getVersion") == {"version": output}
            assert site.sent == []

    asyncio.run(body())


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("getNamespace", {"name": "shopp"}, "no such namespace in vCenter: got 'shopp'; allowed: shop"),
        ("getStoragePolicy", {"name": "golt"}, "name: no such storage policy in vCenter: got 'golt'; allowed: gold"),
        ("getSupervisor", {"name": "x"}, "name: no such Supervisor in vCenter: got 'x'; allowed: supervisor-01"),
        (
            "getNamespaceX",
            {},
            "not a function of this package: got 'pacific:vcenter:getNamespaceX'; allowed: "
            "pacific:vcenter:getNamespace, pacific:vcenter:getNamespaces, pacific:vcenter:getZones",
        ),
    ],
)
def test_what_is_not_there_names_what_is_nearest(
    tmp_path: Path, name: str, arguments: dict[str, Any], message: str
) -> None:
    async def body() -> None:
        async with simulated(tmp_path) as site:
            engine = await with_supervisor(site)
            engine.inputs = {}
            await engine.create("Namespace", "shop", {"supervisor": "supervisor-01"})
            with pytest.raises(PacificError) as caught:
                await invoke(engine, name, **arguments)
            assert str(caught.value) == message
            answer = await engine.provider.invoke(sdk.InvokeRequest("pacific:vcenter:getNetwork", {}))
            assert [(failure.property, failure.reason) for failure in answer.failures] == [("name", "is required")]

    asyncio.run(body())
