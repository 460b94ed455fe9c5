"""Corrects the record before anything is planned.

It can be wrong in two ways: an interrupt or a failure has left a resource undecided, or a Supervisor or workload
cluster is lost with its objects. Undecided resources are read, which changes only the state. Lost objects are
forgotten, by up and down only.
"""

import asyncio
import json
import os
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from pulumi.automation import CommandError, LocalWorkspace

from pacific_infra.cli.result import clock
from pacific_infra.cli.session import Session
from pacific_infra.cli.vcenter import vcenter_settings
from pacific_infra.converge.claims import Recorded
from pacific_infra.converge.engine_failures import EngineFailed, collect
from pacific_infra.converge.history import Intent
from pacific_infra.converge.holder_lookup import VCENTER_PATIENCE, Holders, OnWait, look_up_holders
from pacific_infra.converge.lost import Forgotten, check_vcenter, without_lost
from pacific_infra.converge.moving import needing_only
from pacific_infra.converge.pulumi_process import PulumiProcess
from pacific_infra.converge.stack import EstateStack
from pacific_infra.converge.stack_lock import read_locks
from pacific_infra.converge.stack_record import StackRecord
from pacific_infra.converge.unsettled import (
    UnsettledSteps,
    abandoned_creations,
    pending_steps,
    readable_urns,
    unchecked_urns,
)
from pacific_infra.record.backend import StackFiles, replace_durably
from pacific_infra.record.urns import split_urn
from pacific_infra.vcenter.client import VCenterClient
from pacific_infra.vcenter.settings import VCenterSettings

NAMED = 5
"""Resources named in one line; the rest is counted."""


@dataclass(frozen=True)
class Record:
    """A stack's corrected record; the stack's own state still contains what is ``forgotten``."""

    deployment: Mapping[str, Any]
    forgotten: tuple[Forgotten, ...] = ()

    @property
    def resources(self) -> list[Recorded]:
        """The resources that are not forgotten."""
        return list(self.deployment.get("resources") or ())

    @property
    def lost(self) -> list[str]:
        """The lost Supervisors, clusters and names with their objects, a line each."""
        return [forgotten.text for forgotten in self.forgotten]


def read_true_record(session: Session, stack: EstateStack) -> Record:
    """Find out from vCenter and the Supervisors what is lost, and read what earlier runs left undecided.

    Raises PacificError where an existing Supervisor or cluster does not answer; then nothing is forgotten.
    """
    deployment = stack.deployment()
    holders = Holders()
    if session.has_vcenter:
        settings = vcenter_settings(session.project, session.settings, stack.secret)
        with session.saying(f"asking vCenter {settings.server} what is there of {session.name}"):
            holders = asyncio.run(_look_up(settings, deployment.get("resources") or (), waiting_remark(session)))
            if not session.sandboxed:
                check_vcenter(holders.lost, deployment.get("resources") or (), settings.server)
    holders.require_answers()
    remaining, forgotten = without_lost(deployment, holders.lost)
    steps = [*stack.unsettled.steps, *pending_steps(remaining)]
    if settle_undecided(session, stack, remaining):
        remaining, forgotten = without_lost(stack.deployment(), holders.lost)
    recorded = {resource["urn"] for resource in remaining.get("resources") or ()}
    for name, node in abandoned_creations(steps, recorded, session.graph.wave_of).items():
        problem = f"an earlier run began to create {name}, and {node} is no longer declared"
        session.remark(f"{problem}: pacific drift lists it among the orphans where it was created")
    return Record(remaining, tuple(forgotten))


def record_to_remove(session: Session, stack: EstateStack) -> Record:
    """The same before a removal; reports what is lost already. Where nothing is recorded, no server is contacted."""
    deployment = stack.deployment()
    if all(resource["type"] == "pulumi:pulumi:Stack" for resource in deployment.get("resources") or ()):
        return Record(deployment)
    session.start_sandbox()
    record = read_true_record(session, stack)
    for text in record.lost:
        session.remark(f"{text}: nothing to remove")
    return record


async def _look_up(settings: VCenterSettings, resources: Sequence[Recorded], on_wait: OnWait) -> Holders:
    async with VCenterClient(settings, patience=VCENTER_PATIENCE, on_wait=on_wait) as client:
        return await look_up_holders(client, resources, on_wait)


def waiting_remark(session: Session) -> Callable[[str, float], object]:
    """Says what does not answer and when it is given up."""
    return lambda silence, left: session.remark(f"{silence}: trying again, gives up in {clock(left)}")


def announce(session: Session, record: Record) -> None:
    """Report what is lost, and what the next up does about it."""
    for text in record.lost:
        session.remark(f"{text}: up creates it again")


@contextmanager
def planned_on(stack: EstateStack, record: Record, *, refresh: bool = False) -> Iterator[EstateStack]:
    """The stack to plan on: the stack itself or, where something is forgotten, a copy of it without that.

    ``refresh``: the plan looks at what is there. Where that cannot be within a preview, a copy is made that has looked.
    """
    looks = refresh and stack.waits_for_replacements
    if not (record.forgotten or looks) or stack.is_several:
        yield stack
        return
    with copy_of(stack, record.deployment) as copied:
        if looks:
            _look(copied, readable_urns(record.resources))
        yield copied


