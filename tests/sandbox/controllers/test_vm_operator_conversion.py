import asyncio
import json
from typing import Any

from pacific_sandbox.supervisor.resources import CUSTOM_RESOURCE_DEFINITIONS
from pacific_sandbox.vm_operator.conversion.review import Conversion
from pacific_sandbox.vm_operator.conversion.virtual_machines import ANNOTATION, to_older, to_stored
from tests.support.controller_fakes import FakeKubernetes

NAMED = {"type": "array", "items": {"properties": {"name": {}, "claim": {}}}}
SCHEMA: dict[str, Any] = {
    "properties": {
        "className": {},
        "cdrom": {"type": "array", "items": {"properties": {"name": {}, "image": {}}}},
        "bootstrap": {"properties": {"cloudInit": {"properties": {"rawCloudConfig": {}}}}},
        "volumes": NAMED,
    }
}
STORED: dict[str, Any] = {
    "apiVersion": "vmoperator.vmware.com/v1alpha5",
    "kind": "VirtualMachine",
    "metadata": {"name": "v", "namespace": "shop", "annotations": {"mine": "x"}},
    "spec": {
        "className": "small",
        "bootstrap": {"cloudInit": {"rawCloudConfig": {"name": "s"}, "instanceID": "i"}},
        "hardware": {"cdrom": [{"name": "cd", "image": {}}], "ideControllers": [{"busNumber": 0}]},
        "volumes": [{"name": "a", "claim": "c", "unitNumber": 3}, {"name": "b", "claim": "d"}],
    },
    "status": {"nodeName": "esx-01"},
}


def pruned(item: dict[str, Any]) -> dict[str, Any]:
    """What the API server leaves of an object whose version has no field for some of it."""
    spec = {key: value for key, value in item["spec"].items() if key in SCHEMA["properties"]}
    cloud_init = {"rawCloudConfig": spec["bootstrap"]["cloudInit"]["rawCloudConfig"]}
    volumes = [{key: volume[key] for key in ("name", "claim")} for volume in spec["volumes"]]
    return {**item, "spec": {**spec, "bootstrap": {"cloudInit": cloud_init}, "volumes": volumes}}


def test_there_and_back_nothing_is_lost() -> None:
    older = to_older(STORED, "v1alpha4", SCHEMA)
    assert older["apiVersion"] == "vmoperator.vmware.com/v1alpha4"
    assert older["spec"]["cdrom"] == [{"name": "cd", "image": {}}]
    assert json.loads(older["metadata"]["annotations"][ANNOTATION]) == {
        "bootstrap": {"cloudInit": {"instanceID": "i"}},
        "hardware": {"ideControllers": [{"busNumber": 0}]},
        "volumes": [{"name": "a", "unitNumber": 3}],
    }
    assert to_stored(pruned(older)) == STORED


def test_what_an_older_client_changes_counts() -> None:
    older = pruned(to_older(STORED, "v1alpha4", SCHEMA))
    older["spec"]["className"] = "large"
    older["spec"]["volumes"] = [{"name": "b", "claim": "e"}]
    stored = to_stored(older)
    assert stored["spec"]["className"] == "large"
    assert stored["spec"]["volumes"] == [{"name": "b", "claim": "e"}]
    assert stored["spec"]["hardware"] == STORED["spec"]["hardware"]


def test_the_host_has_two_names() -> None:
    older = to_older(STORED, "v1alpha3", SCHEMA)
    assert older["status"] == {"host": "esx-01"}
    assert to_stored(older)["status"] == {"nodeName": "esx-01"}


def test_a_review_of_several_objects() -> None:
    async def scenario() -> None:
        kubernetes = FakeKubernetes()
        versions = [{"name": "v1alpha4", "schema": {"openAPIV3Schema": {"properties": {"spec": SCHEMA}}}}]
        name = {"name": "virtualmachines.vmoperator.vmware.com"}
        kubernetes.put(CUSTOM_RESOURCE_DEFINITIONS, {"metadata": name, "spec": {"versions": versions}})
        api: Any = kubernetes
        expected = {"uid": "u", "desiredAPIVersion": "vmoperator.vmware.com/v1alpha4", "objects": [STORED, STORED]}
        answer = await Conversion(api).answer({"apiVersion": "apiextensions.k8s.io/v1", "request": expected})
        assert answer["response"]["uid"] == "u"
        assert [converted_object["apiVersion"] for converted_object in answer["response"]["convertedObjects"]] == [
            "vmoperator.vmware.com/v1alpha4"
        ] * 2
        back = {
            **expected,
            "desiredAPIVersion": STORED["apiVersion"],
            "objects": answer["response"]["convertedObjects"],
        }
        again = await Conversion(api).answer({"apiVersion": "apiextensions.k8s.io/v1", "request": back})
        assert again["response"]["convertedObjects"] == [STORED, STORED]

    asyncio.run(scenario())
