"""Looks before a run at what is there already of what it would make, and whose it is."""

import asyncio
from collections.abc import Collection, Sequence

from pacific_infra.cli.contents import leaving, look_inside
from pacific_infra.cli.dry_run import settings_of
from pacific_infra.cli.outputs import with_program
from pacific_infra.cli.session import Session
from pacific_infra.converge.claims import Recorded
from pacific_infra.converge.dry_run import kubeconfigs
from pacific_infra.converge.existing_objects import ExistingObjects, find_existing_objects
from pacific_infra.converge.rendering import RenderedResource
from pacific_infra.converge.stack import EstateStack
from pacific_infra.provider.ownership import Owner


def find_existing(
    session: Session, stack: EstateStack, rendered: Sequence[RenderedResource], *, only: Collection[str] | None = None
) -> ExistingObjects:
    """The objects that are there already, of the ``rendered`` resources that are new or changed.

    ``only``: the documents that the run concerns; None: all.
    """
    concerned = [
        resource
        for resource in rendered
        if only is None or (resource.node or "") in only or resource.type.startswith("pulumi:")
    ]
    with session.saying(f"looking whose what is there already of {session.name}"):
        return asyncio.run(
            find_existing_objects(
                concerned,
                session.graph,
                Owner(session.name),
                settings_of(session, stack),
                kubeconfigs(rendered, with_program),
            )
        )


def require_owned_objects(
    session: Session,
    stack: EstateStack,
    rendered: Sequence[RenderedResource],
    recorded: Sequence[Recorded],
    *,
    only: Collection[str] | None = None,
) -> ExistingObjects:
    """The same before a run that nobody may have planned. ``recorded``: the stack's resources.

    Raises PacificErrors where something that would be made, changed or deleted is another's, or has such in it.
    """
    existing = find_existing(session, stack, rendered, only=only)
    existing.require_owned()
    if only is None:
        look_inside(session, stack, recorded, leaving(recorded, rendered))
    return existing
