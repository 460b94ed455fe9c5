import base64
import gzip
from typing import Any

import pytest

from pacific_sandbox.vcenter_client.objects import Host, Machine
from pacific_sandbox.vm_operator.bootstrap import bootstrap, extra_config
from pacific_sandbox.vm_operator.images import image_condition, resolve
from pacific_sandbox.vm_operator.machine import choose_host, machine_spec
from pacific_sandbox.vm_operator.prerequisites import class_condition, storage_condition
from pacific_sandbox.vm_operator.server_filled import FINALIZER, server_filled
from pacific_sandbox.vm_operator.virtual_machine_status import (
    changes,
    machine_conditions,
    machine_status,
    static_address,
    volume_statuses,
)


def vm(**spec: Any) -> dict[str, Any]:
    metadata = {"name": "v", "namespace": "shop", "uid": "u-1", "resourceVersion": "7"}
    return {"metadata": metadata, "spec": {"className": "small", "imageName": "debian-12", **spec}}


def image(identifier: str, name: str, ready: str = "True", provider: str = "ContentLibraryItem") -> dict[str, Any]:
    return {
        "metadata": {"name": identifier},
        "spec": {"providerRef": {"kind": provider}},
        "status": {
            "name": name,
            "conditions": [
                {"type": "Ready", "status": ready, "reason": "R", "message": "m", "lastTransitionTime": "t"}
            ],
        },
    }


def test_the_server_fills_in_what_is_missing_and_nothing_twice() -> None:
    described = vm(bootstrap={"cloudInit": {"rawCloudConfig": {"name": "s"}}})
    patch = server_filled(described, {"kind": "VirtualMachineImage", "name": "vmi-1"})
    assert patch is not None
    assert patch["metadata"]["finalizers"] == [FINALIZER]
    assert patch["metadata"]["resourceVersion"] == "7"
    spec = patch["spec"]
    assert spec["powerState"] == "PoweredOn"
    assert spec["image"]["name"] == "vmi-1"
    assert spec["network"] == {"interfaces": [{"name": "eth0"}]}
    assert spec["bootstrap"] == {"cloudInit": {"instanceID": spec["biosUUID"]}}
    described["metadata"] |= patch["metadata"]
    described["spec"] |= {**spec, "bootstrap": {"cloudInit": spec["bootstrap"]["cloudInit"]}}
    assert server_filled(described, {"kind": "VirtualMachineImage", "name": "vmi-1"}) is None


def test_what_the_user_says_stays() -> None:
    patch = server_filled(vm(powerState="PoweredOff", biosUUID="b", network={"disabled": True}), None)
    assert patch is not None
    assert not {"powerState", "biosUUID", "network", "image"} & patch["spec"].keys()


def test_an_image_by_display_name_and_by_identifier() -> None:
    images = [image("vmi-1", "debian-12"), image("vmi-2", "photon-5")]
    assert resolve("debian-12", images, []) == {"kind": "VirtualMachineImage", "name": "vmi-1"}
    assert resolve("vmi-2", images, []) == {"kind": "VirtualMachineImage", "name": "vmi-2"}
    assert resolve("vmi-9", [], [image("vmi-9", "x")]) == {"kind": "ClusterVirtualMachineImage", "name": "vmi-9"}
    assert resolve("windows", images, []) == 'no VM image exists for "windows" in namespace or cluster scope'
    twice = [image("vmi-1", "debian-12"), image("vmi-2", "debian-12")]
    assert resolve("debian-12", twice, []) == 'multiple VM images exist for "debian-12" in namespace scope'


@pytest.mark.parametrize(
    ("result", "status", "reason", "message"),
    [
        (None, "False", "NotFound", 'virtualmachineimages.vmoperator.vmware.com "vmi-1" not found'),
        (image("vmi-1", "d", ready="False"), "False", "R", "m"),
        (image("vmi-1", "d", provider="Disk"), "False", "NotSupported", "unsupported image provider kind: Disk"),
        (image("vmi-1", "d"), "True", "True", "VirtualMachineImage was ready at t"),
    ],
)
def test_image_condition(result: dict[str, Any] | None, status: str, reason: str, message: str) -> None:
    condition = image_condition({"kind": "VirtualMachineImage", "name": "vmi-1"}, result)
    assert (condition["status"], condition["reason"], condition["message"]) == (status, reason, message)


