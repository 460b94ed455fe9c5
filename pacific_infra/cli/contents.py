"""What goes along with Supervisors and namespaces that a command deletes: looked at before anything is done."""

import asyncio
from collections.abc import Collection, Sequence

from pacific_infra.cli.session import Session
from pacific_infra.cli.vcenter import vcenter_settings
from pacific_infra.converge.applications import is_retained
from pacific_infra.converge.claims import Recorded
from pacific_infra.converge.contents import Contents, find_contents
from pacific_infra.converge.stack import EstateStack
from pacific_infra.errors import PacificErrors
from pacific_infra.plan.changes import HOLDERS
from pacific_infra.provider.ownership import Owner


def look_inside(
    session: Session, stack: EstateStack, resources: Sequence[Recorded], going: Collection[str]
) -> Contents:
    """What is in the Supervisors and namespaces among the URNs ``going``. ``resources``: all that is recorded.

    Raises PacificErrors where what the stack does not own would go along.
    """
    holders = [one for one in resources if one["type"] in HOLDERS and one["urn"] in going and not is_retained(one)]
    if not holders:
        return Contents()
    session.start_sandbox()
    settings = vcenter_settings(session.project, session.settings, stack.secret)
    with session.saying(f"looking what is in {', '.join(map(_name, holders))}"):
        found = asyncio.run(find_contents(settings, holders, resources, Owner(session.name)))
    if found.refusals:
        raise PacificErrors(found.refusals)
    return found


def _name(resource: Recorded) -> str:
    kind = resource["type"].rpartition(":")[2]
    return f"{kind} {(resource.get('inputs') or {}).get('name') or resource['id']}"
