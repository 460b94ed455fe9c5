"""What the shell completes, and that it does so without the engine."""

import os

import pytest

from pacific_infra.cli.completion import command_word
from tests.support.forked import Call, Finished, run_forked

COMPLETE = """
from pacific_infra.cli import main
import pacific_infra.documents, pacific_infra.graph
sys.argv[0] = "pacific"

def complete():
    try:
        main([])
    finally:
        print("pulumi" in sys.modules, file=sys.stderr)
"""
CLASS = "kind: VirtualMachineClass\nmetadata: {name: small}\n"


COMPLETIONS = {
    "pacific why C": ["CrxWorkload/shop/web"],
    "pacific why sh": ["shop/web"],
    "pacific graph --around V": ["VirtualMachineClass/small"],
    "pacific why s": ["shop/web", "small"],
    "pacific up --application s": ["store"],
    "pacific plan -s ": ["dev", "prod", "test"],
    "pacific down --stack p": ["prod"],
    "pacific pl": ["plan"],
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Finished]:
    """What each line prints when the shell asks, and whether the engine's SDK was imported."""
    project = tmp_path_factory.mktemp("project")
    (project / "Pulumi.yaml").write_text("name: one\nruntime: python\nconfig: {documents: {default: documents}}\n")
    (project / "Pulumi.prod.yaml").write_text("config: {}\n")
    stacks = project / "state" / "pacific-infra" / "pulumi" / ".pulumi" / "stacks" / "one"
    stacks.mkdir(parents=True)
    (stacks / "test.json").touch()
    documents = project / "documents"
    documents.mkdir()
    (documents / "a.yaml").write_text(
        CLASS + "---\nkind: CrxWorkload\nmetadata: {name: web, namespace: shop}\nspec: {nothing: right}\n"
        "---\nkind: Application\nmetadata: {name: store}\n---\nnothing\n"
    )
    (documents / "broken.yaml").write_text("{")
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")},
        "XDG_STATE_HOME": str(project / "state"),
        "_PACIFIC_COMPLETE": "complete_bash",
    }
    finished = run_forked(
        COMPLETE,
        "complete()",
        [Call([], {"COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}) for line in COMPLETIONS],
        folder=project,
        environment=environment,
    )
    return dict(zip(COMPLETIONS, finished, strict=True))


@pytest.mark.parametrize(("line", "names"), COMPLETIONS.items())
def test_names_come_from_files_alone(line: str, names: list[str], runs: dict[str, Finished]) -> None:
    assert runs[line].stdout.split() == names
    assert runs[line].stderr.splitlines()[-1] == "False"


def test_the_command_of_a_line() -> None:
    assert command_word({"COMP_WORDS": "pacific why sh", "COMP_CWORD": "2"}) == "why"
    assert command_word({"COMP_WORDS": "pacific wh", "COMP_CWORD": "1"}) == ""
    assert command_word({"_TYPER_COMPLETE_ARGS": "pacific why "}) == "why"
    assert command_word({"_TYPER_COMPLETE_ARGS": "pacific why"}) == ""
