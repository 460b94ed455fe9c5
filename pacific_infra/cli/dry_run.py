"""Runs a server-side dry run before the run itself, to find out what the API servers would refuse."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pacific_infra.cli.outputs import with_program
from pacific_infra.cli.session import Session
from pacific_infra.cli.vcenter import vcenter_settings
from pacific_infra.converge.autoscalers import leaving_autoscalers
from pacific_infra.converge.claims import Recorded
from pacific_infra.converge.dry_run import ask_servers, kubeconfigs, kubernetes_objects
from pacific_infra.converge.dry_run_report import judge
from pacific_infra.converge.hand_over import hand_over, to_hand_over
from pacific_infra.converge.immutable import replaced_machines
from pacific_infra.converge.rendering import STACK_REFERENCE, RenderedResource, render
from pacific_infra.converge.served_clusters import served_clusters
from pacific_infra.converge.stack import EstateStack
from pacific_infra.errors import PacificError, PacificErrors
from pacific_infra.graph.external import needing_vcenter
from pacific_infra.plan.server_answers import ServerAnswers
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.inventory import Inventory
from pacific_infra.vcenter.settings import VCenterSettings
from pacific_infra.vcenter.supervisors import list_supervisors


def settings_of(session: Session, stack: EstateStack) -> VCenterSettings | None:
    """The login of the stack at vCenter; None where it needs none."""
    kubeconfig = session.project.kubeconfig
    if any(needing_vcenter(session.graph.estate, kubeconfig=kubeconfig is not None)):
        return vcenter_settings(session.project, session.settings, stack.secret)
    return None


def rendered_resources(session: Session, stack: EstateStack, recorded: Sequence[Recorded]) -> list[RenderedResource]:
    """What the session's documents become. ``recorded``: the stack's resources."""
    settings = settings_of(session, stack)

    def look_up(function: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        if function == STACK_REFERENCE:
            return stack.outputs_of(str(arguments["name"]))
        if settings is None or function != "pacific:vcenter:getSupervisor":
            raise PacificError("this cannot be looked up before the run", value=function)
        return asyncio.run(_supervisor(settings, str(arguments["name"])))

    kubeconfig = session.project.kubeconfig
    return render(
        session.graph,
        settings,
        recorded,
        owner=session.name,
        kubeconfig=kubeconfig,
        clusters=served_clusters(session.graph.estate, settings, kubeconfig),
        look_up=look_up,
    )


def dry_run_before_converging(
    session: Session,
    stack: EstateStack,
    rendered: Sequence[RenderedResource],
    recorded: Sequence[Recorded],
    *,
    refresh: bool = False,
    only: Collection[str] | None = None,
) -> ServerAnswers:
    """A dry run of every new or changed object at each existing API server; with ``refresh`` of every
    object, and fields that others have set since are then taken back by ``stack``.

    ``rendered``: what the documents become. ``recorded``: the stack's resources. ``only``: the documents that the run
    concerns; None: all. Raises PacificErrors for what is refused.
    """
    # A server refuses what another VM of the same name is to be as a change of the present one.
    replaced = replaced_machines(recorded, session.graph.estate)
    objects = [
        resource
        for resource in kubernetes_objects(rendered, unchanged=refresh)
        if (only is None or (resource.node or "") in only) and resource.urn not in replaced
    ]
    answers = asyncio.run(ask_servers(objects, kubeconfigs(rendered, with_program)))
    by_urn = {resource["urn"]: resource for resource in recorded}
    released = {leaving.document.id for leaving in leaving_autoscalers(recorded, session.graph.estate)}
    errors, report = judge(answers, session.graph, rendered, by_urn, refresh=refresh, released=released)
    if errors:
        raise PacificErrors(errors)
    if report.taken_over or report.handed_over:
        stack.take_fields()
    return report


def templates_to_hand_over(
    rendered: Sequence[RenderedResource], recorded: Sequence[Recorded]
) -> Sequence[RenderedResource]:
    """The StatefulSets whose field manager changes: see pacific_infra.converge.hand_over."""
    return to_hand_over(rendered, {resource["urn"]: resource for resource in recorded})


def hand_over_claim_templates(rendered: Sequence[RenderedResource], recorded: Sequence[Recorded]) -> None:
    """Before a run that changes the field manager of StatefulSets."""
    resources = templates_to_hand_over(rendered, recorded)
    if resources:
        asyncio.run(hand_over(resources, kubeconfigs(rendered, with_program)))


async def _supervisor(settings: VCenterSettings, name: str) -> Mapping[str, Any]:
    """What the provider's function getSupervisor says of it, as far as components ask. Raises PacificError."""
    client = VCenterClient(settings)
    try:
        identifier = await Inventory(client).identifier("Supervisor", name, place="name")
        info = (await list_supervisors(client))[identifier]
    finally:
        await client.close()
    return {"id": identifier, "name": str(info["name"]), "endpoint": str(info.get("apiendpoint") or "")}
