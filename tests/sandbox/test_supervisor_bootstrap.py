"""What a Supervisor has before its first namespace."""

from pathlib import Path

import pytest

from pacific_infra.errors import PacificError
from pacific_sandbox.control_plane_protocol import SupervisorDescription
from pacific_sandbox.supervisor.bootstrap import availability_zone, cluster_objects
from pacific_sandbox.supervisor.custom_resource_definitions import read_definitions

DEFINITION = """
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: {name}.vmoperator.vmware.com
spec:
  conversion: {{strategy: Webhook}}
  versions:
  - {{name: v1alpha4, served: true, storage: false}}
  - {{name: v1alpha5, served: true, storage: true}}
"""


def test_definitions_keep_the_version_that_is_stored(tmp_path: Path) -> None:
    for folder, name in (("bases", "virtualmachines"), ("external-crds", "zones")):
        path = tmp_path / "config" / "crd" / folder
        path.mkdir(parents=True)
        (path / f"{name}.yaml").write_text(DEFINITION.format(name=name))
        (path / "README.md").write_text("not YAML: {")

    machines, zones = read_definitions(tmp_path)

    assert machines["metadata"] == {"name": "virtualmachines.vmoperator.vmware.com"}
    assert machines["spec"] == {"versions": [{"name": "v1alpha5", "served": True, "storage": True}]}
    assert zones["metadata"]["name"] == "zones.vmoperator.vmware.com"


def test_a_folder_without_definitions_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PacificError) as caught:
        read_definitions(tmp_path)
    assert str(caught.value) == (
        f"VM Operator's custom resource definitions are not there: got '{tmp_path}'; fix: pacific toolchain install"
    )


def test_namespace_editors_may_not_change_what_vcenter_owns() -> None:
    bodies = {(body["kind"], body["metadata"]["name"]): body for _, body in cluster_objects()}
    edit = bodies[("ClusterRole", "vmware-system-wcp-edit")]
    assert edit["metadata"]["labels"] == {"rbac.authorization.k8s.io/aggregate-to-edit": "true"}
    editable = {resource for rule in edit["rules"] for resource in rule["resources"]}
    assert "virtualmachines" in editable
    assert editable.isdisjoint({"*", "virtualmachineclasses", "virtualmachineimages", "zones", "storagepolicyquotas"})


def test_only_administrators_are_bound_to_everything() -> None:
    bindings = [body for _, body in cluster_objects() if body["kind"] == "ClusterRoleBinding"]
    admins = [binding["subjects"] for binding in bindings if binding["roleRef"]["name"] == "cluster-admin"]
    assert [[subject["name"] for subject in subjects] for subjects in admins] == [["sso:Administrators@vsphere.local"]]


def test_the_zone_is_the_cluster() -> None:
    zone = availability_zone(
        SupervisorDescription("9f1c", "supervisor-01", "domain-c9", "cluster-01", "zone-1", "dc-01")
    )
    assert zone["metadata"]["name"] == "zone-1"
    assert zone["spec"]["clusterComputeResourceMoIDs"] == ["domain-c9"]
