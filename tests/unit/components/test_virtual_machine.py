"""VirtualMachine and SupervisorNamespace: children, what is waited for, what is kept."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pulumi
import pytest
from pacific_components import SupervisorNamespace, VirtualMachine

from pacific_infra.documents.virtual_machine_patch import OWNED
from tests.support.recording import Recording, record

KEYS = {"hardware.cdrom.name", "network.interfaces.name", "volumes.name", "volumes.persistentVolumeClaim.claimName"}
"""What tells items apart, and the claims of volumes, which have a rule of their own."""
MACHINE = "kubernetes:vmoperator.vmware.com/v1alpha5:VirtualMachine::shop/catalogue-machine"


def machine(**args: Any) -> tuple[Recording, Any]:
    base: Any = {"namespace": "shop", "class_": "small", "image": "debian-12", "storage_policy": "gold", **args}

    def program() -> pulumi.Output[Any]:
        virtual_machine = VirtualMachine("shop/catalogue", base)
        return pulumi.Output.all(
            virtual_machine.name, virtual_machine.address, virtual_machine.power_state, virtual_machine.service_address
        )

    return record(program)


def test_bare_machine() -> None:
    recording, outputs = machine()
    assert [resource.name for resource in recording if resource.parent] == ["shop/catalogue-machine"]
    assert recording.only(MACHINE).inputs["spec"] == {
        "className": "small",
        "imageName": "debian-12",
        "storageClass": "gold",
        "powerState": "PoweredOn",
    }
    assert outputs == ["catalogue", "10.0.0.7", "PoweredOn", ""]


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (
            {},
            [
                "condition=VirtualMachineCreated",
                "jsonpath={.status.powerState}=PoweredOn",
                "jsonpath={.status.network.primaryIP4}",
            ],
        ),
        (
            {"power_state": "PoweredOff"},
            ["condition=VirtualMachineCreated", "jsonpath={.status.powerState}=PoweredOff"],
        ),
        (
            {"readiness_probe": {"tcp_socket": {"port": 22}}},
            [
                "condition=VirtualMachineCreated",
                "jsonpath={.status.powerState}=PoweredOn",
                "jsonpath={.status.network.primaryIP4}",
                "condition=Ready",
            ],
        ),
    ],
)
def test_what_a_machine_is_waited_for(args: dict[str, Any], expected: list[str]) -> None:
    recording, _ = machine(**args)
    annotations = recording.only(MACHINE).inputs["metadata"]["annotations"]
    assert json.loads(annotations["pulumi.com/waitFor"]) == expected


def test_whole_machine() -> None:
    recording, outputs = machine(
        cloud_init={"user_data": "#cloud-config\n"},
        volumes=[{"name": "data", "size": "20Gi"}],
        network={"host_name": "c", "interfaces": [{"network": "blue", "addresses": ["10.0.0.7/24"]}]},
        service={"type": "LoadBalancer", "ports": [{"port": 9000}]},
        readiness_probe={"guest_heartbeat": "yellow"},
        guest_id="debian12_64Guest",
        resource_policy="together",
    )
    spec = recording.only(MACHINE).inputs["spec"]
    assert spec["bootstrap"] == {"cloudInit": {"rawCloudConfig": {"name": "catalogue-user-data", "key": "user-data"}}}
    assert spec["volumes"] == [{"name": "data", "persistentVolumeClaim": {"claimName": "catalogue-data"}}]
    assert spec["network"] == {
        "hostName": "c",
        "interfaces": [{"name": "eth0", "network": {"name": "blue"}, "addresses": ["10.0.0.7/24"]}],
    }
    assert spec["readinessProbe"]["guestHeartbeat"] == {"thresholdStatus": "yellow"}
    assert (spec["guestID"], spec["reserved"]) == ("debian12_64Guest", {"resourcePolicyName": "together"})
    service = recording.only(
        "kubernetes:vmoperator.vmware.com/v1alpha5:VirtualMachineService::shop/catalogue-service"
    ).inputs
    assert service["spec"] == {
        "type": "LoadBalancer",
        "selector": {"app.kubernetes.io/name": "catalogue"},
        "ports": [{"name": "port-9000", "port": 9000, "targetPort": 9000, "protocol": "TCP"}],
    }
    waited_for = service["metadata"]["annotations"]["pulumi.com/waitFor"]
    assert waited_for == "jsonpath={.status.loadBalancer.ingress[0].ip}"
    assert recording.only(MACHINE).dependencies == {
        "kubernetes:core/v1:Secret::shop/catalogue-user-data",
        "kubernetes:core/v1:PersistentVolumeClaim::shop/catalogue-data",
    }
    assert outputs[3] == "10.0.1.9"


@pytest.mark.parametrize(("policy", "kept"), [(None, True), ("Delete", False)])
def test_a_machine_and_its_disks_are_kept_by_default(policy: str | None, kept: bool) -> None:
    args = {} if policy is None else {"deletion_policy": policy}
    volumes = [{"name": "data", "size": "20Gi"}]
    recording, _ = machine(
        cloud_init={"user_data": "#cloud-config\n"}, volumes=volumes, service={"ports": [{"port": 1}]}, **args
    )
    retained = {resource.name for resource in recording if resource.request.retainOnDelete}
    data = {"shop/catalogue-machine", "shop/catalogue-data", "shop/catalogue-user-data"}
    assert retained == (data if kept else set())


@pytest.mark.parametrize(("policy", "kept"), [(None, True), ("Delete", False)])
def test_a_kept_namespace_keeps_its_rules(policy: str | None, kept: bool) -> None:
    args: Any = {"supervisor": "s"}
    if policy:
        args["deletion_policy"] = policy
    recording, _ = record(lambda: SupervisorNamespace("shop", args).name)
    namespace = recording.only("pacific:vcenter:Namespace::shop-namespace")
    assert namespace.inputs["deletionPolicy"] == (policy or "Retain")
    for child in (
        "networking.k8s.io/v1:NetworkPolicy::shop-deny-by-default",
        "core/v1:NamespacePatch::shop-pod-security",
    ):
        request = recording.only(f"kubernetes:{child}").request
        assert request.retainOnDelete is kept
        assert request.deletedWith == ("" if kept else namespace.urn)


def test_pod_security_sets_labels_of_a_namespace_that_the_supervisor_owns() -> None:
    recording, _ = record(lambda: SupervisorNamespace("shop", {"supervisor": "s", "pod_security": "baseline"}).name)
    patch = recording.only("kubernetes:core/v1:NamespacePatch::shop-pod-security").inputs
    assert patch["metadata"]["name"] == "shop"
    assert patch["metadata"]["labels"] == {
        "pod-security.kubernetes.io/enforce": "baseline",
        "pod-security.kubernetes.io/audit": "baseline",
        "pod-security.kubernetes.io/warn": "baseline",
    }


def test_further_fields_of_the_machine_are_put_over_what_is_made() -> None:
    patch: Any = {
        "advanced": {"changeBlockTracking": True},
        "network": {"interfaces": [{"name": "eth0", "mtu": 9000}]},
        "volumes": [{"name": "data", "diskMode": "IndependentPersistent"}],
    }
    recording, _ = machine(
        network={"interfaces": [{"name": "eth0", "network": "front"}]},
        volumes=[{"name": "data", "size": "1Gi"}],
        boot_disk_capacity="20Gi",
        spec=patch,
    )
    spec = recording.only(MACHINE).inputs["spec"]
    assert spec["advanced"] == {"bootDiskCapacity": "20Gi", "changeBlockTracking": True}
    assert spec["network"] == {"interfaces": [{"name": "eth0", "network": {"name": "front"}, "mtu": 9000}]}
    claim = {"claimName": "catalogue-data"}
    assert spec["volumes"] == [{"name": "data", "persistentVolumeClaim": claim, "diskMode": "IndependentPersistent"}]


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Ways to what ``value`` says, by fields alone."""
    if isinstance(value, Mapping):
        for name, held in value.items():
            yield from leaves(held, (*path, name))
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        for item in value:
            yield from leaves(item, path)
    else:
        yield ".".join(path)


