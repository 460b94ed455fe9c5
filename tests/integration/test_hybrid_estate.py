"""A function, asked by HTTP, and the workload that is told its URL, in one ``up``."""

import http.client
import json
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from estate_project import EstateProject
from sandbox_clients import wait_until

from pacific_infra.sandbox.sandbox import Sandbox

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(600)]
DOCUMENTS = Path(__file__).parents[1] / "golden" / "hybrid-estate"


@pytest.fixture
def project(sandbox: Sandbox, tmp_path: Path) -> EstateProject:
    """The hybrid estate on the sandbox's vCenter."""
    made = EstateProject(tmp_path / "project", tmp_path / "state")
    shutil.rmtree(made.documents)
    shutil.copytree(DOCUMENTS, made.documents)
    settings = sandbox.settings()
    made.configure(
        server=settings.server,
        username=settings.username,
        passwordFile=str(settings.password_file),
        caFile=str(settings.ca_file),
    )
    return made


def asked(url: str) -> tuple[int, Any]:
    """GET it; names under localhost are not known to every computer's resolver."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=60)
    connection.request("GET", "/small", headers={"Host": parts.netloc})
    answer = connection.getresponse()
    body = json.loads(answer.read())
    connection.close()
    return answer.status, body


def test_everything_in_one_up(project: EstateProject) -> None:
    assert project.json("up", "--yes")["result"] == "done"
    url = project.json("outputs")["urls"]["pictures/thumbnails"]

    def kubectl(*arguments: str) -> Any:
        return project.kubectl(*arguments, "-n", "pictures", supervisor="hybrid-supervisor")

    (environment,) = kubectl("get", "deployment", "frontend")["spec"]["template"]["spec"]["containers"][0]["env"]
    assert environment == {"name": "THUMBNAILS_URL", "value": url}

    deployment = "thumbnails-00001-deployment"
    wait_until("the function to sleep", lambda: not kubectl("get", "deployment", deployment)["spec"]["replicas"], 60)
    status, answer = asked(url)
    assert status == 200
    assert answer["simulated"] is True
    assert answer["pod"].startswith(deployment)

    assert project.json("plan")["counts"]["same"] == sum(project.json("plan")["counts"].values())
    project.pacific("down", "--yes")
