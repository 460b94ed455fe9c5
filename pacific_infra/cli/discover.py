"""``pacific discover``: what the stack's vCenter and Supervisors offer to documents."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from pacific_infra.cli.options import CURRENT_FOLDER, JsonOption, ProjectOption, StackOption
from pacific_infra.cli.outputs import with_program
from pacific_infra.cli.result import print_json, result_console
from pacific_infra.cli.session import begin
from pacific_infra.cli.vcenter import vcenter_settings
from pacific_infra.converge.offers import ask_supervisors, ask_vcenter
from pacific_infra.converge.project import Project, find_project
from pacific_infra.documents.guess import nearest
from pacific_infra.errors import PacificError
from pacific_infra.settings import Settings
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.offers import ON_SUPERVISORS, SECTIONS, Answer, Offer, Offers
from pacific_infra.vcenter.settings import VCenterSettings

_NO_LOGIN = "the stack has no login at vCenter"


def discover(
    sections: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SECTION...", help=f"What to list: {', '.join(SECTIONS)}. Default: all.", show_default=False
        ),
    ] = None,
    project: ProjectOption = CURRENT_FOLDER,
    stack: StackOption = None,
    json_output: JsonOption = False,
) -> None:
    """List what this vCenter and its Supervisors offer: versions, classes, images, policies, networks, releases.

    Reads only. A stack with a kubeconfig and no login at vCenter lists what its Supervisor has.
    """
    chosen = _chosen(sections or [])
    offers = read_offers(find_project(project, stack), chosen)
    if json_output:
        print_json("discover", _as_json(offers, chosen))
    else:
        _print(offers, chosen, result_console())


def read_offers(project: Project, sections: Sequence[str]) -> Offers:
    """What there is of ``sections``. Raises PacificError where neither vCenter nor a Supervisor can be asked."""
    has_vcenter = project.sandboxed or bool(project.configuration.get("pacific:server"))
    if has_vcenter:
        settings = vcenter_settings(
            project, Settings.read(), lambda key: begin(project.directory, project.stack).open_stack().secret(key)
        )
        return asyncio.run(_by_vcenter(settings, sections))
    if project.kubeconfig is None:
        fix = "set pacific:server, pacific:username and pacific:passwordFile, or pacific:kubeconfig"
        raise PacificError(f"{_NO_LOGIN}, and no kubeconfig", value=f"{project.name}/{project.stack}", fix=fix)
    kubeconfig = with_program(json.loads(project.kubeconfig.of_supervisor("")))
    offers = asyncio.run(ask_supervisors({"": kubeconfig}, sections))
    for section in sections:
        if section not in ON_SUPERVISORS:
            offers.add(section, Answer(reason=_NO_LOGIN))
    return offers


async def _by_vcenter(settings: VCenterSettings, sections: Sequence[str]) -> Offers:
    client = VCenterClient(settings)
    try:
        return await ask_vcenter(client, sections)
    finally:
        await client.close()


def _chosen(sections: Sequence[str]) -> list[str]:
    for section in sections:
        if section not in SECTIONS:
            near = nearest(section, SECTIONS)
            raise PacificError(
                "discover has no such section",
                value=section,
                allowed=SECTIONS,
                fix=f"write {near[0]}" if near else None,
            )
    return [section for section in SECTIONS if section in sections] or list(SECTIONS)


def _as_json(offers: Offers, sections: Sequence[str]) -> dict[str, object]:
    return {
        "sections": {
            section: [asdict(offer) for offer in offers.sections[section]]
            for section in sections
            if section in offers.sections
        },
        "notRead": {section: offers.reasons(section) for section in sections if section in offers.not_read},
    }


def _print(offers: Offers, sections: Sequence[str], console: Console) -> None:
    for section in sections:
        listed = offers.sections.get(section)
        console.print(section, style="bold", highlight=False)
        if listed is not None:
            console.print(_table(listed) if listed else "  none", highlight=False)
        for reason in offers.reasons(section):
            console.print(f"  not read: {reason}", highlight=False, soft_wrap=True)


def _table(listed: Sequence[Offer]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    for offer in listed:
        details = ", ".join(f"{name} {value}" for name, value in offer.details.items())
        table.add_row(f"  {offer.name}", details, offer.place)
    return table
