"""An estate on a vCenter that the stack names, and what is said when that cannot be used."""

from pathlib import Path

import pytest

from pacific_sandbox.sandbox import Sandbox
from tests.support.estate_project import ROOT, SHARED_SUPERVISOR, EstateProject
from tests.support.ports import kept_port

pytestmark = pytest.mark.sandbox


@pytest.fixture
def project(tmp_path: Path) -> EstateProject:
    return EstateProject(tmp_path / "project", tmp_path / "state")


@pytest.fixture
def vcenter(sandbox: Sandbox) -> dict[str, str]:
    """What a stack says of the sandbox's vCenter when it names it as any other."""
    settings = sandbox.settings()
    return {
        "server": settings.server,
        "username": settings.username,
        "passwordFile": str(settings.password_file),
        "caFile": str(settings.ca_file),
    }


def test_a_named_vcenter_is_used_and_no_sandbox_started(sandbox: Sandbox, supervisor: str, tmp_path: Path) -> None:
    del supervisor
    project = EstateProject.on(sandbox, ROOT / "tests" / "golden" / "machine-estate", tmp_path, SHARED_SUPERVISOR)
    assert project.json("plan")["counts"]["create"] > 5
    assert project.sandbox.status().phase == "down"


def test_a_wrong_password(project: EstateProject, vcenter: dict[str, str], tmp_path: Path) -> None:
    wrong = tmp_path / "password"
    wrong.write_text("not-the-password\n")
    project.configure(**vcenter | {"passwordFile": str(wrong)})
    output = project.pacific("up", "--yes", expect=1)
    assert (
        f"vCenter {vcenter['server']} refuses the password of {vcenter['username']}: fix: set pacific:password "
        "(as a secret) or pacific:passwordFile to the right one"
    ) in output
    assert "Traceback" not in output
    assert "not-the-password" not in output


def test_an_unknown_certificate_authority(project: EstateProject, vcenter: dict[str, str]) -> None:
    del vcenter["caFile"]
    project.configure(**vcenter)
    output = project.pacific("up", "--yes", expect=1)
    assert f"the certificate of vCenter {vcenter['server']} cannot be verified: " in output
    assert ": fix: name the PEM bundle of its certificate authority in pacific:caFile" in output
    assert "Traceback" not in output


def test_a_vcenter_that_is_down(project: EstateProject, vcenter: dict[str, str]) -> None:
    with kept_port() as port:
        server = f"127.0.0.1:{port}"
        project.configure(**vcenter | {"server": server})
        output = project.pacific("up", "--yes", expect=1)
    assert f"vCenter {server} cannot be reached" in output
    assert ": fix: check pacific:server and that vCenter is up" in output
    assert "Traceback" not in output
