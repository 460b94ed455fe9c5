"""``pacific drift``: what is not as the last converge left it."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated

import typer

from pacific_infra.cli.fleet_stack import open_for_reading
from pacific_infra.cli.notifying import tell_of_drift, wait_for, webhooks_of
from pacific_infra.cli.options import CURRENT_FOLDER, JsonOption, ProjectOption, StackOption
from pacific_infra.cli.outputs import supervisor_kubeconfigs
from pacific_infra.cli.record import Record, announce, planned_on, read_true_record
from pacific_infra.cli.session import Session, begin
from pacific_infra.cli.vcenter import vcenter_settings
from pacific_infra.converge.drift import DriftCollector, missing_resource
from pacific_infra.converge.engine_failures import collect
from pacific_infra.converge.existing_objects import other_owners
from pacific_infra.converge.lost import recorded_supervisors
from pacific_infra.converge.nodes import NodeFinder
from pacific_infra.converge.orphans import find_orphans
from pacific_infra.converge.stack import EstateStack
from pacific_infra.errors import PacificError
from pacific_infra.notifications.delivery import Webhook
from pacific_infra.notifications.notification import FORMS
from pacific_infra.plan.drift import DriftedResource, ExtraObject, build_drift, drift_json, drift_lines, drift_markdown
from pacific_infra.provider.ownership import Owner
from pacific_infra.vcenter.client import VCenterClient


def drift(
    *,
    project: ProjectOption = CURRENT_FOLDER,
    stack: StackOption = None,
    json_output: JsonOption = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print markdown.")] = False,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit with 2 where there is drift.")
    ] = False,
    notify: Annotated[
        bool, typer.Option("--notify", help="Tell the stack's webhooks where there is drift (docs/notifications.md).")
    ] = False,
) -> None:
    """Compare what is there with what the last converge left, property by property; changes nothing.

    What is ours and recorded nowhere is listed as extra, what is foreign is left alone. `pacific up --refresh` puts
    drift right.
    """
    session = begin(project, stack)
    opened = open_for_reading(session)
    webhooks = _webhooks(session, opened) if notify else ()
    session.start_sandbox()
    record = read_true_record(session, opened)
    announce(session, record)
    owner = Owner(session.project.owner)
    with planned_on(opened, record) as planned, session.saying(f"looking at what is there of {session.name}"):
        live = collect(partial(DriftCollector, owner.name), planned.preview_refresh, session.graph.estate)
    drifted = _with_owners(session, opened, record, live.drifted, owner)
    lost = [missing_resource(resource) for forgotten in record.forgotten for resource in forgotten.resources]
    orphans = _find_orphans(session, opened, record)
    checked = live.checked + len(lost)
    result = build_drift(session.graph, [*lost, *drifted], checked, NodeFinder().node, orphans, pending=live.pending)
    if json_output:
        typer.echo(json.dumps(drift_json(result), indent=2))
    else:
        typer.echo(drift_markdown(result) if markdown else "\n".join(drift_lines(result)), nl=not markdown)
    wait_for(session, tell_of_drift(session, webhooks, result))
    if detailed_exitcode and result.count:
        raise SystemExit(2)


def _with_owners(
    session: Session, stack: EstateStack, record: Record, drifted: Sequence[DriftedResource], owner: Owner
) -> Sequence[DriftedResource]:
    """``drifted`` with the stacks that have marked vCenter's objects among them since."""
    changed = {resource.urn for resource in drifted if resource.kind == "changed"}
    if not changed or not session.has_vcenter:
        return drifted
    settings = vcenter_settings(session.project, session.settings, stack.secret)
    resources = [resource for resource in record.resources if resource["urn"] in changed]

    async def look() -> Mapping[str, str]:
        async with VCenterClient(settings) as client:
            return await other_owners(client, resources, owner)

    owners = asyncio.run(look())
    return [replace(resource, owner=owners.get(resource.urn, resource.owner)) for resource in drifted]


def _webhooks(session: Session, stack: EstateStack) -> Sequence[Webhook]:
    webhooks = webhooks_of(session, stack)
    if not webhooks:
        setting = f"{session.project.name}:{FORMS[0].setting}"
        which = f" --stack {session.project.stack}"
        fix = f"pulumi config set --secret {setting}{which}, or another of docs/notifications.md"
        raise PacificError("there is no webhook to notify", place="--notify", fix=fix)
    return webhooks


def _find_orphans(session: Session, stack: EstateStack, record: Record) -> list[ExtraObject]:
    lost_endpoints = {
        supervisor.endpoint
        for forgotten in record.forgotten
        for supervisor in recorded_supervisors(forgotten.resources)
    }
    by_server = {
        kubeconfig["clusters"][0]["cluster"]["server"]: kubeconfig
        for kubeconfig in supervisor_kubeconfigs(stack).values()
    }
    kubeconfigs = [
        kubeconfig
        for server, kubeconfig in by_server.items()
        if not any(endpoint and endpoint in server for endpoint in lost_endpoints)
    ]
    return asyncio.run(
        find_orphans(
            vcenter_settings(session.project, session.settings, stack.secret) if session.has_vcenter else None,
            kubeconfigs,
            record.resources,
            session.graph.estate.namespaces,
            Owner(session.project.owner),
        )
    )
