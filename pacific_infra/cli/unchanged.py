"""Whether there is nothing to do, found out without the engine: the last run's inputs, its record, and what is live."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from pacific_infra.cli.result import clock, print_json
from pacific_infra.cli.session import Session
from pacific_infra.cli.vcenter import vcenter_settings
from pacific_infra.converge.claims import Recorded
from pacific_infra.converge.last_run import (
    inputs_digest,
    is_read_anew,
    last_run_file,
    note_last_run,
    was_last_run,
)
from pacific_infra.converge.nodes import NodeFinder
from pacific_infra.converge.project import ESTATE_FILE
from pacific_infra.errors import PacificError
from pacific_infra.record.backend import StackFiles, read_checkpoint
from pacific_infra.record.backends import backend_folder, backend_of
from pacific_infra.record.estate import is_in_stacks
from pacific_infra.steady_time import steady_time
from pacific_infra.vcenter.settings import VCenterSettings

if TYPE_CHECKING:
    from pacific_infra.converge.live_objects import Live


class LastRun:
    """What the last whole run of a stack was made from, against what one would be made from now."""

    def __init__(self, session: Session) -> None:
        self._session = session
        environment = session.toolchain.environment()
        folder = backend_folder(backend_of(session.settings, environment))
        project = session.project
        self._files = StackFiles(folder, project.name, project.stack) if folder is not None else None
        self._digest: str | None = None
        """Digest of what the run that has begun is made from."""

    def _login(self) -> VCenterSettings | None:
        """None where only the engine can decrypt the password, so no server can be read without it."""
        try:
            return vcenter_settings(self._session.project, self._session.settings, self._secret)
        except PacificError:
            return None

    def _secret(self, key: str) -> str | None:
        record = self._session.open_record()
        return record.secret(key) if record is not None else None

    def _inputs(self, vcenter: VCenterSettings | None) -> str | None:
        if vcenter is None or not self._session.toolchain.installed:
            return None
        toolchain = self._session.toolchain
        site = (
            vcenter.server,
            vcenter.username,
            str(vcenter.ca_file),
            ".".join(map(str, toolchain.pulumi_version())),
            toolchain.kubernetes_plugin_version(),
        )
        return inputs_digest(self._session.project, self._session.graph.digest, site)

    def unchanged_resources(self) -> Sequence[Recorded] | None:
        """The recorded resources, if a run would repeat the last one and all of them are healthy; else None."""
        files, vcenter = self._files, self._login()
        if files is None or vcenter is None or not files.exists():
            return None
        if files.is_being_written():
            return None
        digest = self._inputs(vcenter)
        if digest is None:
            return None
        checkpoint = read_checkpoint(files)
        if not was_last_run(self._file(files), digest, checkpoint.digest):
            return None
        resources = list((checkpoint.deployment or {}).get("resources") or ())
        if is_read_anew(resources):
            return None
        live = asyncio.run(_live(vcenter, resources))
        return resources if all(health.good for health in live.health.values()) else None

    def begin(self) -> None:
        """Note that a run begins: until it has succeeded, nothing is known about the next one."""
        if self._files is not None:
            self._file(self._files).unlink(missing_ok=True)
            self._digest = self._inputs(self._login())

    def note(self) -> None:
        """A whole run has ended well."""
        if self._files is not None and self._digest is not None and self._files.exists():
            with suppress(OSError):  # the next run then asks all servers again
                note_last_run(self._file(self._files), self._digest, self._files)

    def _file(self, files: StackFiles) -> Path:
        return last_run_file(self._session.settings.state_directory, files)


async def _live(settings: VCenterSettings, resources: Sequence[Recorded]) -> "Live":
    # They import what only a question to the servers needs.
    from pacific_infra.converge.live_objects import PATIENCE, read_live  # noqa: PLC0415
    from pacific_infra.vcenter.client import OneLook  # noqa: PLC0415

    async with OneLook(settings, patience=PATIENCE) as client:
        return await read_live(client, resources, silent={}, kubeconfigs={})


def in_one_stack(session: Session) -> bool:
    """Whether neither ``pacific.yaml`` nor a record says that the estate is in several stacks, or one of several."""
    project = session.project
    if (project.directory / ESTATE_FILE).exists():
        return False
    folder = backend_folder(backend_of(session.settings, session.toolchain.environment()))
    return folder is None or not is_in_stacks(StackFiles(folder, project.name, project.stack))


def next_steps(session: Session) -> list[str]:
    """What to do after an ``up``."""
    return [session.command(words) for words in ("outputs", "status", "down")]


def report_unchanged(session: Session, resources: Sequence[Recorded], *, json_output: bool) -> None:
    """Print what a run that changed nothing would print, and that none was made."""
    finder = NodeFinder()
    nodes = Counter(finder.node(resource["urn"], resource.get("parent")) for resource in resources)
    count = sum(resource["type"] != "pulumi:pulumi:Stack" for resource in resources)
    seconds = steady_time() - session.begun
    if json_output:
        document = {
            "version": 1,
            "result": "done",
            "seconds": round(seconds, 1),
            "changes": {"same": count},
            "nodes": {
                node: {"state": "done", "changes": {"same": nodes[node]}, "seconds": None}
                for node in session.graph.order
                if node in nodes
            },
            "errors": [],
        }
        print_json("converge", document)
        return
    typer.echo(f"done in {clock(seconds)}: {count} unchanged")
    typer.echo("  nothing has changed since the last run, and all of it is there; --engine compares all the same")
    for step in next_steps(session):
        typer.echo(f"  next: {step}")
