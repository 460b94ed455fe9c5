"""Refuses what would take resources along with their CustomResourceDefinition, before anything is changed."""

import asyncio
import json
from collections.abc import Sequence

from pacific_infra.cli.outputs import with_program
from pacific_infra.cli.session import Session
from pacific_infra.converge.definitions import (
    Recorded,
    downgrade_errors,
    leaving,
    others,
    recorded_definitions,
    resources_left,
)
from pacific_infra.converge.live_resources import list_resources
from pacific_infra.converge.stack import EstateStack
from pacific_infra.documents import Estate
from pacific_infra.errors import PacificError, PacificErrors


def check_definitions(
    session: Session, stack: EstateStack, resources: Sequence[Recorded], estate: Estate | None
) -> None:
    """Look at the definitions among the stack's ``resources``. ``estate``: what is wanted; None: all of it goes.

    Raises PacificErrors for a definition that goes while there are resources of it that the stack does not delete
    itself, and for a version that is taken away while resources may be stored in it. A Supervisor that does not answer
    is only remarked: nothing can be deleted on it either.
    """
    recorded = recorded_definitions(resources)
    problems = list(downgrade_errors(recorded, estate)) if estate is not None else []
    going = leaving(recorded, estate)
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
