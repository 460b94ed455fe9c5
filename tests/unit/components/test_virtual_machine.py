"""VirtualMachine and SupervisorNamespace: children, what is waited for, what is kept."""

import json
from typing import Any

import pulumi
import pytest
from pacific_components import SupervisorNamespace, VirtualMachine

from tests.support.recording import Recording, record

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
