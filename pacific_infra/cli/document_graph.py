"""The graph of a project's documents, for commands that need no toolchain, sandbox or Pulumi."""

from pathlib import Path

from pacific_infra.converge.project import Project, find_project
from pacific_infra.converge.renderer import project_renderer
from pacific_infra.documents import Estate, load_estate
from pacific_infra.graph import DependencyGraph, build_graph
from pacific_infra.settings import Settings


def read_graph(project: Path, stack: str | None) -> DependencyGraph:
    """The graph of the documents that the stack names. Raises PacificError(s)."""
    return graph_of(find_project(project, stack))


def graph_of(project: Project) -> DependencyGraph:
    """The graph of a project's documents; empty where its program reads none. Raises PacificError(s)."""
    if not project.documents:
        return build_graph(Estate(()))
    renderer = project_renderer(Settings.read())
    return build_graph(load_estate(project.documents, project.overlays, renderer))
