"""``pacific up`` on an empty sandbox under faults: it converges, and nothing is there twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pacific_sandbox.faults.sandbox_faults import SandboxFaults
from tests.faults.kill_parts import run
from tests.faults.machines import disagreements, machines
from tests.support.estate_project import EstateProject

pytestmark = pytest.mark.sandbox


@pytest.fixture
def project(tmp_path: Path) -> Iterator[EstateProject]:
    estate_project = EstateProject(tmp_path / "project", tmp_path / "state")
    yield estate_project
    estate_project.sandbox.reset()


def test_up_converges_though_vcenter_fails_is_busy_and_loses_answers(project: EstateProject) -> None:
    project.sandbox.up()
    faults = SandboxFaults(project.sandbox)
    vcenter = {"api": "rest", "path": "/api/vcenter/*"}
    faults.declare(api="rest", effect="fail", value=503, probability=0.05, seed=7)
    faults.declare(api="rest", effect="limit", value=1, probability=0.05, seed=8)
    # The three answers after a login are those to the first creates: of the Supervisor and both VM classes.
    faults.declare(**vcenter, effect="lose", method="POST", count=3)
    faults.declare(**vcenter, effect="fail", value=401, count=2, method="GET")
    faults.declare(**vcenter, effect="hang", count=1, method="GET", probability=0.2, seed=9)
    result = project.json("up", "--yes")
    assert set(result["changes"]) == {"create"}
    applied = {item.id: item.applied for item in faults.list()}
    assert (applied["3"], applied["4"], applied["5"]) == (3, 2, 1)
    faults.clear()
    assert set(project.json("up", "--yes")["changes"]) == {"same"}
    pods = project.kubectl("get", "pods", "--all-namespaces")["items"]
    virtual_machines = project.kubectl("get", "virtualmachines", "--all-namespaces")["items"]
    assert disagreements(machines(project.sandbox.settings()), pods, virtual_machines) == []


def test_two_killed_parts_do_not_keep_up_from_converging() -> None:
    rounds = list(run(times=2, seed=6))
    assert [item.problems for item in rounds] == [[], []]
