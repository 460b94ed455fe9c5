"""Looks up external objects before the engine starts, and reports missing ones with file and line."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import yaml

from pacific_infra.cli.outputs import with_program
from pacific_infra.cli.session import Session
from pacific_infra.cli.vcenter import vcenter_settings
from pacific_infra.converge.claims import Recorded
from pacific_infra.converge.external import find_facts, handing_over
from pacific_infra.converge.stack import EstateStack
from pacific_infra.documents import Estate, ExternalDocument, ExternalSupervisorCluster
from pacific_infra.errors import PacificError, PacificErrors
from pacific_infra.graph.external import lacking, login_errors, needing_vcenter, not_named
from pacific_infra.graph.stack_outputs import missing_outputs, stack_outputs
from pacific_infra.vcenter.kubeconfig_file import KubeconfigFile

Outputs = Mapping[str, Any]


def check_external(session: Session, stack: EstateStack, recorded: Sequence[Recorded]) -> None:
    """Look at everything external of the estate. ``recorded``: the stack's resources.

    Raises PacificErrors for documents without the login that they take, for what is not there or cannot be used, for
    what is used and not allowed, and for what would be deleted because it has become external.
    """
    estate, file = session.graph.estate, session.project.kubeconfig
    _raise(list(handing_over(estate, recorded)))
    if not session.has_vcenter:
        _raise(list(login_errors(estate, kubeconfig=file is not None)))
    _raise(list(missing_outputs(estate, outputs_of_stacks(session, stack), session.project.name)))
    if not any(document.external for document in estate):
        return
    outputs = other_stacks(estate, stack.outputs_of)
    _raise(list(not_named(estate, outputs)))
    needed = any(needing_vcenter(estate, kubeconfig=file is not None))
    settings = vcenter_settings(session.project, session.settings, stack.secret) if needed else None
    facts = asyncio.run(find_facts(estate, kubeconfigs(estate, file, outputs), settings))
    _raise(list(lacking(estate, facts)))


def outputs_of_stacks(session: Session, stack: EstateStack) -> dict[str, Outputs]:
    """The outputs of every stack of which documents take values; each is asked once."""
    uses = stack_outputs(session.graph.estate)
    names = dict.fromkeys(use.reference.stack(session.project.name) for use in uses)
    return {name: stack.outputs_of(name) for name in names}


def other_stacks(estate: Estate, outputs_of: Callable[[str], Outputs]) -> dict[str, Outputs]:
    """The outputs of every stack that documents of ``estate`` name; each is asked once."""
    stacks = dict.fromkeys(document.stack for document in estate.of(ExternalDocument))
    return {stack: outputs_of(stack) for stack in stacks if stack is not None}


def kubeconfigs(estate: Estate, file: KubeconfigFile | None, outputs: Mapping[str, Outputs]) -> dict[str, Any]:
    """The kubeconfig by which each external Supervisor is used, where it is not by a login at vCenter.

    Raises PacificError for a file that has none.
    """
    configurations: dict[str, Any] = {}
    for document in estate.of(ExternalSupervisorCluster):
        if file is not None:
            configurations[document.name] = json.loads(file.of_supervisor(document.name))
        elif document.stack is not None and document.name in outputs[document.stack].get("kubeconfigs", {}):
            text = outputs[document.stack]["kubeconfigs"][document.name]
            configurations[document.name] = with_program(yaml.safe_load(text))
    return configurations


def _raise(errors: Sequence[PacificError]) -> None:
    if errors:
        raise PacificErrors(errors)
