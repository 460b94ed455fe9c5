"""What the shell completes, and that it does so without the engine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pacific_infra.cli.completion import command_word

CLASS = "kind: VirtualMachineClass\nmetadata: {name: small}\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: one\nruntime: python\nconfig: {documents: {default: documents}}\n")
    (tmp_path / "Pulumi.prod.yaml").write_text("config: {}\n")
    stacks = tmp_path / "state" / "pacific-infra" / "pulumi" / ".pulumi" / "stacks" / "one"
    stacks.mkdir(parents=True)
    (stacks / "test.json").touch()
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "a.yaml").write_text(
        CLASS + "---\nkind: CrxWorkload\nmetadata: {name: web, namespace: shop}\nspec: {nothing: right}\n"
        "---\nkind: Application\nmetadata: {name: store}\n---\nnothing\n"
    )
    (documents / "broken.yaml").write_text("{")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("pacific why C", ["CrxWorkload/shop/web"]),
        ("pacific why sh", ["shop/web"]),
        ("pacific graph --around V", ["VirtualMachineClass/small"]),
        ("pacific why s", ["shop/web", "small"]),
        ("pacific up --application s", ["store"]),
        ("pacific plan -s ", ["dev", "prod", "test"]),
        ("pacific down --stack p", ["prod"]),
        ("pacific pl", ["plan"]),
    ],
)
def test_names_come_from_files_alone(line: str, found: list[str], project: Path) -> None:
    code = (
        "import sys\nfrom pacific_infra.cli import main\nsys.argv[0] = 'pacific'\n"
        "try: main([])\nexcept SystemExit: pass\nprint('pulumi' in sys.modules, file=sys.stderr)"
    )
    words = line.split(" ")
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")},
        "XDG_STATE_HOME": str(project / "state"),
        "_PACIFIC_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == found
    assert done.stderr.splitlines()[-1] == "False"


def test_the_command_of_a_line() -> None:
    assert command_word({"COMP_WORDS": "pacific why sh", "COMP_CWORD": "2"}) == "why"
    assert command_word({"COMP_WORDS": "pacific wh", "COMP_CWORD": "1"}) == ""
    assert command_word({"_TYPER_COMPLETE_ARGS": "pacific why "}) == "why"
    assert command_word({"_TYPER_COMPLETE_ARGS": "pacific why"}) == ""
