"""An import changes the stack's state alone, or nothing is done."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from pulumi.automation.events import EngineEvent

from pacific_infra.converge.import_run import import_objects
from pacific_infra.converge.project import Project
from pacific_infra.converge.stack import EstateStack
from pacific_infra.errors import PacificError

NAMESPACE = ("import", "pacific:vcenter:Namespace", "shop-namespace", True)
COMPONENT = ("create", "pacific:index:SupervisorNamespace", "shop", False)
PROVIDER = ("create", "pulumi:providers:kubernetes", "kubernetes", True)


def event(op: str, token: str, name: str, custom: bool, differing: tuple[str, ...] = ()) -> EngineEvent:
    urn = f"urn:pulumi:dev::estate::{token}::{name}"
    metadata: dict[str, Any] = {
        "op": op,
        "urn": urn,
        "type": token,
        "new": {"type": token, "urn": urn, "custom": custom},
    }
    metadata["detailedDiff"] = {path: {"diffKind": "update", "inputDiff": True} for path in differing}
    return EngineEvent.from_json({"resourcePreEvent": {"metadata": metadata, "planning": True}})


class Stack:
    """Says the same events at a preview and an up, and keeps the configuration that each was given."""

    def __init__(self, folder: Path, *events: EngineEvent) -> None:
        self.project = Project(folder, "estate", "dev", {})
        self.events = events
        self.ran: list[tuple[str, Any]] = []

    def preview(self, on_event: Callable[[EngineEvent, float], None], *, configuration: Path) -> None:
        self._run("preview", on_event, configuration)

    def up(self, on_event: Callable[[EngineEvent, float], None], *, configuration: Path) -> None:
        self._run("up", on_event, configuration)

    def _run(self, subject: str, on_event: Callable[[EngineEvent, float], None], configuration: Path) -> None:
        self.ran.append((subject, yaml.safe_load(configuration.read_text())))
        for item in self.events:
            on_event(item, 0)


def used(stack: Stack) -> list[str]:
    return import_objects(cast("EstateStack", stack), {"Namespace/shop": "shop"})


def test_imports_components_and_providers_are_the_states_alone(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_text("encryptionsalt: salt\nconfig: {pacific:server: vcenter}\n")
    stack = Stack(tmp_path, event(*COMPONENT), event(*PROVIDER), event(*NAMESPACE))
    assert used(stack) == ["pacific:vcenter:Namespace shop-namespace"]
    config = {"pacific:server": "vcenter", "estate:imports": {"Namespace/shop": "shop"}}
    assert stack.ran == [(subject, {"encryptionsalt": "salt", "config": config}) for subject in ("preview", "up")]
    assert "imports" not in (tmp_path / "Pulumi.dev.yaml").read_text()


def test_what_is_in_the_state_already_needs_no_run(tmp_path: Path) -> None:
    stack = Stack(tmp_path, event("same", *NAMESPACE[1:]))
    assert used(stack) == []
    assert [subject for subject, _ in stack.ran] == ["preview"]


@pytest.mark.parametrize(
    ("step", "output"),
    [
        (event("create", *NAMESPACE[1:]), "create pacific:vcenter:Namespace shop-namespace"),
        (event("delete", *NAMESPACE[1:]), "delete pacific:vcenter:Namespace shop-namespace"),
        (
            event(*NAMESPACE, differing=("resourceSpec.podCount", "description")),
            "pacific:vcenter:Namespace shop-namespace differs in vCenter: description, resourceSpec.podCount",
        ),
    ],
)
def test_anything_more_is_refused_before_it_is_done(tmp_path: Path, step: EngineEvent, output: str) -> None:
    stack = Stack(tmp_path, event(*NAMESPACE), step)
    with pytest.raises(PacificError) as caught:
        used(stack)
    assert str(caught.value) == (
        f"the import would change more than the stack's state, so nothing was done: got {output!r}; "
        "fix: remove these documents, or create them first with pacific up"
    )
    assert [subject for subject, _ in stack.ran] == ["preview"]
