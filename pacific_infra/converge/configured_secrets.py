"""Whether the stack's configuration has the secrets that documents name. Nothing is decrypted."""

import shlex

from pacific_infra.converge.project import DEFAULT_STACK, Project
from pacific_infra.documents import Estate
from pacific_infra.errors import PacificError, PacificErrors
from pacific_infra.graph.stack_secrets import NamedSecret, named_secrets


def check_secrets(project: Project, estate: Estate) -> None:
    """Raises PacificErrors for each key that a document names and that is not set, or is set as plain text.

    With environments of Pulumi ESC only the engine knows which keys there are: then a missing one is left to it.
    """
    problems = []
    for named in named_secrets(estate):
        key = named.key if ":" in named.key else f"{project.name}:{named.key}"
        if key in project.configuration:
            problems.append(_problem(project, named, "is set as plain text, not as a secret"))
        elif key not in project.secret_keys and not project.imports_environments:
            problems.append(_problem(project, named, "is not set"))
    if problems:
        raise PacificErrors(problems)


def _problem(project: Project, named: NamedSecret, problem: str) -> PacificError:
    stack = "" if project.stack == DEFAULT_STACK else f" --stack {shlex.quote(project.stack)}"
    return PacificError(
        f"{named.document.id}: this key of the stack's configuration {problem}",
        place=named.document.place(named.path),
        value=named.key,
        fix=f"pulumi config set --secret {named.key}{stack}",
    )
