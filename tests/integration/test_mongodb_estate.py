"""The stack mongodb in one ``up``: definition, controller, database, which is awaited by its conditions."""

import json
import shutil
from pathlib import Path

import pytest
from estate_project import COMMAND_WITHIN, EstateProject
from mongodb_controller import ACCOUNT, DOCUMENTS, MongoDBController
from sandbox_clients import SUPERVISORS, SupervisorClient, VCenter, wait_until

from pacific_infra.sandbox.sandbox import Sandbox

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(600)]


def test_definition_controller_and_database_in_one_up(sandbox: Sandbox, vcenter: VCenter, tmp_path: Path) -> None:
    project = EstateProject(tmp_path / "project", tmp_path / "state")
    shutil.rmtree(project.documents)
    shutil.copytree(DOCUMENTS, project.documents)
    settings = sandbox.settings()
    assert settings.ca_file is not None
    project.configure(
        server=settings.server,
        username=settings.username,
        passwordFile=str(settings.password_file),
        caFile=str(settings.ca_file),
    )
    up = project.start("up", "--yes", "--json")

    def client() -> SupervisorClient | None:
        for item in vcenter.call("GET", f"{SUPERVISORS}/summaries")["items"]:
            if item["info"]["name"] == "database-supervisor" and item["info"]["config_status"] == "RUNNING":
                endpoint = str(vcenter.wait_running(item["supervisor"])["APIEndpoint"])
                return SupervisorClient(endpoint, Path(str(settings.ca_file)), sandbox.directory / "users.json")
        return None

    found = wait_until("the Supervisor", client, within=120)
    controller = MongoDBController(found, found.token(), "databases", tmp_path)
    # Simulated pods run nothing: the program runs here, with the account that `up` makes and its rights.
    wait_until("the controller's pods", lambda: controller.get("deployment", ACCOUNT), within=150)
    controller.login()
    controller.start()
    try:
        stdout, stderr = up.communicate(timeout=COMMAND_WITHIN)
        assert up.returncode == 0, stdout + stderr + controller.log()[-2000:]
        assert json.loads(stdout)["result"] == "done"
        controller.until_ready("orders", 3, within=1)
        project.pacific("down", "--yes")
    finally:
        controller.kill()