def test_a_class_that_is_not_bound_to_the_namespace() -> None:
    condition = class_condition("small", None)
    assert condition["message"] == 'virtualmachineclasses.vmoperator.vmware.com "small" not found'
    assert class_condition("small", {})["status"] == "True"


@pytest.mark.parametrize(
    ("name", "storage_class", "policies", "reason", "message"),
    [
        ("", None, [], "StorageClassRequired", "StorageClass is required but not specified"),
        ("gold", None, [], "NotFound", 'storageclasses.storage.k8s.io "gold" not found'),
        ("gold", {"parameters": {}}, [], "GetError", "StorageClass does not have policy ID"),
        (
            "gold",
            {"parameters": {"storagePolicyID": "p"}},
            ["q"],
            "GetError",
            "Storage policy is not associated with the namespace shop",
        ),
        ("gold", {"parameters": {"storagePolicyID": "p"}}, ["q", "p"], "True", ""),
    ],
)
def test_storage_condition(
    name: str, storage_class: dict[str, Any] | None, policies: list[str], reason: str, message: str
) -> None:
    quotas = [{"spec": {"storagePolicyId": policy}} for policy in policies]
    condition = storage_condition(name, "shop", storage_class, quotas)
    assert (condition["reason"], condition["message"]) == (reason, message)


def test_user_data_reaches_the_machine() -> None:
    described = vm(bootstrap={"cloudInit": {"instanceID": "i", "rawCloudConfig": {"name": "s", "key": "user-data"}}})
    secret = {"data": {"user-data": base64.b64encode(b"#cloud-config\n").decode()}}
    result = bootstrap(described, {"s": secret})
    assert result.condition is not None
    assert result.condition["status"] == "True"
    options = extra_config(described, result.user_data)
    assert gzip.decompress(base64.b64decode(options["guestinfo.userdata"])) == b"#cloud-config\n"
    assert options["guestinfo.userdata.encoding"] == "gzip+base64"
    assert b'"instance-id": "i"' in gzip.decompress(base64.b64decode(options["guestinfo.metadata"]))


def test_missing_secret_and_key() -> None:
    described = vm(bootstrap={"cloudInit": {"rawCloudConfig": {"name": "s", "key": "k"}}})
    missing = bootstrap(described, {"s": None}).condition
    assert missing is not None
    assert (missing["reason"], missing["message"]) == ("NotFound", 'secrets "s" not found')
    no_key = bootstrap(described, {"s": {"data": {"other": ""}}}).condition
    assert no_key is not None
    assert no_key["message"] == 'required key "k" not found in Secret s'
    assert bootstrap(vm(), {}).condition is None


SELECTOR = {"name": "s", "key": "password"}


@pytest.mark.parametrize(
    "provider",
    [
        {"linuxPrep": {"password": SELECTOR}},
        {"sysprep": {"rawSysprep": SELECTOR}},
        {"sysprep": {"sysprep": {"userData": {"fullName": "a"}, "guiUnattended": {"password": SELECTOR}}}},
        {"linuxPrep": {}, "vAppConfig": {"properties": [{"key": "p", "value": {"from": SELECTOR}}]}},
    ],
)
def test_every_way_to_set_up_a_guest_waits_for_its_secrets(provider: dict[str, Any]) -> None:
    described = vm(bootstrap=provider)
    without = bootstrap(described, {"s": None}).condition
    assert without is not None
    assert without["message"] == 'secrets "s" not found'
    assert bootstrap(described, {"s": {"data": {"password": ""}}}).is_there


def test_the_machine_has_the_classes_size_and_reservations() -> None:
    vm_class = {
        "spec": {
            "hardware": {"cpus": 2, "memory": "4Gi"},
            "policies": {"resources": {"requests": {"cpu": "2", "memory": "4Gi"}}},
        }
    }
    result = {"status": {"osInfo": {"id": "debian12_64Guest"}}}
    spec = machine_spec(vm(instanceUUID="i", biosUUID="b"), vm_class, result, None, place=("pool", "folder"), host="h")
    assert (spec.processors, spec.memory, spec.processor_reservation, spec.memory_reservation) == (2, 4096, 4000, 4096)
    assert (spec.guest, spec.resource_pool, spec.folder) == ("debian12_64Guest", "pool", "folder")


