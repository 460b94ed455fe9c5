"""Deletion policies that documents say and that are not recorded yet."""

from pathlib import Path
from typing import Any

import pytest

from pacific_infra.cli.preflight import check_policies
from pacific_infra.documents import Estate, load_estate
from pacific_infra.errors import PacificErrors
from tests.support.refusals import refusals

HEAD = "urn:pulumi:dev::estate::pacific:index:"
SPECS = {
    "SupervisorCluster": "{cluster: c, storagePolicy: gold, managementNetwork: {network: m}, "
    "workloadNetwork: {type: NSXT, nsx: {distributedSwitch: d}}, POLICY}",
    "Namespace": "{supervisor: s, POLICY}",
    "CrxWorkload": "{kind: KIND, containers: [{name: a, image: sandbox/web:1}], "
    "volumes: [{name: data, claim: {size: 1Gi, storagePolicy: gold}}], POLICY}",
    "VirtualMachine": "{class: small, image: linux, storagePolicy: gold, POLICY}",
    "WorkloadCluster": "{version: v1.33.1+vmware.1, class: small, storagePolicy: gold, nodePools: [{name: a}], POLICY}",
    "CustomResource": "{definition: queues, resource: {spec: {}}, POLICY}",
    "Manifests": '{cluster: a, manifests: "{apiVersion: v1, kind: A, metadata: {name: a}}", POLICY}',
}
OBJECTS = {
    "SupervisorCluster": "pacific:vcenter:Supervisor",
    "Namespace": "pacific:vcenter:Namespace",
    "CrxWorkload": "kubernetes:core/v1:PersistentVolumeClaim",
    "VirtualMachine": "kubernetes:vmoperator.vmware.com/v1alpha5:VirtualMachine",
    "WorkloadCluster": "kubernetes:cluster.x-k8s.io/v1beta1:Cluster",
    "CustomResource": "kubernetes:example.com/v1:Queue",
    "Manifests": "kubernetes:core/v1:ConfigMap",
}
COMPONENTS = {"Namespace": "SupervisorNamespace"}


def estate(folder: Path, kind: str, policy: str, workload: str = "Deployment") -> Estate:
    namespace = "" if kind in ("SupervisorCluster", "Namespace") else ", namespace: shop"
    spec = SPECS[kind].replace("POLICY", f"deletionPolicy: {policy}").replace("KIND", workload)
    (folder / "a.yaml").write_text(
        f"apiVersion: pacific.infra/v1alpha1\nkind: {kind}\nmetadata: {{name: a{namespace}}}\nspec: {spec}\n"
    )
    return load_estate([folder / "a.yaml"])


def recorded(kind: str, **local: Any) -> list[dict[str, Any]]:
    component = f"{HEAD}{COMPONENTS.get(kind, kind)}"
    name = "a" if kind in ("SupervisorCluster", "Namespace") else "shop/a"
    token = str(local.pop("type", OBJECTS[kind]))
    parent = f"{component}::{name}"
    return [
        {"urn": parent, "type": component.rpartition("::")[2]},
        {"urn": f"{component}${token}::{name}-a", "type": token, "parent": parent, "inputs": {}, **local},
    ]


@pytest.mark.parametrize("kind", SPECS)
def test_a_policy_that_was_not_brought_up_is_said_before_anything_is_deleted(tmp_path: Path, kind: str) -> None:
    expected = estate(tmp_path, kind, "Retain")
    (document,) = expected
    assert refusals(lambda: check_policies(recorded(kind), expected, None), tmp_path) == [
        f"a.yaml:4: {document.id}: it would be deleted: deletionPolicy Retain is not recorded yet: "
        "fix: run pacific up first, which records it; or write deletionPolicy: Delete"
    ]


@pytest.mark.parametrize("kind", SPECS)
def test_what_is_recorded_so_is_removed_by_its_policy(tmp_path: Path, kind: str) -> None:
    local: dict[str, Any] = {"retainOnDelete": True}
    if OBJECTS[kind].startswith("pacific:"):
        local = {"inputs": {"deletionPolicy": "Retain"}}
    check_policies(recorded(kind, **local), estate(tmp_path, kind, "Retain"), None)
    check_policies(recorded(kind), estate(tmp_path, kind, "Delete"), None)


def test_what_stays_and_what_is_only_read_is_not_looked_at(tmp_path: Path) -> None:
    expected = estate(tmp_path, "CustomResource", "Retain")
    check_policies(recorded("CustomResource"), expected, expected)
    check_policies(recorded("CustomResource", external=True), expected, None)


@pytest.mark.parametrize(("policy", "refused"), [("Delete", True), ("Retain", False)])
def test_the_claims_of_a_stateful_set_go_by_its_own_policy(tmp_path: Path, policy: str, refused: bool) -> None:
    inputs = {"spec": {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": policy}}}
    resources = recorded("CrxWorkload", type="kubernetes:apps/v1:StatefulSet", inputs=inputs)
    expected = estate(tmp_path, "CrxWorkload", "Retain", "StatefulSet")
    if refused:
        with pytest.raises(PacificErrors):
            check_policies(resources, expected, None)
    else:
        check_policies(resources, expected, None)
