"""A namespace that is replaced: refused while it holds what is to be kept; then all in it is made again."""

from pathlib import Path

import pytest

from pacific_sandbox.sandbox import Sandbox
from tests.support.estate_project import SHARED_SUPERVISOR, EstateProject

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(1500)]
DOCUMENTS = Path(__file__).parents[1] / "golden" / "replaced-estate"
CREATED = """\
  virtualMachineClasses: [replaced-small, replaced-big]
  contentLibraries: [linux-images]
  deletionPolicy: Delete
"""
CREATOR = "  creator: {user: auditor, domain: vsphere.local}\n"


@pytest.fixture
def project(sandbox: Sandbox, supervisor: str, tmp_path: Path) -> EstateProject:
    """The estate on the sandbox's Supervisor."""
    del supervisor
    return EstateProject.on(sandbox, DOCUMENTS, tmp_path, SHARED_SUPERVISOR)


OBJECTS = ("deployment/web", "pvc/web-data", "virtualmachine/machine", "clusters.cluster.x-k8s.io/cluster")


def uids(project: EstateProject) -> dict[str, str]:
    """The UID of each object that the documents become, as the API servers show them."""
    items = project.kubectl("get", *OBJECTS, "-n", "team")["items"]
    items += project.kubectl("get", "configmap", "-n", "default", supervisor="team/cluster")["items"]
    names = {f"{item['kind']}/{item['metadata']['name']}": item["metadata"]["uid"] for item in items}
    return {name: uid for name, uid in names.items() if not name.startswith("ConfigMap/kube-")}


def test_a_namespace_is_replaced_with_all_that_is_in_it_or_not_at_all(project: EstateProject) -> None:
    project.pacific("up", "--yes")
    before = uids(project)
    assert len(before) == len(OBJECTS) + 2
    project.edit(CREATED, CREATOR + CREATED)

    for command in (["plan"], ["up", "--yes"]):
        output = project.pacific(*command, expect=1)
        assert "Namespace/team would be deleted with all its data and made again, since creator cannot change" in output
        assert "(deletionPolicy: Retain): CrxWorkload/team/web (" in output
    assert uids(project) == before

    # Given up, and one of the documents in the cluster leaves in the same edit.
    project.edit("  volumes: [{name: data,", "  deletionPolicy: Delete\n  volumes: [{name: data,")
    text = (project.documents / "estate.yaml").read_text()
    (project.documents / "estate.yaml").write_text(text.rpartition("---\n")[0])
    plan = project.json("plan")
    assert sorted(item["node"] for item in plan["destroysData"]) == [
        "CrxWorkload/team/web",
        "Namespace/team",
        "VirtualMachine/team/machine",
        "WorkloadCluster/team/cluster",
    ]
    operations = {node["id"]: node["operation"] for node in plan["nodes"]}
    changed = {node: operation for node, operation in operations.items() if operation not in ("same", "read")}
    assert changed == dict.fromkeys(
        [*(item["node"] for item in plan["destroysData"]), "Manifests/team/kept"], "replace"
    )

    project.pacific("up", "--yes")
    after = uids(project)
    assert set(before) - set(after) == {"ConfigMap/leaving"}
    assert not set(before.values()) & set(after.values())
    assert project.is_unchanged()
    project.pacific("drift")

    # A class that a VM takes up later, and a network that a cluster has for ever.
    project.edit("class: replaced-small, image", "class: replaced-big, image")
    remark = "class replaced-big takes effect at its next power cycle"
    assert remark in project.pacific("plan")
    project.pacific("up", "--yes")
    machine = project.json("status")["nodes"]["VirtualMachine/team/machine"]["live"]
    assert machine["state"] == "progressing"
    assert machine["reason"].endswith(remark)
    project.edit(
        "  nodePools: [{name: workers}]\n",
        "  nodePools: [{name: workers}]\n  network: {pods: 172.30.0.0/20}\n",
    )
    assert "spec.network.pods cannot change once the Cluster exists: got '172.30.0.0/20'" in project.pacific(
        "up", "--yes", expect=1
    )
    project.pacific("down", "--yes")
