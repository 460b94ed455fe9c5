"""Counts how often the code says one thing: ``python -m tests.support.house_counts [--commit COMMIT]``.

One script counts any commit, so that before and after are comparable. All is read from the files; nothing is run.
"""

import argparse
import ast
import fnmatch
import io
import re
import subprocess
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from tests.support.bound_names import bound_names, is_refused

FIELD = ("infrastructurePolicies", "infrastructure_policies")
"""A list field of Namespace, in the spelling of documents and of Python."""
KIND = ("WorkloadCluster", "workload_cluster")
"""A kind, as a class and as a module."""
BRANCHING = (
    "pacific_infra/documents",
    "pacific_infra/graph",
    "pacific_infra/plan",
    "pacific_infra/converge",
    "pacific_infra/cli",
    "pacific_infra/importing",
    "components/pacific_components",
)
"""Folders in which branches on kinds are counted."""
ALSO_KUBERNETES = frozenset(
    {"CustomResourceDefinition", "ExternalSecret", "Namespace", "VirtualMachine", "VirtualMachineGroup"}
)
"""Kinds of documents that Kubernetes has under the same name: a table of these alone is of Kubernetes' kinds."""
REGISTRY = "pacific_infra/documents/kinds.py"
MAPPINGS = (
    # Documents to arguments of components, and their rules and checks.
    "components/pacific_components/estate/crx_workload.py",
    "components/pacific_components/estate/custom_resources.py",
    "components/pacific_components/estate/function.py",
    "components/pacific_components/estate/given.py",
    "components/pacific_components/estate/load_balancer.py",
    "components/pacific_components/estate/manifests.py",
    "components/pacific_components/estate/namespace.py",
    "components/pacific_components/estate/namespace_network.py",
    "components/pacific_components/estate/reservations.py",
    "components/pacific_components/estate/supervisor_cluster.py",
    "components/pacific_components/estate/supervisor_network.py",
    "components/pacific_components/estate/virtual_machine.py",
    "components/pacific_components/estate/virtual_machine_class.py",
    "components/pacific_components/estate/workload_cluster.py",
    "components/pacific_components/estate/arguments.py",
    "components/pacific_components/crx_rules.py",
    "components/pacific_components/checking.py",
    "components/pacific_components/package/arguments.py",
    "components/pacific_components/output_validator.py",
    "components/pacific_components/validation.py",
    "components/pacific_components/values.py",
    # Words of documents and of vCenter, in both directions.
    "pacific_infra/documents/lowering/*.py",
    "pacific_infra/documents/marks.py",
    "pacific_infra/documents/units.py",
    "pacific_infra/documents/vcenter_names.py",
    "pacific_infra/importing/amounts.py",
    "pacific_infra/importing/namespace.py",
    "pacific_infra/importing/reservations.py",
    "pacific_infra/importing/supervisor_cluster.py",
    "pacific_infra/importing/virtual_machine_class.py",
    "pacific_infra/plan/policy/resources.py",
)
"""Files that repeat, rename or check again what a model declares. Counted besides, wherever they are: argument types
(TypedDict) written by hand, and ``MARK`` on fields of documents."""
MARK = "AtVCenter"
"""The mark that names vCenter's property of a field."""
UNMARKED = """
components/schema.json linguist-generated=true
components/pacific_components/vcenter/*.py linguist-generated=true
components/pacific_components/vcenter/properties.py linguist-generated=false
docs/documents/*.md linguist-generated=true
docs/reference/*.md linguist-generated=true
tests/golden/* linguist-generated=true
"""
"""What .gitattributes says in commits from before it was there."""
SIMULATOR = ("pacific_infra/sandbox", "sandbox")
ROOMS = ("product", "simulator", "tests", "documentation", "generated")
SMALL = 60
"""Lines below which a module with one importer is counted."""


@dataclass(frozen=True)
class Tree:
    """The files of a commit below ``root``."""

    root: Path

    @cached_property
    def files(self) -> Sequence[str]:
        """Every file, as a path below the root."""
        paths = (path for path in self.root.rglob("*") if path.is_file())
        names = (path.relative_to(self.root).as_posix() for path in paths)
        return sorted(name for name in names if not name.startswith((".git/", ".venv/")) and "__pycache__" not in name)

    @cached_property
    def modules(self) -> Mapping[str, ast.Module]:
        """The syntax tree of each Python file."""
        return {name: ast.parse(self.text(name)) for name in self.files if name.endswith(".py")}

    @cached_property
    def generated(self) -> frozenset[str]:
        """Files that a program writes: those that .gitattributes marks."""
        text = self.text(".gitattributes") or UNMARKED
        rules = [line.split() for line in text.splitlines() if "linguist-generated" in line]
        marked: set[str] = set()
        for pattern, value in rules:
            matches = {name for name in self.files if fnmatch.fnmatch(name, pattern)}
            marked = marked | matches if value.endswith("=true") else marked - matches
        return frozenset(marked)

    def text(self, name: str) -> str:
        """The content of a file; empty where there is none."""
        path = self.root / name
        return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""

    def lines(self, name: str) -> int:
        """Lines of a file."""
        return len(self.text(name).splitlines())

    def room(self, name: str) -> str:
        """What a file is: written by hand for the product, the simulator, a test, documentation or generated."""
        if name in self.generated:
            return "generated"
        if name.startswith(tuple(f"{folder}/" for folder in SIMULATOR)):
            return "simulator"
        if name.startswith("tests/"):
            return "tests"
        return "documentation" if name.endswith(".md") else "product"


