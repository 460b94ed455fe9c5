"""The pipelines of hosted forges are well formed and call the project's own commands."""

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.support.needs import GO
from tests.support.waiting import PATIENCE

ROOT = Path(__file__).parents[3]
PIPELINES = ROOT / "pacific_infra" / "forge" / "pipelines"
WORKFLOWS = sorted([*(ROOT / ".github" / "workflows").glob("*.yml"), *(PIPELINES / "github").glob("*.yml")])


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: str(path.name))
def test_actionlint_finds_nothing_in_a_workflow(workflow: Path) -> None:
    result = subprocess.run(
        [GO.program("go"), "tool", "actionlint", str(workflow)],
        cwd=ROOT / ".github" / "actionlint",
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_each_forge_runs_the_script_that_a_workstation_runs() -> None:
    github = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    assert {"run": ".ci/run"} in github["jobs"]["check"]["steps"]
    gitlab = yaml.safe_load((ROOT / ".gitlab-ci.yml").read_text())
    assert gitlab["check"]["script"] == [".ci/run"]


@pytest.mark.parametrize("step", ["plan", "apply", "drift"])
def test_each_pipeline_that_is_written_for_users_runs_its_step(step: str) -> None:
    github = yaml.safe_load((PIPELINES / "github" / f"{step}.yml").read_text())
    (job,) = github["jobs"].values()
    assert f"pacific ci {step}" in [entry.get("run") for entry in job["steps"]]
    (gitlab,) = yaml.safe_load((PIPELINES / "gitlab" / f"{step}.yml").read_text()).values()
    assert gitlab["script"] == [f"pacific ci {step}"]
