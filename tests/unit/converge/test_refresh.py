"""A refresh where a replacement has failed in the middle: the engine cannot look at what it has deleted already."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pacific_infra.converge.project import find_project
from pacific_infra.converge.stack import EstateStack
from pacific_infra.converge.stack_record import open_record
from pacific_infra.converge.unsettled import UnsettledSteps
from pacific_infra.record.backend import StackFiles, write_checkpoint
from pacific_infra.settings import Settings

STACK = {"urn": "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev", "type": "pulumi:pulumi:Stack"}
KEPT = {"urn": "urn:pulumi:dev::shop::a:b:C::kept", "type": "a:b:C", "custom": True, "parent": STACK["urn"]}
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
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    project = find_project(tmp_path)
    write_checkpoint(StackFiles(tmp_path, "shop", "dev"), {"manifest": {}, "resources": resources})
    settings, variables = Settings.read({"HOME": str(tmp_path)}), {"PULUMI_BACKEND_URL": tmp_path.as_uri()}
    record = open_record(project, settings, variables, print)
    commands = Commands()
    stack = EstateStack(project, None, commands, UnsettledSteps(tmp_path / "steps"), record)  # type: ignore[arg-type]
    stack.preview_refresh(print)
    stack.preview(print, refresh=True)
    stack.up(print, refresh=True)
    assert commands.seen == expected
