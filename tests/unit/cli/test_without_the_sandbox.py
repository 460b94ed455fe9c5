"""The product without the extra ``sandbox``: one sentence where the sandbox is needed, and nothing where it is not."""

import ast
import os
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from pacific_infra.sandbox import DISTRIBUTION
from tests.support.forked import Call, Finished, run_forked

ROOT = Path(__file__).parents[3]
SENTENCE = "error: the embedded sandbox is not installed: fix: pip install 'pacific-infra[sandbox]'\n"
NEEDING_THE_SANDBOX = (
    "sandbox up",
    "sandbox down",
    "sandbox status",
    "sandbox logs daemon",
    "sandbox image list",
    "sandbox image add-demo",
    "sandbox fault list",
    "sandbox --help",
    "up --yes -C estate",
    "plan -C estate",
    "down --yes -C estate",
    "status -C estate",
    "drift -C estate",
    "import -C estate --from-supervisor cluster-01",
    "capacity --live -C estate",
    "login supervisor-01 -C estate",
)
IMPORT_ALL = "import-all-modules"
EXTRAS = ("sandbox", "view", "tui", "otel", "postgres", "s3", "dask")
OF_EXTRAS = (
    "pacific_infra.cli.dask_scheduler",
    "pacific_infra.cli.dask_workers",
    "pacific_infra.converge.trace_export",
    "pacific_infra.record.postgres",
    "pacific_infra.record.postgres_refusals",
    "pacific_infra.record.postgres_setup",
    "pacific_infra.record.s3",
    "pacific_infra.record.s3_arguments",
    "pacific_infra.record.s3_refusals",
    "pacific_infra.view.door",
    "pacific_infra.view.guard",
    "pacific_infra.view.pages",
    "pacific_infra.view.server",
    "pacific_infra.view.serving",
    "pacific_infra.view.terminal",
)
"""The modules that need another extra than ``sandbox``; only what uses an extra imports them."""
COMPLETE_WITHOUT_IT = ("version", "--help", "graph -C estate", "policy -C estate", "capacity -C estate")
HIDING = """
import sys
from importlib.machinery import PathFinder

names = set({names!r})

class Hiding:
    def find_spec(self, name, *rest):
        return None if name.partition(".")[0] in names else PathFinder.find_spec(name, *rest)

    def find_distributions(self, context):
        return () if context.name == {distribution!r} else PathFinder.find_distributions(context)

sys.meta_path[sys.meta_path.index(PathFinder)] = Hiding()
"""


def _requirements(optional: str) -> set[str]:
    """The distributions of the product's own requirements; ``optional``: those of that extra alone."""
    listed = [Requirement(line) for line in metadata.requires("pacific-infra") or ()]
    environment = {"extra": optional}
    chosen = (item for item in listed if (not optional) == (item.marker is None or "extra" not in str(item.marker)))
    return {canonicalize_name(item.name) for item in chosen if item.marker is None or item.marker.evaluate(environment)}


def _closure(names: set[str]) -> set[str]:
    """These with all that they require."""
    known: set[str] = set()
    waiting = set(names)
    while waiting:
        name = waiting.pop()
        known.add(name)
        try:
            lines = metadata.requires(name) or ()
        except metadata.PackageNotFoundError:
            continue
        for requirement in map(Requirement, lines):
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting |= {canonicalize_name(requirement.name)} - known
    return known


def extra_modules() -> list[str]:
    """The modules that are there with the product's extras alone."""
    names = (
        _closure(set().union(*map(_requirements, EXTRAS)))
        - _closure(_requirements(""))
        - {"pacific-infra", "pacific-sandbox"}
    )
    by_module = metadata.packages_distributions()
    return sorted(
        module for module, owners in by_module.items() if names.issuperset(canonicalize_name(owner) for owner in owners)
    )


def modules() -> list[str]:
    """Every module of the product but those of its extras."""
    return sorted(name for name in _all_modules() if name not in OF_EXTRAS)


def _all_modules() -> Iterator[str]:
    yield from (
        ".".join(file.relative_to(ROOT / folder).with_suffix("").parts)
        for folder, package in ((".", "pacific_infra"), ("components", "pacific_components"))
        for file in (ROOT / folder / package).rglob("*.py")
        if not file.name.startswith("__") and "project_template" not in file.parts
    )


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Finished]:
    """Each command, run in a folder with a project ``estate`` without a vCenter, by a Python without the extra."""
    folder = tmp_path_factory.mktemp("place")
    (folder / "hidden").mkdir()
    names = [*extra_modules(), "pacific_sandbox"]
    (folder / "hidden" / "sitecustomize.py").write_text(HIDING.format(names=names, distribution=DISTRIBUTION))
    local = {"PYTHONPATH": str(folder / "hidden"), "XDG_STATE_HOME": str(folder / "state"), "NO_COLOR": "1"}
    commands = ["init estate", *NEEDING_THE_SANDBOX, *COMPLETE_WITHOUT_IT, IMPORT_ALL]
    finished = run_forked(
        "import importlib\nfrom pacific_infra.cli import main\nimport pacific_infra.documents, pulumi",
        f"main(words) if words != [{IMPORT_ALL!r}] else [importlib.import_module(name) for name in {modules()}]",
        [Call(command.split()) for command in commands],
        folder=folder,
        environment={**os.environ, **local},
    )
    return dict(zip(commands, finished, strict=True))


@pytest.mark.parametrize("words", NEEDING_THE_SANDBOX)
def test_what_needs_the_sandbox_says_how_to_install_it(runs: dict[str, Finished], words: str) -> None:
    done = runs[words]
    assert (done.returncode, done.stdout) == (1, "")
    # A busy computer has said before that it reads documents.
    lines = [line for line in done.stderr.splitlines(keepends=True) if not line.startswith("reading the documents")]
    assert lines[0] == SENTENCE
    # down alone goes on to say that nothing was removed.
    assert len(lines) == (2 if words.startswith("down") else 1)


@pytest.mark.parametrize("words", COMPLETE_WITHOUT_IT)
def test_what_does_not_need_the_sandbox_works_without_it(runs: dict[str, Finished], words: str) -> None:
    assert (runs[words].returncode, runs[words].stderr) == (0, "")


def test_every_module_is_imported_without_it(runs: dict[str, Finished]) -> None:
    assert (runs[IMPORT_ALL].returncode, runs[IMPORT_ALL].stderr) == (0, "")


def test_the_product_names_nothing_of_the_sandbox_and_of_its_extra() -> None:
    optional = {ROOT / f"{name.replace('.', '/')}.py" for name in OF_EXTRAS}
    files = set((ROOT / "pacific_infra").rglob("*.py"))
    assert optional <= files
    imported = {name for file in files - optional for name in _imported(file)}
    assert imported.isdisjoint({*extra_modules(), "pacific_sandbox", "pacific_mongodb"})


def _imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (item.name.partition(".")[0] for item in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module.partition(".")[0]
