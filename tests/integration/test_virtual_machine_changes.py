"""A VM is changed as VM Operator can, waits for a power cycle, and is made anew with the same disk of data."""

from pathlib import Path
from typing import Any

import pytest

from pacific_sandbox.sandbox import Sandbox
from tests.support.estate_project import COMMAND_WITHIN, SHARED_SUPERVISOR, EstateProject

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(1500)]
DOCUMENTS = Path(__file__).parents[1] / "golden" / "machine-estate"
WAITS = "VirtualMachine/team/database: class machine-big takes effect at its next power cycle"


@pytest.fixture
def project(sandbox: Sandbox, supervisor: str, tmp_path: Path) -> EstateProject:
    """The estate on the sandbox's Supervisor."""
    del supervisor
    return EstateProject.on(sandbox, DOCUMENTS, tmp_path, SHARED_SUPERVISOR)


def live(project: EstateProject, kind: str, name: str) -> dict[str, Any]:
    item: dict[str, Any] = project.kubectl("get", kind, name, "-n", "team")
    return item


def uid(project: EstateProject, kind: str, name: str) -> str:
    return str(live(project, kind, name)["metadata"]["uid"])


def test_a_vm_grows_at_its_power_cycle_and_is_made_anew_with_its_volume(project: EstateProject) -> None:
    project.pacific("up", "--yes")
    machine, volume = uid(project, "virtualmachine", "database"), uid(project, "pvc", "database-data")
    # What the document says of it in VM Operator's own words.
    assert live(project, "virtualmachine", "database")["spec"]["advanced"] == {"changeBlockTracking": True}

    # A group's power state is that of its members, and no drift of theirs.
    front = live(project, "virtualmachine", "front")
    assert (front["spec"]["powerState"], front["status"]["powerState"]) == ("PoweredOn", "PoweredOn")
    assert "no drift" in project.pacific("drift")
    project.edit("powerState: PoweredOn, bootOrder", "powerState: PoweredOff, bootOrder")
    project.pacific("up", "--yes")
    assert live(project, "virtualmachine", "front")["status"]["powerState"] == "PoweredOff"
    project.edit("powerState: PoweredOff, bootOrder", "powerState: PoweredOn, bootOrder")

    # A bigger class waits for a power cycle, and each command says so until then.
    small = "class: machine-small\n  image: debian-12\n  storagePolicy: gold\n  cloudInit"
    project.edit(small, small.replace("machine-small", "machine-big"))
    assert WAITS.partition(": ")[2] in project.pacific("plan")
    process = project.start("up", "--yes")
    _, remarks = process.communicate(timeout=COMMAND_WITHIN)
    assert f"{WAITS}; fix: write powerState: PoweredOff and run pacific up" in remarks
    assert WAITS in project.pacific("drift")
    assert project.json("status")["nodes"]["VirtualMachine/team/database"]["live"]["state"] == "progressing"

    # What VM Operator takes of a VM that is off alone, together with switching it off.
    project.edit("guestId: debian12_64Guest", "guestId: debian11_64Guest")
    assert "spec.guestId changes only while the VM is powered off" in project.pacific("up", "--yes", expect=1)
    project.edit("guestId: debian11_64Guest", "guestId: debian11_64Guest\n  powerState: PoweredOff")
    project.pacific("up", "--yes")
    project.edit("\n  powerState: PoweredOff", "")
    project.pacific("up", "--yes")
    status = live(project, "virtualmachine", "database")["status"]
    assert (status["class"]["name"], status["hardware"]["cpu"]["total"]) == ("machine-big", 2)
    assert WAITS not in project.pacific("drift")
    assert project.is_unchanged()

    # Another image is refused, and made a new VM where the document says so; the kept volume keeps its policy.
    project.edit(
        "image: debian-12\n  storagePolicy: gold\n  cloudInit",
        "image: ubuntu-24.04\n  storagePolicy: gold\n  cloudInit",
    )
    refused = project.pacific("up", "--yes", expect=1)
    assert "or write updateStrategy: Recreate, which deletes the VM with its image's disk" in refused
    project.edit("  service:", "  updateStrategy: Recreate\n  service:")
    project.edit("storagePolicy: gold\n  cloudInit", "storagePolicy: silver\n  cloudInit")
    refused = project.pacific("plan", expect=1)
    assert "spec.volumes[0].storagePolicy cannot change once the PersistentVolumeClaim exists" in refused
    project.edit("storagePolicy: silver\n  cloudInit", "storagePolicy: gold\n  cloudInit")
    assert uid(project, "virtualmachine", "database") == machine
    plan = project.json("plan")
    assert [item["node"] for item in plan["destroysData"]] == ["VirtualMachine/team/database"]
    project.pacific("up", "--yes")
    assert uid(project, "virtualmachine", "database") != machine
    assert uid(project, "pvc", "database-data") == volume
    machine_anew = live(project, "virtualmachine", "database")
    assert machine_anew["spec"]["imageName"] == "ubuntu-24.04"
    assert [item["attached"] for item in machine_anew["status"]["volumes"]] == [True]
    assert project.is_unchanged()

    # It is kept when its document is removed, as before.
    text = (project.documents / "estate.yaml").read_text()
    (project.documents / "estate.yaml").write_text(text.rpartition("---\n")[0])
    project.pacific("up", "--yes")
    assert live(project, "virtualmachine", "database")["status"]["powerState"] == "PoweredOn"
    project.pacific("down", "--yes")
