"""Why what a run waits for does not come, as API servers say it."""

import asyncio
import ssl
from typing import Any

import httpx2
import pytest
from pulumi.automation.events import EngineEvent

from pacific_infra.converge.live_reasons import (
    LiveReasons,
    UnderWay,
    reason_of_deletion,
    reasons_of_events,
)
from pacific_infra.converge.progress import Reason
from pacific_infra.vcenter.kubernetes_connection import Connection, Identity

QUOTA = "exceeded quota: team, requested: pods=1, used: pods=10, limited: pods=10"
LAMP = UnderWay("lamp", "sv-kubernetes", "example.com/v1", "Lamp", "team", "one", deleting=True, since=0.0)


def under_way(name: str) -> UnderWay:
    return UnderWay(name, "sv-kubernetes", "apps/v1", "Deployment", "team", name, deleting=False, since=0.0)


def event(
    about: str, message: str, *, second: int = 0, reason: str = "FailedCreate", kind: str = "Warning"
) -> dict[str, Any]:
    stamp = f"2026-01-01T00:00:{second:02}Z"
    named = {"involvedObject": {"name": about}, "reason": reason, "message": message}
    return {**named, "type": kind, "lastTimestamp": stamp}


def test_a_quota_is_the_reason_of_the_workload_whose_pods_it_lets_nobody_make() -> None:
    message = f'pods "web-5d9f-x" is forbidden: {QUOTA}'
    assert reasons_of_events([event("web-5d9f", message)], [under_way("web")], 0.0) == {
        "web": Reason(
            "FailedCreate: it exceeds the quota team: asked for pods=1, used pods=10, limit pods=10", quota=True
        )
    }


def test_the_longest_name_that_fits_has_the_event_and_the_newest_event_counts() -> None:
    events = [
        event("web-api-1", "no room", second=1, reason="FailedScheduling"),
        event("web-api-1", "still no room\nfor it", second=9, reason="FailedScheduling"),
        event("webs", "not of this"),
    ]
    assert reasons_of_events(events, [under_way("web"), under_way("web-api")], 0.0) == {
        "web-api": Reason("FailedScheduling: still no room")
    }


def test_events_of_before_the_run_are_of_no_interest() -> None:
    begun = 1767225605.0
    assert reasons_of_events([event("web", "old", second=4)], [under_way("web")], begun) == {}
    assert reasons_of_events([event("web", "new", second=6)], [under_way("web")], begun) == {
        "web": Reason("FailedCreate: new")
    }


def test_a_quota_of_before_the_run_counts_until_something_newer_is_said() -> None:
    refused = event("web", QUOTA, second=1)
    result = event("web", "created pod", second=2, reason="SuccessfulCreate", kind="Normal")
    assert set(reasons_of_events([refused], [under_way("web")], 1e12)) == {"web"}
    assert reasons_of_events([result, refused], [under_way("web")], 0.0) == {}


def live(*finalizers: str, deleted: bool = True) -> dict[str, Any]:
    return {"metadata": {"finalizers": list(finalizers), **({"deletionTimestamp": "now"} if deleted else {})}}


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (live("example.com/x", deleted=False), None),
        (live(), None),
        (live("foregroundDeletion"), None),
        (
            live("example.com/x"),
            "Lamp team/one is kept by its finalizer example.com/x: its controller has to take it off; if no "
            "controller is left, remove it with kubectl edit",
        ),
        (
            live("example.com/x", "example.com/y"),
            "Lamp team/one is kept by its finalizers example.com/x, example.com/y: their controllers have to take them "
            "off; if no controller is left, remove them with kubectl edit",
        ),
    ],
)
def test_a_finalizer_that_keeps_an_object_is_said_with_who_takes_it_off(
    result: dict[str, Any], reason: str | None
) -> None:
    assert reason_of_deletion(result, LAMP) == (Reason(reason, whole=True) if reason else None)


def step(operation: str, kind: str, name: str, event_name: str = "resourcePreEvent", **outputs: Any) -> EngineEvent:
    urn = f"urn:pulumi:dev::p::pacific:index:CustomResource${kind}::{name}"
    inputs = {"apiVersion": "example.com/v1", "kind": "Lamp", "metadata": {"name": "one", "namespace": "team"}}
    state = {"type": kind, "urn": urn, "custom": True, "id": "", "parent": "", "inputs": inputs, "outputs": outputs}
    provider = "urn:pulumi:dev::p::pacific:index:SupervisorCluster$pulumi:providers:kubernetes::sv-kubernetes::id"
    metadata = {"op": operation, "urn": urn, "type": kind, "old": state, "new": state, "provider": provider}
    return EngineEvent.from_json(
        {"sequence": 1, "timestamp": 1, event_name: {"metadata": {**metadata, "keys": [], "diffs": []}}}
    )


def test_what_is_being_deleted_is_looked_at_while_it_is_under_way() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/apis/example.com/v1":
            kind = {"name": "lamps", "kind": "Lamp", "namespaced": True, "verbs": ["get"]}
            return httpx2.Response(200, json={"resources": [kind]})
        assert request.url.path == "/apis/example.com/v1/namespaces/team/lamps/one"
        return httpx2.Response(200, json=live("example.com/x"))

    lamp = "kubernetes:example.com/v1:Lamp"
    urn = f"urn:pulumi:dev::p::pacific:index:CustomResource${lamp}::team/one"

    async def run() -> list[set[str]]:
        connection = Connection("https://sv.test", ssl.create_default_context, Identity)
        reasons = LiveReasons({}, lambda _endpoint: connection, 0.0, transport=httpx2.MockTransport(answer))
        reasons.event(step("same", "pacific:vcenter:Supervisor", "sv-supervisor", "resOutputsEvent", endpoint="s"), 0.0)
        reasons.event(step("delete", lamp, "team/one"), 100.0)
        looks = [set(await reasons.look(101.0)), set(await reasons.look(104.0))]
        reasons.event(step("delete", lamp, "team/one", "resOutputsEvent"), 105.0)
        looks.append(set(await reasons.look(110.0)))
        await reasons.close()
        return looks

    assert asyncio.run(run()) == [set(), {urn}, set()]
