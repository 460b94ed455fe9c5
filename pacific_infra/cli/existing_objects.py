"""Looks up, before a run, the existing objects that it would create or change, and their owners."""

import asyncio
from collections.abc import Collection, Sequence

from pacific_infra.cli.contents import find_deleted_contents, leaving_urns
from pacific_infra.cli.dry_run import settings_of
from pacific_infra.cli.outputs import with_program
from pacific_infra.cli.session import Session
from pacific_infra.converge.claims import Recorded
from pacific_infra.converge.dry_run import kubeconfigs
from pacific_infra.converge.existing_objects import ExistingObjects, find_existing_objects
from pacific_infra.converge.rendering import RenderedResource
from pacific_infra.converge.stack import EstateStack
from pacific_infra.plan.changes import HOLDERS
from pacific_infra.provider.ownership import Owner


def find_existing(
    session: Session,
    stack: EstateStack,
    rendered: Sequence[RenderedResource],
    recorded: Sequence[Recorded],
    *,
    refresh: bool = False,
    only: Collection[str] | None = None,
) -> ExistingObjects:
    """The existing objects of the ``rendered`` resources that are new or changed; with ``refresh`` of all.

    ``recorded``: the stack's resources. ``only``: the documents that the run concerns; None: all.
    """
    concerned = [
        resource
        for resource in rendered
        if only is None or (resource.node or "") in only or resource.type.startswith("pulumi:")
    ]
    with session.saying(f"looking up existing objects of {session.name} and their owners"):
        return asyncio.run(
            find_existing_objects(
                concerned,
                session.graph,
                Owner(session.project.owner),
                settings_of(session, stack),
                kubeconfigs(rendered, with_program),
                recorded={resource["urn"]: resource for resource in recorded},
                unchanged=refresh,
            )
        )


def require_owned_objects(
    session: Session,
    stack: EstateStack,
    rendered: Sequence[RenderedResource],
    recorded: Sequence[Recorded],
    *,
    refresh: bool = False,
    only: Collection[str] | None = None,
) -> ExistingObjects:
    """The same before a run without a plan. ``recorded``: the stack's resources.

    Raises PacificErrors where an object that would be created, changed or deleted has another owner, or contains
    objects of another owner.
    """
    existing = find_existing(session, stack, rendered, recorded, refresh=refresh, only=only)
    existing.require_owned()
    if only is None:
        leaving = leaving_urns(recorded, rendered)
        if not session.has_documents:  # what a program no longer declares, only its plan tells
            leaving -= {resource["urn"] for resource in recorded if resource["type"] in HOLDERS}
        find_deleted_contents(session, stack, recorded, leaving)
    return existing
