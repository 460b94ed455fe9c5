"""One stack of a Pulumi project, driven through the Automation API."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from pulumi.automation import (
    CommandError,
    ConcurrentUpdateError,
    Deployment,
    EngineEvent,
    LocalWorkspace,
    StackNotFoundError,
)

from pacific_infra.converge.engine_events import HeldEvents, receiving_events
from pacific_infra.converge.engine_failures import EngineFailed, OnEvent, command_failure
from pacific_infra.converge.inline_program import Program, serving_program
from pacific_infra.converge.project import Project
from pacific_infra.converge.pulumi_process import PulumiProcess
from pacific_infra.converge.stack_lock import lock_refusal, locked
from pacific_infra.converge.stack_record import (
    NotReadable,
    Output,
    StackRecord,
    is_selected,
    open_record,
    unsettled_steps,
)
from pacific_infra.converge.unknown_stack import unknown_stack
from pacific_infra.converge.unsettled import UnsettledSteps, readable_urns
from pacific_infra.provider.ownership import SHOWN_BY_CALLER
from pacific_infra.record.backend import StackFiles
from pacific_infra.record.backends import backend_of, engine_variables
from pacific_infra.record.gate import Gates
from pacific_infra.record.journal import forget_pending_creations, has_pending_creations
from pacific_infra.record.service import NO_COPY, can_journal, serve_stack
from pacific_infra.settings import Settings
from pacific_infra.steady_time import steady_time
from pacific_infra.toolchain import Toolchain
from pacific_infra.toolchain.environment import engine_home, trusting

ENGINE_SETTINGS: Mapping[str, str] = {
    "PULUMI_SKIP_UPDATE_CHECK": "true",
    # Check and diff of many resources at a time; serial they are half of a preview's time.
    "PULUMI_PARALLEL_DIFF": "true",
    "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
    # Most operations wait for vCenter or the Supervisor: four for each processor, the engine's own choice, are few.
    "PULUMI_PARALLEL": "32",
    # Of the engine and the plugins in Go, which are small and end soon: a fifth of the engine's time was collection.
    "GOGC": "400",
}


class EstateStack:
    """Preview, up, destroy and outputs of one stack; made with ``open_stack``."""

    def __init__(
        self,
        project: Project,
        workspace: LocalWorkspace,
        process: PulumiProcess,
        unsettled: UnsettledSteps,
        record: StackRecord | None,
        *,
        program: Program | None = None,
    ) -> None:
        """``workspace`` runs the CLI by ``process``. ``record``: None where only Pulumi reads its backend.
        ``program``: the project's program, to run it here; None: a language host runs it.
        """
        self.project = project
        self.process = process
        self.unsettled = unsettled
        self.record = record
        self.program = program
        self._workspace = workspace
        self._authority: Path | None = None
        self._others: dict[str, dict[str, Any]] = {}
        """Outputs of other stacks, as read the first time."""

    @property
    def is_several(self) -> bool:
        """Whether this is several stacks that are read as one."""
        return False

    def preview(self, on_event: OnEvent, *, refresh: bool = False, configuration: Path | None = None) -> None:
        """What ``up`` would do, as events; nothing is changed. ``refresh``: look at what is there, and not only at what
        was recorded. ``configuration``: this file in place of the stack's. Raises EngineFailed.
        """
        arguments = ["preview", "--color", "never"]
        arguments += ["--refresh"] if refresh and not self.waits_for_replacements else []
        with self.process.with_variables(NO_COPY), self._with_program() as client:
            self._run([*arguments, *client], on_event, configuration)

    def up(
        self,
        on_event: OnEvent,
        *,
        refresh: bool = False,
        configuration: Path | None = None,
        targets: Sequence[str] = (),
        gates: Gates | None = None,
    ) -> None:
        """Converge. Raises EngineFailed; what was done is recorded, and the next ``up`` goes on from there.
        ``configuration``: this file in place of the stack's. ``targets``: only the resources of these URNs. ``gates``:
        at which it waits, for a stack that ``can_wait``; no event is handed on before the second one is opened.
        """
        if refresh and self.waits_for_replacements:
            self.refresh(on_event, readable_urns(self.resources()))
            refresh = False
        arguments = ["up", "--yes", "--skip-preview", "--color", "never", "--suppress-outputs"]
        arguments += ["--refresh"] if refresh else []
        arguments += [f"--target={urn}" for urn in targets]
        with self._with_program(gates) as client:
            self._change([*arguments, *client], on_event, whole=not targets, configuration=configuration, gates=gates)

    @property
    def can_wait(self) -> bool:
        """Whether an ``up`` of it can wait at gates: its program runs here, its steps are journaled, and no other run
        goes on or has left something to settle.
        """
        files = self._journaled
        return self.program is not None and files is not None and not files.is_being_written()

    def _configured(self, configuration: Path | None) -> list[str]:
        file = configuration or self.project.run_settings
        if file is None and self.project.estate is not None:
            file = self.project.stack_settings
        return ["--config-file", str(file)] if file is not None else []

    @property
    def waits_for_replacements(self) -> bool:
        """Whether a run has deleted objects to make them anew, and ended before it did: the engine cannot look at all
        then, since their providers may be gone. Only what there is is looked at, and not within a preview.
        """
        return any(resource.get("pendingReplacement") for resource in self.resources())

    def preview_refresh(self, on_event: OnEvent) -> None:
        """Compare the record with the actual state; neither is changed. Raises EngineFailed."""
        arguments = ["refresh", "--preview-only", "--diff", "--color", "never"]
        if self.waits_for_replacements:
            arguments += [f"--target={urn}" for urn in readable_urns(self.resources())]
        self._run_recorded(arguments, on_event)

    def destroy(self, on_event: OnEvent, *, targets: Sequence[str] = ()) -> None:
        """Remove every resource of the stack, or those with the URNs ``targets``, in reverse order. Raises
        EngineFailed.
        """
        arguments = ["destroy", "--yes", "--skip-preview", "--color", "never"]
        self._change([*arguments, *(f"--target={urn}" for urn in targets)], on_event, whole=not targets)

    def refresh(self, on_event: OnEvent, targets: Sequence[str]) -> None:
        """Record the actual state of the resources with the URNs ``targets``. Raises EngineFailed, and PacificError
        where another run has the stack.
        """
        if (files := self._journaled) is not None and has_pending_creations(files):
            # The engine has a service import a state without them, which is more than ours does.
            with locked(files):
                forget_pending_creations(files)
        arguments = ["refresh", "--yes", "--skip-preview", "--clear-pending-creates", "--color", "never"]
        self._run_recorded([*arguments, *(f"--target={urn}" for urn in targets)], on_event)

    def trust(self, authority: Path) -> None:
        """Have plug-ins trust who signs the vCenter's certificate as well: pulumi-vsphere has no setting for that.
        ``authority``: a PEM file, which need not be there yet.
        """
        self._authority = authority

    def take_fields(self) -> None:
        """From now on, server-side apply takes over fields that other managers own. Only for runs whose dry run has
        reported these fields.
        """
        self.process.environment["PULUMI_K8S_ENABLE_PATCH_FORCE"] = "true"

    @contextmanager
    def showing_owners(self) -> Iterator[None]:
        """In the block the provider does not refuse objects of other owners: the caller looks them up itself."""
        self.process.environment[SHOWN_BY_CALLER] = "true"
        try:
            yield
        finally:
            del self.process.environment[SHOWN_BY_CALLER]

    def outputs(self) -> Mapping[str, Output]:
        """The stack's outputs; secret ones are marked as such."""
        if self.record is not None:
            with suppress(NotReadable):
                return self.record.outputs()
        with self._translated_errors():
            outputs = self._workspace.stack_outputs(self.project.stack)
        return {name: Output(output.value, output.secret) for name, output in outputs.items()}

    def outputs_of(self, stack: str) -> dict[str, Any]:
        """The outputs of another stack, ORGANIZATION/PROJECT/STACK, secret ones decrypted; none where it is not there.

        Raises EngineFailed where it cannot be opened.
        """
        if stack not in self._others:
            try:
                outputs = self._workspace.stack_outputs(stack)
            except StackNotFoundError:
                outputs = {}
            except CommandError as error:
                raise command_failure(error, self.project, self.process.environment, recorded=True) from error
            self._others[stack] = {name: output.value for name, output in outputs.items()}
        return self._others[stack]

    def secret(self, key: str) -> str | None:
        """A value of the stack's configuration, decrypted; None where it has none. Keep it out of logs and results."""
        if self.record is not None:
            with suppress(NotReadable):
                return self.record.secret(key)
        with self._translated_errors():
            value = self._workspace.get_all_config(self.project.estate or self.project.stack).get(key)
        return value.value if value else None

    def show_others_in(self, backend: Path) -> None:
        """Make the other stacks of the backend readable in a folder, where a copy of this stack takes values from
        them.
        """
        if self.record is None:
            return
        for checkpoint in self.record.files.backend.glob(".pulumi/stacks/*/*.json"):
            copy = backend / ".pulumi" / "stacks" / checkpoint.parent.name / checkpoint.name
            if copy.exists():
                continue
            copy.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(checkpoint, Path):
                copy.symlink_to(checkpoint)
            else:
                copy.write_bytes(checkpoint.read_bytes())

    def resources(self) -> list[Mapping[str, Any]]:
        """The stack's resources as recorded, with secrets still encrypted."""
        return list(self.deployment().get("resources") or ())

    def deployment(self) -> Mapping[str, Any]:
        """The stack's state as ``pulumi stack export`` writes it, with secrets still encrypted."""
        if self.record is not None:
            return self.record.deployment()
        with self._translated_errors():
            return self._workspace.export_stack(self.project.stack).deployment or {}

    def write(self, deployment: Mapping[str, Any]) -> None:
        """Make ``deployment``, an exported one, the stack's state. Raises EngineFailed where it is none."""
        with self._translated_errors():
            self._workspace.import_stack(self.project.stack, Deployment(version=3, deployment=dict(deployment)))

    @contextmanager
    def _with_program(self, gates: Gates | None = None) -> Iterator[list[str]]:
        """The flags by which the engine has the program run here in the block; none where a language host runs it."""
        if self.program is None:
            yield []
            return
        gate = gates.program if gates is not None else None
        with serving_program(self.program, self.project.directory, gate) as address:
            yield [f"--client={address}"]

    def _change(
        self,
        arguments: list[str],
        on_event: OnEvent,
        *,
        whole: bool,
        configuration: Path | None = None,
        gates: Gates | None = None,
    ) -> None:
        """Run a command that changes the stack and record its steps next to the state. ``whole``: for all resources."""

        def noted(event: EngineEvent, now: float) -> None:
            self.unsettled.event(event)
            on_event(event, now)

        with self._recording(gates) as journaled:
            if gates is None:
                self.unsettled.begin(durable=not journaled)
                self._run(arguments, noted, configuration)
            else:
                held = HeldEvents(noted)
                gates.changes.before_opening(partial(self.unsettled.begin, durable=False))
                gates.changes.before_opening(held.hand_on)
                self._run(arguments, held.event, configuration)
        if whole:
            self.unsettled.mark_all_ended()

    def _run_recorded(self, arguments: list[str], on_event: OnEvent) -> None:
        with self._recording():
            self._run(arguments, on_event)

    @property
    def _journaled(self) -> StackFiles | None:
        """The stack's files, where the engine's steps are journaled."""
        files = self.record.files if self.record is not None else None
        if files is None or not can_journal(files, self.project.stack_settings, self.process.version_numbers):
            return None
        return files

    @contextmanager
    def _recording(self, gates: Gates | None = None) -> Iterator[bool]:
        """Journal the engine's steps in the block, if the stack is in a file backend; whether it is."""
        files = self._journaled
        if files is None:
            yield False
            return
        gate = gates.changes if gates is not None else None
        with serve_stack(files, gate) as variables, self.process.with_variables(variables):
            yield True

    def _run(self, arguments: list[str], on_event: OnEvent, configuration: Path | None = None) -> None:
        """Run one command of the CLI and hand on its events, each with the time at which it came."""
        arguments = [*arguments, *self._configured(configuration)]
        with (
            self._translated_errors(),
            receiving_events(lambda event: on_event(event, steady_time())) as address,
            trusting(self._authority) as authorities,
        ):
            command = [*arguments, "--event-log", address, "--stack", self.project.stack]
            # The variable makes the flag known to the CLI.
            self.process.run(command, str(self.project.directory), {"PULUMI_DEBUG_COMMANDS": "true", **authorities})

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        """Translates the CLI's errors in the block into EngineFailed."""
        try:
            yield
        except ConcurrentUpdateError as error:
            backend = self.record.files.backend if self.record is not None else None
            refusal = lock_refusal(self.project.name, self.project.stack, backend, datetime.now(UTC))
            raise EngineFailed(refusal.problem, fix=refusal.fix) from error
        except CommandError as error:
            raise command_failure(error, self.project, self.process.environment, recorded=True) from error


