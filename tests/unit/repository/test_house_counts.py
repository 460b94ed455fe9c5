"""The script that counts before and after, on a small tree whose counts can be read off."""

import subprocess
from pathlib import Path

import pytest

from tests.support.house_counts import Counts, Tree, count, tree_of_commit

ROOT = Path(__file__).parents[3]
FILES = {
    ".gitattributes": "docs/*.md linguist-generated=true\n*/arguments.py linguist-generated=true\n",
    "pyproject.toml": "[tool.hatch.build.targets.wheel]\npackages = ['pacific_infra', 'components']\n",
    "pacific_infra/__init__.py": "",
    "pacific_infra/documents/kinds.py": "KINDS = ('WorkloadCluster', 'Manifests')\n",
    "pacific_infra/documents/clusters.py": (
        '"""About WorkloadCluster."""\n'
        "class WorkloadCluster(Document):\n"
        "    kind: Literal['WorkloadCluster']\n"
        "class Manifests(Document):\n"
        "    kind: Literal['Manifests']\n"
        "class Other(Model):\n"
        "    kind: Annotated[Literal['A', 'B'], AtVCenter('type')]\n"
        "    size: Annotated[str, AtVCenter(\n        absent=0)]\n"
    ),
    "pacific_infra/plan/rules.py": (
        '"""WorkloadCluster is not named here but in a docstring."""\n'
        "from pacific_infra.plan import small\n"
        "TABLE = {'Manifests': 1, 'WorkloadCluster': 2}\n"
        "OF_KUBERNETES = ('Namespace', 'CustomResourceDefinition')\n"
        "def rule(document, found):\n"
        "    if isinstance(document, clusters.Manifests | int):\n"
        "        return document.kind == 'WorkloadCluster'\n"
        "    match document:\n"
        "        case ManifestsSpec():\n"
        "            return isinstance(document, str)\n"
    ),
    "pacific_infra/plan/small.py": "infrastructurePolicies = 1\n",
    "pacific_infra/sandbox/simulator.py": "infrastructurePolicies = 1\n",
    "pacific_infra/importing/amounts.py": "one = 1\ntwo = 2\n",
    "components/arguments.py": "class Args(TypedDict):\n    infrastructure_policies: str\n",
    "components/cluster.py": "class ClusterArgs(TypedDict, total=False):\n    name: str\n",
    "tests/test_it.py": "what = 'infrastructurePolicies'\n",
    "docs/page.md": "infrastructurePolicies\n",
}


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Tree(tmp_path)


@pytest.fixture
def counts(tree: Tree) -> Counts:
    return count(tree)


def test_files_that_name_a_field_are_told_apart_by_what_they_are(counts: Counts) -> None:
    assert counts.field_files == {
        "product": ["pacific_infra/plan/small.py"],
        "simulator": ["pacific_infra/sandbox/simulator.py"],
        "tests": ["tests/test_it.py"],
        "documentation": [],
        "generated": ["components/arguments.py", "docs/page.md"],
    }


def test_modules_name_a_kind_in_code_and_not_in_docstrings(counts: Counts) -> None:
    assert list(counts.kind_files) == [
        "pacific_infra/documents/clusters.py",
        "pacific_infra/documents/kinds.py",
        "pacific_infra/plan/rules.py",
    ]


def test_mapping_lines_are_those_of_the_list_of_argument_types_written_by_hand_and_of_marks(counts: Counts) -> None:
    assert counts.mapping_lines == 2 + 2 + 3


def test_branches_and_tables_on_kinds_are_found_outside_the_registry(counts: Counts) -> None:
    rules = "pacific_infra/plan/rules.py"
    assert sorted(counts.branches) == [f"{rules}:6", f"{rules}:7", f"{rules}:9"]
    assert counts.tables == [f"{rules}:3"]


def test_the_wheel_is_counted_without_the_simulator(counts: Counts) -> None:
    files = [name for name in FILES if name.endswith(".py") and "sandbox" not in name and "tests" not in name]
    assert counts.wheel_lines == sum(FILES[name].count("\n") for name in files)
    assert counts.generated_wheel_lines == 2


def test_a_small_module_with_one_importer_is_found(counts: Counts) -> None:
    assert counts.small_modules == ["pacific_infra/plan/small.py"]


def test_names_that_say_nothing_are_counted_without_tests(counts: Counts) -> None:
    assert counts.names == 2  # found, one


def test_a_commit_is_counted_as_its_files_are(tree: Tree, tmp_path_factory: pytest.TempPathFactory) -> None:
    author = ["-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q"], ["add", "."], [*author, "commit", "-qm", "All"]):
        subprocess.run(["git", "-C", str(tree.root), *command], check=True)  # noqa: S607
    committed = tree_of_commit(tree.root, "HEAD", tmp_path_factory.mktemp("commit"))
    assert list(count(committed).rows) == list(count(tree).rows)


def test_no_module_that_is_written_by_hand_is_longer_than_400_lines() -> None:
    folders = ("pacific_infra", "components", "sandbox", "mongodb")
    modules = {file: file.read_text() for folder in folders for file in (ROOT / folder).rglob("*.py")}
    by_hand = {file: text for file, text in modules.items() if "\nGenerated " not in text}
    assert len(by_hand) > 500
    assert [str(file) for file, text in by_hand.items() if len(text.splitlines()) > 400] == []
