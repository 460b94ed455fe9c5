"""A refresh after a run that was cut off, or that failed in the middle of a replacement."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pacific_infra.converge.project import find_project
from pacific_infra.converge.stack import EstateStack
from pacific_infra.converge.stack_record import open_record
from pacific_infra.converge.unsettled import UnsettledSteps
from pacific_infra.errors import PacificError
from pacific_infra.record.backend import BackendLock, StackFiles, read_checkpoint, write_checkpoint
from pacific_infra.settings import Settings

STACK: dict[str, Any] = {"urn": "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev", "type": "pulumi:pulumi:Stack"}
KEPT: dict[str, Any] = {
    "urn": "urn:pulumi:dev::shop::a:b:C::kept",
    "type": "a:b:C",
    "custom": True,
    "parent": STACK["urn"],
}
DELETED = {**KEPT, "urn": "urn:pulumi:dev::shop::a:b:C::deleted", "pendingReplacement": True}
TARGETS = [f"--target={resource['urn']}" for resource in (STACK, KEPT)]


class Commands:
    """In place of Pulumi's CLI: notes what it is asked to do."""

    def __init__(self) -> None:
        self.environment: dict[str, str] = {}
        self.version_numbers = (3, 274, 1)
        self.seen: list[Sequence[str]] = []

    def run(self, arguments: Sequence[str], *_: object) -> None:
        self.seen.append([word for word in arguments if word.startswith(("--target", "--refresh")) or word in WORDS])

    @contextmanager
    def with_variables(self, _: Mapping[str, str]) -> Iterator[None]:
        yield


WORDS = ("up", "preview", "refresh", "--preview-only")


def stack_in(folder: Path, commands: Commands) -> EstateStack:
    """The stack that is recorded in the folder."""
    (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    project = find_project(folder)
    settings, variables = Settings.read({"HOME": str(folder)}), {"PULUMI_BACKEND_URL": folder.as_uri()}
    record = open_record(project, settings, variables, print)
    return EstateStack(project, None, commands, UnsettledSteps(folder / "steps"), record)  # type: ignore[arg-type]


def pending(kind: str) -> dict[str, Any]:
    return {"type": kind, "resource": {**KEPT, "urn": f"{KEPT['urn']}-{kind}"}}


def test_creations_whose_end_nobody_knows_are_forgotten_before_the_engine_looks(tmp_path: Path) -> None:
    files = StackFiles(tmp_path, "shop", "dev")
    operations = [pending("creating"), pending("updating")]
    write_checkpoint(files, {"manifest": {}, "resources": [STACK, KEPT], "pending_operations": operations})
    # As the stack of every project of documents has it: its steps are journaled.
    (tmp_path / "Pulumi.dev.yaml").write_text("encryptionsalt: v1:salt\n")
    stack_in(tmp_path, Commands()).refresh(print, [KEPT["urn"]])
    assert read_checkpoint(files).deployment == {
        "manifest": {},
        "resources": [STACK, KEPT],
        "pending_operations": [pending("updating")],
    }
    assert not files.is_being_written()


def test_another_runs_creations_are_not_forgotten(tmp_path: Path) -> None:
    files = StackFiles(tmp_path, "shop", "dev")
    write_checkpoint(files, {"manifest": {}, "resources": [STACK], "pending_operations": [pending("creating")]})
    (tmp_path / "Pulumi.dev.yaml").write_text("encryptionsalt: v1:salt\n")
    stack, running = stack_in(tmp_path, Commands()), BackendLock(files)
    running.acquire()
    with pytest.raises(PacificError, match="the stack shop/dev is locked by "):
        stack.refresh(print, [KEPT["urn"]])
    assert (read_checkpoint(files).deployment or {})["pending_operations"] == [pending("creating")]
    running.release()


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        pytest.param(
            [STACK, KEPT],
            [["refresh", "--preview-only"], ["preview", "--refresh"], ["up", "--refresh"]],
            id="everything is there",
        ),
        pytest.param(
            [STACK, KEPT, DELETED],
            [["refresh", "--preview-only", *TARGETS], ["preview"], ["refresh", *TARGETS], ["up"]],
            id="one waits to be made anew",
        ),
    ],
)
def test_what_waits_to_be_made_anew_is_not_looked_at(
    tmp_path: Path, resources: list[dict[str, Any]], expected: list[list[str]]
) -> None:
    write_checkpoint(StackFiles(tmp_path, "shop", "dev"), {"manifest": {}, "resources": resources})
    commands = Commands()
    stack = stack_in(tmp_path, commands)
    stack.preview_refresh(print)
    stack.preview(print, refresh=True)
    stack.up(print, refresh=True)
    assert commands.seen == expected
