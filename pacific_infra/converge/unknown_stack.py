"""The refusal of a stack that is not there: most often a mistyped name."""

from collections.abc import Sequence
from difflib import get_close_matches

from pacific_infra.converge.project import Project
from pacific_infra.errors import PacificError


def unknown_stack(project: Project, existing: Sequence[str], *, creating: str | None) -> PacificError:
    """Names the stacks that there are, or that have a file, and the nearest of them.

    ``creating``: the command that makes it all the same; None: the command needs one that is there.
    """
    if project.stack in project.declared_stacks and project.stack not in existing:
        return PacificError(
            f"this computer has no record of the stack {project.stack}, which has a Pulumi.{project.stack}.yaml",
            allowed=existing,
            fix="set XDG_STATE_HOME, or PULUMI_BACKEND_URL, to where it was made, or pacific up makes it",
        )
    known = sorted({*existing, *project.declared_stacks})
    near = get_close_matches(project.stack, known, n=1)
    ways = [f"write {near[0]}"] if near else []
    makes = "pacific up" if project.expects_stack else f"pacific up -s {project.stack} --create"
    ways.append(f"make it: {creating}" if creating else f"{makes} makes it")
    return PacificError(
        f"there is no stack {project.stack} of the project {project.name}",
        allowed=known,
        fix=", or ".join(ways),
    )
