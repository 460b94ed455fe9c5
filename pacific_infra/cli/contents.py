"""Finds, before anything is done, the contents of Supervisors and namespaces that a command would delete."""

import asyncio
from collections.abc import Collection, Sequence

import yaml

from pacific_infra.cli.outputs import with_program
from pacific_infra.cli.session import Session
from pacific_infra.cli.vcenter import vcenter_settings
from pacific_infra.converge.claims import Recorded, is_retained
from pacific_infra.converge.contents import Contents, find_contents
from pacific_infra.converge.existing_objects import stale_records
from pacific_infra.converge.rendering import RenderedResource
from pacific_infra.converge.stack import EstateStack
from pacific_infra.errors import PacificErrors
from pacific_infra.plan.changes import HOLDERS
from pacific_infra.provider.ownership import Owner


def find_deleted_contents(
    session: Session, stack: EstateStack, resources: Sequence[Recorded], going: Collection[str]
) -> Contents:
    """What is in the Supervisors and namespaces among the URNs ``going``. ``resources``: all that is recorded.

    Raises PacificErrors where what the stack does not own would go along, or is itself among ``going``.
    """
    removed = [resource for resource in resources if resource["urn"] in going]
    _check_stale(session, stack, removed)
    holders = [resource for resource in removed if resource["type"] in HOLDERS and not is_retained(resource)]
    if not holders:
        return Contents()
    session.start_sandbox()
    settings = vcenter_settings(session.project, session.settings, stack.secret)
    with session.saying(f"looking what is in {', '.join(map(_name, holders))}"):
        contents = asyncio.run(find_contents(settings, holders, resources, Owner(session.project.owner)))
    if contents.refusals:
        raise PacificErrors(contents.refusals)
    return contents


def leaving_urns(recorded: Sequence[Recorded], rendered: Sequence[RenderedResource]) -> frozenset[str]:
    """URNs of what is recorded and no document becomes any longer."""
    return frozenset(resource["urn"] for resource in recorded) - {resource.urn for resource in rendered}


def _check_stale(session: Session, stack: EstateStack, going: Sequence[Recorded]) -> None:
    """Raises PacificErrors for recorded objects that another stack owns now."""
    if not any(resource["type"].startswith("kubernetes:") for resource in going):
        return
    session.start_sandbox()
    output = stack.outputs().get("kubeconfigs")
    logins = {
        f"{name}-kubernetes": with_program(yaml.safe_load(text))
        for name, text in (output.value if output else {}).items()
    }
    if errors := asyncio.run(stale_records(going, logins, Owner(session.project.owner))):
        raise PacificErrors(errors)


def _name(resource: Recorded) -> str:
    kind = resource["type"].rpartition(":")[2]
    return f"{kind} {(resource.get('inputs') or {}).get('name') or resource['id']}"
