"""The refusal of a stack that is not there: most often a mistyped name."""

from collections.abc import Sequence
from difflib import get_close_matches

from pacific_infra.converge.project import Project
from pacific_infra.errors import PacificError


def unknown_stack(project: Project, existing: Sequence[str], *, creating: str | None) -> PacificError:
    """Names the stacks that there are and the nearest of them. ``creating``: the command that makes it all the same;
    None: the command needs one that is there.
    """
    near = nearest_stack(project.stack, existing)
    ways = [f"write {near}"] if near else []
    makes = "pacific up" if project.expects_stack else f"pacific up -s {project.stack} --create"
    ways.append(f"make it: {creating}" if creating else f"{makes} makes it")
    return PacificError(
        f"there is no stack {project.stack} of the project {project.name}",
        allowed=sorted(existing),
        fix=", or ".join(ways),
    )


def nearest_stack(name: str, existing: Sequence[str]) -> str | None:
    """The stack that was probably meant."""
    return next(iter(get_close_matches(name, sorted(existing), n=1)), None)
