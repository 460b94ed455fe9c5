"""What the engine's events say about the nodes of the graph."""

from typing import Any

import pytest
from pulumi.automation.events import EngineEvent

from pacific_infra.converge.progress import NodeState, Progress, Reason

COMPONENT = "urn:pulumi:dev::estate::pacific:index:CrxWorkload::shop/web"
CHILD = "urn:pulumi:dev::estate::pacific:index:CrxWorkload$kubernetes:apps/v1:Deployment::shop/web-deployment"
STACK = "urn:pulumi:dev::estate::pulumi:pulumi:Stack::estate-dev"


def step(kind: str, urn: str, parent: str, op: str = "create") -> EngineEvent:
    state = {"type": urn.split("::")[2].rpartition("$")[2], "urn": urn, "parent": parent}
    metadata: dict[str, Any] = {"op": op, "urn": urn, "type": state["type"], "new": state}
    return EngineEvent.from_json({kind: {"metadata": metadata}})


def output(message: str, urn: str = CHILD, *, severity: str = "info", ephemeral: bool = True) -> EngineEvent:
    return EngineEvent.from_json(
        {
            "diagnosticEvent": {
                "message": message,
                "color": "never",
                "severity": severity,
                "urn": urn,
                "ephemeral": ephemeral,
            }
        }
    )


def _progress() -> Progress:
    return Progress([["Namespace/shop"], ["CrxWorkload/shop/web"]])


def test_a_node_runs_while_a_child_runs_and_is_done_after_its_last() -> None:
    progress = _progress()
    web = progress.nodes["CrxWorkload/shop/web"]
    assert [node.state for node in progress.nodes.values()] == [NodeState.WAITING, NodeState.WAITING]
    assert progress.waiting_for("CrxWorkload/shop/web", ["Namespace/shop"]) == ["Namespace/shop"]
    progress.apply(step("resourcePreEvent", COMPONENT, STACK), 10)
    progress.apply(step("resOutputsEvent", COMPONENT, STACK), 11)
    progress.apply(step("resourcePreEvent", CHILD, COMPONENT), 12)
    assert web.state is NodeState.RUNNING
    progress.apply(output("<{%fg 3%}>[1/2] waiting for replicas<{%reset%}>\nmore"), 13)
    assert web.message == "[1/2] waiting for replicas"
    progress.apply(step("resOutputsEvent", CHILD, COMPONENT), 15)
    assert (web.state, web.started, web.finished) == (NodeState.DONE, 10, 15)
    assert web.changes == {"create": 2}
    assert progress.counts == {"create": 2}


def test_a_failed_child_fails_its_node_with_the_providers_words() -> None:
    progress = _progress()
    progress.apply(step("resourcePreEvent", COMPONENT, STACK), 10)
    progress.apply(step("resourcePreEvent", CHILD, COMPONENT), 10)
    progress.apply(output("quota exceeded", severity="error", ephemeral=False), 11)
    progress.apply(step("resOpFailedEvent", CHILD, COMPONENT), 11)
    assert progress.nodes["CrxWorkload/shop/web"].state is NodeState.FAILED
    assert [failure.message for failure in progress.failures] == ["quota exceeded"]
    assert progress.counts == {}


def test_unchanged_resources_count_as_same_and_finish_settles_the_rest() -> None:
    progress = _progress()
    progress.apply(step("resourcePreEvent", COMPONENT, STACK, "same"), 10)
    progress.apply(step("resOutputsEvent", COMPONENT, STACK, "same"), 10)
    progress.finish()
    assert progress.counts == {"same": 1}
    assert all(node.state is NodeState.DONE for node in progress.nodes.values())


def test_the_stack_itself_is_not_counted() -> None:
    progress = _progress()
    progress.apply(step("resOutputsEvent", STACK, ""), 10)
    assert progress.counts == {}


def test_an_operation_that_is_run_again_counts_each_resource_once() -> None:
    progress = _progress()
    web = progress.nodes["CrxWorkload/shop/web"]
    progress.apply(step("resourcePreEvent", COMPONENT, STACK), 10)
    progress.apply(step("resOutputsEvent", COMPONENT, STACK), 10)
    progress.apply(step("resourcePreEvent", CHILD, COMPONENT), 11)
    progress.apply(output("connection refused", severity="error", ephemeral=False), 12)
    progress.apply(step("resOpFailedEvent", CHILD, COMPONENT), 12)
    assert (web.state, len(progress.failures)) == (NodeState.FAILED, 1)
    progress.again()
    assert (web.state, web.message, progress.failures) == (NodeState.RUNNING, None, [])
    progress.apply(step("resOutputsEvent", COMPONENT, STACK, "same"), 20)
    progress.apply(step("resourcePreEvent", CHILD, COMPONENT), 21)
    progress.apply(step("resOutputsEvent", CHILD, COMPONENT), 25)
    assert web.state is NodeState.DONE
    assert progress.counts == {"create": 2}
    assert (web.started, web.finished, web.changes) == (10, 25, {"create": 2})


def test_what_ended_unseen_after_a_failure_was_done_by_this_run() -> None:
    progress = _progress()
    progress.apply(step("resourcePreEvent", CHILD, COMPONENT), 11)
    progress.again()
    progress.apply(step("resOutputsEvent", CHILD, COMPONENT, "same"), 20)
    assert progress.counts == {"create": 1}


