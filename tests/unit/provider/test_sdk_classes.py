"""The Python classes: names, nested Outputs, types and secrets, with the SDK's mocks."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pulumi
import pytest
from pacific_components.provider import Provider
from pacific_components.vcenter import Namespace


class Recorder(pulumi.runtime.Mocks):
    def __init__(self) -> None:
        self.inputs: dict[str, dict[str, Any]] = {}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        self.inputs[args.name] = args.inputs
        stats = {"cpuUsed": 3.0, "memoryUsed": 4.0, "storageUsed": 5.0}
        return f"{args.name}-id", {**args.inputs, "configStatus": "RUNNING", "stats": stats}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        raise NotImplementedError(args.token)


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    recorder = Recorder()
    make, loops = asyncio.new_event_loop, []

    def result() -> asyncio.AbstractEventLoop:
        loops.append(make())
        return loops[-1]

    # Pulumi's mocks make an event loop in a thread of theirs and never close it.
    monkeypatch.setattr(asyncio, "new_event_loop", result)
    asyncio.set_event_loop(asyncio.new_event_loop())
    pulumi.runtime.set_mocks(recorder)
    yield recorder
    pulumi.runtime.settings.reset_options()
    asyncio.set_event_loop(None)
    for loop in loops:
        loop.close()


def resolved(*outputs: "pulumi.Output[Any]") -> list[Any]:
    result: list[Any] = []

    @pulumi.runtime.test
    def wait() -> "pulumi.Output[None]":
        return pulumi.Output.all(*outputs).apply(result.extend)

    wait()
    return result


def test_names_at_every_depth_also_inside_outputs(recorder: Recorder) -> None:
    namespace = Namespace(
        "shop",
        {
            "supervisor": pulumi.Output.from_input("supervisor-id"),
            "resource_spec": {"cpu_limit": pulumi.Output.from_input(4000), "pod_count": 60},
            "access_list": pulumi.Output.from_input(
                [{"subject_type": "USER", "subject": "a", "domain": "d", "role": "EDIT"}]
            ),
            "vm_service_spec": {"vm_classes": [pulumi.Output.from_input("small")]},
        },
    )
    access, limits, stats, status, zones = resolved(
        namespace.access_list, namespace.resource_spec, namespace.stats, namespace.config_status, namespace.zones
    )
    assert recorder.inputs["shop"] == {
        "supervisor": "supervisor-id",
        "resourceSpec": {"cpuLimit": 4000, "podCount": 60},
        "accessList": [{"subjectType": "USER", "subject": "a", "domain": "d", "role": "EDIT"}],
        "vmServiceSpec": {"vmClasses": ["small"]},
    }
    assert access[0].subject_type == "USER"
    assert (limits.cpu_limit, type(limits.cpu_limit)) == (4000, int)
    assert (stats.cpu_used, type(stats.cpu_used)) == (3, int)
    assert (status, zones) == ("RUNNING", None)


def test_the_provider_keeps_its_password_secret_and_its_truths_as_json(recorder: Recorder) -> None:
    provider = Provider(
        "vcenter",
        {
            "server": "vc",
            "username": "u",
            "password": pulumi.Output.from_input("p"),
            "insecure": True,
            "wait_timeout": pulumi.Output.from_input(60),
        },
    )
    resolved(provider.urn)
    inputs = recorder.inputs["vcenter"]
    assert (inputs["server"], inputs["insecure"], inputs["waitTimeout"]) == ("vc", "true", "60")
    assert pulumi.runtime.rpc.is_rpc_secret(inputs["password"])
