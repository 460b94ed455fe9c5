from dataclasses import replace

from pacific_sandbox.spherelet.node import lease, node, node_status
from pacific_sandbox.vcenter_client.objects import Host

HOST = Host("host-7", "esx-01.sandbox.test", cores=32, memory=256 * 2**30, address="192.168.10.11")


def test_a_node_is_named_and_marked_as_on_a_supervisor() -> None:
    metadata = node(HOST, "zone-1")["metadata"]
    assert metadata["name"] == "esx-01.sandbox.test"
    assert metadata["annotations"]["vmware-system-esxi-node-moid"] == "host-7"
    assert metadata["labels"]["topology.kubernetes.io/zone"] == "zone-1"
    assert metadata["labels"]["node-role.kubernetes.io/agent"] == ""


def test_allocatable_is_less_than_the_host_has() -> None:
    status = node_status(HOST, [], 0.0)
    disk = {"ephemeral-storage": "100Gi"}
    assert status["capacity"] == {"cpu": "32", "memory": f"{256 * 2**20}Ki", "pods": "250", **disk}
    assert status["allocatable"] == {"cpu": "31500m", "memory": f"{252 * 2**20}Ki", "pods": "250", **disk}


def test_ready_follows_the_host_and_keeps_its_transition_time() -> None:
    first = node_status(HOST, [], 0.0)["conditions"]
    later = node_status(HOST, first, 60.0)["conditions"]
    ready = later[-1]
    assert (ready["type"], ready["status"], ready["lastTransitionTime"]) == ("Ready", "True", "1970-01-01T00:00:00Z")
    assert ready["lastHeartbeatTime"] == "1970-01-01T00:01:00Z"
    lost = Host("host-7", "esx-01.sandbox.test", connected=False)
    ready = node_status(lost, later, 90.0)["conditions"][-1]
    assert (ready["status"], ready["lastTransitionTime"]) == ("Unknown", "1970-01-01T00:01:30Z")


def test_lease() -> None:
    spec = lease(HOST, 1.5)["spec"]
    assert spec["renewTime"] == "1970-01-01T00:00:01.500000Z"


def test_a_host_in_maintenance_is_cordoned_and_not_ready_once_its_pods_have_gone() -> None:
    host = replace(HOST, in_maintenance=True)
    assert node(host, "zone-1")["spec"] == {"unschedulable": True}
    assert "spec" not in node(HOST, "zone-1")

    def ready(drained: bool) -> tuple[str, str]:
        condition = node_status(host, [], 0.0, drained=drained)["conditions"][-1]
        return condition["status"], condition["reason"]

    assert ready(False) == ("True", "HostEnteringMaintenance")
    assert ready(True) == ("False", "HostInMaintenance")


def test_the_kubelet_api_is_where_the_api_server_can_reach_it() -> None:
    status = node_status(HOST, [], 0.0, port=4711)
    assert status["daemonEndpoints"] == {"kubeletEndpoint": {"Port": 4711}}
    assert {"type": "InternalDNS", "address": "localhost"} in status["addresses"]
