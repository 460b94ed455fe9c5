"""Whether a run would repeat the last one: digests of the last run's sources, kept next to its record.

The engine takes seconds to find out that there is nothing to do. It need not be asked where documents, overlays, files,
configuration, program and versions are those of the last whole run, and the record is the one that it left.
"""

import ast
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from pacific_infra.converge.claims import Recorded, is_retained
from pacific_infra.converge.project import Project
from pacific_infra.documents.resource_types import is_external
from pacific_infra.record.backend import StackFiles, read_checkpoint, replace_durably
from pacific_infra.record.urns import split_urn

if TYPE_CHECKING:
    from pacific_infra.plan.changes import ResourceChange

FORMAT = 2
PACKAGES = ("pacific_infra", "pacific_components")
"""Those whose source decides what documents become."""
DISTRIBUTIONS = ("pulumi", "pydantic")
_PROGRAM = "from pacific_infra.estate_program import run\nrun()"


def last_run_file(state_directory: Path, files: StackFiles) -> Path:
    """Where the last whole run of a stack is noted."""
    backend = hashlib.sha256(str(files.backend).encode()).hexdigest()[:12]
    return state_directory / "last-runs" / backend / files.project / f"{files.stack}.json"


def inputs_digest(project: Project, documents: str, site: Sequence[str]) -> str | None:
    """The digest of all that a run is made from; None where its program is another one than that of an estate.

    ``documents``: the digest of the estate. ``site``: what else decides, such as the vCenter's address and the versions
    of engine and plugins.
    """
    if not reads_documents_alone(project):
        return None
    digest = hashlib.sha256()
    for part in _inputs(project, documents, site):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()


def _inputs(project: Project, documents: str, site: Sequence[str]) -> Iterator[bytes]:
    yield f"{FORMAT} {project.name}/{project.stack}".encode()
    yield documents.encode()
    yield from surroundings(project)
    for text in site:
        yield text.encode()


def surroundings(project: Project, *, shared: bool = False) -> Iterator[bytes]:
    """What decides besides the documents: the project's configuration, and the code that makes resources of them.

    ``shared``: it is compared with what another computer has noted, so code is told by its text. Else it is told by its
    files' times, which takes less.
    """
    for file in (project.directory / "Pulumi.yaml", project.stack_settings):
        yield file.read_bytes() if file.is_file() else b""
    for name in DISTRIBUTIONS:
        yield version(name).encode()
    for package in PACKAGES:
        for root, path in _sources(package):
            if shared:
                yield path.removeprefix(root).encode()
                yield Path(path).read_bytes()
            else:
                status = os.stat(path)
                yield f"{path} {status.st_size} {status.st_mtime_ns}".encode()


def _sources(package: str) -> Iterator[tuple[str, str]]:
    """Each file of code, with the folder of its package."""
    specification = find_spec(package)
    folders = specification.submodule_search_locations if specification else None
    for root in folders or ():
        for folder, _, names in sorted(os.walk(root)):
            yield from ((root, os.path.join(folder, name)) for name in sorted(names) if name.endswith(".py"))


def reads_documents_alone(project: Project) -> bool:
    """Whether the project's program is the one that ``pacific init`` writes: documents and configuration, no more."""
    settings = yaml.safe_load((project.directory / "Pulumi.yaml").read_text(encoding="utf-8")) or {}
    program = project.directory / str(settings.get("main") or ".") / "__main__.py"
    if str(settings.get("runtime")) != "python" or not program.is_file():
        return False
    try:
        body = ast.parse(program.read_text(encoding="utf-8")).body
    except (SyntaxError, ValueError):
        return False
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    return ast.dump(ast.Module(body, [])) == ast.dump(ast.parse(_PROGRAM))


def is_read_anew(resources: Iterable[Recorded]) -> bool:
    """Whether a run looks at what others have made, which may have changed: then only the run knows."""
    return any(resource.get("external") for resource in resources)


def note_last_run(file: Path, digest: str, files: StackFiles) -> None:
    """Note that a whole run from ``digest`` has ended well and left the record as it is."""
    document = {"format": FORMAT, "inputs": digest, "record": read_checkpoint(files).digest}
    replace_durably(file, json.dumps(document).encode())


def was_last_run(file: Path, digest: str, record: str) -> bool:
    """Whether the last whole run was made from ``digest`` and left ``record``, a checkpoint's digest."""
    try:
        document = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return False
    return bool(document == {"format": FORMAT, "inputs": digest, "record": record})


def unchanged_changes(resources: Iterable[Recorded]) -> "list[ResourceChange]":
    """What a preview would say of recorded resources that all stay as they are."""
    from pacific_infra.plan.changes import ResourceChange  # noqa: PLC0415 - only plans need it

    return [
        ResourceChange(
            urn=resource["urn"],
            type=resource["type"],
            name=split_urn(resource["urn"])[1],
            operation="read" if is_external(resource["type"]) else "same",
            parent=resource.get("parent") or None,
            retained=is_retained(resource),
        )
        for resource in resources
        if resource["type"] != "pulumi:pulumi:Stack"
    ]
