"""What ``pacific view`` reads: the documents, and the record of the stack or of all stacks of its estate."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pacific_infra.cli.document_graph import graph_of
from pacific_infra.cli.outputs import supervisor_kubeconfigs
from pacific_infra.cli.session import Session
from pacific_infra.cli.vcenter import vcenter_settings
from pacific_infra.converge.claims import Recorded
from pacific_infra.converge.stack_record import NotReadable, StackRecord
from pacific_infra.converge.unsettled import UnsettledStep
from pacific_infra.documents.files import files_at
from pacific_infra.errors import PacificError
from pacific_infra.record.bucket import version_of
from pacific_infra.record.estate import EstateRecordFile
from pacific_infra.vcenter.settings import VCenterSettings
from pacific_infra.view.collector import Inputs

if TYPE_CHECKING:
    from pacific_infra.converge.stack import EstateStack


class _Record:
    """The record, opened anew when the estate is in other stacks than before."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._opened = session.open_record() or session.open_stack()
        self._split = self._stamp()

    @property
    def stack(self) -> "StackRecord | EstateStack":
        """The stack, or all stacks of the estate as one."""
        if self._split != (split := self._stamp()):
            self._split = split
            self._opened = self._session.open_record() or self._opened
        return self._opened

    def read(self) -> tuple[Sequence[Recorded], Sequence[UnsettledStep]]:
        """What is recorded, and what is undecided of it."""
        stack = self.stack
        return stack.resources(), stack.unsettled.steps

    def paths(self) -> Sequence[Path]:
        """Files whose change is a change of the record; none: it is in no folder."""
        record = self._files
        estate = EstateRecordFile.of(record.files).file if record is not None else None
        return (*record.paths, estate) if record is not None and isinstance(estate, Path) else ()

    def secret(self, key: str) -> str | None:
        """A value of the configuration; Pulumi is asked where nobody else can read it."""
        try:
            return self.stack.secret(key)
        except NotReadable:
            return self._session.open_stack().secret(key)

    @property
    def _files(self) -> StackRecord | None:
        return self._opened if isinstance(self._opened, StackRecord) else self._opened.record

    def _stamp(self) -> object:
        return version_of(EstateRecordFile.of(self._files.files).file) if self._files is not None else None


def view_inputs(session: Session) -> Inputs:
    """What the session's stack is shown from. Raises PacificError where there is no such stack."""
    record, project = _Record(session), session.project

    def paths() -> Iterator[Path]:
        for path in (*project.documents, *project.overlays):
            yield path
            try:
                yield from files_at(path)
            except PacificError:
                continue

    def settings() -> VCenterSettings:
        return vcenter_settings(project, session.settings, record.secret)

    vcenter: Callable[[], VCenterSettings] | None = settings if session.has_vcenter else None
    return Inputs(
        stack=session.name,
        graph=session.graph,
        read_graph=lambda: graph_of(project),
        document_paths=paths,
        read_record=record.read,
        record_paths=record.paths,
        kubeconfigs=lambda: supervisor_kubeconfigs(record.stack),
        vcenter=vcenter,
        history=session.history.files,
        durations=session.durations_file,
    )
