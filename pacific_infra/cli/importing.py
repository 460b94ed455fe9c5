"""``pacific import``: a Supervisor that runs already, as documents and in the stack's state."""

import asyncio
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from pacific_infra.cli.fleet import Fleet, fleet_of
from pacific_infra.cli.options import CURRENT_FOLDER, CreateOption, ProjectOption, StackOption
from pacific_infra.cli.plan import make_plan
from pacific_infra.cli.session import Session, begin
from pacific_infra.cli.vcenter import login_settings
from pacific_infra.converge.history import Intent
from pacific_infra.converge.import_run import import_objects
from pacific_infra.converge.project import Project, find_project
from pacific_infra.errors import PacificError
from pacific_infra.importing.files import texts, write
from pacific_infra.importing.reading import read_estate
from pacific_infra.importing.scan import SupervisorScan
from pacific_infra.importing.workloads import read_workloads
from pacific_infra.provider.ownership import Owner
from pacific_infra.provider.session import Session as ReadingSession
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.settings import VCenterSettings


def import_(
    *,
    supervisor: Annotated[
        str | None, typer.Option("--from-supervisor", help="The Supervisor, by name or identifier; else the only one.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder to write to; else the stack's first folder of documents.")
    ] = None,
    documents_only: Annotated[
        bool, typer.Option("--documents-only", help="Write the documents and leave the stack's state alone.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Write over documents that were changed.")] = False,
    project: ProjectOption = CURRENT_FOLDER,
    stack: StackOption = None,
    create: CreateOption = False,
) -> None:
    """Take over a Supervisor that runs: write documents of it and bring it into the stack, so that the plan is empty.

    Nothing in vCenter is changed. It can be repeated: what is in the stack already stays.
    """
    named = find_project(project, stack)
    folder = _folder(named, out, free=documents_only)
    scan = asyncio.run(_read(login_settings(project=project, stack=stack), supervisor, named))
    if scan.inexpressible and not documents_only:
        raise PacificError(
            f"the Supervisor {scan.supervisor} has settings that no document can express, so it cannot be imported",
            value=", ".join(scan.inexpressible),
            fix="write the documents with --documents-only, and import it with a Pulumi program (docs/import.md)",
        )
    write(folder, texts(scan), overwrite=overwrite)
    typer.echo(f"{folder}: {_counts(scan)}; {len(scan.skipped)} skipped, see supervisors/{scan.supervisor}.left.md")
    if documents_only:
        return
    session = begin(project, stack)
    session.toolchain.install(session.remark)
    if (fleet := fleet_of(session, create=create)) is not None:
        imported, changes = _into_stacks(fleet, scan)
        place = f"the stacks of {session.name}"
    else:
        imported, changes = _into_one(session, scan, create=create)
        place = f"the stack {named.stack}"
    typer.echo(f"imported {imported} into {place}; the plan has {changes} changes")
    if changes:
        raise PacificError("the plan is not empty", fix=f"{session.command('plan')} shows what is left to do")


def _into_one(session: Session, scan: SupervisorScan, *, create: bool) -> tuple[int, int]:
    """How many objects were imported, and how many changes are left."""
    opened = session.open_stack(create=session.may_create("import", create=create))
    with session.history.running(Intent("import", session.graph.estate), session.project) as end:
        imported = import_objects(opened, scan.identifiers)
        end.counts = {"import": len(imported)}
    return len(imported), make_plan(session, opened, opened.resources()).counts.changes


def _into_stacks(fleet: Fleet, scan: SupervisorScan) -> tuple[int, int]:
    """The same, of an estate in several stacks."""
    from pacific_infra.cli.fleet_import import import_into_stacks  # noqa: PLC0415 - only for an estate in several stacks
    from pacific_infra.cli.fleet_plan import plan_stacks  # noqa: PLC0415
    from pacific_infra.cli.fleet_up import chosen_stacks  # noqa: PLC0415

    imported = import_into_stacks(fleet, scan.identifiers)
    return imported, plan_stacks(fleet, chosen_stacks(fleet, everything=False), 1).plan.counts.changes


def _folder(project: Project, out: Path | None, *, free: bool) -> Path:
    """Where to write to. Raises PacificError where the stack would not read it."""
    documents = project.documents
    folder = out or next(iter(documents), None)
    if folder is None:
        raise PacificError("the stack names no documents", fix="name a folder with --out")
    read = [path for path in documents if folder.resolve().is_relative_to(path.resolve())]
    if not read and not free:
        raise PacificError(
            "the stack does not read documents of this folder",
            value=str(folder),
            allowed=[str(path) for path in documents],
            fix=f"pulumi config set --path '{project.name}:documents[0]' FOLDER, or --documents-only",
        )
    return folder


async def _read(settings: VCenterSettings, supervisor: str | None, project: Project) -> SupervisorScan:
    session = ReadingSession.reading(VCenterClient(settings))
    try:
        scan = await read_estate(session, supervisor, Owner(project.owner))
    finally:
        await session.client.close()
    workloads = await asyncio.to_thread(read_workloads, scan.endpoint, settings, scan.namespaces)
    return replace(scan, skipped=(*scan.skipped, *workloads))


def _counts(scan: SupervisorScan) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in Counter(entry.kind for entry in scan.importable).items())
