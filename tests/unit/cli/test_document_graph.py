"""What is known of a graph is used only where reading its documents would give the same graph."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pacific_infra.cli.document_graph import graph_of, known_graph_of
from pacific_infra.converge.project import Project, find_project
from pacific_infra.documents import looks
from pacific_infra.documents.looks import are_the_same, note_file, note_program, noting_looks
from pacific_infra.errors import PacificErrors
from pacific_infra.graph.known import KnownGraph
from tests.support.waiting import PATIENCE

HEAD = "apiVersion: pacific.infra/v1alpha1\n"
PROJECT = "name: shop\nruntime: python\nconfig: {documents: {value: documents}, overlays: {value: patches}}\n"
CLASS = HEAD + "kind: VirtualMachineClass\nmetadata: {name: NAME}\nspec: {cpuCount: 1, memory: 1Gi}\n"
EXTERNAL = HEAD + "kind: VirtualMachineClass\nmetadata: {name: large}\nspec: {external: true}\n"
APPLICATION = HEAD + "kind: Application\nmetadata: {name: shop}\nspec: {parts: [VirtualMachineClass/small]}\n"
INCLUDE = HEAD + "kind: Include\npaths: [../teams/*]\n"
PATCH = HEAD + "kind: VirtualMachineClass\nmetadata: {name: small}\nspec: {cpuCount: 2}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with documents, an overlay, and files that are included by a pattern and by a link."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "project"
    for name, text in {
        "Pulumi.yaml": PROJECT,
        "documents/classes.yaml": f"{CLASS.replace('NAME', 'small')}---\n{EXTERNAL}---\n{APPLICATION}",
        "documents/include.yaml": INCLUDE,
        "teams/first/class.yaml": CLASS.replace("NAME", "first"),
        "patches/patch.yaml": PATCH,
        "elsewhere/second.yaml": CLASS.replace("NAME", "second"),
        "elsewhere/third.yaml": CLASS.replace("NAME", "third"),
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "teams" / "second.yaml").symlink_to(folder / "elsewhere" / "second.yaml")
    return folder


def project(folder: Path) -> Project:
    return find_project(folder)


def is_known(folder: Path) -> bool:
    return isinstance(known_graph_of(project(folder)), KnownGraph)


def test_a_known_graph_says_what_the_documents_say(folder: Path) -> None:
    assert not is_known(folder)
    known, whole = known_graph_of(project(folder)), graph_of(project(folder))
    assert isinstance(known, KnownGraph)
    for name in ("waves", "order", "wave_of", "predecessors", "external", "needs_login", "digest", "applications"):
        assert getattr(known, name) == getattr(whole, name), name
    assert known.external == {"VirtualMachineClass/large"}
    assert known.estate.by_id.keys() == whole.estate.by_id.keys()
    assert known.successors == whole.successors


def test_documents_that_change_before_they_are_read_are_those_of_the_graph(folder: Path) -> None:
    known_graph_of(project(folder))
    known = known_graph_of(project(folder))
    assert "VirtualMachineClass/first" in known.order
    (folder / "teams" / "first" / "class.yaml").write_text(CLASS.replace("NAME", "renamed"))
    assert "VirtualMachineClass/renamed" in known.estate.by_id
    assert "VirtualMachineClass/first" not in known.order
    assert known.order == graph_of(project(folder)).order
    assert known.digest == graph_of(project(folder)).digest


def _write(path: str, text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / path).write_text(text)


def _lead_elsewhere(folder: Path) -> None:
    (folder / "teams" / "second.yaml").unlink()
    (folder / "teams" / "second.yaml").symlink_to(folder / "elsewhere" / "third.yaml")


@pytest.mark.parametrize(
    "change",
    [
        _write("documents/classes.yaml", CLASS.replace("NAME", "other")),
        _write("documents/new.yaml", CLASS.replace("NAME", "new")),
        _write("documents/notes.txt", "none of the documents"),
        _write("teams/first/class.yaml", CLASS.replace("NAME", "renamed")),
        _write("teams/first/more.yaml", CLASS.replace("NAME", "more")),
        _write("teams/third.yaml", CLASS.replace("NAME", "third")),
        _write("patches/patch.yaml", PATCH.replace("cpuCount: 2", "cpuCount: 3")),
        _write("elsewhere/second.yaml", CLASS.replace("NAME", "changed")),
        _write("Pulumi.dev.yaml", "config: {shop:documents: documents/classes.yaml}\n"),
        lambda folder: (folder / "teams" / "first" / "class.yaml").unlink(),
        lambda folder: (folder / "patches" / "patch.yaml").rename(folder / "patches" / ".patch.yaml"),
        _lead_elsewhere,
    ],
)
def test_documents_are_read_where_anything_that_was_looked_at_is_another(
    folder: Path, change: Callable[[Path], object]
) -> None:
    known_graph_of(project(folder))
    assert is_known(folder)
    change(folder)
    try:
        graph = known_graph_of(project(folder))
    except PacificErrors:
        return  # the patch patches nothing any more
    assert not isinstance(graph, KnownGraph)
    assert graph.order == graph_of(project(folder)).order


def test_documents_that_are_wrong_are_refused_as_ever(folder: Path) -> None:
    known_graph_of(project(folder))
    (folder / "documents" / "classes.yaml").write_text("kind: Nothing\n")
    for _ in range(2):
        with pytest.raises(PacificErrors):
            known_graph_of(project(folder))


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace("first", "fjrst"),
        lambda _: "",
        lambda _: "{}",
        lambda text: text.partition("\n")[2],
    ],
)
def test_what_is_torn_or_changed_is_not_believed(folder: Path, tmp_path: Path, damage: Callable[[str], str]) -> None:
    known_graph_of(project(folder))
    (file,) = (tmp_path / "cache" / "pacific-infra" / "graphs").iterdir()
    file.write_text(damage(file.read_text()))
    assert not is_known(folder)
    assert is_known(folder)


def test_a_cache_that_cannot_be_written_is_done_without(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    assert not is_known(folder)
    assert not is_known(folder)


def test_what_programs_read_or_what_changes_meanwhile_is_not_certain() -> None:
    with noting_looks() as noted:
        note_file("documents/class.yaml", b"one")
        assert noted.certain
        note_file("documents/class.yaml", b"another")
    assert not noted.certain
    with noting_looks() as noted:
        note_program()
    assert not noted.certain
    note_program()


def test_a_look_of_another_kind_holds_for_nothing() -> None:
    assert are_the_same([])
    assert not are_the_same([("clock", "/", "")])


def test_status_and_up_with_nothing_to_do_import_no_models() -> None:
    code = (
        "import sys\nimport pacific_infra.cli.status, pacific_infra.cli.up_command, pacific_sandbox.embedded\n"
        "print([name for name in ('pydantic', 'pulumi', 'pacific_infra.documents.document') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=PATIENCE)
    assert done.stdout == "[]\n"


def test_up_of_another_program_imports_no_models() -> None:
    code = (
        "import sys\nimport pacific_infra.cli.up, pacific_infra.cli.converging, pacific_infra.cli.record\n"
        "import pacific_infra.converge.definitions, pacific_infra.converge.pending, pacific_infra.converge.stack\n"
        "print([name for name in ('pydantic', 'pacific_infra.documents.document') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=PATIENCE)
    assert done.stdout == "[]\n"


LOOKS = re.compile(
    r"\.read_(?:text|bytes)\(|\bopen\(|os\.(?:walk|scandir|stat|listdir)|\.(?:iterdir|r?glob|is_file|is_dir|exists|stat)\("
)


def test_documents_are_looked_at_by_functions_that_note_it() -> None:
    package = Path(looks.__file__).parent
    modules = {str(file.relative_to(package)) for file in package.rglob("*.py") if LOOKS.search(file.read_text())}
    assert modules == {
        # They note it themselves; the last one that a program runs, which may read anything.
        "files.py",
        "looks.py",
        "rendering.py",
        # Only what is rendered by a program looks here, or lists what it finds here by files.py.
        "manifest_sources.py",
        "named_files.py",
        # The package's own files, and those that name documents' files for who watches them.
        "field_descriptions.py",
        "kubernetes_api/generate.py",
        "kubernetes_api/types.py",
        "loading.py",
        "reference.py",
    }
