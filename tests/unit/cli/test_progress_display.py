"""What the lines say before the engine has begun and after every node is done."""

from io import StringIO
from typing import Any

from pulumi.automation.events import EngineEvent
from rich.console import Console

from pacific_infra.cli.progress_display import ProgressDisplay
from pacific_infra.converge.progress import Progress

CLASS = "urn:pulumi:dev::estate::pacific:vcenter:VirtualMachineClass::small"
PROVIDER = "urn:pulumi:dev::estate::pulumi:providers:pacific::vcenter"


def step(kind: str, urn: str, op: str) -> EngineEvent:
    state = {
        "type": urn.split("::")[2],
        "urn": urn,
        "parent": "urn:pulumi:dev::estate::pulumi:pulumi:Stack::estate-dev",
    }
    metadata: dict[str, Any] = {"op": op, "urn": urn, "type": state["type"], "new": state}
    return EngineEvent.from_json({kind: {"metadata": metadata}})


def test_it_says_that_the_engine_starts_and_what_runs_after_the_last_node() -> None:
    progress, file = Progress([["VirtualMachineClass/small"]]), StringIO()
    display = ProgressDisplay("Removing estate/dev", progress, {}, Console(file=file))
    with display.running():
        assert file.getvalue() == "[0:00] Removing estate/dev: the engine starts\n"
        assert display.summary() == "the engine starts"
        display.event(step("resourcePreEvent", CLASS, "delete"), 1.0)
        assert display.summary() == "0 of 1 nodes done"
        display.event(step("resOutputsEvent", CLASS, "delete"), 2.0)
        assert display.summary() == "1 of 1 nodes done, still running: the engine, which finishes"
        display.event(step("resourcePreEvent", PROVIDER, "delete"), 3.0)
        assert display.summary() == "1 of 1 nodes done, still running: pacific vcenter"