@dataclass
class Counts:
    """What was counted."""

    field_files: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By what they are."""
    kind_files: Sequence[str] = ()
    mapping_lines: int = 0
    branches: Sequence[str] = ()
    tables: Sequence[str] = ()
    wheel_lines: int = 0
    generated_wheel_lines: int = 0
    small_modules: Sequence[str] = ()
    names: int = 0

    @property
    def rows(self) -> Iterator[tuple[str, str]]:
        """The table: what is counted, and how much it is."""
        others = ", ".join(f"{room} {len(names)}" for room, names in self.field_files.items() if room != "product")
        yield "hand-written product files that name a list field of Namespace", str(len(self.field_files["product"]))
        yield "others that name it", others
        yield "hand-written product modules that name the kind WorkloadCluster", str(len(self.kind_files))
        yield "hand-written mapping lines", str(self.mapping_lines)
        yield "branches on kinds (isinstance, match, .kind ==) outside the registry", str(len(self.branches))
        yield "tables and tuples of kinds outside the registry", str(len(self.tables))
        yield "Python lines of the product's wheel without the sandbox", str(self.wheel_lines)
        yield "of them generated", str(self.generated_wheel_lines)
        yield f"modules under {SMALL} lines with one importer", str(len(self.small_modules))
        yield "names that say nothing, without tests", str(self.names)


def count(tree: Tree) -> Counts:
    """Count a tree."""
    naming = [name for name in tree.files if any(word in tree.text(name) for word in FIELD)]
    kinds = kind_classes(tree)
    found_branches, tables = [], []
    for name, module in tree.modules.items():
        if name.startswith(BRANCHING) and name not in tree.generated and name != REGISTRY:
            found_branches += [f"{name}:{line}" for line in branches(module, kinds)]
            tables += [f"{name}:{line}" for line in tables_of(module, frozenset(kinds.values()))]
    return Counts(
        field_files={room: [name for name in naming if tree.room(name) == room] for room in ROOMS},
        kind_files=[
            name
            for name, module in tree.modules.items()
            if tree.room(name) == "product" and any(word in KIND for word in words(module))
        ],
        mapping_lines=mapping_lines(tree),
        branches=found_branches,
        tables=tables,
        wheel_lines=sum(tree.lines(name) for name in wheel_modules(tree)),
        generated_wheel_lines=sum(tree.lines(name) for name in wheel_modules(tree) if name in tree.generated),
        small_modules=small_modules(tree),
        names=sum(
            is_refused(name)
            for file, module in tree.modules.items()
            if not file.startswith("tests/")
            for name in (*(part for _, part in bound_names(module)), *Path(file).with_suffix("").parts)
        ),
    )


def kind_classes(tree: Tree) -> Mapping[str, str]:
    """The kind that each class stands for: models of documents, their ``spec``, and components by their name."""
    classes: dict[str, str] = {}
    for name, module in tree.modules.items():
        if not name.startswith("pacific_infra/documents/"):
            continue
        for node in ast.walk(module):
            if isinstance(node, ast.ClassDef) and (kind := _literal_kind(node)) is not None:
                classes[node.name] = kind
                classes[f"{node.name}Spec"] = kind
                classes[f"Supervisor{node.name}"] = kind
    return classes


def _literal_kind(node: ast.ClassDef) -> str | None:
    for statement in node.body:
        match statement:
            case ast.AnnAssign(
                target=ast.Name(id="kind"),
                annotation=ast.Subscript(value=ast.Name(id="Literal"), slice=ast.Constant(value=str(kind))),
                value=None,
            ):
                return kind
    return None


def branches(module: ast.Module, kinds: Mapping[str, str]) -> Iterator[int]:
    """Lines of ``isinstance`` and ``case`` on classes of kinds, and of ``.kind`` compared with the name of one."""
    for node in ast.walk(module):
        match node:
            case ast.Call(func=ast.Name(id="isinstance" | "issubclass"), args=[_, classes], lineno=line):
                if _names(classes) & kinds.keys():
                    yield line
            case ast.MatchClass(cls=classes):
                if _names(classes) & kinds.keys():
                    yield classes.lineno
            case ast.Compare(
                left=ast.Attribute(attr="kind", value=ast.Name(id=owner)), comparators=values, lineno=line
            ):
                # The kind of an object of Kubernetes is another thing than that of a document.
                if owner not in ("identity", "item", "resource") and _texts(values) & set(kinds.values()):
                    yield line


def tables_of(module: ast.Module, kinds: frozenset[str]) -> Iterator[int]:
    """Lines where a map, list, tuple or set has two kinds or more by name; ``__all__`` is none."""
    exports = {
        id(node.value)
        for node in ast.walk(module)
        if isinstance(node, ast.Assign) and "__all__" in _names(node.targets[0])
    }
    for node in ast.walk(module):
        match node:
            case ast.Dict(keys=keys, lineno=line):
                named = _texts(key for key in keys if key is not None) & kinds
            case ast.Tuple(elts=elements, lineno=line) | ast.List(elts=elements, lineno=line):
                named = _texts(elements) & kinds
            case ast.Set(elts=elements, lineno=line):
                named = _texts(elements) & kinds
            case _:
                continue
        if len(named) > 1 and named - ALSO_KUBERNETES and id(node) not in exports:
            yield line


def _names(node: ast.AST) -> set[str]:
    return {
        inner.id if isinstance(inner, ast.Name) else inner.attr
        for inner in ast.walk(node)
        if isinstance(inner, ast.Name | ast.Attribute)
    }


def _texts(nodes: Iterator[ast.expr] | Sequence[ast.expr]) -> set[str]:
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def words(module: ast.Module) -> Iterator[str]:
    """Words of the code: names, parts of imported modules and of texts, but not of docstrings."""
    docstrings = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr)}
    for node in ast.walk(module):
        match node:
            case ast.Name(id=text) | ast.Attribute(attr=text) | ast.ClassDef(name=text) | ast.alias(name=text):
                yield from re.findall(r"\w+", text)
            case ast.ImportFrom(module=str(text)):
                yield from re.findall(r"\w+", text)
            case ast.Constant(value=str(text)) if id(node) not in docstrings:
                yield from re.findall(r"\w+", text)
            case _:
                pass


def mapping_lines(tree: Tree) -> int:
    """Lines of ``MAPPINGS``, of argument types that are written by hand, and of marks on fields of documents."""
    files = [name for name in tree.files if any(fnmatch.fnmatch(name, pattern) for pattern in MAPPINGS)]
    types = 0
    for name, module in tree.modules.items():
        if name.startswith("components/") and name not in files and tree.room(name) == "product":
            types += sum(
                (node.end_lineno or node.lineno) - node.lineno + 1
                for node in ast.walk(module)
                if isinstance(node, ast.ClassDef) and any("TypedDict" in _names(base) for base in node.bases)
            )
    marks = sum(
        len(_mark_lines(module))
        for name, module in tree.modules.items()
        if name.startswith("pacific_infra/documents/") and name not in files
    )
    return types + marks + sum(tree.lines(name) for name in files if name not in tree.generated)


def _mark_lines(module: ast.Module) -> set[int]:
    """The lines that ``MARK`` with what it says stands on."""
    return {
        line
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == MARK
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }


def wheel_modules(tree: Tree) -> Sequence[str]:
    """Python files that the product's wheel brings, without the simulator."""
    project = tomllib.loads(tree.text("pyproject.toml"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    folders = tuple(f"{package}/" for package in packages)
    return [name for name in tree.modules if name.startswith(folders) and tree.room(name) != "simulator"]


def small_modules(tree: Tree) -> Sequence[str]:
    """Modules under ``SMALL`` lines that one other module imports."""
    paths = {_dotted(name): name for name in tree.modules if not name.startswith(("tests/", "stacks/"))}
    importers: dict[str, set[str]] = {name: set() for name in paths}
    for importer, path in paths.items():
        for node in ast.walk(tree.modules[path]):
            imported: list[str] = []
            if isinstance(node, ast.Import):
                imported = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                imported = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            for name in imported:
                if name in importers and name != importer:
                    importers[name].add(importer)
    return [
        path
        for name, path in paths.items()
        if len(importers[name]) == 1
        and tree.lines(path) < SMALL
        and path not in tree.generated
        and Path(path).stem not in ("__init__", "__main__")
    ]


def _dotted(path: str) -> str:
    """The module's name, below the folder that Python finds it in."""
    parts = Path(path).with_suffix("").parts
    start = next((index for index, part in enumerate(parts) if part.startswith("pacific_")), 0)
    return ".".join(parts[start:]).removesuffix(".__init__")


def tree_of_commit(repository: Path, commit: str, folder: Path) -> Tree:
    """The files of a commit, written to ``folder``."""
    archive = subprocess.run(
        ["git", "-C", str(repository), "archive", commit],  # noqa: S607
        check=True,
        capture_output=True,
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        packed.extractall(folder, filter="data")
    return Tree(folder)


def main() -> None:
    """Print the table of a commit; by default HEAD."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commit", default="HEAD")
    parser.add_argument("--places", action="store_true", help="Print where each is too.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        counts = count(tree_of_commit(Path(__file__).parents[2], arguments.commit, Path(folder)))
    for text, number in counts.rows:
        print(f"| {text} | {number} |")  # noqa: T201
    if arguments.places:
        for places in (counts.field_files["product"], counts.kind_files, counts.branches, counts.tables):
            print("", *places, sep="\n")  # noqa: T201


if __name__ == "__main__":
    main()
