"""The README's own path with a second project beside the demo: nothing of the demo is changed or removed by it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.estate_project import EstateProject


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EstateProject]:
    folder = tmp_path_factory.mktemp("demo")
    project = EstateProject(folder / "project", folder / "state")
    project.pacific("up", "--yes")
    yield project
    project.sandbox.reset()


def objects_of(demo: EstateProject) -> dict[str, str]:
    """The UID of each object in the namespaces of the demo's Supervisor, by kind and name."""
    kinds = "deployments,statefulsets,services,configmaps,persistentvolumeclaims,virtualmachines"
    listed = demo.kubectl("get", kinds, "-A")["items"]
    return {
        f"{item['kind']} {item['metadata']['namespace']}/{item['metadata']['name']}": item["metadata"]["uid"]
        for item in listed
    }


def test_a_second_project_comes_and_goes_beside_the_demo(demo: EstateProject, tmp_path: Path) -> None:
    before = objects_of(demo)
    other = tmp_path / "second"
    demo.pacific("init", str(other))
    assert "17 created" in demo.pacific("up", "-C", str(other), "--yes")
    assert "17 deleted" in demo.pacific("down", "-C", str(other), "--yes")
    # It runs on, for the demo has something in it.
    assert demo.sandbox.status().phase == "ready"
    assert objects_of(demo) == before
    assert demo.json("plan")["counts"]["same"] == 40


def test_a_project_that_names_the_demos_supervisor_is_refused(demo: EstateProject, tmp_path: Path) -> None:
    before = objects_of(demo)
    other = tmp_path / "third"
    demo.pacific("init", str(other))
    shutil.rmtree(other / "documents" / "web")
    supervisor = other / "documents" / "supervisor.yaml"
    text = supervisor.read_text().replace("name: third-supervisor", "name: supervisor-01")
    supervisor.write_text(text.replace("cluster: cluster-02", "cluster: cluster-01"))
    message = (
        f"{supervisor}:5: SupervisorCluster/supervisor-01: the Supervisor supervisor-01 belongs to estate/dev: fix:"
    )
    planned = demo.pacific("plan", "-C", str(other), expect=1)
    assert "! SupervisorCluster/supervisor-01" in planned
    assert "refused: the Supervisor supervisor-01 belongs to estate/dev" in planned
    assert message in planned
    assert message in demo.pacific("up", "-C", str(other), "--yes", expect=1)
    assert objects_of(demo) == before


def test_a_namespace_with_somebody_elses_object_stays(demo: EstateProject) -> None:
    before = objects_of(demo)
    demo.kubectl("create", "configmap", "by-hand", "--namespace=shop", "--from-literal=a=b")
    message = (
        "the namespace shop is not deleted, because it contains objects that this stack does not own: got 'ConfigMap "
        "by-hand without a known owner'"
    )
    assert message in demo.pacific("down", "--preview-only", expect=1)
    assert message in demo.pacific("down", "--yes", expect=1)
    demo.kubectl("delete", "configmap", "by-hand", "--namespace=shop", output="name")
    assert objects_of(demo) == before