def test_the_host_with_most_memory_left() -> None:
    hosts = [
        Host("h1", "a", memory=8 * 2**30),
        Host("h2", "b", memory=8 * 2**30),
        Host("h3", "c", memory=64 * 2**30, in_maintenance=True),
    ]
    running = {"h1": 1024}
    chosen = choose_host(hosts, 1024, running)
    assert chosen is not None
    assert chosen.moid == "h2"
    # What is being placed right now counts, too.
    chosen = choose_host(hosts, 1024, running, {"h2": 4096})
    assert chosen is not None
    assert chosen.moid == "h1"
    assert choose_host(hosts, 16384) is None


MACHINE = Machine("vm-1", "v", "i", "b", "poweredOn", "h1", hardware_version="vmx-21", processors=2, memory=4096)


def test_status_of_a_running_machine() -> None:
    host = Host("h1", "esx-01")
    status = machine_status(vm(), MACHINE, host, address="10.0.0.9", prefix_length=20, zone="zone-1")
    assert status["powerState"] == "PoweredOn"
    assert status["hardwareVersion"] == 21
    assert status["network"]["primaryIP4"] == "10.0.0.9"
    assert status["network"]["interfaces"][0]["ip"]["addresses"][0]["address"] == "10.0.0.9/20"
    assert (status["uniqueID"], status["nodeName"], status["zone"]) == ("vm-1", "esx-01", "zone-1")


def test_power_state_condition_says_both() -> None:
    conditions = {
        machine_condition["type"]: machine_condition
        for machine_condition in machine_conditions(vm(powerState="PoweredOff"), MACHINE, guest_up=True, ready=True)
    }
    synced = conditions["VirtualMachinePowerStateSynced"]
    assert (synced["status"], synced["message"]) == (
        "False",
        "spec.powerState=PoweredOff != status.powerState=PoweredOn",
    )
    assert "Ready" not in conditions
    probed = vm(powerState="PoweredOn", readinessProbe={"tcpSocket": {"port": 22}})
    assert machine_conditions(probed, MACHINE, guest_up=True, ready=False)[-1]["status"] == "False"


def test_static_address() -> None:
    interfaces = [{"name": "eth0", "addresses": ["fd00::1/64", "10.0.0.5/24"]}]
    assert static_address(vm(network={"interfaces": interfaces})) == "10.0.0.5"
    assert static_address(vm()) is None


def test_volumes() -> None:
    def claim(phase: str) -> dict[str, Any]:
        spec = {"resources": {"requests": {"storage": "1Gi"}}, "volumeName": "pv-1"}
        return {"spec": spec, "status": {"phase": phase, "capacity": {"storage": "1Gi"}}}

    volumes = [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in ("c", "b", "a")]
    claims = list(zip(volumes, (claim("Bound"), claim("Pending"), None), strict=True))
    statuses = volume_statuses(vm(), claims, created=True)
    assert [(status["name"], status["attached"], status.get("error")) for status in statuses] == [
        ("a", False, 'persistentvolumeclaims "a" not found'),
        ("b", False, "PersistentVolumeClaim b is not bound: phase is Pending"),
        ("c", True, None),
    ]


def test_no_change_no_write() -> None:
    described = vm()
    conditions = [
        {"type": "B", "status": "True", "reason": "True", "message": ""},
        {"type": "Ready", "status": "False", "reason": "x", "message": ""},
    ]
    patch = changes(described, {"zone": "z", "network": None}, conditions, 0.0)
    assert patch is not None
    assert [condition["type"] for condition in patch["conditions"]] == ["Ready", "B"]
    assert "network" not in patch
    described["status"] = patch
    assert changes(described, {"zone": "z", "network": None}, conditions, 99.0) is None
    assert changes(described, {"zone": "y"}, conditions, 99.0) == {"zone": "y"}
