"""What is said of a record that was edited by hand, cut off, or is another stack's."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pacific_infra.errors import PacificError
from pacific_infra.record.backend import StackFiles, read_checkpoint, write_checkpoint

FILE = ".pulumi/stacks/shop/dev.json"
HEAD = "urn:pulumi:dev::shop::"
STACK, PROVIDER, WEB = f"{HEAD}pulumi:pulumi:Stack::shop-dev", f"{HEAD}pulumi:providers:kubernetes::k", f"{HEAD}t::web"
Change = Callable[[dict[str, Any], list[Any]], object]


def good() -> dict[str, Any]:
    """A stack with a provider, and a resource that needs both."""
    resource = {"urn": WEB, "type": "t", "parent": STACK, "provider": f"{PROVIDER}::id", "inputs": {}, "outputs": {}}
    return {
        "resources": [
            {"urn": STACK, "type": "pulumi:pulumi:Stack"},
            {"urn": PROVIDER, "type": "pulumi:providers:kubernetes", "parent": STACK},
            {**resource, "dependencies": [PROVIDER]},
        ],
        "pending_operations": [{"type": "creating", "resource": {"urn": WEB, "type": "t"}}],
    }


def test_what_the_engine_writes_is_read(tmp_path: Path) -> None:
    files = StackFiles(tmp_path, "shop", "dev")
    replaced = {**good()["resources"][2], "delete": True}
    deployments: tuple[dict[str, Any], ...] = (
        {**good(), "resources": [*good()["resources"], replaced]},
        {"manifest": {}},
        {},
    )
    for deployment in deployments:
        write_checkpoint(files, deployment)
        assert read_checkpoint(files).deployment == deployment


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda state, resources: state.update(pending_operations=[1]), "its pending operations are not steps with a"),
        (lambda state, resources: state.update(resources="x"), "its resources are not a list"),
        (lambda state, resources: state.update(pending_operations="x"), "its pending operations are not steps with a"),
        (lambda state, resources: state.update(pending_operations=[{}]), "its pending operations are not steps with a"),
        (lambda state, resources: resources.append(None), "resource 4 has no URN and type"),
        (lambda state, resources: resources[1].pop("urn"), "resource 2 has no URN and type"),
        (lambda state, resources: resources[0].pop("type"), "resource 1 has no URN and type"),
        (lambda state, resources: resources[0].update(urn="x"), "resource 1 has no URN and type"),
        (
            lambda state, resources: resources[2].update(urn=WEB.replace("dev", "prod")),
            "urn:pulumi:prod::shop::t::web is a resource of another stack",
        ),
        (lambda state, resources: resources.append(resources[2]), f"{WEB} is there twice"),
        (lambda state, resources: resources[2].update(inputs=[]), f"inputs of {WEB} are not an object"),
        (lambda state, resources: resources[2].update(outputs="x"), f"outputs of {WEB} are not an object"),
        (lambda state, resources: resources.pop(0), f"{PROVIDER} refers to {STACK}, which is missing"),
        (lambda state, resources: resources.pop(1), f"{WEB} refers to {PROVIDER}, which is missing"),
    ],
)
def test_a_damaged_record_is_refused_with_what_is_wrong(tmp_path: Path, change: Change, problem: str) -> None:
    files, state = StackFiles(tmp_path, "shop", "dev"), good()
    write_checkpoint(files, state)
    change(state, state["resources"])
    (tmp_path / FILE).write_text(json.dumps({"version": 3, "checkpoint": {"latest": state}}))
    with pytest.raises(PacificError) as refused:
        read_checkpoint(files)
    text = str(refused.value)
    assert text.startswith(f"{files.checkpoint}: the stack's checkpoint is damaged: {problem}")
    assert text.endswith("fix: restore it from a backup, or try pulumi state repair --stack dev")


@pytest.mark.parametrize("text", ["", "null", "[]", "<<<<<<< HEAD\n{}", "{}", '{"version": 3, "checkpoint": []}'])
def test_what_is_no_checkpoint_is_refused(tmp_path: Path, text: str) -> None:
    files = StackFiles(tmp_path, "shop", "dev")
    write_checkpoint(files, {})
    (tmp_path / FILE).write_text(text)
    with pytest.raises(PacificError) as refused:
        read_checkpoint(files)
    assert str(refused.value) == (
        f"{files.checkpoint}: the stack's checkpoint cannot be read: fix: restore it from a backup"
    )


def test_a_record_that_is_a_list_is_damaged(tmp_path: Path) -> None:
    files = StackFiles(tmp_path, "shop", "dev")
    write_checkpoint(files, {})
    content = json.dumps({"version": 3, "checkpoint": {"latest": []}})
    (tmp_path / FILE).write_text(content)
    with pytest.raises(PacificError, match="the stack's checkpoint is damaged: it is not an object"):
        read_checkpoint(files)