def forget(session: Session, stack: EstateStack, record: Record) -> None:
    """Remove what is lost from the stack's state, and keep a backup of the state."""
    if not record.forgotten:
        return
    name = f"{session.project.stack}-{datetime.now():%Y%m%d-%H%M%S}.json"
    file = session.settings.state_directory / "backups" / session.project.name / name
    # Read again: since the question was asked, another run may have recorded something.
    deployment = stack.deployment()
    replace_durably(file, json.dumps({"version": 3, "deployment": deployment}).encode())
    stack.write(without_lost(deployment, [forgotten.lost for forgotten in record.forgotten])[0])
    announce(session, record)
    session.remark(f"the state as it was before that: {file}")


def let_go(stack: EstateStack, urns: Collection[str]) -> None:
    """Have the stack's next run delete the objects of these resources when it replaces them, although it keeps them
    when their documents are removed: two objects of one name cannot be.

    What is recorded of the new objects is as their documents say.
    """
    deployment = stack.deployment()
    resources = deployment.get("resources") or ()
    if any(resource["urn"] in urns and resource.get("retainOnDelete") for resource in resources):
        released = [
            {name: value for name, value in resource.items() if name != "retainOnDelete"}
            if resource["urn"] in urns
            else resource
            for resource in resources
        ]
        stack.write({**deployment, "resources": released})


def need_no_longer(stack: EstateStack, urns: Collection[str]) -> None:
    """Have no other resource need these, so that they can be deleted while what was declared after them stays."""
    deployment = stack.deployment()
    resources = deployment.get("resources") or ()
    known = {resource["urn"] for resource in resources} - set(urns)
    rewritten = [resource if resource["urn"] in urns else needing_only(resource, known) for resource in resources]
    if rewritten != list(resources):
        stack.write({**deployment, "resources": rewritten})


def settle_undecided(session: Session, stack: EstateStack, deployment: Mapping[str, Any]) -> bool:
    """Read what earlier runs left undecided of ``deployment`` into the stack's state; whether there was any."""
    pending = pending_steps(deployment)
    resources: Sequence[Recorded] = deployment.get("resources") or ()
    if (worker := _working_on(stack)) is not None:
        session.remark(f"{worker} works on {session.name}: its steps are not checked")
        return False
    urns = unchecked_urns([*stack.unsettled.steps, *pending], readable_urns(resources))
    if not urns and not pending:
        return False
    begun = urns or [step.urn for step in pending]
    text = f"looking at what an earlier run of {session.name} did not bring to its end: {_named(begun)}"
    # Without a target all would be looked at; the stack itself costs nothing.
    targets = urns or [resource["urn"] for resource in resources if resource["type"] == "pulumi:pulumi:Stack"]
    with session.saying(text), session.history.running(Intent("refresh", session.graph.estate), session.project):
        _look(stack, targets)
    stack.unsettled.mark_checked(urns)
    return True


def _look(stack: EstateStack, urns: Sequence[str]) -> None:
    """Read these resources into the state of ``stack``. Raises EngineFailed."""
    from pacific_infra.converge.drift import DriftCollector  # noqa: PLC0415 - it imports models of documents

    collect(DriftCollector, partial(stack.refresh, targets=urns))


def _working_on(stack: EstateStack) -> str | None:
    """The process that changes the stack now, wherever it runs; None where none is known."""
    if (pid := stack.unsettled.running) is not None:
        return f"process {pid}"
    if stack.record is None:
        return None
    locks = read_locks(stack.record.files.backend, stack.project.name, stack.project.stack)
    return next((f"process {lock.pid} on {lock.host}" for lock in locks), None)


def _named(urns: Sequence[str]) -> str:
    names = [split_urn(urn)[1] for urn in urns]
    more = [f"and {len(names) - NAMED} more"] if len(names) > NAMED else []
    return ", ".join([*names[:NAMED], *more])


@contextmanager
def copy_of(stack: EstateStack, deployment: Mapping[str, Any]) -> Iterator[EstateStack]:
    """The stack with the state ``deployment``; it is gone afterwards. Raises EngineFailed.

    Its secrets are those of the stack: Pulumi.STACK.yaml stays as it is.
    """
    project = stack.project
    file = project.directory / f"Pulumi.{project.stack}.yaml"
    settings = file.read_bytes() if file.is_file() else None
    with tempfile.TemporaryDirectory(prefix="pacific-copy-") as folder:
        backend = Path(folder) / "pulumi"
        backend.mkdir()
        environment = {**stack.process.environment, "PULUMI_BACKEND_URL": backend.as_uri()}
        process = PulumiProcess(Path(stack.process.command), stack.process.version_numbers, environment)
        try:
            workspace = LocalWorkspace(work_dir=str(project.directory), env_vars=environment, pulumi_command=process)
            workspace.create_stack(project.stack)
        except CommandError as error:
            raise EngineFailed(f"the stack cannot be copied: {error}") from error
        finally:
            # `pulumi stack init` writes a salt where there is none.
            if settings is None:
                file.unlink(missing_ok=True)
            elif file.read_bytes() != settings:
                file.write_bytes(settings)
        stack.show_others_in(backend)
        unsettled = UnsettledSteps(Path(folder) / "unsettled.jsonl")
        files = StackFiles(backend, project.name, project.stack)
        record = StackRecord(project, files, {**os.environ, **environment}, unsettled)
        copied = EstateStack(project, workspace, process, unsettled, record, program=stack.program)
        copied.write(deployment)
        yield copied
