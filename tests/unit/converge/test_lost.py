"""What is gone with a Supervisor or workload cluster, and the state without it."""

import copy
from typing import Any

import pytest

from pacific_infra.converge.lost import (
    Lost,
    RecordedCluster,
    RecordedSupervisor,
    check_vcenter,
    held_by,
    recorded_clusters,
    recorded_supervisors,
    without_lost,
)
from pacific_infra.errors import PacificError

HEAD = "urn:pulumi:dev::estate::"
STACK = f"{HEAD}pulumi:pulumi:Stack::estate-dev"


def urn(kind: str, name: str) -> str:
    return f"{HEAD}{kind}::{name}"


def resource(kind: str, name: str, **fields: Any) -> dict[str, Any]:
    custom = not kind.startswith("pacific:index:") and kind != "pulumi:pulumi:Stack"
    return {"urn": urn(kind, name), "type": kind, "custom": custom, "parent": STACK, **fields}


def supervisor(number: int) -> list[dict[str, Any]]:
    """A Supervisor with a namespace, a Deployment, a workload cluster, and an object in that."""
    name, identifier = f"supervisor-{number}", f"id-{number}"
    result = resource(
        "pacific:vcenter:Supervisor",
        name,
        id=identifier,
        inputs={"name": name},
        outputs={"endpoint": f"10.0.0.{number}"},
        parent=urn("pacific:index:SupervisorCluster", name),
    )
    provider = resource(
        "pulumi:providers:kubernetes",
        f"{name}-kubernetes",
        id=f"p{number}",
        inputs={"clusterIdentifier": identifier},
        dependencies=[result["urn"]],
        propertyDependencies={"kubeconfig": [result["urn"]], "clusterIdentifier": [result["urn"]]},
    )
    on_it = {"provider": f"{provider['urn']}::p{number}"}
    namespace = resource(
        "pacific:vcenter:Namespace", f"shop-{number}", id=f"shop-{number}", inputs={"supervisor": identifier}
    )
    deployment = resource(
        "kubernetes:apps/v1:Deployment", f"web-{number}", id="shop/web", dependencies=[namespace["urn"]], **on_it
    )
    cluster = resource(
        "kubernetes:cluster.x-k8s.io/v1beta1:Cluster",
        f"k8s-{number}",
        id="shop/k8s",
        outputs={
            "apiVersion": "cluster.x-k8s.io/v1beta1",
            "metadata": {"name": "k8s", "namespace": "shop", "uid": f"uid-{number}"},
            "spec": {"controlPlaneEndpoint": {"host": f"10.1.0.{number}", "port": 6443}},
        },
        **on_it,
    )
    secret = resource(
        "kubernetes:core/v1:Secret", f"k8s-{number}", external=True, dependencies=[cluster["urn"]], **on_it
    )
    inner = resource(
        "pulumi:providers:kubernetes",
        f"inner-{number}",
        id=f"i{number}",
        inputs={"clusterIdentifier": "shop/k8s"},
        propertyDependencies={"kubeconfig": [secret["urn"]]},
    )
    settings = resource(
        "kubernetes:core/v1:ConfigMap", f"settings-{number}", id="settings", provider=f"{inner['urn']}::i{number}"
    )
    component = resource("pacific:index:SupervisorCluster", name)
    return [component, result, provider, namespace, deployment, cluster, secret, inner, settings]


def estate() -> list[dict[str, Any]]:
    """Two Supervisors, and a class that is on neither but was ordered after the first."""
    virtual_machine_class = resource(
        "pacific:vcenter:VirtualMachineClass",
        "small",
        id="small",
        dependencies=[urn("pacific:vcenter:Supervisor", "supervisor-1")],
        propertyDependencies={"name": [urn("pacific:vcenter:Supervisor", "supervisor-1")], "cpus": None},
    )
    stack = {"urn": STACK, "type": "pulumi:pulumi:Stack", "custom": False}
    return [stack, *supervisor(1), virtual_machine_class, *supervisor(2)]


def lost(kind: str, name: str, uid: str | None = None) -> Lost:
    return Lost(urn(kind, name), f"Supervisor {name}", "vCenter vc-01 does not have it any more", uid)


def names(resources: Any) -> list[str]:
    return [item["urn"].rpartition("::")[2] for item in resources]


def test_supervisors_and_clusters_are_found_with_where_they_lie() -> None:
    assert recorded_supervisors(estate())[0] == RecordedSupervisor(
        urn("pacific:vcenter:Supervisor", "supervisor-1"), "id-1", "supervisor-1", "10.0.0.1"
    )
    assert recorded_clusters(estate())[1] == RecordedCluster(
        urn("kubernetes:cluster.x-k8s.io/v1beta1:Cluster", "k8s-2"),
        "cluster.x-k8s.io/v1beta1",
        "shop",
        "k8s",
        "uid-2",
        "id-2",
        "10.1.0.2:6443",
    )


@pytest.mark.parametrize("how", [{"external": True}, {"id": ""}])
def test_what_was_only_read_or_never_made_cannot_be_lost(how: dict[str, Any]) -> None:
    result = [{**item, **how} if item["type"] == "pacific:vcenter:Supervisor" else item for item in estate()]
    assert recorded_supervisors(result) == []


