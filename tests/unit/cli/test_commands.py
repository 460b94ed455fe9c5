"""The list of commands says what the commands say of themselves, and starting one does not import the others."""

import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from pacific_infra.cli.commands import COMMANDS, Command, application
from tests.support.waiting import PATIENCE

ROOT = Path(__file__).parents[3]
UNUSED_KINDS = ("function", "http_route", "ingress", "supervisor_service", "workload_cluster", "zone")
HEAVY = ("pulumi", "pyVmomi", "kubernetes", "networkx", "aiohttp", "starlette", "pacific_sandbox.sandbox")


def test_help_says_what_each_command_says_of_itself() -> None:
    complete = typer.main.get_command(application())
    listed = typer.main.get_command(application(""))
    assert isinstance(complete, typer.core.TyperGroup)
    assert isinstance(listed, typer.core.TyperGroup)
    assert list(listed.commands) == list(complete.commands)
    for command in COMMANDS:
        text = complete.commands[command.name].help or ""
        assert " ".join(text.split("\n\n")[0].split()) == command.help
        assert listed.commands[command.name].help == command.help


def test_an_unknown_command_is_refused() -> None:
    done = CliRunner().invoke(application("plam"), ["plam"])
    assert done.exit_code == 2
    assert "No such command 'plam'. Did you mean 'plan'?" in done.output


@pytest.mark.parametrize(
    ("arguments", "without"),
    [
        (["--help"], (*HEAVY, "pydantic", "pacific_infra.documents")),
        (["graph", "--help"], tuple(item for item in HEAVY if item != "networkx")),
        (["plan", "--help"], HEAVY),
        (["up", "--help"], HEAVY),
    ],
)
def test_starting_imports_only_what_is_needed(arguments: list[str], without: tuple[str, ...]) -> None:
    code = (
        "import sys\nfrom pacific_infra.cli import main\n"
        f"try: main({arguments!r})\nexcept SystemExit: pass\n"
        f"print('imported:', sorted(set({without!r}) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=PATIENCE)
    assert done.stdout.splitlines()[-1] == "imported: []"


def test_an_estate_imports_the_models_of_its_kinds_alone() -> None:
    code = (
        "import sys\nfrom pacific_infra import build_graph, load_estate\n"
        "build_graph(load_estate(['stacks/estate/documents']))\n"
        f"print([name for name in {UNUSED_KINDS!r} if f'pacific_infra.documents.{{name}}' in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=PATIENCE, cwd=ROOT
    )
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("command", [item for item in COMMANDS if item.examples], ids=lambda item: item.name)
def test_help_ends_with_examples_that_fit_80_columns(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    message = CliRunner().invoke(application(command.name), [command.name, "--help"]).output
    assert max(map(len, message.splitlines())) <= 80
    for example in command.examples:
        assert f" {example} " in message


def test_main_commands_have_examples() -> None:
    with_examples = {command.name for command in COMMANDS if command.examples}
    assert with_examples == {
        "plan",
        "up",
        "down",
        "status",
        "import",
        "graph",
        "why",
        "drift",
        "diff",
        "rollback",
        "promote",
        "rollout",
        "discover",
        "view",
    }
