import asyncio
import base64
import json
from typing import Any

from aiohttp.test_utils import TestClient, TestServer

from pacific_sandbox.vm_operator.admission.review import mutate, validate
from pacific_sandbox.vm_operator.admission.server import admission_app
from pacific_sandbox.vm_operator.admission.virtual_machine import defaults, power
from pacific_sandbox.vm_operator.admission.webhooks import QUOTA_PATH, WEBHOOKS, configurations
from tests.support.admission_doubles import GOOD, IMAGE, Supervisor, machine


def review(item: dict[str, Any], old: dict[str, Any] | None = None, **user: Any) -> dict[str, Any]:
    operation = "CREATE" if old is None else "UPDATE"
    request = {"uid": "u", "operation": operation, "object": item, "namespace": "shop", "userInfo": user}
    return {"request": {**request, "oldObject": old}}


def patched(answer: dict[str, Any]) -> dict[str, Any]:
    """Path to value of the JSON patch."""
    steps = json.loads(base64.b64decode(answer["response"]["patch"]))
    return {step["path"]: step["value"] for step in steps}


def test_all_errors_are_the_reason_of_the_refusal() -> None:
    answer = validate(
        review(machine({"powerState": "Suspended", "nextRestartTime": "now"})), [power.check], Supervisor()
    )
    assert answer["response"] == {
        "uid": "u",
        "allowed": False,
        "status": {
            "reason": 'spec.powerState: Invalid value: "Suspended": cannot set a new VM\'s power state to Suspended, '
            'spec.nextRestartTime: Invalid value: "now": cannot restart VM on create',
            "code": 422,
        },
    }


def test_what_is_going_is_not_looked_at() -> None:
    going = machine({"powerState": ""}, deletionTimestamp="now")
    assert validate(review(going, machine()), [power.check], Supervisor())["response"]["allowed"] is True


def test_the_server_fills_in_a_new_machine() -> None:
    spec = {"className": "small", "imageName": "debian-12", "bootstrap": {"cloudInit": {"cloudConfig": {}}}}
    item = {"metadata": {"name": "v"}, "spec": spec}
    filled = patched(mutate(review(item), defaults.fill, Supervisor()))
    new = filled["/spec"]
    assert new["image"] == IMAGE
    assert (new["powerState"], new["network"]) == ("PoweredOn", {"interfaces": [{"name": "eth0"}]})
    assert new["bootstrap"]["cloudInit"] == {"cloudConfig": {}, "instanceID": new["biosUUID"]}
    assert new["instanceUUID"] != new["biosUUID"]
    assert filled["/metadata/annotations"]["vmoperator.vmware.com/created-at-schema-version"] == "v1alpha5"


def test_an_unknown_image_is_refused_with_403() -> None:
    answer = mutate(review(machine({"imageName": "windows", "image": None})), defaults.fill, Supervisor())
    assert answer["response"]["status"] == {
        "reason": "Forbidden",
        "code": 403,
        "message": 'no VM image exists for "windows" in namespace or cluster scope',
    }


def test_only_the_platform_sets_the_instance_uuid() -> None:
    personal = machine({"instanceUUID": "i"})
    refused = mutate(review(personal, username="sso:alice@vsphere.local"), defaults.fill, Supervisor())
    assert "only privileged users may set this field" in refused["response"]["status"]["message"]
    assert (
        mutate(review(personal, groups=["system:masters"]), defaults.fill, Supervisor())["response"]["allowed"] is True
    )


def test_a_restart_now_becomes_a_time() -> None:
    before = machine()
    filled = patched(mutate(review(machine({"nextRestartTime": "now"}), before), defaults.fill, Supervisor()))
    assert filled["/spec"]["nextRestartTime"].endswith("Z")
    off = machine({"powerState": "PoweredOff"})
    answer = mutate(
        review(machine({"powerState": "PoweredOff", "nextRestartTime": "now"}), off), defaults.fill, Supervisor()
    )
    assert answer["response"]["status"]["message"].endswith("can only restart powered on vm")


def test_the_configurations_name_what_the_server_serves() -> None:
    async def scenario() -> None:
        async def quota(review: dict[str, Any]) -> dict[str, Any]:
            return {"response": {"allowed": True}}

        async with TestClient(TestServer(admission_app(Supervisor(), quota, quota))) as client:
            installed = [hook for _, configuration in configurations("", b"ca") for hook in configuration["webhooks"]]
            assert len(installed) == len(WEBHOOKS) + sum(webhook.mutation is not None for webhook in WEBHOOKS) + 1
            for hook in installed:
                plain = {"metadata": {"name": "x", "namespace": "shop"}, "spec": GOOD}
                answer = await client.post(hook["clientConfig"]["url"], json=review(plain))
                assert answer.status == 200, hook["name"]
                assert "allowed" in (await answer.json())["response"]
            assert any(hook["clientConfig"]["url"].endswith(QUOTA_PATH) for hook in installed)

    asyncio.run(scenario())