def test_what_a_killed_run_left_is_said_without_advice_for_others_clouds() -> None:
    progress = _progress()
    text = (
        "Attempting to deploy or update resources with 1 pending operations from previous deployment.\n"
        f"  * {CHILD}, interrupted while deleting\n"
        "These resources are in an unknown state because the Pulumi CLI was interrupted. For example, if you are using "
        "AWS, you can confirm using the AWS Console.\n"
    )
    progress.apply(output(text, STACK, severity="warning", ephemeral=False), 1.0)
    progress.apply(output("gold is deprecated", CHILD, severity="warning", ephemeral=False), 1.0)
    assert progress.warnings == [
        "an earlier run was interrupted, and what came of this is not known: shop/web-deployment (deleting); "
        "fix: pacific drift says what is there, pacific up --refresh puts it right",
        "gold is deprecated",
    ]


def test_what_an_interrupt_cuts_off_is_interrupted() -> None:
    progress = _progress()
    progress.apply(step("resourcePreEvent", COMPONENT, STACK), 1.0)
    progress.apply(step("resourcePreEvent", CHILD, COMPONENT), 1.0)
    cut = "unexpected error when reading response body. Please retry. Original error: context canceled"
    progress.apply(output(cut, severity="error", ephemeral=False), 2.0)
    assert progress.failures[0].message == cut
    progress.interrupted = True
    progress.apply(output(cut, severity="error", ephemeral=False), 3.0)
    assert progress.failures[1].message == "interrupted"
    assert progress.nodes["CrxWorkload/shop/web"].message == "interrupted"
    progress.apply(output("no such image", severity="error", ephemeral=False), 3.0)
    assert progress.failures[2].message == "no such image"


def test_urns_of_messages_are_documents_but_for_those_of_commands_to_type() -> None:
    progress = _progress()
    progress.apply(step("resourcePreEvent", COMPONENT, STACK), 1.0)
    progress.apply(step("resourcePreEvent", CHILD, COMPONENT), 1.0)
    class_ = "urn:pulumi:dev::estate::pacific:vcenter:VirtualMachineClass::small"
    other = "urn:pulumi:dev::estate::kubernetes:core/v1:ConfigMap::settings"
    text = f"cannot delete '{CHILD}': {class_}, {other} and {COMPONENT}.\nrun `pulumi state unprotect '{CHILD}'`"
    progress.apply(output(text, severity="error", ephemeral=False), 2.0)
    assert progress.failures[0].message == (
        "cannot delete 'CrxWorkload/shop/web': VirtualMachineClass/small, ConfigMap settings and "
        "CrxWorkload/shop/web.\n"
        f"run `pulumi state unprotect '{CHILD}'`"
    )
    assert progress.node_of(progress.failures[0]) == "CrxWorkload/shop/web"


def test_what_runs_of_no_document_is_known() -> None:
    progress = _progress()
    provider = "urn:pulumi:dev::estate::pulumi:providers:pacific::vcenter"
    assert not progress.begun
    progress.apply(step("resourcePreEvent", provider, STACK), 1.0)
    assert progress.begun
    assert progress.others == {provider: "pulumi:providers:pacific"}
    progress.apply(step("resOutputsEvent", provider, STACK), 2.0)
    assert progress.others == {}


def test_an_object_that_a_refresh_finds_unhealthy_is_no_warning_of_the_run() -> None:
    progress = Progress([["CrxWorkload/shop/web"]])
    progress.apply(
        output("Refreshed resource is in an unhealthy state:\n* Pod web-1", severity="warning", ephemeral=False), 1.0
    )
    assert progress.warnings == []


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        (Reason("FailedCreate: no room"), "timed out\nFailedCreate: no room"),
        (Reason("Lamp team/one is kept by its finalizer x", whole=True), "Lamp team/one is kept by its finalizer x"),
        (None, "timed out"),
    ],
)
def test_a_failure_ends_with_what_the_api_server_said_of_it_at_last(reason: Reason | None, message: str) -> None:
    progress = Progress([["CrxWorkload/shop/web"]])
    progress.apply(step("resourcePreEvent", COMPONENT, STACK), 1)
    progress.apply(step("resourcePreEvent", CHILD, COMPONENT), 1)
    if reason is not None:
        progress.explain(CHILD, reason)
    progress.apply(output("timed out", severity="error", ephemeral=False), 2)
    progress.apply(step("resOpFailedEvent", CHILD, COMPONENT), 2)
    progress.add_reasons()
    assert [failure.message for failure in progress.failures] == [message]


def test_a_look_at_a_part_of_a_part_is_about_no_node_before_that_is_heard_of() -> None:
    progress = Progress([["Controller/shop/keeper"]])
    inner = "urn:pulumi:dev::estate::pacific:index:Controller$pacific:index:CrxWorkload::shop/keeper-workload"
    urn = f"{inner.rpartition('::')[0]}$kubernetes:apps/v1:Deployment::shop/keeper-workload-deployment"
    events = [
        step("resourcePreEvent", urn, inner, "refresh"),
        output("Deployment is ready", urn),
        step("resOutputsEvent", urn, inner, "refresh"),
    ]
    assert [progress.apply(event, 1) for event in events] == [None, None, None]
    assert list(progress.nodes) == ["Controller/shop/keeper"]
