"""Following a kind: a list, then changes, and a new list where the server has forgotten."""

import asyncio
import json
import ssl
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from pacific_infra.vcenter.kubernetes_api import KubernetesAPI, Resource
from pacific_infra.vcenter.kubernetes_connection import Connection, Identity
from pacific_infra.vcenter.kubernetes_refusal import KubernetesRefusal
from pacific_infra.vcenter.kubernetes_watch import Listed, Put, Removed, follow

CONNECTION = Connection("https://api.test", ssl.create_default_context, Identity)
PODS = Resource("v1", "Pod", "pods", True, frozenset({"list", "watch"}))
Answer = Callable[[httpx2.Request], httpx2.Response]


def pod(name: str, version: int) -> dict[str, Any]:
    return {"metadata": {"name": name, "resourceVersion": str(version)}}


def page(*pods: dict[str, Any], version: int, more: str = "") -> httpx2.Response:
    return httpx2.Response(200, json={"metadata": {"resourceVersion": str(version), "continue": more}, "items": pods})


def events(*changes: tuple[str, dict[str, Any]]) -> httpx2.Response:
    lines = "".join(json.dumps({"type": kind, "object": content}) + "\n" for kind, content in changes)
    return httpx2.Response(200, text=lines)


def followed(
    answers: list[httpx2.Response],
    count: int,
    requests: list[str] | None = None,
    connection: Connection = CONNECTION,
) -> list[object]:
    """The first ``count`` changes; ``answers``: of the server, in their order."""
    remaining = iter(answers)

    def answer(request: httpx2.Request) -> httpx2.Response:
        if requests is not None:
            requests.append(request.url.query.decode())
        return next(remaining)

    async def run() -> list[object]:
        changes: list[object] = []
        async with KubernetesAPI(connection, transport=httpx2.MockTransport(answer)) as api:
            async for change in follow(api, PODS, "shop", lambda content: str(content["metadata"]["name"])):
                changes.append(change)
                if len(changes) == count:
                    return changes
        raise AssertionError("it ended")

    return asyncio.run(run())


def test_all_pages_of_the_list_come_first_and_then_each_change() -> None:
    requests: list[str] = []
    answers = [
        page(pod("a", 1), version=5, more="next"),
        page(pod("b", 2), version=5),
        events(("ADDED", pod("c", 6)), ("BOOKMARK", pod("", 7)), ("MODIFIED", pod("a", 8)), ("DELETED", pod("b", 9))),
    ]
    assert followed(answers, 4, requests) == [Listed(["a", "b"]), Put("c"), Put("a"), Removed("b")]
    assert requests[1] == "limit=500&continue=next"
    assert requests[2] == "watch=true&resourceVersion=5&allowWatchBookmarks=true&timeoutSeconds=300"


def test_a_watch_that_the_server_ends_goes_on_where_it_was() -> None:
    requests: list[str] = []
    answers = [page(version=5), events(("BOOKMARK", pod("", 7))), events(("ADDED", pod("a", 8)))]
    assert followed(answers, 2, requests) == [Listed([]), Put("a")]
    assert "resourceVersion=7" in requests[2]


@pytest.mark.parametrize(
    "forgotten",
    [
        events(("ERROR", {"kind": "Status", "code": 410})),
        httpx2.Response(410, json={"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}),
    ],
)
def test_where_the_server_has_forgotten_a_new_list_is_taken(forgotten: httpx2.Response) -> None:
    answers = [page(pod("a", 1), version=5), forgotten, page(pod("b", 2), version=9)]
    assert followed(answers, 2) == [Listed(["a"]), Listed(["b"])]


def test_what_the_server_refuses_is_raised() -> None:
    refused = httpx2.Response(403, json={"kind": "Status", "code": 403, "reason": "Forbidden", "message": "no"})
    with pytest.raises(KubernetesRefusal) as raised:
        followed([refused], 1)
    assert raised.value.status == 403


def test_a_login_that_has_ended_is_renewed() -> None:
    ended = httpx2.Response(401, json={"kind": "Status", "code": 401, "message": "Unauthorized"})
    answers = [page(version=5), ended, events(("ADDED", pod("a", 8)))]
    assert followed(answers, 2) == [Listed([]), Put("a")]


def test_a_watch_logs_in_only_where_no_other_client_of_the_server_has() -> None:
    logins: list[str] = []

    def log_in() -> Identity:
        logins.append(f"token {len(logins)}")
        return Identity(logins[-1])

    connection = Connection("https://api.test", ssl.create_default_context, log_in, login="a watch's user")
    ended = httpx2.Response(401, json={"kind": "Status", "code": 401, "message": "Unauthorized"})
    assert followed([page(version=5), events(("ADDED", pod("a", 8)))], 2, None, connection) == [Listed([]), Put("a")]
    assert logins == ["token 0"]
    assert followed([page(version=5), ended, events(("ADDED", pod("a", 8)))], 2, None, connection)[1] == Put("a")
    assert logins == ["token 0", "token 1"]
