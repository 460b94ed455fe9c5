"""An estate in several stacks: which there are, what each is made from, and a session for each."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pacific_infra.cli.session import Session
from pacific_infra.converge.estate_file import EstateFile, read_estate_file
from pacific_infra.errors import PacificError
from pacific_infra.graph.partition import SHARED_OUTPUTS, Partition, partition
from pacific_infra.record.backend import StackFiles, read_checkpoint, replace_durably
from pacific_infra.record.backends import EXTRAS, backend_folder, backend_of
from pacific_infra.record.bucket import BackendFile, version_of, versions_in
from pacific_infra.record.estate import EstateRecord, EstateRecordFile, StackNote, estate_with


@dataclass
class Fleet:
    """The stacks of one estate, as the documents and ``pacific.yaml`` want them, and as they are recorded."""

    session: Session
    """The session of the whole estate."""
    file: EstateFile
    backend: BackendFile
    backend_url: str
    records: EstateRecordFile
    record: EstateRecord
    """What is recorded; kept up to date."""
    partition: Partition
    create: bool = False
    """Whether the estate's first stack may be made, whatever its name."""
    on: str | None = None
    """Whose workers converge the stacks, such as ``dask://HOST:PORT``; None: this computer's."""

    @property
    def first(self) -> str:
        """The first stack, which has the estate's name and configuration."""
        return self.session.project.stack

    @property
    def leaving(self) -> tuple[str, ...]:
        """Recorded stacks that have no documents any more."""
        return tuple(sorted(self.record.stacks.keys() - self.partition.members.keys()))

    @property
    def emptied_by_moves(self) -> frozenset[str]:
        """Those of them that the next moves take the last document from, and remove with it."""
        remaining = self.partition.stack_of
        documents = {stack: self.record.stacks[stack].documents for stack in self.leaving}
        return frozenset(stack for stack, nodes in documents.items() if nodes and remaining.keys() >= {*nodes})

    @property
    def stacks(self) -> tuple[str, ...]:
        """All stacks: those without documents first, then those of the documents, each after what it needs."""
        return (*self.leaving, *self.partition.stacks.order)

    def made_elsewhere(self, stack: str) -> frozenset[str]:
        """The documents that other stacks make."""
        return frozenset(node for node, other in self.partition.stack_of.items() if other != stack)

    @property
    def moves(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        """Documents that are to move, by the stack that has them and the one that gets them."""
        moves: dict[tuple[str, str], list[str]] = {}
        for node, stack in self.record.stack_of.items():
            target = self.partition.stack_of.get(node, stack)
            if target != stack:
                moves.setdefault((stack, target), []).append(node)
        return {pair: tuple(nodes) for pair, nodes in sorted(moves.items())}

    def operations(self, workers: int) -> int:
        """Operations that a stack may have at a time, where so many run: the limit is that of all together."""
        return max(1, self.file.operations // workers)

    @property
    def logs(self) -> Path:
        """The folder with the output of the stacks' workers."""
        project = self.session.project
        return self.session.settings.state_directory / "logs" / project.name / self.first

    def has_byte_strings(self, stack: str) -> bool:
        """Whether a stack's checkpoint uses that feature."""
        return "byteString" in read_checkpoint(self.files(stack)).features

    def files(self, stack: str) -> StackFiles:
        """The files of one of the stacks."""
        return StackFiles(self.backend, self.session.project.name, stack)

    def member(self, stack: str, *, operations: int | None = None) -> Session:
        """The session of one stack: its documents, and the configuration of the estate."""
        project = replace(self.session.project, stack=stack, estate=self.first)
        return replace(self.session, project=project, graph=self.partition.slice_of(stack), operations=operations)

    @cached_property
    def inputs(self) -> Mapping[str, str]:
        """By stack, the digest of what its run is made from."""
        from pacific_infra.converge.last_run import surroundings  # noqa: PLC0415 - only plan and up need it

        return self.partition.digests(surroundings(self.session.project, shared=True))

    @property
    def changed(self) -> frozenset[str]:
        """The stacks of which a run would not repeat the last one, or whose last one did not go well.

        Asks no vCenter, and a shared backend twice, however many stacks there are.
        """
        states = states_of(self.backend, self.session.project.name, self.stacks)
        moving = {stack for pair in self.moves for stack in pair}
        unchanged = {
            stack
            for stack, note in self.record.stacks.items()
            if note.inputs == self.inputs.get(stack) and note.files == states.get(stack) and stack not in moving
        }
        return frozenset(self.stacks) - unchanged

    def make_stacks(self, stacks: Collection[str]) -> None:
        """Make those of the stacks that are not there yet, empty, and note which documents each is to have."""
        for stack in stacks:
            files = self.files(stack)
            if stack != self.first and not files.exists():
                empty = {"version": 3, "checkpoint": {"stack": files.qualified_name, "latest": None}}
                replace_durably(files.checkpoint, json.dumps(empty).encode())
        if not self.files(self.first).exists():
            session = self.session
            session.open_stack(create=session.may_create("up", create=self.create, yes=True))

    def note_documents(self, stacks: Iterable[str], parts: Collection[str] | None = None) -> None:
        """Record which documents each of ``stacks`` has or is about to get, before it does. ``parts``: those that the
        run is limited to.
        """
        record = replace(self.record, rule=self.file.model_dump_json())
        for stack in stacks:
            members = self.partition.members.get(stack, ())
            record = record.adding(stack, [node for node in members if parts is None or node in parts])
            record = record.noting(stack, replace(record.stacks[stack], inputs=""))
        self.keep(record)

    def note_done(self, stack: str) -> None:
        """Record that a run of the stack has ended well: it has its documents and no others. One without any goes."""
        stacks = dict(self.record.stacks)
        if stack in self.partition.members:
            note = StackNote(
                self.partition.members[stack],
                self.inputs[stack],
                state_of(self.files(stack)),
                outputs_digest(self.files(stack)),
            )
            stacks[stack] = note
        else:
            del stacks[stack]
            remove_empty(self.files(stack))
        self.keep(replace(self.record, stacks=stacks))

    def drop_if_empty(self, stack: str) -> None:
        """Forget a stack that has no documents, and in which only what stands for others' is left."""
        from pacific_infra.converge.nodes import NodeFinder  # noqa: PLC0415 - it imports Pulumi
        from pacific_infra.record.journal import current_deployment  # noqa: PLC0415 - only after moves

        if stack in self.partition.members or stack not in self.record.stacks:
            return
        finder, stack_of = NodeFinder(), self.record.stack_of
        resources = (current_deployment(self.files(stack))[0] or {}).get("resources") or ()
        nodes = {finder.node(resource["urn"], resource.get("parent")) for resource in resources} - {None}
        if all(stack_of.get(str(node), stack) != stack for node in nodes):
            self.files(stack).checkpoint.unlink()
            self.keep(
                replace(self.record, stacks={name: note for name, note in self.record.stacks.items() if name != stack})
            )

    def keep(self, record: EstateRecord) -> None:
        """Write what is recorded."""
        self.record = record
        self.records.write(record)

    def locked(self) -> AbstractContextManager[None]:
        """Keep others from changing the estate meanwhile."""
        return self.records.lock(self.session.name)


def state_of(files: StackFiles) -> str:
    """By which a change of a stack's files is told; nothing while a run has left something to settle."""
    return "" if files.is_being_written() else version_of(files.checkpoint) or ""


def states_of(backend: BackendFile, project: str, stacks: Iterable[str]) -> Mapping[str, str]:
    """``state_of`` of each of the stacks."""
    every = StackFiles(backend, project, "*")
    unsettled = {lock.parent.name for lock in every.locks.parent.glob("*/*.json")}
    if every.journal is not None:
        unsettled |= {journal.stem for journal in every.journal.parent.glob("*.jsonl")}
    versions = versions_in(every.checkpoint.parent, "*.json")
    return {stack: "" if stack in unsettled else versions.get(stack, "") for stack in stacks}


def outputs_digest(files: StackFiles) -> str:
    """The digest of what other stacks can take from this one, as it is recorded."""
    from pacific_infra.record.journal import current_deployment  # noqa: PLC0415 - only after a run

    deployment, _ = current_deployment(files)
    resources = (deployment or {}).get("resources") or ()
    stacks = (resource for resource in resources if resource["type"] == "pulumi:pulumi:Stack")
    root: Mapping[str, Any] = next(stacks, {})
    outputs = root.get("outputs") or {}
    shared = {name: outputs.get(name) for name in SHARED_OUTPUTS}
    return hashlib.sha256(json.dumps(shared, sort_keys=True).encode()).hexdigest()


def remove_empty(files: StackFiles) -> None:
    """Remove a stack of which nothing is left."""
    from pacific_infra.record.journal import current_deployment  # noqa: PLC0415 - only after a run

    if not files.exists():
        return
    resources = (current_deployment(files)[0] or {}).get("resources") or ()
    if all(resource["type"] == "pulumi:pulumi:Stack" for resource in resources):
        files.checkpoint.unlink()


def fleet_of(
    session: Session, split: str | None = None, *, create: bool = False, on: str | None = None
) -> Fleet | None:
    """The stacks of the session's estate; None: it is in one. ``split``: in place of what ``pacific.yaml`` says.
    ``create``: whether its first stack may be made. ``on``: whose workers converge them.

    Raises PacificError for a stack that is one of several of another estate, and where it cannot be in several.
    """
    project = session.project
    file = read_estate_file(project.directory)
    backend = backend_of(session.settings, session.toolchain.environment())
    folder = backend_folder(backend)
    if folder is None:
        if split or (file is not None and file.partition != "none"):
            raise _not_in_stacks(backend)
        return None
    if (estate := estate_with(folder, project.name, project.stack)) is not None:
        problem = f"the stack {project.stack} is one of the stacks of the estate {estate}"
        raise PacificError(problem, value=project.stack, fix=f"name the estate: -s {estate}")
    records = EstateRecordFile.of(StackFiles(folder, project.name, project.stack))
    record = records.read()
    if file is None:
        file = EstateFile.model_validate_json(record.rule) if record is not None else EstateFile()
    if split is not None:
        file = _with_partition(file, split)
    if file.partition == "none" and record is None:
        if on is not None:
            fix = "split the estate: --partition namespace (docs/fleets.md)"
            raise PacificError("only an estate in several stacks has work for others", place="--on", value=on, fix=fix)
        return None
    from pacific_infra.converge.last_run import reads_documents_alone  # noqa: PLC0415 - only for an estate in stacks

    if not reads_documents_alone(project):
        problem = "only documents can be split into stacks, and the project's program makes more"
        raise PacificError(problem, place=str(project.directory), fix="write partition: none in pacific.yaml")
    if record is None:
        record = _record_of_one(StackFiles(folder, project.name, project.stack), session)
    # Split by another rule: what is in other stacks then moves. Pins hold in any case.
    split_before = EstateFile.model_validate_json(record.rule).rule if record.rule else None
    unchanged = split_before is not None and (split_before.by, split_before.size) == (file.rule.by, file.rule.size)
    before = record.stack_of if unchanged else None
    split_graph = partition(session.graph, project.stack, file.rule, before)
    fleet = Fleet(session, file, folder, backend, records, record, split_graph, create, on)
    fleet.record = _with_what_stacks_hold(fleet)
    return fleet


def _with_what_stacks_hold(fleet: Fleet) -> EstateRecord:
    """The record, corrected where a stack holds documents that are to be another's and the record does not know of it:
    where it was lost, or comes from a backup. They move then; else the one stack would delete what the other makes.

    Only stacks that are not as their last run left them are read.
    """
    record, target_of = fleet.record, fleet.partition.stack_of
    if record.moving:
        return record
    states = states_of(fleet.backend, fleet.session.project.name, fleet.stacks)
    recorded = record.stack_of
    for stack in fleet.stacks:
        note = record.stacks.get(stack)
        if note is not None and note.files and note.files == states[stack]:
            continue
        held = [
            node
            for node in documents_in(fleet.files(stack))
            if target_of.get(node, stack) != stack and recorded.get(node) != stack
        ]
        record = record.without(held).adding(stack, held) if held else record
    return record


def documents_in(files: StackFiles) -> tuple[str, ...]:
    """The documents of which a stack has objects of its own, which it changes and deletes."""
    from pacific_infra.converge.nodes import NodeFinder  # noqa: PLC0415 - only for stacks that have changed
    from pacific_infra.record.journal import current_deployment  # noqa: PLC0415

    if not files.exists():
        return ()
    finder = NodeFinder()
    resources = (current_deployment(files)[0] or {}).get("resources") or ()
    nodes = [(resource, finder.node(resource["urn"], resource.get("parent"))) for resource in resources]
    real = (node for resource, node in nodes if node is not None and _is_object(resource))
    return tuple(dict.fromkeys(real))


def _is_object(resource: Mapping[str, Any]) -> bool:
    """Whether it is an object of a server, and not looked up alone."""
    return resource["type"].startswith(("kubernetes:", "pacific:vcenter:")) and not resource.get("external")


def _not_in_stacks(backend: str) -> PacificError:
    scheme = backend.partition(":")[0]
    if scheme in EXTRAS:
        return PacificError(
            f"an estate in several stacks of a {scheme}:// backend needs the extra {scheme}",
            fix=f"pip install 'pacific-infra[{scheme}]'",
        )
    return PacificError(
        "an estate cannot be in several stacks of this backend",
        value=f"{scheme}://" if scheme else "the one of pulumi login",
        allowed="file://, postgres://, s3://",
        fix="set PULUMI_BACKEND_URL to one of these, or write partition: none in pacific.yaml",
    )


def _with_partition(file: EstateFile, split: str) -> EstateFile:
    try:
        value: Any = int(split) if split.isdecimal() else split
        return EstateFile.model_validate({**file.model_dump(by_alias=True), "partition": value})
    except ValidationError:
        raise PacificError(
            "an estate cannot be split like this", value=split, allowed="namespace, application, a number, or none"
        ) from None


def _record_of_one(files: StackFiles, session: Session) -> EstateRecord:
    """What is recorded of an estate that was in one stack until now."""
    from pacific_infra.converge.recorded_nodes import recorded_nodes  # noqa: PLC0415 - it imports Pulumi
    from pacific_infra.record.journal import current_deployment  # noqa: PLC0415

    if not files.exists():
        return EstateRecord("")
    resources = (current_deployment(files)[0] or {}).get("resources") or ()
    nodes = [node for node, recorded in recorded_nodes(session.graph, resources).items() if recorded.resources]
    return EstateRecord("", {files.stack: StackNote(tuple(nodes))})
