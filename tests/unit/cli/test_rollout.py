"""``pacific rollout``: what it refuses before anything is planned, and what it says of a rollout."""

from pathlib import Path

import pytest

from pacific_infra.cli.rollout import exit_code, rollout, rollout_json, rollout_lines
from pacific_infra.converge.estate_file import EstateFile
from pacific_infra.converge.rollout import Rollout
from pacific_infra.errors import PacificError, PacificErrors

WAVES = EstateFile.model_validate(
    {"sites": [{"stacks": ["lab"]}, {"stacks": ["prod"], "after": {"soak": 60, "approval": True}}]}
).sites
AGAIN = "pacific rollout -C shop --yes --roll-back"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "Pulumi.lab.yaml").write_text("config: {}\n")
    return tmp_path


def refusal(project: Path, *, approve: list[str] | None = None) -> str:
    with pytest.raises((PacificError, PacificErrors)) as refused:
        rollout(project=project, yes=True, approve=approve)
    return str(refused.value)


def test_a_project_without_sites_is_refused(project: Path) -> None:
    assert refusal(project) == (
        "pacific.yaml: the project has no sites: fix: write sites: [{stacks: [STACK]}] into pacific.yaml; "
        "see docs/fleets.md"
    )


def test_a_site_without_a_file_of_its_own_is_refused(project: Path) -> None:
    (project / "pacific.yaml").write_text("sites: [{stacks: [lab, prod]}]\n")
    assert refusal(project) == (
        "pacific.yaml: a site is a stack with a file of its own: got 'prod'; allowed: lab; "
        "fix: write Pulumi.prod.yaml with its vCenter and its overlays"
    )


def test_an_approval_of_no_site_is_refused(project: Path) -> None:
    (project / "pacific.yaml").write_text("sites: [{stacks: [lab]}]\n")
    assert refusal(project, approve=["prod"]) == (
        "--approve names a site: got 'prod'; allowed: lab; fix: name one of them"
    )


def test_without_a_terminal_it_needs_yes(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "pacific.yaml").write_text("sites: [{stacks: [lab]}]\n")
    monkeypatch.chdir(tmp_path.parent)
    with pytest.raises(PacificError) as refused:
        rollout(project=project, roll_back=True)
    assert str(refused.value) == (
        f"no terminal to confirm on: fix: pacific rollout --roll-back -C {project} --yes, after --preview-only"
    )


def test_what_waits_is_shown_with_the_command_that_approves_it() -> None:
    seen = Rollout({"lab": "done", "prod": "waiting"}, {"lab": {"create": 2}, "prod": {"create": 2}})
    assert rollout_lines(WAVES, seen, AGAIN, preview=False) == [
        "Wave 1",
        "  lab  done (2 create)",
        "Wave 2  after 60 s of health, after approval",
        "  prod  waiting (2 create)",
        "  next: pacific rollout -C shop --yes --roll-back --approve prod",
    ]
    document = rollout_json(WAVES, seen, preview=False)
    assert document["result"] == "waiting"
    assert document["waves"][1]["stacks"] == {"prod": {"state": "waiting", "changes": {"create": 2}, "reason": None}}


def test_what_failed_is_shown_with_its_reason() -> None:
    seen = Rollout({"lab": "failed", "prod": "not begun"}, {"lab": {"update": 1}}, {"lab": "no such image"})
    assert rollout_lines(WAVES, seen, AGAIN, preview=False)[1] == "  lab  failed (1 update): no such image"
    preview = Rollout({"lab": "not begun", "prod": "unchanged"}, {"lab": {"update": 1}})
    assert rollout_lines(WAVES, preview, AGAIN, preview=True)[1] == "  lab  to change: 1 update"


def test_a_site_that_cannot_be_planned_is_a_failure_in_a_preview_too() -> None:
    looked_at = Rollout({"lab": "unchanged", "prod": "not begun"}, {"prod": {"create": 2}})
    assert rollout_json(WAVES, looked_at, preview=True)["result"] == "preview"
    assert (exit_code(looked_at, preview=True), exit_code(looked_at, preview=False)) == (0, 2)
    refused = Rollout({"lab": "failed", "prod": "not begun"}, {}, {"lab": "vCenter does not answer"})
    assert rollout_json(WAVES, refused, preview=True)["result"] == "failed"
    assert (exit_code(refused, preview=True), exit_code(refused, preview=False)) == (1, 1)
    assert rollout_lines(WAVES, refused, AGAIN, preview=True)[1] == "  lab  failed: vCenter does not answer"
