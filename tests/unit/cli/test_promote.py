"""What ``pacific promote`` says of two stacks: documents with overlays, outputs, and nothing of secrets."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest

from pacific_infra.cli import main
from pacific_infra.cli.session import Session
from pacific_infra.errors import PacificError

HEAD = "apiVersion: pacific.infra/v1alpha1\n"
CLASS = f"{HEAD}kind: VirtualMachineClass\nmetadata: {{name: NAME}}\nspec: {{cpuCount: CPUS, memory: 4Gi}}\n"
OUTPUTS: Mapping[str, Mapping[str, SimpleNamespace]] = {
    "dev": {
        "url": SimpleNamespace(value="http://10.0.0.1", secret=False),
        "kubeconfigs": SimpleNamespace(value="password-of-dev", secret=True),
    },
    "prod": {
        "url": SimpleNamespace(value="http://10.0.0.2", secret=False),
        "kubeconfigs": SimpleNamespace(value="password-of-prod", secret=True),
    },
}


class RecordedStack:
    """A stack with outputs, and no engine."""

    def __init__(self, name: str) -> None:
        self.name = name

    def outputs(self) -> Mapping[str, SimpleNamespace]:
        return OUTPUTS[self.name]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def opened(session: Session) -> RecordedStack:
        if session.project.stack not in OUTPUTS:
            raise PacificError("there is no such stack")
        return RecordedStack(session.project.stack)

    monkeypatch.setattr(Session, "open_stack", opened)
    Path("Pulumi.yaml").write_text("name: one\nruntime: python\nconfig: {documents: {default: class.yaml}}\n")
    Path("class.yaml").write_text(CLASS.replace("NAME", "small").replace("CPUS", "2"))
    Path("prod.yaml").write_text(f"{HEAD}kind: VirtualMachineClass\nmetadata: {{name: small}}\nspec: {{cpuCount: 8}}\n")
    for stack in ("prod", "stage"):
        Path(f"Pulumi.{stack}.yaml").write_text("config: {one:overlays: [prod.yaml], pacific:server: vcenter.test}\n")


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[object, str]:
    with pytest.raises(SystemExit) as exit_of_command:
        main([*words])
    return exit_of_command.value.code, capsys.readouterr().out


def test_documents_and_outputs_that_differ_end_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = printed(capsys, "promote", "dev", "prod")
    assert code == 2
    assert text.splitlines() == [
        "documents of prod that are other in dev: 1",
        "  ~ VirtualMachineClass/small",
        "      ~ spec.cpuCount: 8 -> 2",
        "outputs of prod that are other in dev: 1",
        "  ~ url",
        '      ~ value: "http://10.0.0.2" -> "http://10.0.0.1"',
    ]


def test_programs_get_the_same_and_no_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = printed(capsys, "promote", "dev", "prod", "--json")
    answer = json.loads(text)
    assert (code, answer["schema"], answer["from"], answer["to"]) == (2, "pacific.infra/promote/v1", "dev", "prod")
    assert [change["id"] for change in answer["documents"]] == ["VirtualMachineClass/small"]
    assert [change["name"] for change in answer["outputs"]] == ["url"]
    assert "password" not in text


def test_a_stack_that_was_not_brought_up_yet_has_documents_and_no_outputs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, text = printed(capsys, "promote", "prod", "stage")
    assert code == 2
    assert text.splitlines()[:2] == [
        "the documents of prod and stage are the same",
        "outputs of stage that are other in prod: 2",
    ]


def test_one_stack_is_not_compared_with_itself(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["promote", "dev", "dev"])
    assert "these are one stack: got 'dev'; fix: name two" in capsys.readouterr().err


def test_a_mistyped_stack_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["promote", "dev", "prd"])
    assert "there is no such stack" in capsys.readouterr().err
