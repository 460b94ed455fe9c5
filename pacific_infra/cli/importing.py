"""``pacific import``: a Supervisor that runs already, as documents and in the stack's state."""

import asyncio
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from pacific_infra.cli.fleet import fleet_of
from pacific_infra.cli.options import CURRENT_FOLDER, CreateOption, ProjectOption, StackOption
from pacific_infra.cli.plan import make_plan
from pacific_infra.cli.session import begin
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
from pacific_infra.provider.session import Session
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
    if fleet_of(session) is not None:
        raise PacificError(
            f"import brings objects into one stack, and {session.name} is in several; its documents are written",
            fix="write partition: none in pacific.yaml, pacific up, import, and split it again: nothing is made again",
        )
    opened = session.open_stack(create=session.may_create("import", create=create))
    with session.history.running(Intent("import", session.graph.estate), session.project) as end:
        imported = import_objects(opened, scan.identifiers)
        end.counts = {"import": len(imported)}
    changes = make_plan(session, opened, opened.resources()).counts.changes
    typer.echo(f"imported {len(imported)} into the stack {named.stack}; the plan has {changes} changes")
    if changes:
        raise PacificError("the plan is not empty", fix="pacific plan shows what is left to do")


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
    session = Session.reading(VCenterClient(settings))
    try:
        scan = await read_estate(session, supervisor, Owner(project.owner))
    finally:
        await session.client.close()
    workloads = await asyncio.to_thread(read_workloads, scan.endpoint, settings, scan.namespaces)
    return replace(scan, skipped=(*scan.skipped, *workloads))


def _counts(scan: SupervisorScan) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in Counter(entry.kind for entry in scan.importable).items())
