"""What is heard of a command while it works, where nobody looks at a terminal."""

import threading
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from pacific_infra.cli import session as session_module
from pacific_infra.cli.result import progress_console, result_console
from pacific_infra.cli.session import Session
from pacific_infra.converge.project import Project
from pacific_infra.documents import Estate
from pacific_infra.graph import build_graph
from pacific_infra.settings import Settings
from pacific_infra.toolchain import Toolchain


class Lines(StringIO):
    """A stream that tells when a line with ``awaited`` has come."""

    def __init__(self, awaited: str) -> None:
        super().__init__()
        self._awaited = awaited
        self.arrived = threading.Event()

    def write(self, text: str) -> int:
        written = super().write(text)
        if self._awaited in self.getvalue():
            self.arrived.set()
        return written


def session(file: StringIO, folder: Path) -> Session:
    settings = Settings.read({"HOME": str(folder)})
    project = Project(name="estate", directory=folder, stack="dev", configuration={})
    return Session(settings, project, build_graph(Estate(())), Toolchain(settings), Console(file=file))


def test_names_between_colons_stay_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    progress_console().print("Secret shop/:key: of cluster:key:", markup=False, highlight=False)
    result_console().print("Secret shop/:key:", markup=False, highlight=False)
    printed = capsys.readouterr()
    assert (printed.err, printed.out) == ("Secret shop/:key: of cluster:key:\n", "Secret shop/:key:\n")


def test_long_work_is_said_at_once_and_heard_of_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "HEARTBEAT", 0.01)
    file = Lines("] still planning estate/dev")
    with session(file, tmp_path).saying("planning estate/dev"):
        assert file.getvalue().startswith("planning estate/dev\n")
        assert file.arrived.wait(60)
