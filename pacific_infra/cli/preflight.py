"""The checks of plan, up and down before the engine starts: they report what a server would refuse."""

import asyncio
import json
import shlex
from collections.abc import Iterator, Sequence

from pacific_infra.cli.external import check_external
from pacific_infra.cli.offers import check_offers
from pacific_infra.cli.outputs import with_program
from pacific_infra.cli.session import Session
from pacific_infra.converge.autoscalers import check_autoscalers
from pacific_infra.converge.claims import STATEFUL_SET, Recorded, check_claims, is_retained, takes_claims
from pacific_infra.converge.definitions import (
    downgrade_errors,
    leaving_definitions,
    list_resources,
    others,
    recorded_definitions,
    resources_left,
)
from pacific_infra.converge.immutable import check_fixed_fields
from pacific_infra.converge.nodes import NodeFinder
from pacific_infra.converge.project import DEFAULT_STACK, Project
from pacific_infra.converge.releases import check_releases
from pacific_infra.converge.stack import EstateStack
from pacific_infra.documents import Document, Estate
from pacific_infra.documents.kinds import KINDS
from pacific_infra.errors import PacificError, PacificErrors
from pacific_infra.graph.stack_secrets import NamedSecret, named_secrets


def check_before_converging(session: Session, stack: EstateStack, recorded: Sequence[Recorded]) -> None:
    """Refuse what cannot be converged. ``recorded``: the stack's resources. Raises PacificError(s)."""
    check_secrets(session.project, session.graph.estate)
    check_external(session, stack, recorded)
    check_offers(session, stack, recorded)
    check_claims(recorded, session.graph.estate)
    check_fixed_fields(recorded, session.graph.estate)
    check_autoscalers(recorded, session.graph.estate)
    check_releases(recorded, session.graph.estate)
    check_definitions(session, stack, recorded, session.graph.estate)


def check_before_removing(
    session: Session, stack: EstateStack, recorded: Sequence[Recorded], remaining: Estate | None
) -> None:
    """Refuse what cannot be removed. ``remaining``: the documents that stay; None: none. Raises PacificError(s)."""
    check_policies(recorded, session.graph.estate, remaining)
    check_definitions(session, stack, recorded, remaining)


def check_definitions(
    session: Session, stack: EstateStack, resources: Sequence[Recorded], estate: Estate | None
) -> None:
    """Check the definitions among the stack's ``resources``. ``estate``: the desired documents; None: none remain.

    Raises PacificErrors for a definition that would be deleted while it has resources that the stack does not delete
    itself, and for a version that would be removed while resources may be stored in it. A Supervisor that does not
    answer causes only a remark, since nothing can be deleted on it either.
    """
    recorded = recorded_definitions(resources)
    problems = list(downgrade_errors(recorded, estate)) if estate is not None else []
    going = leaving_definitions(recorded, estate)
    output = stack.outputs().get("kubeconfigs") if going else None
    kubeconfigs = output.value if output is not None else {}
    for definition in going:
        kubeconfig = kubeconfigs.get(definition.provider.removesuffix("-kubernetes"))
        if kubeconfig is None:
            session.remark(
                f"warning: {definition.node}: no kubeconfig of {definition.provider}, so its resources are not read"
            )
            continue
        try:
            resources_of_kind = asyncio.run(list_resources(with_program(json.loads(kubeconfig)), definition))
        except PacificError as error:
            session.remark(f"warning: {error}")
            continue
        left = others(definition, resources_of_kind, resources)
        if left:
            problems.append(resources_left(definition, left, session.graph.estate.by_id.get(definition.node)))
    if problems:
        raise PacificErrors(problems)


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


def check_policies(resources: Sequence[Recorded], estate: Estate, remaining: Estate | None) -> None:
    """Raises PacificErrors for documents that say Retain but whose objects would be deleted, because that policy was
    not brought up yet. ``remaining``: the documents that stay; None: none.
    """
    finder = NodeFinder()
    going: dict[str, list[Recorded]] = {}
    for resource in resources:
        going.setdefault(finder.node(resource["urn"], resource.get("parent")) or "", []).append(resource)
    kept = () if remaining is None else remaining.by_id
    problems = [
        problem
        for document in estate
        if document.id not in kept
        for problem in _problems(document, going.get(document.id, ()))
    ]
    if problems:
        raise PacificErrors(problems)


def _problems(document: Document, recorded: Sequence[Recorded]) -> Iterator[PacificError]:
    if document.deletion_policy != "Retain":
        return
    if any(_is_deleted(resource, document.kind) for resource in recorded):
        yield PacificError(
            f"{document.id}: it would be deleted: deletionPolicy Retain is not recorded yet",
            place=document.place(("spec", "deletionPolicy")),
            fix="run pacific up first, which records it; or write deletionPolicy: Delete",
        )


def _is_deleted(resource: Recorded, kind: str) -> bool:
    """Whether the object is one that the policy is about, and goes."""
    token = resource["type"]
    if not token.startswith(("kubernetes:", "pacific:vcenter:")) or not token.endswith(KINDS[kind].governed):
        return False
    if token == STATEFUL_SET:
        return takes_claims(resource["inputs"])
    return not is_retained(resource) and not resource.get("external") and not resource.get("delete")