EVERY_FIELD: Mapping[str, Any] = {
    "power_off_mode": "Hard",
    "suspend_mode": "Hard",
    "restart_mode": "Hard",
    "volumes": [{"name": "data", "size": "1Gi"}],
    "network": {
        "host_name": "a",
        "domain": "example.test",
        "interfaces": [
            {"network": "b", "addresses": ["10.0.0.2/24"], "gateway": "10.0.0.1", "name_servers": ["10.0.0.3"]}
        ],
    },
    "guest_id": "debian12_64Guest",
    "boot_options": {
        "firmware": "efi",
        "efi_secure_boot": "Enabled",
        "boot_delay": "1s",
        "boot_retry": "Enabled",
        "boot_retry_delay": "1s",
        "network_boot_protocol": "IP6",
    },
    "boot_disk_capacity": "20Gi",
    "cdrom": [{"name": "cd", "image": "vmi-1"}],
    "min_hardware_version": 21,
    "crypto": {"encryption_class_name": "c", "vtpm_mode": "Clone"},
    "affinity": {
        "vm_affinity": {
            "required_during_scheduling_preferred_during_execution": [{"label_selector": {"match_labels": {"a": "b"}}}]
        }
    },
    "group": "g",
    "resource_policy": "r",
}
ANSWERS: Mapping[str, Any] = {
    "user_data": {"full_name": "a", "org_name": "b", "product_id": "c"},
    "gui_unattended": {"password": "d", "auto_logon": True, "auto_logon_count": 1},
    "identification": {"domain_admin": "e", "domain_admin_password": "f"},
    "gui_run_once": {"commands": ["g"]},
    "expire_password_after_next_login": True,
    "script_text": "h",
}


@pytest.mark.parametrize(
    "guest",
    [
        {
            "cloud_init": {"user_data": "#cloud-config\n", "ssh_authorized_keys": ["k"]},
            "readiness_probe": {"tcp_socket": {"port": 22}},
        },
        {
            "linux_prep": {
                "hardware_clock_is_utc": True,
                "time_zone": "UTC",
                "password": "p",
                "expire_password_after_next_login": True,
                "script_text": "s",
            },
            "v_app_config": {"properties": {"a": "b"}},
            "readiness_probe": {"guest_heartbeat": "green"},
        },
        {"sysprep": {"sysprep": ANSWERS}},
        {"sysprep": {"raw_sysprep": "<unattend/>"}},
    ],
    ids=["cloudInit", "linuxPrep", "sysprep", "rawSysprep"],
)
def test_what_a_field_of_the_document_says_cannot_be_said_by_spec_too(guest: Mapping[str, Any]) -> None:
    recording, _ = machine(**EVERY_FIELD, **guest)
    leaves_of_machine = set(leaves(recording.only(MACHINE).inputs["spec"])) - KEYS
    assert [
        leaf for leaf in leaves_of_machine if not any(leaf == owned or leaf.startswith(f"{owned}.") for owned in OWNED)
    ] == []
