"""What ``pacific render pko`` writes: a Stack object for the estate, or one for each of its stacks."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pacific_infra.converge.estate_file import read_estate_file
from pacific_infra.converge.project import Project
from pacific_infra.converge.stacks_file import read_stacks, split_as_rendered, stacks_text
from pacific_infra.errors import PacificError
from pacific_infra.gitops.operator import StackSource, object_name, operator_objects
from pacific_infra.gitops.waves import as_text
from pacific_infra.graph import DependencyGraph


@dataclass(frozen=True)
class RenderedStacks:
    """Files by name."""

    files: Mapping[str, str]
    stacks_file: str | None = None
    """The text of ``pacific.stacks.yaml``; None: the estate is in one stack."""
    leaving: tuple[str, ...] = ()
    """Stack objects of stacks that have no documents any more."""


def render_stacks(project: Project, graph: DependencyGraph, source: StackSource) -> RenderedStacks:
    """The files of the estate's stacks. Raises PacificErrors for what cannot work in a cluster."""
    content = read_estate_file(project.directory)
    before = read_stacks(project.directory).get(project.stack, {})
    if not before and (content is None or content.partition == "none"):
        return RenderedStacks({f"{object_name(project.name, project.stack)}.yaml": as_text(operator_objects(source))})
    if project.secret_keys or project.imports_environments:
        raise PacificError(
            "the stacks of an estate get its configuration in their Stack objects, and secrets would lie in git",
            place=str(project.stack_settings),
            value=", ".join(sorted(project.secret_keys)) or "environment",
            fix="name a file instead, such as pacific:passwordFile, which comes from the Secret of --secret",
        )
    split = split_as_rendered(project.directory, graph, project.stack, complete=False)
    files = {}
    for stack in split.stacks.order:
        needed = [object_name(project.name, other) for other in split.stacks.predecessors[stack]]
        objects = operator_objects(replace(source, stack=stack, estate=project.stack, after=needed or source.after))
        # The rest of them is the same for all.
        shown = objects if stack == project.stack else objects[-1:]
        files[f"{object_name(project.name, stack)}.yaml"] = as_text(shown)
    leaving = tuple(object_name(project.name, stack) for stack in before if stack not in split.members)
    return RenderedStacks(files, stacks_text(project.directory, split), leaving)
