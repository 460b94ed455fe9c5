"""The graph of a project's documents, for commands that need no toolchain, sandbox or Pulumi."""

import hashlib
import json
import os
import sys
from collections.abc import Iterator
from functools import partial
from importlib.metadata import version
from pathlib import Path

from pacific_infra.converge.project import Project, find_project
from pacific_infra.documents.looks import are_the_same, noting_looks
from pacific_infra.documents.rendering import keep
from pacific_infra.graph.dependency_graph import DependencyGraph
from pacific_infra.graph.known import KnownGraph, Outline
from pacific_infra.settings import Settings

_CODE = ("documents", "graph")
"""Packages that decide what documents are and what they need."""
_DISTRIBUTIONS = ("pydantic", "pydantic_core", "pyyaml")


def read_graph(project: Path, stack: str | None) -> DependencyGraph:
    """The graph of the documents that the stack names. Raises PacificError(s)."""
    return graph_of(find_project(project, stack))


def graph_of(project: Project) -> DependencyGraph:
    """The graph of a project's documents; empty where its program reads none. Raises PacificError(s)."""
    from pacific_infra.converge.renderer import project_renderer  # noqa: PLC0415 - a known graph needs no documents
    from pacific_infra.documents import Estate, load_estate  # noqa: PLC0415
    from pacific_infra.graph import build_graph  # noqa: PLC0415

    if not project.documents:
        return build_graph(Estate(()))
    renderer = project_renderer(Settings.read())
    return build_graph(load_estate(project.documents, project.overlays, renderer))


def known_graph_of(project: Project) -> DependencyGraph:
    """The same. Where documents, and all that was looked at when they were read, are as they were then, nothing is read
    but what was known of the graph; the documents follow when somebody asks for them.
    """
    file, code = _file(project), _code()
    if (outline := _read(file, code)) is not None:
        return KnownGraph(outline, partial(graph_of, project))
    with noting_looks() as looks:
        graph = graph_of(project)
    if looks.certain:
        text = json.dumps({"code": code, "looks": list(looks), "outline": Outline.of(graph).as_json()})
        keep(file, f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}")
    return graph


def _file(project: Project) -> Path:
    places = [[os.path.abspath(path) for path in paths] for paths in (project.documents, project.overlays)]
    name = hashlib.sha256(json.dumps([str(project.directory), *places]).encode()).hexdigest()[:16]
    return Settings.read().cache_directory / "graphs" / f"{name}.json"


def _read(file: Path, code: str) -> Outline | None:
    """What is known; None where it is nothing, or of other documents. The first line is the digest of the rest."""
    try:
        digest, _, text = file.read_text(encoding="utf-8").partition("\n")
        if hashlib.sha256(text.encode()).hexdigest() != digest:
            return None
        content = json.loads(text)
        if content["code"] != code or not are_the_same((kind, path, state) for kind, path, state in content["looks"]):
            return None
        return Outline.read(content["outline"])
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None


def _code() -> str:
    """A digest of the code that reads documents, told by its files' times."""
    digest = hashlib.sha256("\n".join([sys.version, *map(version, _DISTRIBUTIONS)]).encode())
    for part in _CODE:
        for status in _statuses(Path(__file__).parents[1] / part):
            digest.update(status)
    return digest.hexdigest()


def _statuses(folder: Path) -> Iterator[bytes]:
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(names):
            path = os.path.join(place, name)
            status = os.stat(path)
            yield f"{path} {status.st_size} {status.st_mtime_ns}\n".encode()