def test_a_supervisor_takes_along_all_on_it_and_nothing_of_another() -> None:
    deployment = {"resources": estate(), "manifest": {"version": "3"}}
    before = copy.deepcopy(deployment)
    result, forgotten = without_lost(deployment, [lost("pacific:vcenter:Supervisor", "supervisor-1")])
    assert deployment == before
    assert names(result["resources"]) == ["estate-dev", "supervisor-1", "small", *names(supervisor(2))]
    assert names(forgotten[0].resources) == ["supervisor-1", "shop-1", "web-1", "k8s-1", "settings-1"]
    assert forgotten[0].text == (
        "Supervisor supervisor-1 is gone with 4 resources on it (vCenter vc-01 does not have it any more)"
    )


def test_nothing_that_stays_refers_to_what_is_gone() -> None:
    result, _ = without_lost({"resources": estate()}, [lost("pacific:vcenter:Supervisor", "supervisor-1")])
    small = next(item for item in result["resources"] if item["urn"].endswith("::small"))
    assert (small["dependencies"], small["propertyDependencies"]) == ([], {"name": [], "cpus": []})
    present = {item["urn"] for item in result["resources"]}
    for item in result["resources"]:
        listed = [
            *(item.get("dependencies") or ()),
            item.get("parent"),
            str(item.get("provider", "")).rpartition("::")[0],
        ]
        assert {text for text in listed if text} <= present


def test_a_workload_cluster_takes_along_what_lies_in_it() -> None:
    cluster = lost("kubernetes:cluster.x-k8s.io/v1beta1:Cluster", "k8s-1")
    result, forgotten = without_lost({"resources": estate()}, [cluster])
    assert set(names(estate())) - set(names(result["resources"])) == {"k8s-1", "inner-1", "settings-1"}
    assert names(forgotten[0].resources) == ["k8s-1", "settings-1"]


def test_another_cluster_in_its_place_stays_with_its_own_uid_and_only_what_lay_in_the_old_one_goes() -> None:
    cluster = lost("kubernetes:cluster.x-k8s.io/v1beta1:Cluster", "k8s-1", uid="new")
    result, forgotten = without_lost({"resources": estate()}, [cluster])
    assert [recorded_cluster.uid for recorded_cluster in recorded_clusters(result["resources"])] == ["new", "uid-2"]
    assert names(forgotten[0].resources) == ["settings-1"]


def test_pending_operations_on_what_is_gone_go_too() -> None:
    pending = [
        {"type": "updating", "resource": item}
        for item in estate()
        if item["urn"].endswith(("::web-1", "::web-2", "::supervisor-1")) and item["custom"]
    ]
    result, _ = without_lost(
        {"resources": estate(), "pending_operations": pending}, [lost("pacific:vcenter:Supervisor", "supervisor-1")]
    )
    assert names(step["resource"] for step in result["pending_operations"]) == ["web-2"]


def test_nothing_lost_changes_nothing() -> None:
    assert without_lost({"resources": estate()}, []) == ({"resources": estate()}, [])


def test_what_a_holder_holds_is_known_without_components_and_providers() -> None:
    on_second = held_by(estate(), urn("pacific:vcenter:Supervisor", "supervisor-2"))
    assert names(on_second) == ["shop-2", "web-2", "k8s-2", "settings-2"]


def test_a_supervisor_of_another_vcenter_is_not_taken_for_gone() -> None:
    at = resource("pulumi:providers:pacific", "vcenter", id="p", inputs={"server": "vc-01"})
    result = [
        at,
        *({**item, "provider": f"{at['urn']}::p"} if "Supervisor::" in item["urn"] else item for item in estate()),
    ]
    removed = [lost("pacific:vcenter:Supervisor", "supervisor-2")]
    check_vcenter(removed, result, "vc-01")
    check_vcenter([], result, "vc-02")
    with pytest.raises(PacificError) as refused:
        check_vcenter(removed, result, "vc-02")
    assert str(refused.value) == (
        "Supervisor supervisor-2 was made at vCenter vc-01, and vCenter vc-02 does not have it: fix: set "
        "pacific:server to vc-01; where that vCenter is gone for good: pulumi state delete --target-dependents "
        "'urn:pulumi:dev::estate::pacific:vcenter:Supervisor::supervisor-2'"
    )


def test_a_namespace_takes_along_what_lies_in_it_and_in_its_clusters() -> None:
    removed = Lost(urn("pacific:vcenter:Namespace", "shop-1"), "vSphere Namespace shop", "vCenter does not have it")
    resources = [{**item, "id": "shop"} if item["urn"] == removed.urn else item for item in estate()]
    result, forgotten = without_lost({"resources": resources}, [removed])
    left = set(names(resources)) - set(names(result["resources"]))
    assert left == {"shop-1", "web-1", "k8s-1", "inner-1", "settings-1"}
    assert forgotten[0].text == "vSphere Namespace shop is gone with 3 resources in it (vCenter does not have it)"


def test_a_class_goes_alone() -> None:
    removed = Lost(urn("pacific:vcenter:VirtualMachineClass", "small"), "VM class small", "vCenter does not have it")
    result, forgotten = without_lost({"resources": estate()}, [removed])
    assert set(names(estate())) - set(names(result["resources"])) == {"small"}
    assert forgotten[0].text == "VM class small is gone (vCenter does not have it)"
