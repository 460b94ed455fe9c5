"""Services in front of pods and VMs: what they are to Kubernetes and to the VM Operator, and what neither takes."""

from typing import Any

import pytest
from pacific_components import CrxWorkload, VirtualMachine

from pacific_infra.errors import PacificErrors
from tests.support.recording import record

EVERY: Any = {
    "type": "LoadBalancer",
    "ports": [{"port": 443}],
    "annotations": {"example.com/size": "large"},
    "address": "10.0.1.7",
    "load_balancer_source_ranges": ["10.0.0.0/8"],
    "external_traffic_policy": "Local",
}


def of_pods(service: Any) -> Any:
    fields: Any = {
        "namespace": "shop",
        "kind": "Deployment",
        "containers": [{"name": "web", "image": "web:1"}],
        "service": service,
    }
    recording = record(lambda: CrxWorkload("shop/web", fields).name)[0]
    return recording.only("kubernetes:core/v1:Service::shop/web-service").inputs


def of_a_machine(service: Any) -> Any:
    fields: Any = {
        "namespace": "shop",
        "class": "small",
        "image": "debian",
        "storage_policy": "gold",
        "service": service,
    }
    recording = record(lambda: VirtualMachine("shop/db", fields).name)[0]
    return next(item for item in recording if item.name == "shop/db-service").inputs


def test_a_load_balancer_takes_every_setting() -> None:
    more = {"load_balancer_class": "nsx", "session_affinity": "ClientIP", "session_affinity_seconds": 60}
    service = of_pods({**EVERY, **more})
    assert service["metadata"]["annotations"]["example.com/size"] == "large"
    assert {name: value for name, value in service["spec"].items() if name not in ("ports", "selector")} == {
        "type": "LoadBalancer",
        "loadBalancerIP": "10.0.1.7",
        "loadBalancerSourceRanges": ["10.0.0.0/8"],
        "loadBalancerClass": "nsx",
        "externalTrafficPolicy": "Local",
        "sessionAffinity": "ClientIP",
        "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 60}},
    }


def test_a_headless_service_has_no_address() -> None:
    assert of_pods({"ports": [{"port": 80}], "headless": True})["spec"]["clusterIP"] == "None"
    assert of_a_machine({"ports": [{"port": 80}], "headless": True})["spec"]["clusterIp"] == "None"


def test_the_vm_operator_takes_the_traffic_policy_as_an_annotation() -> None:
    service = of_a_machine(EVERY)
    annotations = service["metadata"]["annotations"]
    assert annotations["virtualmachineservice.vmoperator.vmware.com/service.externalTrafficPolicy"] == "Local"
    assert annotations["example.com/size"] == "large"
    assert annotations["pulumi.com/waitFor"] == "jsonpath={.status.loadBalancer.ingress[0].ip}"
    assert (service["spec"]["loadBalancerIP"], service["spec"]["loadBalancerSourceRanges"]) == (
        "10.0.1.7",
        ["10.0.0.0/8"],
    )
    assert "externalTrafficPolicy" not in service["spec"]


@pytest.mark.parametrize(
    ("make", "service", "message"),
    [
        (
            of_pods,
            {"address": "10.0.1.7"},
            "service.address: a service of type ClusterIP has no address: fix: remove address, or set type: "
            "LoadBalancer",
        ),
        (
            of_pods,
            {"type": "LoadBalancer", "headless": True},
            "service.headless: a service of type LoadBalancer has no headless: fix: remove headless, or set type: "
            "ClusterIP",
        ),
        (
            of_pods,
            {"session_affinity_seconds": 5},
            "service.sessionAffinitySeconds: without sessionAffinity this has no effect: fix: add "
            "sessionAffinity: ClientIP",
        ),
        (
            of_a_machine,
            {"session_affinity": "ClientIP"},
            "service.sessionAffinity: a VM's service has no sessionAffinity: got 'ClientIP'; fix: remove "
            "sessionAffinity",
        ),
    ],
)
def test_what_a_service_does_not_have(make: Any, service: Any, message: str) -> None:
    with pytest.raises(PacificErrors) as raised:
        make({"ports": [{"port": 80}], **service})
    assert str(raised.value).partition(": ")[2] == message
