"""``pacific import`` of a Supervisor that others have made: documents, the stack's state, and an empty plan."""

import shutil
from pathlib import Path

import pytest
import yaml

from pacific_sandbox.sandbox import Sandbox
from tests.support.estate_project import EstateProject
from tests.support.sandbox_clients import SUPERVISORS, SupervisorClient, VCenter
from tests.support.split_estate import RULE, checkpoints
from tests.support.waiting import wait_until

pytestmark = pytest.mark.sandbox
NAMESPACE = "/api/vcenter/namespaces/instances/taken-over"
CLASSES = "/api/vcenter/namespace-management/virtual-machine-classes"
_DEVICES = {"memory_reservation": 100, "devices": {"vgpu_devices": [{"profile_name": "grid_t4-8q"}]}}
_WORKLOAD_POLICIES = ["ephemeral_storage_policy", "image_storage_policy"]


@pytest.fixture
def project(tmp_path: Path, sandbox: Sandbox) -> EstateProject:
    """A project without documents on the sandbox's vCenter, with a state of its own."""
    estate_project = EstateProject(tmp_path / "estate", tmp_path / "state")
    (estate_project.folder / "imported").mkdir()
    settings = sandbox.settings()
    estate_project.configure(
        server=settings.server,
        username=settings.username,
        passwordFile=str(settings.password_file),
        caFile=str(settings.ca_file),
    )
    file = estate_project.folder / "Pulumi.dev.yaml"
    content = yaml.safe_load(file.read_text())
    content["config"]["estate:documents"] = ["imported"]
    file.write_text(yaml.safe_dump(content))
    return estate_project


def test_a_running_supervisor_becomes_documents_and_state(
    project: EstateProject, vcenter: VCenter, supervisor: str, supervisor_client: SupervisorClient
) -> None:
    # A real Supervisor always has its storage policies.
    gold = next(
        item["policy"] for item in vcenter.call("GET", "/api/vcenter/storage/policies") if item["name"] == "gold"
    )
    for part, names in (("control-plane", ["default_policy"]), ("workloads", _WORKLOAD_POLICIES)):
        vcenter.call("PATCH", f"{SUPERVISORS}/{supervisor}/{part}/storage/policies", dict.fromkeys(names, gold))
    vcenter.wait_running(supervisor)
    # A class and a namespace with what documents could not say at first.
    vcenter.call("POST", CLASSES, {"id": "gpu-taken-over", "cpu_count": 1, "memory_MB": 1024, **_DEVICES}, expect=204)
    vcenter.call(
        "POST",
        "/api/vcenter/namespaces/instances/v2",
        {
            "supervisor": supervisor,
            "namespace": "taken-over",
            "description": "Made by hand",
            "resource_spec": {"pod_count": 7, "cpu_limit": 4000, "memory_limit": 8192},
            "edges": [{"id": "edge-1", "edge_provider": "NSX_REGISTERED_AVI", "avi": {"se_group_name": "blue"}}],
            "vm_service_spec": {"vm_classes": ["gpu-taken-over"]},
            "access_list": [{"subject_type": "GROUP", "subject": "blue", "domain": "vsphere.local", "role": "EDIT"}],
        },
        expect=204,
    )
    wait_until("the namespace to run", lambda: vcenter.call("GET", NAMESPACE)["config_status"] == "RUNNING")
    before = vcenter.call("GET", NAMESPACE)
    token = supervisor_client.token()
    create = ("create", "deployment", "web", "--image=sandbox/web:1", "--replicas=0", "--namespace=taken-over")
    output = supervisor_client.kubectl(token, *create)
    assert output.returncode == 0, output.stderr
    try:
        message = project.pacific("import", "--from-supervisor", "supervisor-01")
        assert "imported 3 into the stack dev; the plan has 0 changes" in message
        written = yaml.safe_load((project.folder / "imported" / "namespaces" / "taken-over.yaml").read_text())
        assert written["spec"]["objectCounts"] == {"pods": 7}
        assert written["spec"]["loadBalancer"]["serviceEngineGroup"] == "blue"
        left = (project.folder / "imported" / "supervisors" / "supervisor-01.left.md").read_text()
        assert "- Deployment taken-over/web: an import would add pacific's labels" in left
        project.pacific("plan", "--detailed-exitcode", "--refresh")
        assert "imported 0 into the stack dev" in project.pacific("import")
        after = vcenter.call("GET", NAMESPACE)
        assert (before["description"], before["resource_spec"]) == (after["description"], after["resource_spec"])
        assert "estate:imports" not in (project.folder / "Pulumi.dev.yaml").read_text()
        import_into_several_stacks(project)
    finally:
        vcenter.call("DELETE", NAMESPACE, expect=204)
        vcenter.call("DELETE", f"{CLASSES}/gpu-taken-over", expect=204)


def import_into_several_stacks(project: EstateProject) -> None:
    """The same Supervisor, into another estate of the project."""
    shutil.copy(project.folder / "Pulumi.dev.yaml", project.folder / "Pulumi.split.yaml")
    (project.folder / "pacific.yaml").write_text(RULE)
    message = project.pacific("import", "--stack", "split")
    assert "imported 3 into the stacks of estate/split; the plan has 0 changes" in message
    assert {"split", "split-taken-over"} < checkpoints(project).keys()
    project.pacific("plan", "--engine", "--detailed-exitcode", "--stack", "split")
    assert "imported 0 into the stacks of estate/split" in project.pacific("import", "--stack", "split")
    (run, _) = project.json("history", "--stack", "split")["runs"]
    assert (run["command"], run["result"], run["counts"]) == ("import", "done", {"import": 3})