def open_stack(
    project: Project,
    toolchain: Toolchain,
    settings: Settings,
    *,
    create: Callable[[Sequence[str]], object] | None,
    say: Callable[[str], object],
    program: Program | None = None,
    operations: int | None = None,
) -> EstateStack:
    """Select the project's stack; locks of dead processes are removed first, which ``say`` is told.

    ``create``: called before a stack that is not there is made, with the names of those that are; it raises where that
    one is not to be made. None: none is made. ``program``: the project's, to run it here; None: a language host runs
    it. ``operations``: at a time; None: the usual number. Raises PacificError where the stack is not there, or Pulumi
    cannot open it (backend, passphrase).
    """
    variables = toolchain.environment()
    environment = {**ENGINE_SETTINGS, **variables, **engine_home(settings)}
    backend = backend_of(settings, variables)
    if operations is not None:
        environment["PULUMI_PARALLEL"] = str(operations)
    environment |= engine_variables(backend, int(environment["PULUMI_PARALLEL"]))
    process = PulumiProcess(toolchain.program("pulumi"), toolchain.pulumi_version(), environment)
    workspace = LocalWorkspace(work_dir=str(project.directory), env_vars=environment, pulumi_command=process)
    record = open_record(project, settings, variables, say)
    # Of a file backend its files say whether the stack is there, and who only reads it need not select it.
    if record is None or (create is not None and not is_selected(settings.pulumi_home, record, backend)):
        _select(project, workspace, environment, create)
        record = record or open_record(project, settings, variables, say)
    unsettled = record.unsettled if record is not None else unsettled_steps(project, settings, backend)
    return EstateStack(project, workspace, process, unsettled, record, program=program)


def _select(
    project: Project,
    workspace: LocalWorkspace,
    environment: Mapping[str, str],
    create: Callable[[Sequence[str]], object] | None,
) -> None:
    """Select the stack for the project, so that plain ``pulumi`` there is about it too; make it where there is none."""
    recorded = True
    try:
        try:
            workspace.select_stack(project.stack)
        except StackNotFoundError as error:
            recorded = False
            existing = [summary.name.rpartition("/")[2] for summary in workspace.list_stacks()]
            if create is None:
                raise unknown_stack(project, existing, creating=None) from error
            create(existing)
            workspace.create_stack(project.stack)
    except CommandError as error:
        raise command_failure(error, project, environment, recorded=recorded) from error
