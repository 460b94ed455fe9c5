"""What the lines say before the engine has begun and after every node is done."""

import time
from io import StringIO
from typing import Any

from pulumi.automation.events import EngineEvent
from rich.console import Console

from pacific_infra.cli.progress_display import ProgressDisplay
from pacific_infra.cli.result import counts_text
from pacific_infra.converge.progress import Progress, Reason
from pacific_infra.graph.critical_path import Schedule

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


WORKLOAD = "urn:pulumi:dev::estate::pacific:index:CrxWorkload::shop/web"
DEPLOYMENT = "urn:pulumi:dev::estate::pacific:index:CrxWorkload$kubernetes:apps/v1:Deployment::shop/web-deployment"
NODE = "CrxWorkload/shop/web"
QUOTA = "FailedCreate: it exceeds the quota shop: asked for pods=1, used pods=30, limit pods=30"


def of_workload(kind: str, op: str = "update") -> EngineEvent:
    state = {"type": "kubernetes:apps/v1:Deployment", "urn": DEPLOYMENT, "parent": WORKLOAD}
    return EngineEvent.from_json(
        {kind: {"metadata": {"op": op, "urn": DEPLOYMENT, "type": state["type"], "new": state}}}
    )


def says(message: str, severity: str = "info") -> EngineEvent:
    text = {"urn": DEPLOYMENT, "message": message, "color": "never", "severity": severity, "ephemeral": True}
    return EngineEvent.from_json({"diagnosticEvent": text})


def display_of(file: StringIO, *, terminal: bool = False, **options: Any) -> ProgressDisplay:
    progress = Progress([["Namespace/shop"], [NODE]])
    console = Console(file=file, force_terminal=terminal, width=60, height=24, color_system=None)
    return ProgressDisplay("Converging estate/dev", progress, {NODE: ["Namespace/shop"]}, console, **options)


def screen(display: ProgressDisplay) -> list[str]:
    """The live rows, without their clocks."""
    file = StringIO()
    Console(file=file, width=60, color_system=None).print(display._render())
    return [line.rstrip() for line in file.getvalue().splitlines()[1:]]


def test_a_row_that_runs_has_its_reason_on_lines_of_its_own() -> None:
    display = display_of(StringIO(), terminal=True)
    now = time.time()
    display.event(of_workload("resourcePreEvent"), now)
    display.event(says("waiting for the rollout to finish: 12 of 40 pods are there"), now)
    display.explain({DEPLOYMENT: Reason(QUOTA)})
    rows = screen(display)
    assert rows[0] == "        wave 1   · Namespace/shop       the engine has not …"
    assert rows[1][7:] == " wave 2   … CrxWorkload/shop/web Deployment: waiting…"
    assert rows[2:] == [
        "          Deployment: waiting for the rollout to finish: 12",
        "          of 40 pods are there",
        "          FailedCreate: it exceeds the quota shop: asked for",
        "          pods=1, used pods=30, limit pods=30",
    ]


def test_plain_output_says_a_reason_once_when_it_is_known() -> None:
    file = StringIO()
    display = display_of(file)
    display.event(of_workload("resourcePreEvent"), 1.0)
    display.explain({DEPLOYMENT: Reason(QUOTA)})
    display.explain({DEPLOYMENT: Reason(QUOTA)})
    assert file.getvalue().splitlines() == [
        f"[0:00] … {NODE} Deployment",
        f"[0:00]   {NODE}: {QUOTA}",
    ]


def test_what_was_done_is_said_in_words() -> None:
    operations = ("create", "adopt", "update", "replace", "delete", "keep", "import", "same")
    assert counts_text({operation: number for number, operation in enumerate(operations, 1)}) == (
        "2 adopted, 1 created, 5 deleted, 7 imported, 6 kept, 4 replaced, 8 unchanged, 3 updated"
    )


def test_rows_that_did_not_end_stay_on_a_terminal_with_what_they_said_last() -> None:
    file = StringIO()
    display = display_of(file, terminal=True)
    with display.running():
        display.event(of_workload("resourcePreEvent"), 1.0)
        display.event(says("waiting for the rollout"), 1.0)
        display.progress.interrupted = True
        display.event(says("context canceled", "error"), 2.0)
        display.event(of_workload("resOpFailedEvent"), 2.0)
    assert file.getvalue().splitlines()[-1].endswith(f"✗ {NODE} interrupted; last: waiting for the rollout")


def test_the_clock_of_a_row_goes_on_between_two_resources() -> None:
    display = display_of(StringIO(), terminal=True)
    for kind in ("resourcePreEvent", "resOutputsEvent", "resourcePreEvent"):
        display.event(of_workload(kind), 1.0)
    # Begun in 1970: a clock that stands shows what it was when the first resource ended.
    assert not screen(display)[1].startswith("   0:00")


def test_a_longer_estimate_says_why() -> None:
    left = [Schedule({}, (), seconds, seconds) for seconds in (60.0, 50.0, 90.0)]
    display = display_of(StringIO(), left=lambda _now: left.pop(0))
    display.event(of_workload("resourcePreEvent"), 1.0)
    assert [display.summary() for _ in range(3)] == [
        "0 of 2 nodes done, about 1:00 left",
        "0 of 2 nodes done, about 0:50 left",
        f"0 of 2 nodes done, about 1:30 left, more than was said: {NODE} takes longer than before",
    ]
