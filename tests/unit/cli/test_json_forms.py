"""Every command's JSON names its form in one way, and docs/pipelines.md lists it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import typer

from pacific_infra.cli import main
from pacific_infra.cli.commands import application
from pacific_infra.cli.session import Session

ROOT = Path(__file__).parents[3]
FAULTS = ("api", "clear", "datastore-free", "datastore-full", "host back", "host lost", "kill", "pause")
FORMS: Mapping[str, str | None] = {
    "plan": "plan",
    "up": "converge",
    "down": "converge",
    "status": "status",
    "outputs": None,
    "graph": "graph",
    "why": "why",
    "capacity": "capacity",
    "policy": "policy",
    "drift": "drift",
    "discover": "discover",
    "render": "render",
    **{f"ci {name}": f"ci-{name}" for name in ("init", "plan", "apply", "drift")},
    "backend init": "backend",
    "promote": "promote",
    "rollout": "rollout",
    "history": "history",
    "history show": "run",
    "diff": "diff",
    "rollback": "converge",
    "view": "view",
    "init": "init",
    "supervisor backup": "supervisor-backups",
    "supervisor backups": "supervisor-backups",
    "supervisor register-vm": "vm-registration",
    "sandbox up": "sandbox",
    "sandbox status": "sandbox-status",
    "sandbox down": "sandbox-change",
    "sandbox reset": "sandbox-change",
    "sandbox fault list": None,
    **{f"sandbox fault {name}": "fault" for name in FAULTS},
    **{f"sandbox image {name}": None for name in ("build", "demo", "list", "python", "vm")},
    "sandbox image process": "sandbox-process-images",
}
"""By command; None: a list, or an object of the user's own names."""


class EmptyStack:
    """A stack with nothing in it, and no engine."""

    def resources(self) -> list[Mapping[str, Any]]:
        return []

    def deployment(self) -> Mapping[str, Any]:
        return {}

    def destroy(self) -> None:
        raise AssertionError("there is nothing to destroy")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: one\nruntime: python\nconfig: {documents: {default: class.yaml}}\n")
    (tmp_path / "class.yaml").write_text(
        "".join(
            "---\napiVersion: pacific.infra/v1alpha1\nkind: VirtualMachineClass\n"
            f"metadata: {{name: {name}}}\nspec: {{cpuCount: 2, memory: 4Gi}}\n"
            for name in ("small", "large")
        )
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path


def with_json(command: Any, name: str = "") -> Iterator[str]:
    """The commands that have --json, by their words."""
    for word, item in sorted(getattr(command, "commands", {}).items()):
        yield from with_json(item, f"{name} {word}".strip())
    if any("--json" in parameter.opts for parameter in command.params):
        yield name


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    with pytest.raises(SystemExit):
        main([*words, "--json"])
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def test_every_command_with_json_has_a_form_that_the_documentation_lists() -> None:
    assert set(with_json(typer.main.get_command(application()))) == set(FORMS)
    page = (ROOT / "docs" / "pipelines.md").read_text()
    folders = (ROOT / "pacific_infra", ROOT / "sandbox" / "pacific_sandbox")
    sources = "".join(file.read_text() for folder in folders for file in folder.rglob("*.py"))
    for name in {*FORMS.values(), "removal", "errors"} - {None}:
        assert f"| `pacific.infra/{name}/v1` |" in page
        assert (
            f'print_json("{name}", ' in sources
            or f'"pacific.infra/{name}/v1"' in sources
            or f'_finish("{name}", ' in sources
        )


@pytest.mark.parametrize(
    ("words", "form"),
    [
        (["why", "small"], "why"),
        (["why", "small", "large"], "why"),
        (["graph"], "graph"),
        (["capacity"], "capacity"),
        (["policy"], "policy"),
        (["init", "new"], "init"),
        (["sandbox", "status", "--directory", "sandbox"], "sandbox-status"),
        (["sandbox", "down", "--directory", "sandbox"], "sandbox-change"),
        (["why", "nothing"], "errors"),
    ],
)
def test_what_reads_documents_or_the_sandbox_says_its_form(
    words: Sequence[str], form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert printed(capsys, *words)["schema"] == f"pacific.infra/{form}/v1"


@pytest.mark.parametrize(
    ("words", "form"),
    [
        (["status"], "status"),
        (["down", "--preview-only"], "removal"),
        (["down", "--yes"], "converge"),
    ],
)
def test_what_reads_the_stack_says_its_form_and_an_empty_one_starts_nothing(
    words: Sequence[str], form: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Session, "open_stack", lambda self: EmptyStack())
    monkeypatch.setattr(Session, "start_sandbox", lambda self: pytest.fail("nothing is there to be reached"))
    result = printed(capsys, *words)
    assert result["schema"] == f"pacific.infra/{form}/v1"
    if form != "removal":
        assert result["version"] == 1


def test_down_with_a_broken_document_says_how_to_go_on(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "class.yaml").write_text("kind: Nonsense\n")
    errors = printed(capsys, "down", "--yes", "-s", "test")["errors"]
    assert errors[-1] == {
        "message": "nothing was removed",
        "fix": "fix this, or remove the recorded resources without reading documents: pulumi destroy --stack test",
    }


def test_down_without_anybody_to_ask_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "down")["errors"] == [
        {"message": "no terminal to confirm on", "fix": "pacific down --yes, after --preview-only"}
    ]


def test_a_view_for_other_computers_is_refused_without_tls(capsys: pytest.CaptureFixture[str]) -> None:
    (error,) = printed(capsys, "view", "--bind", "192.0.2.1")["errors"]
    assert error == {
        "message": "other computers would read the page, and give passwords, without TLS",
        "place": "--bind",
        "value": "192.0.2.1",
        "allowed": "127.0.0.1, or any address with --tls-certificate FILE --tls-key FILE",
        "fix": "name a certificate and its key, or leave --bind out and reach it from elsewhere by "
        "ssh -L 8722:127.0.0.1:8722 HOST",
    }


def test_a_certificate_without_its_key_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    (error,) = printed(capsys, "view", "--bind", "192.0.2.1", "--tls-certificate", "view.pem")["errors"]
    assert error == {
        "message": "a certificate and its key go together",
        "place": "--tls-key",
        "fix": "name both",
    }
