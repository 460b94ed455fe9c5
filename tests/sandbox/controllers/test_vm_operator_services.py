from typing import Any

from pacific_sandbox.load_balancer import ingress, is_load_balancer
from pacific_sandbox.vm_operator.virtual_machine_services import endpoints_of, service_of


def vm_service(**spec: Any) -> dict[str, Any]:
    port = {"name": "http", "port": 80, "targetPort": 9000, "protocol": "TCP"}
    return {
        "metadata": {"name": "s", "namespace": "n", "uid": "u", "labels": {"a": "b"}},
        "spec": {"type": "LoadBalancer", "selector": {"app": "x"}, "ports": [port], **spec},
    }


def vm(name: str, address: str | None, app: str = "x", **more: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v",
        "kind": "VirtualMachine",
        "metadata": {"name": name, "namespace": "n", "uid": name, "labels": {"app": app}},
        "spec": more.get("spec", {}),
        "status": {"network": {"primaryIP4": address} if address else {}, "conditions": more.get("conditions", [])},
    }


def test_the_service_has_no_selector_and_is_owned() -> None:
    service = service_of(vm_service(loadBalancerIP="10.0.0.9"))
    assert "selector" not in service["spec"]
    assert service["spec"]["allocateLoadBalancerNodePorts"] is False
    assert service["spec"]["loadBalancerIP"] == "10.0.0.9"
    assert service["spec"]["ports"] == [{"name": "http", "protocol": "TCP", "port": 80, "targetPort": 9000}]
    assert service["metadata"]["ownerReferences"][0]["uid"] == "u"
    assert service["metadata"]["labels"] == {"a": "b"}


def test_endpoints_are_the_selected_machines_with_an_address() -> None:
    probed: dict[str, Any] = {"spec": {"readinessProbe": {}}}
    machines = [
        vm("b", "10.0.0.2"),
        vm("a", "10.0.0.1"),
        vm("other", "10.0.0.3", app="y"),
        vm("without", None),
        vm("unready", "10.0.0.4", **probed),
        vm("ready", "10.0.0.5", **probed, conditions=[{"type": "Ready", "status": "True"}]),
    ]
    subsets = endpoints_of(vm_service(), machines)["subsets"]
    assert [address["ip"] for address in subsets[0]["addresses"]] == ["10.0.0.1", "10.0.0.2", "10.0.0.5"]
    assert [not_ready_address["ip"] for not_ready_address in subsets[0]["notReadyAddresses"]] == ["10.0.0.4"]
    assert subsets[0]["ports"] == [{"name": "http", "port": 9000, "protocol": "TCP"}]
    assert endpoints_of(vm_service(), [])["subsets"] == []


def test_which_services_get_an_address() -> None:
    assert is_load_balancer({"spec": {"type": "LoadBalancer"}})
    assert not is_load_balancer({"spec": {"type": "LoadBalancer", "loadBalancerClass": "other"}})
    assert not is_load_balancer({"spec": {"type": "NodePort"}})
    assert ingress({"status": {"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}}}) == "10.0.0.1"
    assert ingress({"status": {"loadBalancer": {}}}) is None
